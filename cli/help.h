/* The text of --help. */
#ifndef FC_CLI_HELP_H
#define FC_CLI_HELP_H

#include "writer.h"

void help_write(struct out *out);

#endif
