/* Progress of the run on standard error; its thread also reacts to Ctrl-C. */
#ifndef FC_CLI_PROGRESS_H
#define FC_CLI_PROGRESS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "flowcontainer.h"

struct progress {
    struct fc_run *run;
    bool show, terminal;
    _Atomic int64_t
        due_ms; /* a time of the monotonic clock at which the rows at hand are asked for; 0: none */
    /* private */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool running, ending, drawn;
};

/* Watches the run until cli_progress_end: the caller has set run and show. With `show`, it also
 * prints progress after the first second. */
void cli_progress_begin(struct progress *progress);
/* Asks for the rows at hand, `ms` from now. */
void cli_progress_due(struct progress *progress, int64_t ms);
/* Ends the thread and clears the line; may be called twice. */
void cli_progress_end(struct progress *progress);

#endif
