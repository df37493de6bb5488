/* A program that speaks shark/wire.h without libwireshark, so that its other side can be tested. A test
 * program that includes this header is its own fake worker: fake_worker_use makes the library start the
 * program itself, which then serves instead of running tests. The script says what the fake's children do:
 *   frames=10        frames of a capture whose frames have no numbers of their own
 *   pass=1,3,7       frames that get a record: one value in slot 0, ten times the number of the frame
 *   kill=5           frames at which a child dies, unless it is to leave them out
 *   nonsense         the values claim more bytes than the record has
 *   shrink           a child shortens the shared page before each record
 *   claims=N         the record of frame N claims so many bytes and ends the child
 *   missing          a child reads one frame less than there are
 *   refuse           the query is refused
 *   log=PATH         each child appends "N\n" when it begins a capture whose first frame is N */
#ifndef FC_TESTS_FAKE_WORKER_H
#define FC_TESTS_FAKE_WORKER_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shark/wire.h"

struct fake_message {
    struct wire_head head;
    uint8_t bytes[1 << 16];
    size_t at;
    int fds[WIRE_FDS], n_fds;
};

static void fake_receive(struct fake_message *m, int socket, void *out, size_t n)
{
    for (size_t have = 0; have < n;) {
        char room[CMSG_SPACE(WIRE_FDS * sizeof(int))];
        struct iovec part = {(char *)out + have, n - have};
        struct msghdr h = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
        ssize_t got = recvmsg(socket, &h, 0);
        if (got <= 0)
            _exit(0);
        struct cmsghdr *c = CMSG_FIRSTHDR(&h);
        if (c) {
            m->n_fds = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
            memcpy(m->fds, CMSG_DATA(c), (size_t)m->n_fds * sizeof(int));
        }
        have += (size_t)got;
    }
}

static void fake_read(struct fake_message *m, int socket)
{
    m->at = 0;
    m->n_fds = 0;
    fake_receive(m, socket, &m->head, sizeof m->head);
    if (m->head.len > sizeof m->bytes)
        _exit(1);
    fake_receive(m, socket, m->bytes, m->head.len);
}

static uint32_t fake_uint(struct fake_message *m)
{
    uint32_t u = 0;
    memcpy(&u, m->bytes + m->at, sizeof u);
    m->at += sizeof u;
    return u;
}

static void fake_send(int socket, enum wire_kind kind, const void *bytes, size_t len)
{
    struct wire_head head = {(uint32_t)len, kind};
    if (send(socket, &head, sizeof head, MSG_NOSIGNAL) < 0 ||
        (len && send(socket, bytes, len, MSG_NOSIGNAL) < 0))
        _exit(0);
}

static const char *fake_word(const char *word)
{
    const char *script = getenv("FLOWCONTAINER_FAKE"), *at = script ? strstr(script, word) : NULL;
    return at ? at + strlen(word) : NULL;
}

static bool fake_lists(const char *word, uint32_t frame)
{
    const char *at = fake_word(word);
    while (at && *at >= '0' && *at <= '9') {
        char *end;
        if (strtoul(at, &end, 10) == frame)
            return true;
        at = *end == ',' ? end + 1 : end;
    }
    return false;
}

/* ---- a child ---- */

static void fake_write(int pipe, const void *bytes, size_t n)
{
    if (write(pipe, bytes, n) != (ssize_t)n)
        _exit(0);
}

static void fake_record(int pipe, uint32_t frame)
{
    struct wire_value value = {.slot = 0, .bits = frame * 10};
    struct wire_record head = {.len = sizeof value, .frame = frame, .n_values = 1};
    if (fake_word("nonsense"))
        value.len = 1000;
    if (fake_lists("claims=", frame))
        head.len = WIRE_MOST;
    fake_write(pipe, &head, sizeof head);
    fake_write(pipe, &value, sizeof value);
}

static void fake_begin(uint32_t first)
{
    const char *path = fake_word("log=");
    FILE *log = path ? fopen(path, "ae") : NULL;
    if (log)
        fprintf(log, "%u\n", first);
    if (log)
        fclose(log);
}

static void fake_dissect(struct fake_message *m)
{
    struct stat info;
    fstat(m->fds[2], &info);
    struct wire_page *page =
        mmap(NULL, (size_t)info.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, m->fds[2], 0);
    const char *frames = fake_word("frames=");
    uint32_t last = fake_uint(m), n_skip = fake_uint(m), skip[64] = {0};
    uint32_t n = page->n_numbers ? page->n_numbers : frames ? (uint32_t)atoi(frames) : 0;
    for (uint32_t i = 0; i < n_skip && i < 64; i++)
        skip[i] = fake_uint(m);
    n = last && last < n ? last : n;
    fake_begin(page->n_numbers ? page->numbers[0] : 1);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t frame = page->n_numbers ? page->numbers[i] : i + 1;
        bool skipped = false;
        for (uint32_t j = 0; j < n_skip && j < 64; j++)
            skipped |= skip[j] == frame;
        page->frame = frame;
        if (!skipped && fake_lists("kill=", frame))
            _exit(1);
        if (fake_word("shrink") && !ftruncate(m->fds[2], 0))
            _exit(1);
        if (!skipped && fake_lists("pass=", frame))
            fake_record(m->fds[1], frame);
        if (!skipped && fake_lists("claims=", frame))
            _exit(1);
    }
    struct wire_record end = {.n_values = fake_word("missing") ? n - 1 : n};
    fake_write(m->fds[1], &end, sizeof end);
    for (int i = 0; i < m->n_fds; i++)
        close(m->fds[i]);
    munmap(page, (size_t)info.st_size);
}

static void fake_child(int socket)
{
    static struct fake_message m;
    for (;;) {
        fake_read(&m, socket);
        fake_dissect(&m);
    }
}

/* ---- the worker ---- */

static void fake_answer_query(struct fake_message *m)
{
    static const uint32_t refusal[] = {WIRE_USAGE, UINT32_MAX, 2};
    static uint32_t answer[256];
    uint8_t refused[sizeof refusal + 2];
    if (fake_word("refuse")) {
        memcpy(refused, refusal, sizeof refusal);
        memcpy(refused + sizeof refusal, "no", 2);
        fake_send(WIRE_CONTROL, WIRE_REFUSED, refused, sizeof refused);
        return;
    }
    m->at += fake_uint(m); /* the filter */
    uint32_t n = fake_uint(m), used = 1;
    for (uint32_t i = 0; i < n && used < 252; i++, used += 4)
        answer[used] = WIRE_UINT32, answer[used + 1] = WIRE_BASE_DEC;
    fake_send(WIRE_CONTROL, WIRE_FIELDS, answer, used * sizeof *answer);
}

static void fake_serve(void)
{
    static struct fake_message m;
    static const uint32_t hello[] = {WIRE_VERSION, 0, 0, 0};
    fake_send(WIRE_CONTROL, WIRE_HELLO, hello, sizeof hello);
    for (;;) {
        fake_read(&m, WIRE_CONTROL);
        if (m.head.kind == WIRE_QUERY)
            fake_answer_query(&m);
        if (m.head.kind != WIRE_FORK)
            continue;
        if (!fork()) {
            close(WIRE_CONTROL);
            fake_child(m.fds[0]);
        }
        close(m.fds[0]);
        fake_send(WIRE_CONTROL, WIRE_STARTED, NULL, 0);
    }
}

__attribute__((constructor)) static void fake_worker_start(void)
{
    if (!strcmp(program_invocation_name, "flowcontainer-worker"))
        fake_serve();
}

/* The workers that are started from here on are fakes with this script. */
__attribute__((unused)) static void fake_worker_use(const char *script)
{
    char path[PATH_MAX] = "";
    if (readlink("/proc/self/exe", path, sizeof path - 1) > 0)
        setenv("FLOWCONTAINER_WORKER", path, 1);
    setenv("FLOWCONTAINER_FAKE", script, 1);
}

#endif
