/* The progress of the run: bytes, rate, remaining time. It has a thread of its own, because one batch may
 * take long.
 *
 * Invariant: the thread calls only fc_run_progress and fc_run_cancel, which any thread may call, and it
 * clears its line when it ends. On a terminal it redraws one line five times a second; elsewhere it prints a
 * line every two seconds.
 */
#include "progress.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "stop.h"
#include "units.h"

enum { TICK_MS = 50, FIRST_MS = 1000, TERMINAL_MS = 200, LINE_MS = 2000, WINDOW = 16, LINE_MOST = 200 };

/* The last few samples, so that the rate is the current one. */
struct window {
    int64_t ms[WINDOW];
    uint64_t bytes[WINDOW];
    size_t n;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static double rate_of(struct window *window, int64_t ms, uint64_t bytes)
{
    size_t newest = window->n++ % WINDOW;
    window->ms[newest] = ms;
    window->bytes[newest] = bytes;
    size_t oldest = window->n > WINDOW ? window->n % WINDOW : 0;
    int64_t passed = ms - window->ms[oldest];
    /* With only one sample, the rate is that since the start. */
    if (passed <= 0)
        return ms > 0 ? (double)bytes * 1000 / (double)ms : 0;
    return (double)(bytes - window->bytes[oldest]) * 1000 / (double)passed;
}

static void add_rate(char *line, double rate, const struct fc_progress *at)
{
    char text[UNIT_TEXT];
    size_t len = strlen(line);
    unit_bytes(text, rate > 0 ? (uint64_t)rate : 0);
    len += (size_t)snprintf(line + len, LINE_MOST - len, "  %s/s", text);
    if (rate < 1 || at->bytes_total <= at->bytes_read)
        return;
    int64_t left = (int64_t)((double)(at->bytes_total - at->bytes_read) / rate) + 1;
    unit_duration(text, left >= 100 ? left * 1000000000 : 0);
    if (left < 100)
        snprintf(text, sizeof text, "%d s", (int)left);
    snprintf(line + len, LINE_MOST - len, "  %s left", text);
}

static void make_line(char line[LINE_MOST], const struct fc_progress *at, double rate)
{
    char done[UNIT_TEXT], total[UNIT_TEXT];
    unit_bytes(done, at->bytes_read);
    unit_bytes(total, at->bytes_total);
    size_t len = 0;
    if (at->bytes_total) {
        uint64_t percent = at->bytes_read >= at->bytes_total ? 100 : at->bytes_read * 100 / at->bytes_total;
        len = (size_t)snprintf(line, LINE_MOST, "%3d%%  %s of %s", (int)percent, done, total);
    } else {
        len = (size_t)snprintf(line, LINE_MOST, "%s", done);
    }
    add_rate(line, rate, at);
    len = strlen(line);
    unit_grouped(done, at->frames);
    len += (size_t)snprintf(line + len, LINE_MOST - len, "  %s frames", done);
    if (at->captures_total > 1) {
        unit_grouped(done, at->captures_done);
        unit_grouped(total, at->captures_total);
        snprintf(line + len, LINE_MOST - len, "  %s of %s captures", done, total);
    }
}

static void put(const char *text, size_t len)
{
    ssize_t n = write(STDERR_FILENO, text, len);
    (void)n; /* a failure to show progress is not an error */
}

static void draw(struct progress *progress, const char *line)
{
    char text[LINE_MOST + 8];
    struct winsize size = {0};
    int most = LINE_MOST;
    if (progress->terminal && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
        most = size.ws_col - 1;
    const char *form = progress->terminal ? "\r%.*s\x1b[K" : "%.*s\n";
    int len = snprintf(text, sizeof text, form, most, line);
    put(text, len < (int)sizeof text ? (size_t)len : sizeof text - 1);
    progress->drawn = progress->terminal;
}

/* Waits one tick; false if the run has ended. */
static bool wait_tick(struct progress *progress)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += TICK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    int waited = 0;
    while (!progress->ending && waited == 0)
        waited = pthread_cond_timedwait(&progress->wake, &progress->lock, &until);
    return !progress->ending;
}

/* Wakes the thread that waits for rows when a file is to end. */
static void look_at_files(struct progress *progress, int *hups)
{
    int64_t due = atomic_load(&progress->due_ms);
    bool is_due = due && now_ms() >= due;
    if (!is_due && *hups == stop_hups())
        return;
    if (is_due)
        atomic_compare_exchange_strong(&progress->due_ms, &due, 0);
    *hups = stop_hups();
    fc_run_flush(progress->run);
}

void cli_progress_due(struct progress *progress, int64_t ms)
{
    atomic_store(&progress->due_ms, now_ms() + ms);
}

static void *watch(void *argument)
{
    int hups = 0;
    struct progress *progress = argument;
    struct window window = {0};
    int64_t begin = now_ms(), next = FIRST_MS;
    pthread_mutex_lock(&progress->lock);
    while (wait_tick(progress)) {
        if (stop_finishing())
            fc_run_finish(progress->run);
        look_at_files(progress, &hups);
        if (stop_asked())
            fc_run_cancel(progress->run);
        int64_t passed = now_ms() - begin;
        if (!progress->show || passed < next)
            continue;
        next = passed + (progress->terminal ? TERMINAL_MS : LINE_MS);
        char line[LINE_MOST];
        struct fc_progress at = {0};
        fc_run_progress(progress->run, &at);
        make_line(line, &at, rate_of(&window, passed, at.bytes_read));
        draw(progress, line);
    }
    if (progress->drawn)
        put("\r\x1b[K", 4);
    pthread_mutex_unlock(&progress->lock);
    return NULL;
}

void cli_progress_begin(struct progress *progress)
{
    progress->terminal = isatty(STDERR_FILENO);
    pthread_mutex_init(&progress->lock, NULL);
    pthread_cond_init(&progress->wake, NULL);
    /* Signals belong to the thread that reads and writes, so that they interrupt it. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    progress->running = pthread_create(&progress->thread, NULL, watch, progress) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void cli_progress_end(struct progress *progress)
{
    if (!progress->running)
        return;
    pthread_mutex_lock(&progress->lock);
    progress->ending = true;
    pthread_cond_signal(&progress->wake);
    pthread_mutex_unlock(&progress->lock);
    pthread_join(progress->thread, NULL);
    progress->running = false;
    pthread_cond_destroy(&progress->wake);
    pthread_mutex_destroy(&progress->lock);
}
