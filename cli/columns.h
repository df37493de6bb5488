/* The columns that -C chooses. */
#ifndef FC_CLI_COLUMNS_H
#define FC_CLI_COLUMNS_H

#include "options.h"

/* "src,sni=first(sni),fwd_bytes" into opt->run. Returns 0, or the exit status after printing the error. */
int columns_parse(struct opt *opt, const char *text);

#endif
