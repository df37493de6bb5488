/* Dividing a capture. Invariant: a bucket holds whole groups, and of each group all frames, so that a process which
 * sees one bucket alone says of its frames what it would say of them in the whole capture. */
#include "engine/division.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/groups.h"
#include "engine/opaque.h"
#include "engine/spool.h"

enum {
    PACKET_COST = 800, /* bytes that libwireshark keeps of a packet, beside a copy of what it reassembles */
    LOOK_EVERY = 4096  /* frames between two looks whether the run was cancelled */
};

/* ---- reading ---- */

static bool note_gap(struct division *d, uint64_t from, uint64_t to)
{
    if (from == to)
        return true;
    if (!memory_reserve((void **)&d->gaps, &d->gaps_cap, d->n_gaps + 1, sizeof *d->gaps))
        return false;
    d->gaps[d->n_gaps++] = (struct division_gap){from, to - from, d->n_frames};
    return true;
}

static bool note_frame(struct division *d, const struct frame *frame, uint32_t group)
{
    if (!memory_reserve((void **)&d->group_of, &d->frames_cap, d->n_frames + 1, sizeof *d->group_of) ||
        !memory_reserve((void **)&d->record_len, &d->record_cap, d->n_frames + 1, sizeof *d->record_len))
        return false;
    if (!d->n_frames && frame->has_time)
        d->first_ns = frame->time_ns;
    d->group_of[d->n_frames] = group;
    d->record_len[d->n_frames++] = frame->record_len;
    return true;
}

/* Its group, or NO_BUCKET. */
static bool group_of(struct division *d, struct opaque *opaque, const struct examined *x, uint32_t *group)
{
    bool left_out = opaque && opaque_frame(opaque, x);
    *group = groups_note(d->groups, &x->packet);
    bool ok = *group != UINT32_MAX && !(opaque && opaque->failed);
    d->n_opaque += left_out;
    if (left_out)
        *group = NO_BUCKET;
    return ok;
}

static enum fc_status read_frames(struct division *d, struct source *source, struct examiner *examiner,
                                  struct opaque *opaque, uint64_t max_frames, const struct progress *progress,
                                  struct fc_error *err)
{
    struct examined examined;
    struct frame frame;
    uint64_t end = 0;
    while (!(max_frames && d->n_frames == max_frames)) {
        struct fc_error damage;
        enum fc_status status = source_next(source, &frame, &damage);
        if (status == FC_MEMORY)
            return error_memory(err);
        if (status || !frame.data)
            return FC_OK; /* damage is told by whoever reads the capture for its flows */
        examine(examiner, &frame, &examined);
        d->whole |= examined.packet.reason == REASON_LINK_TYPE; /* what it carries belongs to some group */
        uint32_t group;
        if (examiner->failed || !group_of(d, opaque, &examined, &group) || !note_gap(d, end, frame.offset) ||
            !note_frame(d, &frame, group))
            return error_memory(err);
        end = frame.offset + frame.record_len;
        if (d->n_frames % LOOK_EVERY == 0 &&
            atomic_load_explicit(&progress->cancelled, memory_order_relaxed))
            return FC_CANCELLED;
    }
    return FC_OK;
}

/* ---- buckets ---- */

struct weight {
    uint64_t cost, bytes;
    uint32_t group, n_frames, bucket;
};

static int heavier(const void *a, const void *b)
{
    const struct weight *x = a, *y = b;
    if (x->cost != y->cost)
        return x->cost < y->cost ? 1 : -1;
    return x->group < y->group ? -1 : x->group > y->group;
}

static void weigh(struct division *d, struct weight *weights)
{
    for (uint32_t g = 0; g < groups_count(d->groups); g++)
        weights[g].group = g;
    for (uint32_t i = 0; i < d->n_frames; i++) {
        if (d->group_of[i] == NO_BUCKET)
            continue;
        struct weight *w = &weights[d->group_of[i] = groups_find(d->groups, d->group_of[i])];
        w->n_frames++;
        w->bytes += d->record_len[i];
        w->cost += PACKET_COST + d->record_len[i];
    }
}

static uint32_t bucket_count(const struct weight *weights, uint32_t n, const struct division_limits *limits)
{
    uint64_t total = 0;
    uint32_t used = 0;
    for (uint32_t i = 0; i < n && weights[i].cost; i++, used++)
        total += weights[i].cost;
    uint64_t want = limits->exactly ? limits->exactly : total / limits->cost + 1;
    if (!limits->exactly && want < limits->n_buckets)
        want = limits->n_buckets;
    return want < used ? (uint32_t)want : used ? used : 1;
}

/* The heaviest first, each into the lightest bucket. */
static void fill_buckets(struct division *d, struct weight *weights, uint32_t n)
{
    for (uint32_t i = 0; i < n && weights[i].cost; i++) {
        uint32_t lightest = 0;
        for (uint32_t b = 1; b < d->n_buckets; b++)
            if (d->buckets[b].cost < d->buckets[lightest].cost)
                lightest = b;
        struct division_bucket *bucket = &d->buckets[lightest];
        if (!bucket->n_frames)
            bucket->heaviest = weights[i].group;
        bucket->cost += weights[i].cost;
        bucket->bytes += weights[i].bytes;
        bucket->n_frames += weights[i].n_frames;
        weights[i].bucket = lightest;
    }
}

static enum fc_status make_buckets(struct division *d, const struct division_limits *limits)
{
    uint32_t n = groups_count(d->groups);
    struct weight *weights = memory_zero(n, sizeof *weights);
    uint32_t *bucket_of = memory_zero(n, sizeof *bucket_of);
    bool ok = weights && bucket_of;
    if (ok) {
        weigh(d, weights);
        qsort(weights, n, sizeof *weights, heavier);
        d->n_buckets = bucket_count(weights, n, limits);
        d->buckets = memory_zero(d->n_buckets, sizeof *d->buckets);
        ok = d->buckets != NULL;
    }
    if (ok) {
        fill_buckets(d, weights, n);
        for (uint32_t i = 0; i < n; i++)
            bucket_of[weights[i].group] = weights[i].bucket;
        for (uint32_t i = 0; i < d->n_frames; i++)
            if (d->group_of[i] != NO_BUCKET)
                d->group_of[i] = bucket_of[d->group_of[i]];
    }
    memory_free(weights);
    memory_free(bucket_of);
    return ok ? FC_OK : FC_MEMORY;
}

/* Keys in the capture itself: then encrypted streams may be decrypted. */
static bool holds_secrets(const struct source *source)
{
    for (size_t i = 0; i < source_n_blobs(source); i++)
        if (source_blob(source, i)->type)
            return true;
    return false;
}

enum fc_status division_make(struct division *d, struct source *source, const struct division_limits *limits,
                             const struct progress *progress, struct fc_error *err)
{
    struct examiner examiner = {.protocols = FC_TCP | FC_UDP};
    *d = (struct division){.groups = groups_new(), .n_buckets = 1};
    if (!d->groups)
        return error_memory(err);
    struct opaque opaque = {0};
    enum fc_status status = read_frames(d, source, &examiner, limits->leave_out_opaque ? &opaque : NULL,
                                        limits->max_frames, progress, err);
    bool whole = d->whole || examiner.convs.numbers_may_differ; /* applications speak of other addresses */
    whole |= holds_secrets(source) && d->n_opaque;
    d->n_opaque = whole ? 0 : d->n_opaque;
    examiner_free(&examiner);
    opaque_free(&opaque);
    if (!status && !whole && d->n_frames && make_buckets(d, limits))
        status = error_memory(err);
    if (status)
        division_free(d);
    return status;
}

/* ---- a bucket ---- */

uint32_t *division_numbers(const struct division *d, uint32_t bucket)
{
    uint32_t *numbers = memory_alloc((d->buckets[bucket].n_frames + 1) * sizeof *numbers), n = 0;
    for (uint32_t i = 0; numbers && i < d->n_frames; i++)
        if (d->group_of[i] == bucket)
            numbers[n++] = i + 1;
    return numbers;
}

struct copying {
    int from, to;
    uint64_t offset, len; /* a piece not yet copied */
};

static enum fc_status copy_rest(struct copying *c, struct fc_error *err)
{
    char bytes[1 << 16];
    while (c->len) {
        ssize_t n = pread(c->from, bytes, c->len < sizeof bytes ? c->len : sizeof bytes, (off_t)c->offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return error_set(err, FC_IO, (int64_t)c->offset, "cannot read again: %s",
                             n ? strerror(errno) : "the file has become shorter");
        if (!spool_write(c->to, bytes, (size_t)n))
            return error_set(err, FC_IO, -1, "no temporary copy: %s", strerror(errno));
        c->offset += (uint64_t)n;
        c->len -= (uint64_t)n;
    }
    return FC_OK;
}

/* Pieces that touch are copied as one. */
static enum fc_status copy_piece(struct copying *c, uint64_t offset, uint64_t len, struct fc_error *err)
{
    enum fc_status status = FC_OK;
    if (c->offset + c->len != offset) {
        status = copy_rest(c, err);
        c->offset = offset;
    }
    c->len += len;
    return status;
}

enum fc_status division_write(const struct division *d, uint32_t bucket, int from, int to, struct fc_error *err)
{
    struct copying copying = {.from = from, .to = to};
    enum fc_status status = FC_OK;
    uint64_t offset = 0;
    size_t gap = 0;
    for (uint32_t i = 0; !status && i < d->n_frames; i++) {
        if (gap < d->n_gaps && d->gaps[gap].before == i) {
            status = copy_piece(&copying, offset, d->gaps[gap].len, err);
            offset += d->gaps[gap++].len;
        }
        if (!status && d->group_of[i] == bucket)
            status = copy_piece(&copying, offset, d->record_len[i], err);
        offset += d->record_len[i];
    }
    return status ? status : copy_rest(&copying, err);
}

void division_heaviest(char *out, size_t cap, const struct division *d, uint32_t bucket)
{
    groups_name(out, cap, d->groups, d->buckets[bucket].heaviest);
}

void division_free(struct division *d)
{
    memory_free(d->group_of);
    memory_free(d->record_len);
    memory_free(d->gaps);
    memory_free(d->buckets);
    groups_free(d->groups);
    *d = (struct division){0};
}
