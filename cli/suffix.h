/* The format that the ending of -o asks for. */
#ifndef FC_CLI_SUFFIX_H
#define FC_CLI_SUFFIX_H

#include "options.h"

/* Sets opt->format and opt->sink; returns 0, or the exit status after printing the error. */
int suffix_choose(struct opt *opt, const struct cli_sink *sinks, size_t n_sinks);
/* ".csv" for "/x/y.csv"; "" if there is no ending. */
const char *suffix_of(const char *path);

#endif
