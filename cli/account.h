/* The messages at the end of a run. */
#ifndef FC_CLI_ACCOUNT_H
#define FC_CLI_ACCOUNT_H

#include "flowcontainer.h"
#include "tally.h"

/* One line about the rows written, one about the frames left out and why, one for each note; as wide as the
 * terminal. */
void account_say(const struct fc_run *run, const struct tally *tally, const struct fc_options *options);
/* The words for a reason of the level frames, such as "not IP"; its name if there are none. */
const char *account_reason(const char *name);
/* The exit status that follows from the run's problems. */
int account_status(const struct fc_run *run);
/* One line for each damaged or unreadable capture; `is_live`: the capture comes from an interface. */
void account_say_problems(const struct fc_run *run, bool is_live);

#endif
