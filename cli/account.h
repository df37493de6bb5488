/* What is said at the end of a run. */
#ifndef FC_CLI_ACCOUNT_H
#define FC_CLI_ACCOUNT_H

#include "flowcontainer.h"
#include "tally.h"

/* One line of what was written, one of what was left out and why, one for each remark; as wide as
 * the terminal. */
void account_say(const struct fc_run *run, const struct tally *tally, const struct fc_options *options);
/* A reason of the level of frames as a person reads it, "not IP"; the name itself where it reads well. */
const char *account_reason(const char *name);
/* The exit status that the run's problems make. */
int account_status(const struct fc_run *run);
/* One line for each capture that was damaged or of no use. */
void account_say_problems(const struct fc_run *run);

#endif
