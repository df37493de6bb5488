/* Patterns of names, as arguments of `fields' and `columns'.
 *
 * A pattern between slashes is a regular expression for a part of the name; a pattern with * ? or [ must
 * match the whole name; any other word is searched in names and descriptions.
 */
#ifndef FC_CLI_PATTERNS_H
#define FC_CLI_PATTERNS_H

#include "options.h"

struct patterns {
    struct pattern *items;
    size_t n;
};

/* From the arguments. A protocol's old name at the start of a pattern stands for its new one among `fields`,
 * which may be NULL. Returns 0, or the exit status after printing the error; call patterns_free in both
 * cases. */
int patterns_read(struct patterns *all, const struct opt *opt, const struct fc_fields *fields);
/* Whether one matches, or there are none. */
bool patterns_match(const struct patterns *all, const char *name, const char *description);
void patterns_free(struct patterns *all);

#endif
