/* Signals for the duration of one cli_main: the first Ctrl-C ends the run cleanly, the second one at once. */
#ifndef FC_CLI_STOP_H
#define FC_CLI_STOP_H

#include <signal.h>
#include <stdbool.h>

struct stop {
    struct sigaction old_int, old_term, old_hup, old_pipe, old_xfsz;
};

void stop_watch(struct stop *stop);
void stop_unwatch(const struct stop *stop);
/* The signal that asked the run to end, or 0. */
int stop_asked(void);
/* From now on a signal asks for an end in order instead: all rows of the packets that were read are written.
 */
void stop_in_order(void);
int stop_finishing(void);
/* From now on SIGHUP is counted, and asks for nothing else. */
void stop_hup_rotates(void);
int stop_hups(void);

#endif
