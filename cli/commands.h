/* The three things the command does. Each returns the exit status. */
#ifndef FC_CLI_COMMANDS_H
#define FC_CLI_COMMANDS_H

#include "options.h"
#include "writer.h"

int command_flows(const struct opt *opt);
int command_explain(const struct opt *opt);
int command_fields(const struct opt *opt);

/* Columns of the terminal on this descriptor; 0 when it is none. */
size_t command_width(int fd);
bool command_colour(const struct opt *opt, int fd);
/* Ends writing to standard output: says what failed; a reader that has gone away is no failure. */
int command_close(struct out *out, int status);
/* The exit status of a refusal, after saying it. */
int command_refuse(const struct opt *opt, const struct fc_error *err);

#endif
