/* The options of feature sets of other programs. */
#ifndef FC_CLI_SETS_H
#define FC_CLI_SETS_H

#include "options.h"

/* Takes one option. Returns 0, or the exit status after printing the error. */
int sets_parse(struct opt *opt, int key, const char *arg);
/* After all options: whether they fit together. `who` names the families; NULL: none is asked for. */
int sets_check(struct opt *opt);

#endif
