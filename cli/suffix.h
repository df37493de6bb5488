/* Which format the ending of -o asks for. */
#ifndef FC_CLI_SUFFIX_H
#define FC_CLI_SUFFIX_H

#include "options.h"

/* Sets opt->format and opt->sink; returns 0 or the exit status after saying what is wrong. */
int suffix_choose(struct opt *opt, const struct cli_sink *sinks, size_t n_sinks);
/* ".csv" of "/x/y.csv"; "" when there is none. */
const char *suffix_of(const char *path);

#endif
