/* Gets one batch from a stream without the interpreter lock, while watching for signals.
 *
 * Invariant: Python runs signal handlers only on the main thread. So long work of the main thread runs on a
 * helper thread, while the main thread checks for signals and cancels the run if a handler raises. The helper
 * has ended when pull_batch returns.
 */
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#include "core.h"

enum {
    SIGNAL_CHECK_MS = 50,
    SHORT_WORK_BYTES =
        1 << 20, /* size of a file, even a compressed one, that is read before a person could interrupt */
    NO_THREAD = -2
};

static bool on_main_thread(void)
{
#ifdef __linux__
    return syscall(SYS_gettid) == getpid();
#else
    return pthread_main_np() != 0;
#endif
}

struct pull {
    struct ArrowArrayStream *stream;
    struct ArrowArray *out;
    int status;
    bool done;
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

static void *pull_thread(void *argument)
{
    struct pull *pull = argument;
    int status = pull->stream->get_next(pull->stream, pull->out);
    pthread_mutex_lock(&pull->lock);
    pull->status = status;
    pull->done = true;
    pthread_cond_signal(&pull->changed);
    pthread_mutex_unlock(&pull->lock);
    return NULL;
}

/* Starts the helper with all signals blocked, so that they reach the main thread. */
static int pull_start(struct pull *pull, pthread_t *thread)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(thread, NULL, pull_thread, pull);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

/* Waits a moment; true if the batch is ready. */
static bool pull_wait(struct pull *pull)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += SIGNAL_CHECK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&pull->lock);
    int waited = 0;
    while (!pull->done && !waited)
        waited = pthread_cond_timedwait(&pull->changed, &pull->lock, &until);
    bool done = pull->done;
    pthread_mutex_unlock(&pull->lock);
    return done;
}

/* Gets the batch on a helper thread. */
static int pull_watched(struct fc_run *run, struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    struct pull pull = {
        .stream = stream, .out = out, .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    pthread_t thread;
    bool done = false, raised = false;
    if (pull_start(&pull, &thread))
        return NO_THREAD;
    while (!done) {
        Py_BEGIN_ALLOW_THREADS done = pull_wait(&pull);
        Py_END_ALLOW_THREADS if (!raised && PyErr_CheckSignals())
        {
            raised = true;
            fc_run_cancel(run);
        }
    }
    pthread_join(thread, NULL);
    return raised ? PULL_RAISED : pull.status;
}

int pull_batch(struct fc_run *run, struct ArrowArrayStream *stream, struct ArrowArray *out, bool calls_python)
{
    struct fc_progress progress = {0};
    fc_run_progress(run, &progress);
    bool is_short = !calls_python && progress.bytes_total && progress.bytes_total <= SHORT_WORK_BYTES;
    if (!is_short && on_main_thread()) {
        int status = pull_watched(run, stream, out);
        if (status != NO_THREAD)
            return status;
    }
    int status;
    Py_BEGIN_ALLOW_THREADS status = stream->get_next(stream, out);
    Py_END_ALLOW_THREADS return status;
}
