/* Signals: those that ask the command to end, and SIGPIPE, which becomes an error of write.
 *
 * Invariant: the handlers of the process are the same after cli_main as before it. The handler only stores a
 * number; the progress thread turns it into fc_run_cancel.
 */
#include "stop.h"

#include <stddef.h>

static volatile sig_atomic_t stop_signal;
static volatile sig_atomic_t n_hups;
static bool in_order;

static void remember(int number) { stop_signal = number; }

/* SA_RESETHAND: a second signal of the same kind has its default effect, in case the first does not end the
 * run. No SA_RESTART: a write to a pager that has stopped reading must return. */
static void watch_one(int number, struct sigaction *old)
{
    struct sigaction action = {.sa_handler = remember, .sa_flags = SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(number, NULL, old);
    if (old->sa_handler != SIG_IGN)
        sigaction(number, &action, NULL);
}

void stop_watch(struct stop *stop)
{
    stop_signal = 0;
    in_order = false;
    n_hups = 0;
    watch_one(SIGINT, &stop->old_int);
    watch_one(SIGTERM, &stop->old_term);
    watch_one(SIGHUP, &stop->old_hup);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, &stop->old_pipe);
    sigaction(SIGXFSZ, &ignore,
              &stop->old_xfsz); /* a file that may not grow (ulimit -f) is an error of write, too */
}

void stop_unwatch(const struct stop *stop)
{
    sigaction(SIGINT, &stop->old_int, NULL);
    sigaction(SIGTERM, &stop->old_term, NULL);
    sigaction(SIGHUP, &stop->old_hup, NULL);
    sigaction(SIGPIPE, &stop->old_pipe, NULL);
    sigaction(SIGXFSZ, &stop->old_xfsz, NULL);
}

void stop_in_order(void) { in_order = true; }

static void count_hup(int number)
{
    (void)number;
    n_hups++;
}

void stop_hup_rotates(void)
{
    struct sigaction action = {.sa_handler = count_hup};
    sigemptyset(&action.sa_mask);
    sigaction(SIGHUP, &action, NULL);
}

int stop_hups(void) { return n_hups; }
int stop_asked(void) { return in_order ? 0 : stop_signal; }
int stop_finishing(void) { return in_order ? stop_signal : 0; }
