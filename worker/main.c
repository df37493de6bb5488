/* SPDX-License-Identifier: GPL-2.0-or-later
 * The worker: initialises libwireshark once, then forks a child for every capture that it is asked to
 * dissect. The protocol is engine/wire.h. Invariant: this process itself never looks at a byte of a capture.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "jail.h"
#include "ws.h"

enum { N_FDS = 3, FRAME_SECONDS = 10 /* of processor time: no honest frame took a tenth of a second */ };

/* ---- control messages ---- */

struct message {
    uint32_t kind, len, pos;
    char *bytes;
    int fds[N_FDS], n_fds;
};

static void take_fds(struct message *m, struct msghdr *head)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(head); c; c = CMSG_NXTHDR(head, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        m->n_fds = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(m->fds, CMSG_DATA(c), (size_t)m->n_fds * sizeof(int));
    }
}

/* All n bytes, or false when the library has gone. */
static bool receive(struct message *m, void *out, size_t n)
{
    for (size_t have = 0; have < n;) {
        char room[CMSG_SPACE(N_FDS * sizeof(int))];
        struct iovec part = {(char *)out + have, n - have};
        struct msghdr head = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
        ssize_t got = recvmsg(WIRE_CONTROL, &head, MSG_CMSG_CLOEXEC);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        take_fds(m, &head);
        have += (size_t)got;
    }
    return true;
}

static bool message_read(struct message *m)
{
    struct wire_head head;
    *m = (struct message){0};
    if (!receive(m, &head, sizeof head) || head.len > WIRE_MOST)
        return false;
    m->kind = head.kind;
    m->len = head.len;
    m->bytes = malloc(head.len + 1);
    return m->bytes && receive(m, m->bytes, head.len);
}

static uint32_t message_uint(struct message *m)
{
    uint32_t u = 0;
    if (m->len - m->pos >= sizeof u)
        memcpy(&u, m->bytes + m->pos, sizeof u);
    m->pos += m->len - m->pos >= sizeof u ? (uint32_t)sizeof u : m->len - m->pos;
    return u;
}

static char *message_text(struct message *m)
{
    uint32_t n = message_uint(m);
    if (n > m->len - m->pos)
        n = m->len - m->pos;
    char *text = strndup(m->bytes + m->pos, n);
    m->pos += n;
    if (!text)
        exit(1);
    return text;
}

struct answer {
    char *bytes;
    size_t len;
    FILE *file;
};

static void answer_begin(struct answer *a)
{
    a->file = open_memstream(&a->bytes, &a->len);
    if (!a->file)
        exit(1);
}

static void answer_uint(struct answer *a, uint32_t u) { fwrite(&u, sizeof u, 1, a->file); }

static void answer_text(struct answer *a, const char *text)
{
    answer_uint(a, (uint32_t)strlen(text));
    fputs(text, a->file);
}

static void send_all(const void *bytes, size_t n)
{
    for (const char *at = bytes; n;) {
        ssize_t sent = send(WIRE_CONTROL, at, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            _exit(0);
        at += sent;
        n -= (size_t)sent;
    }
}

static void answer_send(struct answer *a, enum wire_kind kind)
{
    fclose(a->file);
    struct wire_head head = {(uint32_t)a->len, kind};
    send_all(&head, sizeof head);
    send_all(a->bytes, a->len);
    free(a->bytes);
}

static void send_refusal(const struct ws_refusal *r)
{
    struct answer a;
    answer_begin(&a);
    answer_uint(&a, r->why);
    answer_uint(&a, (uint32_t)r->offset);
    answer_text(&a, r->text);
    answer_send(&a, WIRE_REFUSED);
}

/* ---- records ---- */

struct pipe_sink {
    struct ws_sink sink;
    int fd;
    char *bytes;
    size_t len, cap, record; /* where the open record starts */
};

enum { FLUSH = 1 << 16 };

static void sink_flush(struct pipe_sink *s)
{
    for (size_t at = 0; at < s->len;) {
        ssize_t n = write(s->fd, s->bytes + at, s->len - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            _exit(0); /* nobody reads any more */
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

/* ---- a child ---- */

static volatile struct wire_progress *progress;
static uint32_t frame_seconds = FRAME_SECONDS;

/* Each second of processor time: has the frame changed? */
static void on_second(int signal)
{
    static uint32_t frame, seconds;
    (void)signal;
    seconds = progress->frame == frame ? seconds + 1 : 0;
    frame = progress->frame;
    if (seconds >= frame_seconds)
        _exit(1);
}

static void watch(void)
{
    struct itimerval second = {{1, 0}, {1, 0}};
    struct sigaction action = {.sa_handler = on_second, .sa_flags = SA_RESTART};
    const char *fewer = getenv("FLOWCONTAINER_FRAME_SECONDS"); /* tests do not like to wait */
    if (fewer && atoi(fewer) > 0)
        frame_seconds = (uint32_t)atoi(fewer);
    sigaction(SIGPROF, &action, NULL);
    setitimer(ITIMER_PROF, &second, NULL);
}

static void dissect(struct message *m, int root)
{
    struct ws_refusal refusal;
    struct pipe_sink sink = {.sink = {sink_begin, sink_value, sink_end, NULL}, .fd = m->fds[1]};
    const char *message = refusal.text;
    char path[32];
    close(WIRE_CONTROL);
    signal(SIGPIPE, SIG_DFL);
    sink.sink.progress = progress =
        mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE, MAP_SHARED, m->fds[2], 0);
    if (progress == MAP_FAILED)
        _exit(1);
    uint32_t last = message_uint(m), n_skip = message_uint(m), *skip = calloc(n_skip + 1, sizeof *skip),
             n = 0;
    for (uint32_t i = 0; skip && i < n_skip; i++)
        skip[i] = message_uint(m);
    snprintf(path, sizeof path, "/proc/self/fd/%d", m->fds[0]);
    if (skip && ws_open(path, &refusal)) {
        watch();
        jail_enter(root);
        n = ws_run(last, skip, n_skip, &sink.sink, &message);
    }
    sink_last(&sink, n, message);
    _exit(0); /* without cleaning up */
}

static void start_child(struct message *m, int root)
{
    struct answer a;
    pid_t child = m->n_fds == N_FDS ? fork() : -1;
    if (!child)
        dissect(m, root);
    if (child < 0) {
        send_refusal(&(struct ws_refusal){WIRE_FAILED, -1, "no process could be started"});
        return;
    }
    answer_begin(&a);
    answer_send(&a, WIRE_STARTED);
}

/* ---- the query ---- */

static void take_query(struct message *m)
{
    struct ws_refusal refusal = {.offset = -1};
    char *filter = message_text(m);
    uint32_t n = message_uint(m);
    char **names = calloc(n + 1, sizeof *names);
    struct ws_field *fields = calloc(n + 1, sizeof *fields);
    if (!names || !fields)
        exit(1);
    for (uint32_t i = 0; i < n; i++)
        names[i] = message_text(m);
    if (!ws_query(filter, (const char *const *)names, n, fields, &refusal)) {
        send_refusal(&refusal);
        return;
    }
    struct answer a;
    answer_begin(&a);
    for (uint32_t i = 0; i < n; i++) {
        answer_uint(&a, fields[i].type);
        answer_uint(&a, fields[i].base);
        answer_uint(&a, fields[i].flags);
        answer_text(&a, fields[i].description);
    }
    answer_send(&a, WIRE_FIELDS);
}

/* ---- the list of all fields ---- */

static void list_field(void *to, const char *name, const char *type, const struct ws_field *f)
{
    answer_uint(to, f->type);
    answer_uint(to, f->base);
    answer_uint(to, f->flags);
    answer_text(to, name);
    answer_text(to, type);
    answer_text(to, f->description ? f->description : "");
}

static void list_old_name(void *to, const char *old, const char *today)
{
    answer_uint(to, N_WIRE_TYPES);
    answer_text(to, old);
    answer_text(to, today);
}

static void answer_list(void)
{
    struct answer a;
    answer_begin(&a);
    ws_catalog(&(struct ws_catalog){list_field, list_old_name, &a});
    answer_send(&a, WIRE_LISTED);
}

int main(int argc, char **argv)
{
    if (argc > 1 || fcntl(WIRE_CONTROL, F_GETFD) < 0) {
        fprintf(stderr,
                "flowcontainer-worker is started by flowcontainer, which talks to it over descriptor %d\n",
                WIRE_CONTROL);
        return 2;
    }
    fcntl(WIRE_CONTROL, F_SETFD, FD_CLOEXEC);
    signal(SIGCHLD, SIG_IGN);
    ws_start(argv[0]);
    int root = jail_root();
    struct answer hello;
    answer_begin(&hello);
    answer_uint(&hello, WIRE_VERSION);
    answer_text(&hello, ws_version());
    answer_send(&hello, WIRE_HELLO);
    for (struct message m; message_read(&m); free(m.bytes)) {
        if (m.kind == WIRE_QUERY)
            take_query(&m);
        else if (m.kind == WIRE_DISSECT)
            start_child(&m, root);
        else if (m.kind == WIRE_LIST)
            answer_list();
        for (int i = 0; i < m.n_fds; i++)
            close(m.fds[i]);
    }
    return 0;
}
