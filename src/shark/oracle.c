/* What libwireshark says of a capture. A small one is dissected by one process while it is read here. A large
 * one is divided first; its buckets are dissected a few at a time, what is said of them is put away, and then
 * told frame by frame. Invariant: either way the caller gets the same answers in the same order. */
#include "shark/oracle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "shark/child.h"
#include "shark/division.h"
#include "shark/spool.h"

enum {
    SMALL = 3 << 20, /* bytes of capture not worth dividing */
    MOST_LANES = 64,
    AHEAD = 3, /* files of buckets written at a time, for each lane */
    DEFAULT_MEMORY = 300 << 20,
    WORKER_MEMORY = 180 << 20, /* what a process has before it has seen a packet */
    LEAST_COST = 8 << 20
};

/* A part of a divided capture, and what was said of it. */
struct bucket {
    struct spool spool;
    struct wire_record next; /* read from the spool already; frame 0: none left */
    bool spent; /* it was handed out: the one behind it is to be read, once the row has let go of it */
    uint32_t skip[MOST_SKIPPED], n_skip;
};

struct oracle {
    const struct query *query;
    const struct progress *progress;
    int capture, copy; /* descriptors: what children read; a pipe's copy if one was made */
    char path[32];
    struct child child; /* of a capture that is not divided */
    struct rd body;
    bool has_record, started;
    struct division division;
    bool empty_passes;      /* what the filter says of frames in no bucket */
    struct bucket *buckets; /* NULL: it is not divided */
    uint32_t n_buckets;
    int files[AHEAD *
              MOST_LANES]; /* of the buckets from `first_file` on, written but not handed out; or -1 */
    uint32_t first_file, n_files;
};

/* ---- the capture as a regular file, not compressed ---- */

static enum fc_status copy_pipe(struct oracle *o, int from, struct fc_error *err)
{
    char bytes[1 << 16];
    ssize_t n = 0;
    o->copy = spool_file();
    bool ok = o->copy >= 0;
    while (ok && (n = read(from, bytes, sizeof bytes)) != 0)
        ok = n > 0 ? spool_write(o->copy, bytes, (size_t)n) : errno == EINTR;
    if (!ok)
        return n < 0 ? error_set(err, FC_IO, -1, "%s", strerror(errno)) : spool_error(err);
    snprintf(o->path, sizeof o->path, "/proc/self/fd/%d", o->copy);
    return FC_OK;
}

/* What can be read only once is copied, so that both sides can read it. */
static enum fc_status open_once(struct oracle *o, const struct input *input, struct fc_error *err)
{
    struct stat info;
    bool is_stdin = !strcmp(input->name, "-");
    int fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(input->name, O_RDONLY | O_CLOEXEC);
    enum fc_status status = FC_OK;
    if (fd < 0 || fstat(fd, &info))
        status = error_set(err, errno == ENOENT ? FC_NOT_FOUND : FC_IO, -1, "%s", strerror(errno));
    else if (is_stdin || !S_ISREG(info.st_mode))
        status = copy_pipe(o, fd, err);
    if (status || o->copy >= 0) {
        if (fd >= 0)
            close(fd);
        fd = status ? -1 : fcntl(o->copy, F_DUPFD_CLOEXEC, 0);
    }
    o->capture = fd;
    return status;
}

/* What is compressed or in memory is unpacked to a file. */
static enum fc_status open_plain(struct oracle *o, const struct input *input, struct fc_error *err)
{
    int plain = -1;
    const char *path = o->copy >= 0 ? o->path : input->name;
    if (!input->memory && !source_is_packed(o->capture))
        return FC_OK;
    if ((plain = spool_file()) < 0)
        return spool_error(err);
    enum fc_status status = source_unpack(path, input->memory, input->len, plain, err);
    if (status) {
        close(plain);
        return status;
    }
    if (o->capture >= 0)
        close(o->capture);
    o->capture = plain;
    return FC_OK;
}

static enum fc_status open_input(struct oracle *o, const struct input *input, struct fc_error *err)
{
    enum fc_status status = input->memory ? FC_OK : open_once(o, input, err);
    return status ? status : open_plain(o, input, err);
}

/* ---- dividing ---- */

static uint32_t frames_limit(const struct oracle *o)
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
    if (fstat(o->capture, &info) || (!limits->exactly && info.st_size < SMALL))
        return FC_OK;
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", o->capture);
    if (source_open(&source, path, NULL)) /* whoever reads the capture for its flows will say why */
        return FC_OK;
    enum fc_status status = division_make(&o->division, source, limits, o->progress, err);
    source_close(source);
    if (status || !(o->division.n_buckets > 1 || o->division.n_opaque || o->division.partial))
        return status;
    o->n_buckets = o->division.n_buckets;
    o->buckets = memory_zero(o->n_buckets, sizeof *o->buckets);
    return o->buckets ? FC_OK : error_memory(err);
}

static enum fc_status divide_all(struct oracle *o, struct fc_error *err)
{
    struct division_limits limits = limits_of(o->query);
    limits.leave_out_opaque =
        worker_wants_clear_text(o->query->worker, &o->empty_passes) && !o->query->options.exact;
    return worker_divides(o->query->worker) ? divide(o, &limits, err) : FC_OK;
}

static enum fc_status divide_doubts(struct oracle *o, struct survey *survey, struct fc_error *err)
{
    struct division_limits limits = limits_of(o->query);
    limits.survey = survey;
    return divide(o, &limits, err);
}

/* ---- buckets, a few at a time ---- */

struct lane {
    struct child child;
    uint32_t bucket, *numbers;
    int file;
    bool busy;
};

/* Writes the files of the next buckets, from `first` on. */
static enum fc_status write_ahead(struct oracle *o, uint32_t first, struct fc_error *err)
{
    uint32_t n_lanes = o->query->children < MOST_LANES ? o->query->children : MOST_LANES,
             most = AHEAD * n_lanes;
    uint32_t left = o->n_buckets - first, n = left < most ? left : most;
    o->first_file = first;
    for (o->n_files = 0; o->n_files < n; o->n_files++)
        if ((o->files[o->n_files] = spool_file()) < 0)
            return spool_error(err);
    return division_write(&o->division, first, o->capture, o->files, n, err);
}

static void drop_files(struct oracle *o)
{
    for (uint32_t i = 0; i < o->n_files; i++)
        if (o->files[i] >= 0)
            close(o->files[i]);
    o->n_files = 0;
}

static enum fc_status lane_start(struct oracle *o, struct lane *lane, uint32_t bucket, struct fc_error *err)
{
    const struct division *d = &o->division;
    enum fc_status status = FC_OK;
    *lane = (struct lane){.bucket = bucket, .file = -1, .busy = true};
    if (bucket >= o->first_file + o->n_files)
        status = write_ahead(o, bucket, err);
    if (status)
        return status;
    lane->file = o->files[bucket - o->first_file];
    o->files[bucket - o->first_file] = -1;
    if (!(lane->numbers = division_numbers(d, bucket)))
        return error_memory(err);
    struct part part = {.file = lane->file,
                        .numbers = lane->numbers,
                        .n_numbers = d->buckets[bucket].n_frames,
                        .first_ns = d->first_ns};
    return child_open(&lane->child, o->query->worker, &part, o->progress, err);
}

static void lane_end(struct lane *lane)
{
    if (!lane->busy)
        return;
    if (lane->child.worker)
        child_close(&lane->child);
    if (lane->file >= 0)
        close(lane->file);
    memory_free(lane->numbers);
    *lane = (struct lane){0};
}

static enum fc_status bucket_too_few(const struct oracle *o, const struct lane *lane, const struct rd *body,
                                     struct fc_error *err)
{
    char pair[128];
    division_heaviest(pair, sizeof pair, &o->division, lane->bucket);
    return error_set(err, FC_UNSUPPORTED, -1,
                     "libwireshark reads %u frames instead of %u between %s and others%s%.*s",
                     lane->child.record.n_values, lane->child.part.n_numbers, pair, body->len ? ": " : "",
                     (int)body->len, (const char *)body->data);
}

/* Puts away all records at hand; *ended with the last one. */
static enum fc_status lane_take(struct oracle *o, struct lane *lane, bool *ended, struct fc_error *err)
{
    struct bucket *bucket = &o->buckets[lane->bucket];
    enum fc_status status = FC_OK;
    struct rd body;
    *ended = false;
    while (!status && child_record(&lane->child, &body)) {
        const struct wire_record *head = &lane->child.record;
        *ended = lane->child.ended;
        if (*ended && head->n_values != lane->child.part.n_numbers)
            return bucket_too_few(o, lane, &body, err);
        if (*ended)
            break;
        status = spool_put(&bucket->spool, head, sizeof *head, err);
        if (!status)
            status = spool_put(&bucket->spool, body.data, head->len, err);
    }
    if (*ended) {
        bucket->n_skip = lane->child.n_skip;
        memcpy(bucket->skip, lane->child.skip, sizeof bucket->skip);
        status = spool_rewind(&bucket->spool, err);
    }
    return status;
}

/* Says whom an error is about: one pair may need more memory than there is. */
static enum fc_status name_pair(const struct oracle *o, uint32_t bucket, enum fc_status status,
                                struct fc_error *err)
{
    char pair[128], text[512];
    if (!err || status == FC_CANCELLED || status == FC_MEMORY || strstr(err->text, "frames between"))
        return status;
    division_heaviest(pair, sizeof pair, &o->division, bucket);
    snprintf(text, sizeof text, "%.500s", err->text);
    return error_set(err, status, err->offset, "%s (among packets between %s)", text, pair);
}

static enum fc_status work_lanes(struct oracle *o, struct lane *lanes, uint32_t n_lanes, struct fc_error *err)
{
    uint32_t next = 0, done = 0;
    enum fc_status status = FC_OK;
    while (!status && done < o->n_buckets) {
        struct child *children[MOST_LANES];
        uint32_t bucket_of[MOST_LANES];
        size_t n = 0, which = 0;
        for (uint32_t i = 0; !status && i < n_lanes; i++) {
            if (!lanes[i].busy && next < o->n_buckets && (status = lane_start(o, &lanes[i], next++, err)))
                return name_pair(o, lanes[i].bucket, status, err);
            bucket_of[n] = lanes[i].bucket;
            if (lanes[i].busy)
                children[n++] = &lanes[i].child;
        }
        if (!status && (status = child_wait(children, n, &which, err)))
            return name_pair(o, bucket_of[which], status, err);
        for (uint32_t i = 0; i < n_lanes; i++) {
            bool ended = false;
            if (!status && lanes[i].busy && (status = lane_take(o, &lanes[i], &ended, err)))
                return name_pair(o, lanes[i].bucket, status, err);
            if (ended)
                lane_end(&lanes[i]);
            done += ended;
        }
    }
    return status;
}

static enum fc_status next_of_bucket(struct bucket *bucket, struct fc_error *err)
{
    const uint8_t *head = NULL;
    enum fc_status status = spool_get(&bucket->spool, sizeof bucket->next, &head, err);
    bucket->next = (struct wire_record){0};
    if (head)
        memcpy(&bucket->next, head, sizeof bucket->next);
    return status;
}

static enum fc_status dissect_buckets(struct oracle *o, struct fc_error *err)
{
    uint32_t n_lanes = o->query->children < MOST_LANES ? o->query->children : MOST_LANES;
    struct lane *lanes = memory_zero(n_lanes, sizeof *lanes);
    if (!lanes)
        return error_memory(err);
    enum fc_status status = work_lanes(o, lanes, n_lanes, err);
    for (uint32_t i = 0; i < n_lanes; i++)
        lane_end(&lanes[i]);
    memory_free(lanes);
    for (uint32_t i = 0; !status && i < o->n_buckets; i++)
        status = next_of_bucket(&o->buckets[i], err);
    return status;
}

/* ---- values ---- */

static bool is_bytes(enum field_type type)
{
    return type == FT_STRING || type == FT_BYTES || type == FT_ETHER || type == FT_IPv6;
}

/* The child has seen bytes of strangers: what it writes is checked like them. */
static bool take_value(const struct query *query, struct rd *r, struct row *row)
{
    struct wire_value value;
    const uint8_t *head = rd_bytes(r, sizeof value);
    if (!head)
        return false;
    memcpy(&value, head, sizeof value);
    const uint8_t *bytes = rd_bytes(r, value.len);
    if (!bytes || value.slot >= query->n_fields)
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
            return error_set(err, FC_IO, -1, "the wireshark engine writes nonsense");
    return row->out_of_memory ? error_memory(err) : FC_OK;
}

/* ---- a frame ---- */

/* Goes to the record of the frame, or of the first one behind it. */
static enum fc_status seek(struct bucket *bucket, uint32_t frame, struct fc_error *err)
{
    const uint8_t *ignored = NULL;
    enum fc_status status = bucket->spent ? next_of_bucket(bucket, err) : FC_OK;
    bucket->spent = false;
    while (!status && bucket->next.frame && bucket->next.frame < frame)
        if (!(status = spool_get(&bucket->spool, bucket->next.len, &ignored, err)))
            status = next_of_bucket(bucket, err);
    return status;
}

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
    const uint8_t *bytes = NULL;
    enum fc_status status = seek(bucket, frame, err);
    *verdict = VERDICT_DROPPED;
    for (uint32_t i = 0; i < bucket->n_skip; i++)
        if (bucket->skip[i] == frame)
            *verdict = VERDICT_CRASHED;
    if (status || bucket->next.frame != frame)
        return status;
    *verdict = VERDICT_PASSED;
    bucket->spent = true;
    status = spool_get(&bucket->spool, bucket->next.len, &bytes, err);
    if (status)
        return status;
    struct rd body = rd_make(bytes, bucket->next.len, bucket->next.len);
    return take_values(o->query, body, bucket->next.n_values, row, err);
}

static enum fc_status too_few(const struct oracle *o, struct fc_error *err)
{
    return error_set(err, FC_UNSUPPORTED, -1, "libwireshark reads only %u frames of this capture%s%.*s",
                     o->child.record.n_values, o->body.len ? ": " : "", (int)o->body.len,
                     (const char *)o->body.data);
}

static enum fc_status frame_of_child(struct oracle *o, uint32_t frame, struct row *row, enum verdict *verdict,
                                     struct fc_error *err)
{
    struct child *child = &o->child;
    enum fc_status status = FC_OK;
    size_t which;
    while (!status && !child->ended && !(o->has_record && child->record.frame >= frame)) {
        o->has_record = child_record(child, &o->body);
        if (!o->has_record)
            status = child_wait(&child, 1, &which, err);
    }
    if (status)
        return status;
    if (!child->ended && child->record.frame == frame) {
        *verdict = VERDICT_PASSED;
        o->has_record = false;
        return take_values(o->query, o->body, child->record.n_values, row, err);
    }
    if (child->ended && child->record.n_values < frame)
        return too_few(o, err);
    *verdict = child_skips(child, frame) ? VERDICT_CRASHED : VERDICT_DROPPED;
    return FC_OK;
}

static enum fc_status start(struct oracle *o, struct fc_error *err)
{
    struct part part = {.file = o->capture, .last = frames_limit(o)};
    o->started = true;
    return o->buckets ? dissect_buckets(o, err)
                      : child_open(&o->child, o->query->worker, &part, o->progress, err);
}

enum fc_status oracle_frame(struct oracle *o, uint32_t frame, struct row *row, enum verdict *verdict,
                            struct fc_error *err)
{
    enum fc_status status = o->started ? FC_OK : start(o, err);
    if (status)
        return status;
    if (!o->buckets)
        return frame_of_child(o, frame, row, verdict, err);
    return frame_of_bucket(o, frame, row, verdict, err);
}

/* ---- open and close ---- */

static enum fc_status open_with(struct oracle **out, const struct query *query, const struct input *input,
                                struct survey *survey, const struct progress *progress, struct fc_error *err)
{
    struct oracle *o = memory_zero(1, sizeof *o);
    if (!o)
        return error_memory(err);
    o->query = query;
    o->progress = progress;
    o->capture = o->copy = o->child.page_file = -1;
    enum fc_status status = open_input(o, input, err);
    if (!status)
        status = survey ? divide_doubts(o, survey, err) : divide_all(o, err);
    if (status)
        oracle_close(o);
    else
        *out = o;
    return status;
}

enum fc_status oracle_open(struct oracle **out, const struct query *query, const struct input *input,
                           const struct progress *progress, struct fc_error *err)
{
    return open_with(out, query, input, NULL, progress, err);
}

enum fc_status oracle_survey(struct oracle **out, const struct query *query, const struct input *input,
                             struct survey *survey, const struct progress *progress, struct fc_error *err)
{
    return open_with(out, query, input, survey, progress, err);
}

static void forget_buckets(struct oracle *o)
{
    for (uint32_t i = 0; o->buckets && i < o->n_buckets; i++)
        spool_free(&o->buckets[i].spool);
    memory_free(o->buckets);
    o->buckets = NULL;
    drop_files(o);
    division_free(&o->division);
}

void oracle_ask(struct oracle *o, const struct query *query)
{
    o->query = query;
    if (!worker_divides(query->worker)) /* what is asked for is counted over the capture */
        forget_buckets(o);
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
    if (!o->buckets)
        return i < o->child.n_skip ? o->child.skip[i] : 0;
    for (uint32_t b = 0; b < o->n_buckets; b++) {
        if (i < o->buckets[b].n_skip)
            return o->buckets[b].skip[i];
        i -= o->buckets[b].n_skip;
    }
    return 0;
}

int oracle_file(const struct oracle *o) { return o->capture; }

const char *oracle_path(const struct oracle *o) { return o->path[0] ? o->path : NULL; }

void oracle_finish(struct oracle *o) { child_finish(&o->child); }

void oracle_close(struct oracle *o)
{
    if (!o)
        return;
    child_close(&o->child);
    forget_buckets(o);
    if (o->capture >= 0)
        close(o->capture);
    if (o->copy >= 0)
        close(o->copy);
    memory_free(o);
}
