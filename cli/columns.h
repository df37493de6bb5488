/* The columns that -C, --features and --bytes choose. */
#ifndef FC_CLI_COLUMNS_H
#define FC_CLI_COLUMNS_H

#include "options.h"

/* "src,sni=first(sni),fwd_bytes" into opt->run. Returns 0, or the exit status after printing the error. */
int columns_parse(struct opt *opt, const char *text);
/* The same of --features: "stats,entropy", or names of single statistics. */
int features_parse(struct opt *opt, const char *text);
/* The same of one --bytes: "header=ip:5x80:mask=addresses+ports,data=payload:5x240". Its matrices are added
 * to those of the options before. */
int bytes_parse(struct opt *opt, const char *text);
/* Frees the memory that these three functions allocated. */
void columns_forget(struct opt *opt);

/* A copy of an argument, which lives as long as the options; *items, of which `used` are taken, has room for
 * its parts between commas then. NULL: memory has ended, which is said. */
char *columns_copy(struct opt *opt, const char *text, void **items, size_t used, size_t size);

#endif
