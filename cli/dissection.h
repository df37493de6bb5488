/* The options of the wireshark engine. */
#ifndef FC_CLI_DISSECTION_H
#define FC_CLI_DISSECTION_H

#include "options.h"

/* Each returns 0, or the exit status after printing the error. */
int dissection_parse(struct opt *opt, int key, const char *arg);
/* NAME:VALUE, of --preference or of -o. */
int dissection_preference(struct opt *opt, const char *text);

#endif
