/* Invariant: a bucket holds all frames of each of its groups, so that a process which reads the bucket alone
 * gives the same answers as one that reads the whole capture. */
#include "shark/division.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/opaque.h"
#include "base/error.h"
#include "base/memory.h"
#include "shark/groups.h"
#include "shark/spool.h"

enum {
    PACKET_COST =
        800, /* bytes that libwireshark keeps for a packet, beside a copy of the bytes that it reassembles */
    LOOK_EVERY = 4096, /* frames between two checks whether the run was cancelled */
    WINDOW = 1 << 18,
    OUTLET = 1 << 17
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

/* The group of the frame, or NO_BUCKET. False: memory ended. */
static bool group_of(struct division *d, bool leave_out_opaque, const struct examined *x, uint32_t *group)
{
    bool left_out = leave_out_opaque && opaque_frame(x);
    *group = groups_note(d->groups, &x->packet);
    bool ok = *group != UINT32_MAX;
    d->n_opaque += left_out;
    if (left_out)
        *group = NO_BUCKET;
    return ok;
}

static bool choose(struct division *d, uint32_t group)
{
    size_t before = d->chosen_cap;
    if (!memory_reserve((void **)&d->chosen, &d->chosen_cap, (size_t)group + 1, 1))
        return false;
    memset(d->chosen + before, 0, d->chosen_cap - before);
    d->chosen[group] = true;
    return true;
}

static enum fc_status read_frames(struct division *d, struct source *source, struct examiner *examiner,
                                  const struct division_limits *limits, const struct progress *progress,
                                  struct fc_error *err)
{
    struct examined examined;
    struct frame frame;
    uint64_t end = 0;
    while (!(limits->max_frames && d->n_frames == limits->max_frames)) {
        struct fc_error damage;
        enum fc_status status = source_next(source, &frame, &damage);
        if (status == FC_MEMORY)
            return error_memory(err);
        if (status || !frame.data)
            return FC_OK; /* the walk meets the same damage, and reports it */
        examine(examiner, &frame, &examined);
        d->whole |= examined.packet.reason ==
                    REASON_LINK_TYPE; /* the IP inside belongs to a group that is not known */
        uint32_t group;
        if (examiner->memory->ended || !group_of(d, limits->leave_out_opaque, &examined, &group) ||
            !note_gap(d, end, frame.offset) || !note_frame(d, &frame, group))
            return error_memory(err);
        if (limits->survey && survey_frame(limits->survey, &examined, source) && !choose(d, group))
            return error_memory(err);
        end = frame.offset + frame.record_len;
        if (d->n_frames % LOOK_EVERY == 0 && atomic_load_explicit(&progress->cancelled, memory_order_relaxed))
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

/* Chooses the groups that chosen groups were joined to. */
static void settle_choice(struct division *d)
{
    for (uint32_t g = 0; g < groups_count(d->groups) && g < d->chosen_cap; g++)
        if (d->chosen[g])
            d->chosen[groups_find(d->groups, g)] = true;
}

static void weigh(struct division *d, struct weight *weights)
{
    for (uint32_t g = 0; g < groups_count(d->groups); g++)
        weights[g].group = g;
    for (uint32_t i = 0; i < d->n_frames; i++) {
        if (d->group_of[i] == NO_BUCKET)
            continue;
        uint32_t group = d->group_of[i] = groups_find(d->groups, d->group_of[i]);
        if (d->partial && !(group < d->chosen_cap && d->chosen[group])) {
            d->group_of[i] = NO_BUCKET;
            continue;
        }
        struct weight *w = &weights[group];
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

/* Puts the heaviest group first, each into the lightest bucket so far. */
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
        settle_choice(d);
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

/* Whether the capture contains keys, with which libwireshark may decrypt streams. */
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
    struct memory_state memory = {0};
    struct examiner examiner;
    examiner_init(&examiner, &memory);
    examiner.protocols = FC_TCP | FC_UDP;
    examiner.matches_names = limits->survey && limits->survey->matches_names;
    *d = (struct division){.groups = groups_new(), .n_buckets = 1};
    if (!d->groups)
        return error_memory(err);
    enum fc_status status = read_frames(d, source, &examiner, limits, progress, err);
    bool whole = d->whole || examiner.convs.numbers_may_differ; /* applications announce other addresses */
    whole |= holds_secrets(source) && d->n_opaque;
    d->n_opaque = whole ? 0 : d->n_opaque;
    d->partial = limits->survey && !whole && d->n_frames;
    if (!status && limits->survey && survey_failed(limits->survey))
        status = error_memory(err);
    examiner_free(&examiner);
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

/* A window over the capture. */
struct copying {
    int from;
    uint64_t offset; /* of the window's first byte */
    size_t len;
    uint8_t window[WINDOW];
};

/* Bytes that will be written to the file of a bucket. */
struct outlet {
    int to;
    size_t len;
    uint8_t bytes[OUTLET];
};

/* The bytes at `offset`: *n of them, at most `want`. NULL: err says why. */
static const uint8_t *look(struct copying *c, uint64_t offset, uint64_t want, size_t *n, struct fc_error *err)
{
    if (offset < c->offset || offset >= c->offset + c->len) {
        ssize_t got;
        do
            got = pread(c->from, c->window, sizeof c->window, (off_t)offset);
        while (got < 0 && errno == EINTR);
        if (got <= 0) {
            error_set(err, FC_IO, (int64_t)offset, "cannot read again: %s",
                      got ? strerror(errno) : "the file has become shorter");
            return NULL;
        }
        c->offset = offset;
        c->len = (size_t)got;
    }
    uint64_t left = c->offset + c->len - offset;
    *n = (size_t)(left < want ? left : want);
    return c->window + (offset - c->offset);
}

static enum fc_status flush(struct outlet *out, struct fc_error *err)
{
    bool ok = spool_write(out->to, out->bytes, out->len);
    out->len = 0;
    return ok ? FC_OK : spool_error(err);
}

static enum fc_status put(struct outlet *out, const uint8_t *bytes, size_t n, struct fc_error *err)
{
    enum fc_status status = FC_OK;
    while (n && !status) {
        size_t room = sizeof out->bytes - out->len, part = n < room ? n : room;
        memcpy(out->bytes + out->len, bytes, part);
        out->len += part;
        bytes += part;
        n -= part;
        if (out->len == sizeof out->bytes)
            status = flush(out, err);
    }
    return status;
}

static enum fc_status copy(struct copying *c, uint64_t offset, uint64_t len, struct outlet *out,
                           uint32_t n_out, struct fc_error *err)
{
    enum fc_status status = FC_OK;
    while (len && !status) {
        size_t n;
        const uint8_t *bytes = look(c, offset, len, &n, err);
        if (!bytes)
            return FC_IO;
        for (uint32_t i = 0; i < n_out && !status; i++)
            status = put(&out[i], bytes, n, err);
        offset += n;
        len -= n;
    }
    return status;
}

static enum fc_status copy_all(const struct division *d, uint32_t first, struct copying *c,
                               struct outlet *outlets, uint32_t n, struct fc_error *err)
{
    enum fc_status status = FC_OK;
    uint64_t offset = 0;
    size_t gap = 0;
    for (uint32_t i = 0; !status && i < d->n_frames; i++) {
        if (gap < d->n_gaps && d->gaps[gap].before == i) {
            status = copy(c, offset, d->gaps[gap].len, outlets, n, err);
            offset += d->gaps[gap++].len;
        }
        uint32_t bucket = d->group_of[i] - first; /* NO_BUCKET is far away */
        if (!status && bucket < n)
            status = copy(c, offset, d->record_len[i], &outlets[bucket], 1, err);
        offset += d->record_len[i];
    }
    for (uint32_t i = 0; !status && i < n; i++)
        status = flush(&outlets[i], err);
    return status;
}

enum fc_status division_write(const struct division *d, uint32_t first, int from, const int *to, uint32_t n,
                              struct fc_error *err)
{
    struct copying *copying = memory_zero(1, sizeof *copying);
    struct outlet *outlets = memory_zero(n, sizeof *outlets);
    enum fc_status status = copying && outlets ? FC_OK : error_memory(err);
    for (uint32_t i = 0; !status && i < n; i++)
        outlets[i].to = to[i];
    if (!status) {
        copying->from = from;
        status = copy_all(d, first, copying, outlets, n, err);
    }
    memory_free(copying);
    memory_free(outlets);
    return status;
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
    memory_free(d->chosen);
    groups_free(d->groups);
    *d = (struct division){0};
}
