/* How far the run is, on standard error; and the thread that hears of Ctrl-C. */
#ifndef FC_CLI_PROGRESS_H
#define FC_CLI_PROGRESS_H

#include <pthread.h>
#include <stdbool.h>

#include "flowcontainer.h"

struct progress {
    struct fc_run *run;
    bool show, terminal;
    /* inside */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool running, ending, drawn;
};

/* Watches the run until cli_progress_end. `show`: also says how far it is, from the first second on. */
void cli_progress_begin(struct progress *progress, struct fc_run *run, bool show);
/* Takes the line away; may be called twice. */
void cli_progress_end(struct progress *progress);

#endif
