/* SPDX-License-Identifier: GPL-2.0-or-later
 * Invariant: the bytes of a capture are read only inside the jail, and the number of a frame is in the shared
 * page before its dissection begins. */
#include "child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "jail.h"
#include "message.h"
#include "ws.h"

enum { FRAME_SECONDS = 10 /* of processor time: no frame of real traffic took a tenth of a second */ };

/* ---- records ---- */

struct pipe_sink {
    struct ws_sink sink;
    int fd;
    char *bytes;
    size_t len, cap, record; /* start of the open record */
};

enum { FLUSH = 1 << 16 };

static void sink_flush(struct pipe_sink *s)
{
    for (size_t at = 0; at < s->len;) {
        ssize_t n = write(s->fd, s->bytes + at, s->len - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            _exit(0); /* the library has closed the pipe */
        at += (size_t)n;
    }
    s->len = 0;
}

static void sink_put(struct pipe_sink *s, const void *bytes, size_t n)
{
    if (s->len + n > s->cap) {
        s->cap = (s->len + n) * 2 + FLUSH;
        s->bytes = realloc(s->bytes, s->cap);
        if (!s->bytes)
            abort();
    }
    if (n)
        memcpy(s->bytes + s->len, bytes, n);
    s->len += n;
}

static void sink_begin(struct ws_sink *sink, uint32_t frame)
{
    struct pipe_sink *s = (struct pipe_sink *)sink;
    struct wire_record head = {.frame = frame};
    s->record = s->len;
    sink_put(s, &head, sizeof head);
}

static struct wire_record *sink_head(struct pipe_sink *s)
{
    return (struct wire_record *)(s->bytes + s->record);
}

static void sink_value(struct ws_sink *sink, uint32_t slot, uint64_t bits, const void *bytes, uint32_t len)
{
    struct pipe_sink *s = (struct pipe_sink *)sink;
    struct wire_value value = {.slot = slot, .len = len, .bits = bits};
    sink_put(s, &value, sizeof value);
    sink_put(s, bytes, len);
    struct wire_record head;
    memcpy(&head, sink_head(s), sizeof head);
    head.n_values++;
    head.len += (uint32_t)sizeof value + len;
    memcpy(sink_head(s), &head, sizeof head);
}

static void sink_end(struct ws_sink *sink)
{
    struct pipe_sink *s = (struct pipe_sink *)sink;
    if (s->len >= FLUSH)
        sink_flush(s);
}

static void sink_last(struct pipe_sink *s, uint32_t n_frames, const char *message)
{
    struct wire_record head = {.len = message ? (uint32_t)strlen(message) : 0, .n_values = n_frames};
    sink_put(s, &head, sizeof head);
    sink_put(s, message, head.len);
    sink_flush(s);
}

/* ---- watching over one frame ---- */

static volatile struct wire_page *page; /* of the capture at hand */
static volatile sig_atomic_t busy;      /* dissecting a capture, or forgetting it */
static uint32_t frame_seconds = FRAME_SECONDS;

/* The seconds of processor time that a frame may take. */
static uint32_t patience(void)
{
    uint32_t n_slow = page ? page->n_slow : 0;
    uint32_t left = n_slow < 32 ? frame_seconds >> n_slow : 0;
    return left ? left : 1;
}

/* Each second of processor time: has the frame changed? Frame 0: the capture is being opened or forgotten. */
static void on_second(int signal)
{
    static uint32_t frame, seconds;
    (void)signal;
    uint32_t now = page ? page->frame : 0;
    seconds = busy && now == frame ? seconds + 1 : 0;
    frame = now;
    if (seconds < patience())
        return;
    if (page)
        page->is_slow = 1;
    _exit(1);
}

static void watch(void)
{
    struct itimerval second = {{1, 0}, {1, 0}};
    struct sigaction action = {.sa_handler = on_second, .sa_flags = SA_RESTART};
    const char *fewer = getenv("FLOWCONTAINER_FRAME_SECONDS"); /* for tests, which should not have to wait */
    if (fewer && atoi(fewer) > 0)
        frame_seconds = (uint32_t)atoi(fewer);
    sigaction(SIGPROF, &action, NULL);
    setitimer(ITIMER_PROF, &second, NULL);
}

/* ---- a capture ---- */

static bool page_map(int fd, size_t *len)
{
    struct stat info;
    if (fstat(fd, &info) || info.st_size < (off_t)sizeof *page)
        return false;
    *len = (size_t)info.st_size;
    void *mapped = mmap(NULL, *len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    page = mapped == MAP_FAILED ? NULL : mapped;
    return page && page->n_numbers <= (*len - sizeof *page) / sizeof(uint32_t);
}

/* Takes a list of numbers, which the caller frees. */
static uint32_t *take_numbers(struct message *m, uint32_t *n)
{
    *n = message_uint(m);
    uint32_t *numbers = *n <= m->len ? calloc(*n + 1, sizeof *numbers) : NULL;
    if (!numbers)
        _exit(1);
    for (uint32_t i = 0; i < *n; i++)
        numbers[i] = message_uint(m);
    return numbers;
}

static void dissect(struct message *m, struct ws_job *job)
{
    struct pipe_sink sink = {.sink = {sink_begin, sink_value, sink_end}, .fd = m->fds[1]};
    const char *message = NULL;
    job->last = message_uint(m);
    uint32_t *skip = take_numbers(m, &job->n_skip), *links = take_numbers(m, &job->n_links);
    job->skip = skip;
    job->links = links;
    bool locate = m->kind == WIRE_LOCATE;
    uint32_t n = locate ? ws_locate(job, &sink.sink, &message) : ws_run(job, &sink.sink, &message);
    sink_last(&sink, n, message);
    free(sink.bytes);
    free(skip);
    free(links);
}

static void serve(struct message *m)
{
    size_t page_len = 0;
    if (m->n_fds != WIRE_FDS || (m->kind == WIRE_DISSECT && !ws_asked()) || !page_map(m->fds[2], &page_len))
        _exit(1);
    struct ws_job job = {.fd = m->fds[0], .page = page};
    busy = 1;
    if (m->kind == WIRE_CONVERT)
        ws_convert(&job, m->fds[1]);
    else
        dissect(m, &job);
    page = NULL;
    munmap((void *)job.page, page_len);
    close(m->fds[1]); /* the end of the pipe tells the library that the capture is done */
    close(m->fds[2]);
    m->n_fds = 1;
    if (m->kind != WIRE_CONVERT)
        ws_forget();
    busy = 0;
}

_Noreturn void child_serve(int socket, int root)
{
    signal(SIGPIPE, SIG_DFL);
    watch();
    (void)jail_enter(root); /* what it lacks was told at the greeting */
    for (struct message m; message_read(&m, socket); message_done(&m))
        serve(&m);
    _exit(0); /* without cleaning up */
}
