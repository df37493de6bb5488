/* A small capture is dissected by one process while the native engine reads it. A large one is divided first;
 * its buckets are dissected a few at a time, and the answers are stored, then found frame by frame.
 * Invariant: either way the caller gets the same answers in the same order. */
#include "shark/oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/memory.h"
#include "shark/file.h"
#include "shark/lanes.h"
#include "shark/records.h"

enum {
    SMALL = 3 << 20, /* bytes of a capture that is not worth dividing */
    DEFAULT_MEMORY = 300 << 20,
    WORKER_MEMORY = 180 << 20, /* of a process that has not seen a packet yet */
    LEAST_COST = 8 << 20
};

struct oracle {
    struct worker *worker; /* NULL: oracle_ask has not been called yet */
    const struct query *query;
    const struct progress *progress;
    struct capture_file file;
    bool has_started;
    struct records records; /* of a capture that is not divided */
    struct division division;
    struct bucket *buckets; /* of a divided capture, one for each bucket of the division; else NULL */
    bool empty_passes;      /* what the filter says of a frame that is in no bucket */
};

/* ---- dividing ---- */

static uint32_t last_frame(const struct oracle *o)
{
    uint64_t most = o->query->options.max_frames;
    return most < UINT32_MAX ? (uint32_t)most : 0;
}

static struct division_limits limits_of(const struct query *q)
{
    const char *exactly = getenv("FLOWCONTAINER_BUCKETS"); /* tests of the law of shards */
    uint64_t memory = q->options.max_memory ? q->options.max_memory : DEFAULT_MEMORY;
    uint64_t cost = memory > WORKER_MEMORY ? memory - WORKER_MEMORY : 0;
    int n = exactly ? atoi(exactly) : 0;
    return (struct division_limits){.cost = cost > LEAST_COST ? cost : LEAST_COST,
                                    .n_buckets = q->children,
                                    .exactly = n > 0 ? (uint32_t)n : 0,
                                    .max_frames = q->options.max_frames};
}

static enum fc_status divide(struct oracle *o, const struct division_limits *limits, struct fc_error *err)
{
    struct stat info;
    struct source *source = NULL;
    if (fstat(o->file.plain, &info) || (!limits->exactly && info.st_size < SMALL))
        return FC_OK;
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", o->file.plain);
    if (source_open(&source, path, NULL)) /* the native engine meets the same error, and reports it */
        return FC_OK;
    enum fc_status status = division_make(&o->division, source, limits, o->progress, err);
    source_close(source);
    if (status || !(o->division.n_buckets > 1 || o->division.n_opaque || o->division.partial))
        return status;
    o->buckets = memory_zero(o->division.n_buckets, sizeof *o->buckets);
    return o->buckets ? FC_OK : error_memory(err);
}

static enum fc_status divide_all(struct oracle *o, struct fc_error *err)
{
    struct division_limits limits = limits_of(o->query);
    limits.leave_out_opaque =
        worker_wants_clear_text(o->worker, &o->empty_passes) && !o->query->options.exact;
    return worker_divides(o->worker) ? divide(o, &limits, err) : FC_OK;
}

static enum fc_status divide_doubts(struct oracle *o, struct survey *survey, struct fc_error *err)
{
    struct division_limits limits = limits_of(o->query);
    limits.survey = survey;
    return divide(o, &limits, err);
}

static void undo_division(struct oracle *o)
{
    for (uint32_t i = 0; o->buckets && i < o->division.n_buckets; i++)
        bucket_free(&o->buckets[i]);
    memory_free(o->buckets);
    o->buckets = NULL;
    division_free(&o->division);
}

/* ---- values ---- */

static bool is_bytes(enum field_type type)
{
    return type == FT_STRING || type == FT_BYTES || type == FT_ETHER || type == FT_IPv6;
}

/* The process has seen bytes of strangers: what it writes is checked as if strangers had written it. */
static bool take_value(const struct query *query, struct rd *body, struct row *row)
{
    struct wire_value value;
    const uint8_t *bytes;
    if (!records_value(body, &value, &bytes) || value.slot >= query->n_fields)
        return false;
    enum field_type type = query->fields[value.slot].type;
    if ((type == FT_ETHER && value.len != 6) || (type == FT_IPv6 && value.len != 16))
        return false;
    if (type == FT_STRING) {
        row_slot_utf8(row, value.slot, bytes, value.len);
        return true;
    }
    struct value *v = row_slot(row, value.slot);
    if (v && is_bytes(type)) {
        v->bytes = bytes;
        v->len = value.len;
    } else if (v) {
        v->u = value.bits;
    }
    return true;
}

static enum fc_status take_values(const struct query *query, struct rd body, uint32_t n_values,
                                  struct row *row, struct fc_error *err)
{
    for (uint32_t i = 0; i < n_values; i++)
        if (!take_value(query, &body, row))
            return records_error(err);
    return FC_OK;
}

/* ---- a frame ---- */

static enum fc_status frame_of_bucket(struct oracle *o, uint32_t frame, struct row *row,
                                      enum verdict *verdict, struct fc_error *err)
{
    if (frame > o->division.n_frames)
        return error_set(err, FC_IO, -1, "the capture has grown while it was read");
    uint32_t index = o->division.group_of[frame - 1];
    if (index == NO_BUCKET) {
        *verdict = o->empty_passes ? VERDICT_PASSED : VERDICT_DROPPED;
        return FC_OK;
    }
    struct bucket *bucket = &o->buckets[index];
    struct rd body;
    bool found;
    enum fc_status status = bucket_seek(bucket, frame, &found, &body, err);
    *verdict = found ? VERDICT_PASSED : bucket_skips(bucket, frame) ? VERDICT_CRASHED : VERDICT_DROPPED;
    if (status || !found)
        return status;
    return take_values(o->query, body, bucket->next.n_values, row, err);
}

static enum fc_status read_too_few(const struct records *r, struct fc_error *err)
{
    return error_set(err, FC_UNSUPPORTED, -1, "libwireshark reads only %u frames of this capture%s%.*s",
                     r->child.record.n_values, r->body.len ? ": " : "", (int)r->body.len,
                     (const char *)r->body.data);
}

static enum fc_status frame_of_records(struct oracle *o, uint32_t frame, struct row *row,
                                       enum verdict *verdict, struct fc_error *err)
{
    const struct child *child = &o->records.child;
    bool found;
    enum fc_status status = records_seek(&o->records, frame, &found, err);
    if (status)
        return status;
    if (found) {
        *verdict = VERDICT_PASSED;
        return take_values(o->query, o->records.body, child->record.n_values, row, err);
    }
    if (child->ended && child->record.n_values < frame)
        return read_too_few(&o->records, err);
    *verdict = child_skips(child, frame) ? VERDICT_CRASHED : VERDICT_DROPPED;
    return FC_OK;
}

static enum fc_status start(struct oracle *o, struct fc_error *err)
{
    o->has_started = true;
    if (!o->buckets) {
        struct part part = {.file = o->file.plain, .last = last_frame(o)};
        return records_open(&o->records, o->worker, &part, o->progress, err);
    }
    struct lanes_job job = {.worker = o->worker,
                            .division = &o->division,
                            .capture = o->file.plain,
                            .buckets = o->buckets,
                            .n_lanes = o->query->children,
                            .progress = o->progress};
    return lanes_run(&job, err);
}

enum fc_status oracle_frame(struct oracle *o, uint32_t frame, struct row *row, enum verdict *verdict,
                            struct fc_error *err)
{
    enum fc_status status = o->has_started ? FC_OK : start(o, err);
    if (status)
        return status;
    if (!o->buckets)
        return frame_of_records(o, frame, row, verdict, err);
    return frame_of_bucket(o, frame, row, verdict, err);
}

/* ---- open and close ---- */

static enum fc_status open_with(struct oracle **out, struct worker *worker, const struct query *query,
                                const struct input *input, struct survey *survey,
                                const struct progress *progress, struct fc_error *err)
{
    struct oracle *o = memory_zero(1, sizeof *o);
    if (!o)
        return error_memory(err);
    o->worker = worker;
    o->query = query;
    o->progress = progress;
    enum fc_status status = file_open(&o->file, input, worker, progress, err);
    if (!status)
        status = survey ? divide_doubts(o, survey, err) : divide_all(o, err);
    if (status)
        oracle_close(o);
    else
        *out = o;
    return status;
}

enum fc_status oracle_open(struct oracle **out, struct worker *worker, const struct query *query,
                           const struct input *input, const struct progress *progress, struct fc_error *err)
{
    return open_with(out, worker, query, input, NULL, progress, err);
}

enum fc_status oracle_survey(struct oracle **out, const struct query *query, const struct input *input,
                             struct survey *survey, const struct progress *progress, struct fc_error *err)
{
    return open_with(out, NULL, query, input, survey, progress, err);
}

void oracle_ask(struct oracle *o, struct worker *worker)
{
    o->worker = worker;
    if (!worker_divides(worker)) /* the query asks for what is counted over the whole capture */
        undo_division(o);
}

bool oracle_is_partial(const struct oracle *o) { return o && o->buckets && o->division.partial; }

bool oracle_covers(const struct oracle *o, uint32_t frame)
{
    if (!oracle_is_partial(o))
        return o != NULL;
    return frame > o->division.n_frames || o->division.group_of[frame - 1] != NO_BUCKET;
}

uint32_t oracle_crash(const struct oracle *o, uint32_t i)
{
    const struct child *child = &o->records.child;
    if (!o->buckets)
        return i < child->n_skip ? child->skip[i] : 0;
    for (uint32_t b = 0; b < o->division.n_buckets; b++) {
        if (i < o->buckets[b].n_skip)
            return o->buckets[b].skip[i];
        i -= o->buckets[b].n_skip;
    }
    return 0;
}

int oracle_file(const struct oracle *o) { return o->file.plain; }

const char *oracle_path(const struct oracle *o) { return o->file.path[0] ? o->file.path : NULL; }

void oracle_finish(struct oracle *o) { records_finish(&o->records); }

void oracle_close(struct oracle *o)
{
    if (!o)
        return;
    records_close(&o->records);
    undo_division(o);
    file_close(&o->file);
    memory_free(o);
}
