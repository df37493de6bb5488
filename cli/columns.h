/* The columns that -C and --features choose. */
#ifndef FC_CLI_COLUMNS_H
#define FC_CLI_COLUMNS_H

#include "options.h"

/* "src,sni=first(sni),fwd_bytes" into opt->run. Returns 0, or the exit status after printing the error. */
int columns_parse(struct opt *opt, const char *text);
/* The same of --features: "stats,entropy", or names of single statistics. */
int features_parse(struct opt *opt, const char *text);

#endif
