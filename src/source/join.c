/* A source over sources. Invariant: at most one of the captures is open, besides while their order is found.
 * Source: the numbering is that of `mergecap -a` (observed, 4.0.17). */
#include "source/join.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "source/inner.h"

struct part {
    const struct source_place *place;
    int64_t first_ns; /* INT64_MAX: it has no frame with a time */
    size_t given;     /* its place among the given places */
};

struct join {
    struct part *parts;
    size_t n, at; /* the part to open next */
    struct source *current;
    uint64_t frames; /* of the current part */
    uint64_t consumed;
    struct source_failure *failures;
    size_t n_failures, failures_capacity;
};

/* ---- the order ---- */

static enum fc_status read_first(struct part *part, const struct source_watch *watch)
{
    struct source *source = NULL;
    struct frame frame = {0};
    struct fc_error ignored; /* the capture is opened again when its turn comes */
    enum fc_status status = source_open_place(&source, part->place, watch, &ignored);
    if (!status)
        status = source_next(source, &frame, &ignored);
    if (!status && frame.data && frame.has_time)
        part->first_ns = frame.time_ns;
    source_close(source);
    return status == FC_MEMORY || status == FC_CANCELLED ? status : FC_OK;
}

static int earlier(const void *a, const void *b)
{
    const struct part *x = a, *y = b;
    if (x->first_ns != y->first_ns)
        return x->first_ns < y->first_ns ? -1 : 1;
    return x->given < y->given ? -1 : 1;
}

static enum fc_status find_order(struct join *j, const struct source_place *places,
                                 const struct source_watch *watch)
{
    for (size_t i = 0; i < j->n; i++) {
        j->parts[i] = (struct part){&places[i], INT64_MAX, i};
        enum fc_status status = read_first(&j->parts[i], watch);
        if (status)
            return status;
    }
    qsort(j->parts, j->n, sizeof *j->parts, earlier);
    return FC_OK;
}

/* ---- reading ---- */

static void leave_part(struct join *j)
{
    if (j->current)
        j->consumed += source_consumed(j->current);
    source_close(j->current);
    j->current = NULL;
    j->frames = 0;
    j->at++;
}

/* Notes why a part could not be read on; then the next part follows. */
static enum fc_status fail_part(struct join *j, enum fc_status status, const struct fc_error *error,
                                struct fc_error *err)
{
    if (status == FC_MEMORY || status == FC_CANCELLED)
        return error_set(err, status, -1, "%s", error->text);
    if (!memory_reserve((void **)&j->failures, &j->failures_capacity, j->n_failures + 1, sizeof *j->failures))
        return error_memory(err);
    j->failures[j->n_failures++] = (struct source_failure){j->parts[j->at].place->name, *error, j->frames};
    leave_part(j);
    return FC_OK;
}

static enum fc_status join_next(struct source *s, struct frame *out, struct fc_error *err)
{
    struct join *j = s->join;
    enum fc_status status = FC_OK;
    *out = (struct frame){0};
    while (!status && j->at < j->n) {
        struct fc_error error = {0};
        enum fc_status read = FC_OK;
        if (!j->current)
            read = source_open_place(&j->current, j->parts[j->at].place, &s->watch, &error);
        if (!read)
            read = source_next(j->current, out, &error);
        if (!read && out->data) {
            j->frames++;
            out->number = ++s->n_frames;
            return FC_OK;
        }
        if (read)
            status = fail_part(j, read, &error, err);
        else
            leave_part(j);
        *out = (struct frame){0};
    }
    return status;
}

/* ---- open and close ---- */

enum fc_status join_open(struct source **out, const struct source_place *places, size_t n,
                         const struct source_watch *watch, struct fc_error *err)
{
    struct source *s = memory_zero(1, sizeof *s);
    struct join *j = memory_zero(1, sizeof *j);
    if (s) {
        s->fd = -1;
        s->join = j;
        s->watch = *watch;
        s->next = join_next;
        source_set_format(s, "joined");
    }
    if (j && (j->parts = memory_zero(n, sizeof *j->parts)))
        j->n = n;
    enum fc_status status = s && j && j->parts ? find_order(j, places, watch) : FC_MEMORY;
    if (!status) {
        *out = s;
        return FC_OK;
    }
    if (!s)
        join_close(j);
    source_close(s);
    return status == FC_MEMORY ? error_memory(err) : error_set(err, status, -1, "cancelled");
}

void join_close(struct join *j)
{
    if (!j)
        return;
    source_close(j->current);
    memory_free(j->parts);
    memory_free(j->failures);
    memory_free(j);
}

const struct source *join_current(const struct join *j) { return j->current; }
uint64_t join_consumed(const struct join *j)
{
    return j->consumed + (j->current ? source_consumed(j->current) : 0);
}
size_t source_n_failures(const struct source *s) { return s->join ? s->join->n_failures : 0; }
const struct source_failure *source_failure(const struct source *s, size_t i)
{
    return &s->join->failures[i];
}
