/* Invariant: a request for a child and its answer are one step under the lock, and after a failure of the
 * socket every request fails until the worker is revived. Messages: wire.h. */
#include "shark/worker.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/os.h"
#include "base/rd.h"
#include "shark/message.h"
#include "shark/program.h"
#include "shark/wire.h"

enum {
    MOST_IDLE = 64,
    MOST_REVIVALS = 3,
    CHILD_CAPTURES = 512 /* then it is replaced: libwireshark may leak memory with every capture */
};

struct letter {
    char *bytes;
    size_t len, cap;
    struct memory_state memory; /* asked when the letter is sent */
};

struct worker {
    pthread_mutex_t lock;
    int socket;
    pid_t process,
        owner; /* the worker; the process that started it: only that one may end it, not its forks */
    struct arena texts;
    unsigned program; /* which of the programs that are there it is: program.h */
    char version[64], lacks[160], library[PATH_MAX];
    struct message_stop stop;
    uint32_t plan;          /* bits of enum wire_plan */
    struct letter question; /* as it was sent, to ask it again after a revival */
    uint32_t n_revived;
    struct worker_child idle[MOST_IDLE];
    size_t n_idle;
};

/* ---- letters ---- */

static void letter_put(struct letter *l, const void *bytes, size_t n)
{
    if (l->memory.ended || !memory_reserve((void **)&l->bytes, &l->cap, l->len + n + 1, 1)) {
        memory_ended(&l->memory);
        return;
    }
    if (n)
        memcpy(l->bytes + l->len, bytes, n);
    l->len += n;
}

static void letter_uint(struct letter *l, uint32_t u) { letter_put(l, &u, sizeof u); }

static void letter_text(struct letter *l, const char *text)
{
    size_t n = text ? strlen(text) : 0;
    letter_uint(l, (uint32_t)n);
    letter_put(l, text, n);
}

static void letter_list(struct letter *l, const char *const *texts, size_t n)
{
    letter_uint(l, (uint32_t)n);
    for (size_t i = 0; i < n; i++)
        letter_text(l, texts[i]);
}

/* ---- answers ---- */

static uint32_t take_uint(struct rd *r)
{
    uint32_t u = 0;
    const uint8_t *bytes = rd_bytes(r, sizeof u);
    if (bytes)
        memcpy(&u, bytes, sizeof u);
    return u;
}

static enum fc_status gone(struct fc_error *err)
{
    return error_set(err, FC_IO, -1, "the program flowcontainer-worker has ended or answers nonsense");
}

static enum fc_status refused(struct rd *r, struct fc_error *err)
{
    static const enum fc_status statuses[] = {[WIRE_NO_FIELD] = FC_FIELD,
                                              [WIRE_BAD_FILTER] = FC_FILTER,
                                              [WIRE_USAGE] = FC_USAGE,
                                              [WIRE_FAILED] = FC_IO};
    uint32_t why = take_uint(r);
    int32_t offset = (int32_t)take_uint(r);
    uint32_t len = take_uint(r);
    const char *text = (const char *)rd_bytes(r, len);
    if (!text || why > WIRE_FAILED)
        return gone(err);
    return error_set(err, statuses[why], offset, "%.*s", (int)len, text);
}

/* ---- the interface ---- */

static void take_short_text(struct rd *r, char *out, size_t cap)
{
    uint32_t len = take_uint(r);
    const char *text = (const char *)rd_bytes(r, len);
    snprintf(out, cap, "%.*s", text ? (int)len : 0, text ? text : "");
}

/* The greeting; false when there is none, or another program's. */
static bool take_hello(struct worker *w)
{
    struct wire_head head;
    uint8_t *bytes;
    bool ok = message_receive(w->socket, &head, &bytes, &w->stop) && head.kind == WIRE_HELLO;
    struct rd r = rd_make(bytes, ok ? head.len : 0, ok ? head.len : 0);
    ok = take_uint(&r) == WIRE_VERSION && ok;
    take_short_text(&r, w->version, sizeof w->version);
    take_short_text(&r, w->lacks, sizeof w->lacks);
    take_short_text(&r, w->library, sizeof w->library);
    ok = ok && rd_ok(&r);
    memory_free(bytes);
    return ok;
}

static int end_process(struct worker *w);

/* Whether the program ended because the loader did not find its libwireshark. */
static bool has_no_library(struct worker *w)
{
    int status = w->process && w->owner == getpid() ? end_process(w) : 0;
    return WIFEXITED(status) && WEXITSTATUS(status) == PROGRAM_NOT_LOADED;
}

enum fc_status worker_await(struct worker *w, struct fc_error *err)
{
    while (!take_hello(w)) {
        if (w->stop.asked && w->stop.asked(w->stop.context))
            return error_set(err, FC_CANCELLED, -1, "cancelled");
        if (!has_no_library(w))
            return error_set(
                err, FC_UNSUPPORTED, -1,
                "the wireshark engine does not start: flowcontainer-worker is of another version "
                "of flowcontainer, or ends at once");
        if (!program_find((char[PATH_MAX]){0}, w->program + 1))
            return error_set(err, FC_UNSUPPORTED, -1, PROGRAM_NO_LIBRARY);
        close(w->socket);
        w->socket = -1;
        enum fc_status status = program_start(&w->process, &w->socket, ++w->program, err);
        if (status)
            return status;
    }
    return FC_OK;
}

void worker_watch(struct worker *w, const struct message_stop *stop) { w->stop = *stop; }

enum fc_status worker_launch(struct worker **out, struct fc_error *err)
{
    struct worker *w = memory_zero(1, sizeof *w);
    if (!w)
        return error_memory(err);
    w->socket = -1;
    w->owner = getpid();
    pthread_mutex_init(&w->lock, NULL);
    enum fc_status status = program_start(&w->process, &w->socket, w->program, err);
    if (status) {
        w->process = 0;
        worker_stop(w);
    } else {
        *out = w;
    }
    return status;
}

enum fc_status worker_start(struct worker **out, struct fc_error *err)
{
    struct worker *w = NULL;
    enum fc_status status = worker_launch(&w, err);
    if (!status && (status = worker_await(w, err))) {
        worker_stop(w);
        w = NULL;
    }
    *out = w;
    return status;
}

static bool field_of_wire(struct field *out, uint32_t type, uint32_t base, uint32_t flags)
{
    if (type >= N_WIRE_TYPES || base >= N_WIRE_BASES)
        return false;
    *out = (struct field){.unit = "",
                          .type = type == WIRE_TEXT ? FT_STRING : (enum field_type)type,
                          .base = (enum field_base)base,
                          .named = flags & WIRE_NAMED,
                          .may_be_empty = flags & WIRE_MAY_BE_EMPTY};
    return true;
}

/* A copy of the next text. NULL: the message has ended, or memory has. */
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

/* Some dissectors put numbers into fields that are declared too narrow for them, and tshark prints the
 * numbers whole. Native fields are never too narrow. */
static void widen(struct field *f, const char *name)
{
    if (f->base != BASE_DEC || field_find(name) != F_COUNT)
        return;
    if (f->type == FT_UINT8 || f->type == FT_UINT16 || f->type == FT_UINT24)
        f->type = FT_UINT32;
    else if (f->type == FT_INT8 || f->type == FT_INT16 || f->type == FT_INT24)
        f->type = FT_INT32;
}

static bool take_field(struct worker *w, struct rd *r, const char *name, struct field *out)
{
    uint32_t type = take_uint(r), base = take_uint(r), flags = take_uint(r);
    bool ok = field_of_wire(out, type, base, flags);
    widen(out, name);
    out->name = name;
    out->description = take_text(w, r);
    return ok && out->description;
}

static enum fc_status take_fields(struct worker *w, struct rd *r, const struct worker_question *q,
                                  struct field *out, struct fc_error *err)
{
    w->plan = take_uint(r);
    for (size_t i = 0; i < q->n; i++)
        if (!take_field(w, r, q->names[i], &out[i]))
            return gone(err);
    return FC_OK;
}

enum fc_status worker_query(struct worker *w, const struct worker_question *q, struct field *out,
                            struct fc_error *err)
{
    struct wire_head head;
    struct letter letter = {0};
    uint8_t *bytes = NULL;
    letter_text(&letter, q->filter);
    letter_list(&letter, q->names, q->n);
    letter_list(&letter, q->options->preferences, q->options->n_preferences);
    letter_list(&letter, q->options->decode_as, q->options->n_decode_as);
    letter_list(&letter, q->options->dissectors, q->options->n_dissectors);
    letter_text(&letter, q->keylog);
    letter_uint(&letter, q->options->passes);
    enum fc_status status = letter.memory.ended ? error_memory(err) : FC_OK;
    if (!status && (!message_send(w->socket, WIRE_QUERY, letter.bytes, letter.len, NULL, 0) ||
                    !message_receive(w->socket, &head, &bytes, &w->stop)))
        status = gone(err);
    struct rd r = rd_make(bytes, status ? 0 : head.len, status ? 0 : head.len);
    if (!status && head.kind == WIRE_REFUSED)
        status = refused(&r, err);
    else if (!status)
        status = head.kind == WIRE_FIELDS ? take_fields(w, &r, q, out, err) : gone(err);
    memory_free(bytes);
    if (status)
        memory_free(letter.bytes);
    else
        w->question = letter;
    return status;
}

/* ---- the list of all fields ---- */

static bool take_listed(struct worker *w, struct rd *r, const struct worker_listener *to)
{
    struct field field;
    uint32_t type = take_uint(r);
    if (type == N_WIRE_TYPES) {
        const char *old = take_text(w, r), *today = take_text(w, r);
        if (old && today)
            to->old_name(to->to, old, today);
        return old && today;
    }
    uint32_t base = take_uint(r), flags = take_uint(r);
    if (!field_of_wire(&field, type, base, flags))
        return false;
    field.name = take_text(w, r);
    const char *type_name = take_text(w, r);
    field.description = take_text(w, r);
    bool ok = field.name && type_name && field.description;
    if (ok)
        to->field(to->to, &field, type_name);
    return ok;
}

enum fc_status worker_list(struct worker *w, const struct worker_listener *to, struct fc_error *err)
{
    struct wire_head head = {0};
    uint8_t *bytes = NULL;
    bool ok = message_send(w->socket, WIRE_LIST, NULL, 0, NULL, 0) &&
              message_receive(w->socket, &head, &bytes, &w->stop) && head.kind == WIRE_LISTED;
    struct rd r = rd_make(bytes, ok ? head.len : 0, ok ? head.len : 0);
    while (ok && rd_left(&r)) {
        ok = take_listed(w, &r, to);
        arena_reset(&w->texts);
    }
    memory_free(bytes);
    return ok ? FC_OK : gone(err);
}

bool worker_divides(const struct worker *w) { return !(w->plan & WIRE_WHOLE); }
bool worker_wants_clear_text(const struct worker *w, bool *empty_passes)
{
    *empty_passes = w->plan & WIRE_EMPTY_PASSES;
    return w->plan & WIRE_CLEAR_TEXT;
}

bool worker_dissects_twice(const struct worker *w) { return w->plan & WIRE_TWICE; }
const char *worker_lacks(const struct worker *w) { return w->lacks; }
const char *worker_version(const struct worker *w) { return w->version; }
const char *worker_library(const struct worker *w) { return w->library; }

/* ---- children ---- */

static bool take_idle(struct worker *w, struct worker_child *out)
{
    pthread_mutex_lock(&w->lock);
    bool found = w->n_idle > 0;
    if (found)
        *out = w->idle[--w->n_idle];
    pthread_mutex_unlock(&w->lock);
    return found;
}

/* The status of waitpid, which is that of exit if the process had ended before. */
static int end_process(struct worker *w)
{
    int status = 0;
    kill(w->process, SIGKILL); /* the worker has nothing to save, and its children end with it */
    while (waitpid(w->process, &status, 0) < 0 && errno == EINTR)
        ;
    w->process = 0;
    return status;
}

static void bury(struct worker *w)
{
    for (size_t i = 0; i < w->n_idle; i++)
        close(w->idle[i].socket);
    w->n_idle = 0;
    if (w->socket >= 0)
        close(w->socket);
    w->socket = -1;
    if (w->process && w->owner == getpid())
        end_process(w);
    w->process = 0;
}

/* Starts another worker in place of one that was killed, and asks it the same question. */
static bool revive(struct worker *w)
{
    struct wire_head head;
    struct fc_error ignored;
    uint8_t *bytes = NULL;
    if (w->owner != getpid() || w->n_revived++ == MOST_REVIVALS)
        return false;
    bury(w);
    bool ok = !program_start(&w->process, &w->socket, w->program, &ignored) && !worker_await(w, &ignored);
    if (ok && w->question.bytes) {
        ok = message_send(w->socket, WIRE_QUERY, w->question.bytes, w->question.len, NULL, 0) &&
             message_receive(w->socket, &head, &bytes, &w->stop) && head.kind == WIRE_FIELDS;
        memory_free(bytes);
    }
    return ok;
}

static bool fork_one(struct worker *w, int socket, struct wire_head *head, uint8_t **answer)
{
    return w->socket >= 0 && message_send(w->socket, WIRE_FORK, NULL, 0, &socket, 1) &&
           message_receive(w->socket, head, answer, &w->stop);
}

static enum fc_status ask_for_child(struct worker *w, int socket, struct fc_error *err)
{
    struct wire_head head = {0};
    uint8_t *answer = NULL;
    pthread_mutex_lock(&w->lock);
    bool ok = fork_one(w, socket, &head, &answer);
    if (!ok) {
        memory_free(answer);
        answer = NULL;
        ok = revive(w) && fork_one(w, socket, &head, &answer);
    }
    pthread_mutex_unlock(&w->lock);
    struct rd r = rd_make(answer, ok ? head.len : 0, ok ? head.len : 0);
    enum fc_status status = FC_OK;
    if (ok && head.kind == WIRE_REFUSED)
        status = refused(&r, err);
    else if (!ok || head.kind != WIRE_STARTED)
        status = gone(err);
    memory_free(answer);
    return status;
}

enum fc_status worker_child_take(struct worker *w, bool fresh, struct worker_child *out, struct fc_error *err)
{
    int ends[2];
    if (!fresh && take_idle(w, out))
        return FC_OK;
    if (!os_socket_pair(ends))
        return error_set(err, FC_IO, -1, "no socket: %s", strerror(errno));
    enum fc_status status = ask_for_child(w, ends[1], err);
    close(ends[1]);
    if (status)
        close(ends[0]);
    else
        *out = (struct worker_child){.socket = ends[0]};
    return status;
}

void worker_child_give(struct worker *w, struct worker_child child)
{
    pthread_mutex_lock(&w->lock);
    bool keep = !(w->plan & WIRE_ONCE_ONLY) && ++child.n_captures < CHILD_CAPTURES && w->n_idle < MOST_IDLE;
    if (keep)
        w->idle[w->n_idle++] = child;
    pthread_mutex_unlock(&w->lock);
    if (!keep)
        close(child.socket);
}

static void letter_numbers(struct letter *letter, const uint32_t *numbers, uint32_t n)
{
    letter_uint(letter, n);
    letter_put(letter, numbers, n * sizeof *numbers);
}

/* Sends the letter and frees it. */
static enum fc_status post(const struct worker_child *child, enum wire_kind kind, struct letter *letter,
                           const int fds[3], struct fc_error *err)
{
    enum fc_status status = letter->memory.ended ? error_memory(err) : FC_OK;
    if (!status && !message_send(child->socket, kind, letter->bytes, letter->len, fds, WIRE_FDS))
        status = gone(err);
    memory_free(letter->bytes);
    return status;
}

enum fc_status worker_child_dissect(const struct worker_child *child, const int fds[3], uint32_t last,
                                    const uint32_t *skip, uint32_t n_skip, struct fc_error *err)
{
    struct letter letter = {0};
    letter_uint(&letter, last);
    letter_numbers(&letter, skip, n_skip);
    return post(child, WIRE_DISSECT, &letter, fds, err);
}

enum fc_status worker_child_locate(const struct worker_child *child, const int fds[3], uint32_t last,
                                   const uint32_t *skip, uint32_t n_skip, const uint32_t *links,
                                   uint32_t n_links, struct fc_error *err)
{
    struct letter letter = {0};
    letter_uint(&letter, last);
    letter_numbers(&letter, skip, n_skip);
    letter_numbers(&letter, links, n_links);
    return post(child, WIRE_LOCATE, &letter, fds, err);
}

enum fc_status worker_child_convert(const struct worker_child *child, const int fds[3], struct fc_error *err)
{
    return message_send(child->socket, WIRE_CONVERT, NULL, 0, fds, WIRE_FDS) ? FC_OK : gone(err);
}

void worker_stop(struct worker *w)
{
    if (!w)
        return;
    bury(w);
    memory_free(w->question.bytes);
    pthread_mutex_destroy(&w->lock);
    arena_free(&w->texts);
    memory_free(w);
}
