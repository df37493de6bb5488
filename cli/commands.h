/* The subcommands. Each returns the exit status. */
#ifndef FC_CLI_COMMANDS_H
#define FC_CLI_COMMANDS_H

#include "options.h"
#include "writer.h"

int command_flows(const struct opt *opt);
int command_interfaces(const struct opt *opt);
int command_explain(const struct opt *opt);
int command_fields(const struct opt *opt);
int command_columns(const struct opt *opt);
int command_features(const struct opt *opt);

bool command_colour(const struct opt *opt, int fd);
/* Ends writing to standard output and reports a failure; a reader that has gone away is not one. */
int command_close(struct out *out, int status);
/* Prints the error of a refused query and returns its exit status. */
int command_refuse(const struct opt *opt, const struct fc_error *err);

#endif
