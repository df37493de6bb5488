/* Invariant: buckets are begun in their order, and the file of a bucket exists only from shortly before a
 * lane takes it until the lane has finished it: temporary files never hold much more than what is being
 * dissected. */
#include "shark/lanes.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/temporary.h"

enum {
    MOST_LANES = 64,
    FILES_AHEAD = 3 /* files of buckets written in one reading of the capture, for each lane */
};

struct lane {
    struct child child;
    uint32_t bucket, *numbers; /* of the bucket's frames */
    int file;                  /* of the bucket; -1: none */
    bool is_busy;
};

struct lanes {
    const struct lanes_job *job;
    struct lane lanes[MOST_LANES];
    uint32_t n_lanes;
    uint32_t next, n_done;               /* the next bucket to begin; buckets that are complete */
    int files[FILES_AHEAD * MOST_LANES]; /* of the buckets from first_file on; -1: a lane has taken it */
    uint32_t first_file, n_files;
};

/* ---- files of buckets ---- */

/* Writes the files of the next buckets, from `first` on. */
static enum fc_status write_ahead(struct lanes *l, uint32_t first, struct fc_error *err)
{
    const struct division *d = l->job->division;
    uint32_t most = FILES_AHEAD * l->n_lanes, left = d->n_buckets - first, n = left < most ? left : most;
    l->first_file = first;
    for (l->n_files = 0; l->n_files < n; l->n_files++)
        if ((l->files[l->n_files] = temporary_file()) < 0)
            return spool_error(err);
    return division_write(d, first, l->job->capture, l->files, n, err);
}

static enum fc_status take_file(struct lanes *l, uint32_t bucket, int *file, struct fc_error *err)
{
    enum fc_status status = FC_OK;
    if (bucket >= l->first_file + l->n_files)
        status = write_ahead(l, bucket, err);
    if (status)
        return status;
    *file = l->files[bucket - l->first_file];
    l->files[bucket - l->first_file] = -1;
    return FC_OK;
}

/* ---- one lane ---- */

static enum fc_status lane_start(struct lanes *l, struct lane *lane, uint32_t bucket, struct fc_error *err)
{
    const struct division *d = l->job->division;
    *lane = (struct lane){.bucket = bucket, .file = -1, .is_busy = true};
    enum fc_status status = take_file(l, bucket, &lane->file, err);
    if (status)
        return status;
    if (!(lane->numbers = division_numbers(d, bucket)))
        return error_memory(err);
    struct part part = {.file = lane->file,
                        .numbers = lane->numbers,
                        .n_numbers = d->buckets[bucket].n_frames,
                        .first_ns = d->first_ns};
    return child_open(&lane->child, l->job->worker, &part, l->job->progress, err);
}

static void lane_end(struct lane *lane)
{
    if (!lane->is_busy)
        return;
    child_close(&lane->child);
    if (lane->file >= 0)
        close(lane->file);
    memory_free(lane->numbers);
    *lane = (struct lane){0};
}

static enum fc_status read_too_few(const struct lanes *l, const struct lane *lane, const struct rd *body,
                                   struct fc_error *err)
{
    char pair[128];
    division_heaviest(pair, sizeof pair, l->job->division, lane->bucket);
    return error_set(err, FC_UNSUPPORTED, -1,
                     "libwireshark reads %u frames instead of %u between %s and others%s%.*s",
                     lane->child.record.n_values, lane->child.part.n_numbers, pair, body->len ? ": " : "",
                     (int)body->len, (const char *)body->data);
}

/* Stores all records that were received; *ended with the last one. */
static enum fc_status lane_store(struct lanes *l, struct lane *lane, bool *ended, struct fc_error *err)
{
    struct bucket *bucket = &l->job->buckets[lane->bucket];
    const struct wire_record *record = &lane->child.record;
    enum fc_status status = FC_OK;
    struct rd body;
    *ended = false;
    while (!status && !*ended && child_record(&lane->child, &body)) {
        *ended = lane->child.ended;
        if (!*ended)
            status = bucket_put(bucket, record, body.data, err);
        else if (record->n_values != lane->child.part.n_numbers)
            status = read_too_few(l, lane, &body, err);
        else
            status = bucket_complete(bucket, &lane->child, err);
    }
    return status;
}

/* ---- all lanes ---- */

/* Adds to an error the pair of addresses that it is about. */
static enum fc_status name_pair(const struct lanes *l, uint32_t bucket, enum fc_status status,
                                struct fc_error *err)
{
    char pair[128], text[512];
    if (!err || status == FC_CANCELLED || status == FC_MEMORY || strstr(err->text, "frames between"))
        return status;
    division_heaviest(pair, sizeof pair, l->job->division, bucket);
    snprintf(text, sizeof text, "%.500s", err->text);
    return error_set(err, status, err->offset, "%s (among packets between %s)", text, pair);
}

static enum fc_status start_idle_lanes(struct lanes *l, struct fc_error *err)
{
    for (uint32_t i = 0; i < l->n_lanes && l->next < l->job->division->n_buckets; i++) {
        struct lane *lane = &l->lanes[i];
        enum fc_status status = lane->is_busy ? FC_OK : lane_start(l, lane, l->next++, err);
        if (status)
            return name_pair(l, lane->bucket, status, err);
    }
    return FC_OK;
}

static enum fc_status wait_for_records(struct lanes *l, struct fc_error *err)
{
    struct child *children[MOST_LANES];
    uint32_t bucket_of[MOST_LANES];
    size_t n = 0, which = 0;
    for (uint32_t i = 0; i < l->n_lanes; i++)
        if (l->lanes[i].is_busy) {
            bucket_of[n] = l->lanes[i].bucket;
            children[n++] = &l->lanes[i].child;
        }
    enum fc_status status = child_wait(children, n, &which, err);
    return status ? name_pair(l, bucket_of[which], status, err) : FC_OK;
}

static enum fc_status store_records(struct lanes *l, struct fc_error *err)
{
    for (uint32_t i = 0; i < l->n_lanes; i++) {
        struct lane *lane = &l->lanes[i];
        bool ended = false;
        enum fc_status status = lane->is_busy ? lane_store(l, lane, &ended, err) : FC_OK;
        if (status)
            return name_pair(l, lane->bucket, status, err);
        if (ended)
            lane_end(lane);
        l->n_done += ended;
    }
    return FC_OK;
}

enum fc_status lanes_run(const struct lanes_job *job, struct fc_error *err)
{
    struct lanes *l = memory_zero(1, sizeof *l);
    if (!l)
        return error_memory(err);
    l->job = job;
    l->n_lanes = job->n_lanes < MOST_LANES ? job->n_lanes : MOST_LANES;
    enum fc_status status = FC_OK;
    while (!status && l->n_done < job->division->n_buckets) {
        status = start_idle_lanes(l, err);
        if (!status)
            status = wait_for_records(l, err);
        if (!status)
            status = store_records(l, err);
    }
    for (uint32_t i = 0; i < l->n_lanes; i++)
        lane_end(&l->lanes[i]);
    for (uint32_t i = 0; i < l->n_files; i++)
        if (l->files[i] >= 0)
            close(l->files[i]);
    memory_free(l);
    return status;
}
