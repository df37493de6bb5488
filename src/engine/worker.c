/* Talking to the worker. Invariant: a question and its answer are one step under the lock; after a failure of
 * the socket every question fails. Messages: wire.h. */
#include "engine/worker.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/rd.h"
#include "engine/wire.h"

enum { N_FDS = 3 };

struct worker {
    pthread_mutex_t lock;
    int socket;
    pid_t process;
    struct arena texts;
    char version[64];
};

/* ---- finding it ---- */

static const char program[] = "flowcontainer-worker";

/* Where this code lies: the executable, or the library it is part of. */
static bool own_folder(char out[PATH_MAX])
{
    Dl_info info;
    static const char here = 0;
    char *slash = NULL;
    if (dladdr(&here, &info) && info.dli_fname && strchr(info.dli_fname, '/') &&
        realpath(info.dli_fname, out))
        slash = strrchr(out, '/');
    else if (realpath("/proc/self/exe", out))
        slash = strrchr(out, '/');
    if (slash)
        *slash = 0;
    return slash != NULL;
}

bool worker_find(char out[PATH_MAX])
{
    static const char *const places[] = {"%s/%s", "%s/../libexec/flowcontainer/%s",
                                         "%s/../../libexec/flowcontainer/%s"};
    char folder[PATH_MAX];
    const char *named = getenv("FLOWCONTAINER_WORKER");
    if (named && *named)
        return snprintf(out, PATH_MAX, "%s", named) < PATH_MAX && !access(out, X_OK);
    for (size_t i = 0; own_folder(folder) && i < sizeof places / sizeof *places; i++) {
        char *path = NULL;
        bool found = asprintf(&path, places[i], folder, program) >= 0 && strlen(path) < PATH_MAX &&
                     !access(path, X_OK);
        if (found)
            strcpy(out, path);
        free(path);
        if (found)
            return true;
    }
    return false;
}

/* ---- starting it ---- */

/* Nothing of the user's Wireshark may change an answer: no profile, no plugins, no Lua, one time zone. */
static char **worker_environment(void)
{
    static const char *const fixed[] = {"HOME=/nonexistent", "XDG_CONFIG_HOME=/nonexistent",
                                        "WIRESHARK_CONFIG_DIR=/nonexistent", "TZ=UTC", "LC_ALL=C.UTF-8"};
    enum { N_FIXED = sizeof fixed / sizeof *fixed };
    extern char **environ;
    size_t n = 0, used = 0;
    while (environ && environ[n])
        n++;
    char **out = memory_zero(n + N_FIXED + 1, sizeof *out);
    for (size_t i = 0; out && i < N_FIXED; i++)
        out[used++] = (char *)fixed[i];
    for (size_t i = 0; out && i < n; i++)
        if (!strncmp(environ[i], "PATH=", 5) || !strncmp(environ[i], "LD_", 3) ||
            !strncmp(environ[i], "FLOWCONTAINER_", 14))
            out[used++] = environ[i];
    return out;
}

static int spawn(pid_t *process, const char *path, int socket)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;
    char *arguments[] = {(char *)program, NULL}, **environment = worker_environment();
    if (!environment)
        return ENOMEM;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, socket, WIRE_CONTROL);
    for (int fd = 0; fd < WIRE_CONTROL; fd++)
        posix_spawn_file_actions_addopen(&files, fd, "/dev/null", fd ? O_WRONLY : O_RDONLY, 0);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK); /* Ctrl-C is not for it */
    int error = posix_spawn(process, path, &files, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    memory_free(environment);
    return error;
}

/* ---- messages ---- */

static bool send_message(struct worker *w, enum wire_kind kind, const void *bytes, size_t len, const int *fds)
{
    struct wire_head head = {(uint32_t)len, kind};
    char room[CMSG_SPACE(N_FDS * sizeof(int))] = {0};
    struct iovec parts[2] = {{&head, sizeof head}, {(void *)bytes, len}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    if (fds) {
        message.msg_control = room;
        message.msg_controllen = sizeof room;
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(N_FDS * sizeof(int));
        memcpy(CMSG_DATA(c), fds, N_FDS * sizeof(int));
    }
    size_t left = sizeof head + len;
    while (left) {
        ssize_t n = sendmsg(w->socket, &message, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        left -= (size_t)n;
        message.msg_control = NULL; /* descriptors went with the first bytes */
        message.msg_controllen = 0;
        for (struct iovec *p = parts; n && p < parts + 2; p++) {
            size_t part = p->iov_len < (size_t)n ? p->iov_len : (size_t)n;
            p->iov_base = (char *)p->iov_base + part;
            p->iov_len -= part;
            n -= (ssize_t)part;
        }
    }
    return true;
}

static bool receive(struct worker *w, void *out, size_t n)
{
    for (size_t have = 0; have < n;) {
        ssize_t got = recv(w->socket, (char *)out + have, n - have, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        have += (size_t)got;
    }
    return true;
}

/* The next message; *bytes is the caller's to free. */
static bool receive_message(struct worker *w, struct wire_head *head, uint8_t **bytes)
{
    *bytes = NULL;
    if (!receive(w, head, sizeof *head) || head->len > WIRE_MOST)
        return false;
    *bytes = memory_alloc(head->len + 1);
    return *bytes && receive(w, *bytes, head->len);
}

static uint32_t take_uint(struct rd *r)
{
    uint32_t u = 0;
    const uint8_t *bytes = rd_bytes(r, sizeof u);
    if (bytes)
        memcpy(&u, bytes, sizeof u);
    return u;
}

static enum fc_status gone(struct worker *w, struct fc_error *err)
{
    (void)w;
    return error_set(err, FC_IO, -1, "the program %s has ended or answers nonsense", program);
}

static enum fc_status refused(struct worker *w, struct rd *r, struct fc_error *err)
{
    static const enum fc_status statuses[] = {[WIRE_NO_FIELD] = FC_FIELD,
                                              [WIRE_BAD_FILTER] = FC_FILTER,
                                              [WIRE_NOT_ANSWERED] = FC_UNSUPPORTED,
                                              [WIRE_FAILED] = FC_IO};
    uint32_t why = take_uint(r);
    int32_t offset = (int32_t)take_uint(r);
    uint32_t len = take_uint(r);
    const char *text = (const char *)rd_bytes(r, len);
    if (!text || why > WIRE_FAILED)
        return gone(w, err);
    return error_set(err, statuses[why], offset, "%.*s", (int)len, text);
}

/* ---- the interface ---- */

static enum fc_status greet(struct worker *w, struct fc_error *err)
{
    struct wire_head head;
    uint8_t *bytes;
    bool ok = receive_message(w, &head, &bytes) && head.kind == WIRE_HELLO;
    struct rd r = rd_make(bytes, ok ? head.len : 0, ok ? head.len : 0);
    uint32_t version = take_uint(&r), len = take_uint(&r);
    const char *text = (const char *)rd_bytes(&r, len);
    ok = ok && text && version == WIRE_VERSION;
    if (ok)
        snprintf(w->version, sizeof w->version, "%.*s", (int)len, text);
    memory_free(bytes);
    return ok ? FC_OK
              : error_set(err, FC_UNSUPPORTED, -1,
                          "the wireshark engine does not start: %s is of another version, or libwireshark is "
                          "not there",
                          program);
}

enum fc_status worker_start(struct worker **out, struct fc_error *err)
{
    char path[PATH_MAX];
    int ends[2];
    if (!worker_find(path))
        return error_set(err, FC_UNSUPPORTED, -1,
                         "the wireshark engine is not there: %s was not built (it needs libwireshark-dev, "
                         "libwiretap-dev, libwsutil-dev and libglib2.0-dev at build time), or name it in "
                         "FLOWCONTAINER_WORKER",
                         program);
    struct worker *w = memory_zero(1, sizeof *w);
    if (!w)
        return error_memory(err);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
        memory_free(w);
        return error_set(err, FC_IO, -1, "no socket: %s", strerror(errno));
    }
    pthread_mutex_init(&w->lock, NULL);
    w->socket = ends[0];
    int error = spawn(&w->process, path, ends[1]);
    close(ends[1]);
    if (error)
        w->process = 0;
    enum fc_status status =
        error ? error_set(err, FC_UNSUPPORTED, -1, "%s: %s", path, strerror(error)) : greet(w, err);
    if (status)
        worker_stop(w);
    else
        *out = w;
    return status;
}

static void put_uint32(char **at, uint32_t u)
{
    memcpy(*at, &u, sizeof u);
    *at += sizeof u;
}

static void put_words(char **at, const char *text)
{
    size_t n = strlen(text);
    put_uint32(at, (uint32_t)n);
    memcpy(*at, text, n);
    *at += n;
}

static bool send_query(struct worker *w, const char *filter, const char *const *names, size_t n)
{
    size_t len = 2 * sizeof(uint32_t) + strlen(filter);
    for (size_t i = 0; i < n; i++)
        len += sizeof(uint32_t) + strlen(names[i]);
    char *bytes = memory_alloc(len), *at = bytes;
    if (!bytes)
        return false;
    put_words(&at, filter);
    put_uint32(&at, (uint32_t)n);
    for (size_t i = 0; i < n; i++)
        put_words(&at, names[i]);
    bool ok = send_message(w, WIRE_QUERY, bytes, len, NULL);
    memory_free(bytes);
    return ok;
}

static bool field_of_wire(struct field *out, uint32_t type, uint32_t base, uint32_t flags)
{
    /* clang-format off */
    static const enum field_type types[N_WIRE_TYPES] = {
        [WIRE_NONE] = FT_NONE, [WIRE_BOOLEAN] = FT_BOOLEAN, [WIRE_CHAR] = FT_CHAR, [WIRE_UINT8] = FT_UINT8,
        [WIRE_UINT16] = FT_UINT16, [WIRE_UINT24] = FT_UINT24, [WIRE_UINT32] = FT_UINT32,
        [WIRE_UINT40] = FT_UINT40, [WIRE_UINT48] = FT_UINT48, [WIRE_UINT56] = FT_UINT56,
        [WIRE_UINT64] = FT_UINT64, [WIRE_INT8] = FT_INT8, [WIRE_INT16] = FT_INT16, [WIRE_INT24] = FT_INT24,
        [WIRE_INT32] = FT_INT32, [WIRE_INT64] = FT_INT64, [WIRE_FLOAT] = FT_FLOAT,
        [WIRE_DOUBLE] = FT_DOUBLE, [WIRE_STRING] = FT_STRING, [WIRE_BYTES] = FT_BYTES,
        [WIRE_ETHER] = FT_ETHER, [WIRE_IPv4] = FT_IPv4, [WIRE_IPv6] = FT_IPv6,
        [WIRE_FRAMENUM] = FT_FRAMENUM, [WIRE_TEXT] = FT_STRING, [WIRE_ABSOLUTE_TIME] = FT_ABSOLUTE_TIME,
        [WIRE_RELATIVE_TIME] = FT_RELATIVE_TIME,
    };
    /* clang-format on */
    static const enum field_base bases[] = {BASE_NONE, BASE_DEC,   BASE_HEX,  BASE_DOT,
                                            BASE_DASH, BASE_COLON, BASE_SPACE};
    if (type >= N_WIRE_TYPES || base > WIRE_BASE_SPACE)
        return false;
    *out = (struct field){.unit = "",
                          .type = types[type],
                          .base = bases[base],
                          .named = flags & WIRE_NAMED,
                          .may_be_empty = flags & WIRE_MAY_BE_EMPTY};
    return true;
}

static bool take_field(struct worker *w, struct rd *r, const char *name, struct field *out)
{
    uint32_t type = take_uint(r), base = take_uint(r), flags = take_uint(r), len = take_uint(r);
    const uint8_t *text = rd_bytes(r, len);
    char *description = text ? arena_alloc(&w->texts, len + 1) : NULL;
    if (!description || !field_of_wire(out, type, base, flags))
        return false;
    memcpy(description, text, len);
    description[len] = 0;
    out->name = name;
    out->description = description;
    return true;
}

enum fc_status worker_query(struct worker *w, const char *filter, const char *const *names, size_t n,
                            struct field *out, struct fc_error *err)
{
    struct wire_head head;
    uint8_t *bytes = NULL;
    enum fc_status status = FC_OK;
    if (!send_query(w, filter, names, n) || !receive_message(w, &head, &bytes)) {
        memory_free(bytes);
        return gone(w, err);
    }
    struct rd r = rd_make(bytes, head.len, head.len);
    if (head.kind == WIRE_REFUSED)
        status = refused(w, &r, err);
    else if (head.kind != WIRE_FIELDS)
        status = gone(w, err);
    for (size_t i = 0; !status && i < n; i++)
        if (!take_field(w, &r, names[i], &out[i]))
            status = gone(w, err);
    memory_free(bytes);
    return status;
}

static char *take_text(struct worker *w, struct rd *r)
{
    uint32_t len = take_uint(r);
    const uint8_t *text = rd_bytes(r, len);
    char *copy = text ? arena_alloc(&w->texts, (size_t)len + 1) : NULL;
    if (copy) {
        memcpy(copy, text, len);
        copy[len] = 0;
    }
    return copy;
}

static bool take_listed(struct worker *w, struct rd *r, const struct worker_listener *to)
{
    struct field field = {.unit = ""};
    uint32_t type = take_uint(r);
    if (type == N_WIRE_TYPES) {
        const char *old = take_text(w, r), *today = take_text(w, r);
        if (old && today)
            to->old_name(to->to, old, today);
        return old && today;
    }
    uint32_t base = take_uint(r), flags = take_uint(r);
    bool ok = field_of_wire(&field, type, base, flags);
    field.name = take_text(w, r);
    const char *type_name = take_text(w, r);
    field.description = take_text(w, r);
    ok = ok && field.name && type_name && field.description;
    if (ok)
        to->field(to->to, &field, type_name);
    return ok;
}

enum fc_status worker_list(struct worker *w, const struct worker_listener *to, struct fc_error *err)
{
    struct wire_head head = {0};
    uint8_t *bytes = NULL;
    bool ok = send_message(w, WIRE_LIST, NULL, 0, NULL) && receive_message(w, &head, &bytes) &&
              head.kind == WIRE_LISTED;
    struct rd r = rd_make(bytes, ok ? head.len : 0, ok ? head.len : 0);
    while (ok && rd_left(&r)) {
        ok = take_listed(w, &r, to);
        arena_reset(&w->texts);
    }
    memory_free(bytes);
    return ok ? FC_OK : gone(w, err);
}

enum fc_status worker_dissect(struct worker *w, const int fds[3], uint32_t last, const uint32_t *skip,
                              uint32_t n_skip, struct fc_error *err)
{
    struct wire_head head = {0};
    uint8_t *answer = NULL;
    size_t len = (2 + n_skip) * sizeof(uint32_t);
    char *bytes = memory_alloc(len), *at = bytes;
    if (!bytes)
        return error_memory(err);
    put_uint32(&at, last);
    put_uint32(&at, n_skip);
    for (uint32_t i = 0; i < n_skip; i++)
        put_uint32(&at, skip[i]);
    pthread_mutex_lock(&w->lock);
    bool ok = send_message(w, WIRE_DISSECT, bytes, len, fds) && receive_message(w, &head, &answer);
    pthread_mutex_unlock(&w->lock);
    struct rd r = rd_make(answer, ok ? head.len : 0, ok ? head.len : 0);
    enum fc_status status = FC_OK;
    if (ok && head.kind == WIRE_REFUSED)
        status = refused(w, &r, err);
    else if (!ok || head.kind != WIRE_STARTED)
        status = gone(w, err);
    memory_free(answer);
    memory_free(bytes);
    return status;
}

const char *worker_version(const struct worker *w) { return w->version; }

void worker_stop(struct worker *w)
{
    if (!w)
        return;
    close(w->socket);
    if (w->process) {
        kill(w->process, SIGKILL); /* it holds nothing; its children go with it */
        while (waitpid(w->process, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    pthread_mutex_destroy(&w->lock);
    arena_free(&w->texts);
    memory_free(w);
}
