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

/* A file for each table of the run, which has several. */
int command_parts(const struct opt *opt, struct fc_run *run);

bool command_colour(const struct opt *opt, int fd);
/* Ends writing to standard output and reports a failure; a reader that has gone away is not one. */
int command_close(struct out *out, int status);
/* Prints the error of a refused query and returns its exit status. */
int command_refuse(const struct opt *opt, const struct fc_error *err);
/* Each prints its message and returns the exit status. */
int command_out_of_memory(void);
int command_write_failure(const char *name, int error);
/* The exit status after a signal. */
int command_stopped(void);
bool command_shows_progress(const struct opt *opt);

#endif
