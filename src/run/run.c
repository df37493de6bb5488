/* A run: options and paths in, one Arrow stream out. Invariant: a walk (or the shards) exists from the first
 * pull to the release of the stream; its counts stay in the run. Functions of flowcontainer.h are documented
 * there. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "run/fields.h"
#include "run/plan.h"
#include "run/select.h"
#include "run/shard.h"
#include "source/paths.h"
#include "table/export.h"
#include "table/flows.h"
#include "table/packets.h"
#include "walk/walk.h"

enum { MAX_JOBS = 256 };

struct fc_run {
    struct query query;
    struct fc_column_info *columns; /* of the answer */
    struct paths paths;
    struct input *inputs;
    size_t n_inputs;
    char *memory_name;   /* of fc_open_memory */
    struct arena labels; /* names of captures that are no UTF-8, mended */
    uint32_t jobs;
    uint64_t bytes_total;
    struct progress progress;
    struct walk *walk; /* one of these two while the stream lives */
    struct shards *shards;
    pid_t owner; /* the process that began to read; a child of fork has neither its threads nor its place in
                    files */
    bool exported;
    bool ended, counted;  /* the stream has ended; and the counts are laid down for good */
    struct report report; /* of what has ended */
    struct fc_count *counts;
    size_t n_counts;
    char (*link_names)[24];
    char explanation[512];
    char *program; /* of the filter, once it was asked for */
};

/* ---- opening ---- */

static bool describe_columns(struct fc_run *run)
{
    size_t n = run->query.n_columns;
    run->columns = memory_zero(n, sizeof *run->columns);
    for (size_t i = 0; run->columns && i < n; i++)
        run->columns[i] = select_describe(&run->query, i);
    return run->columns != NULL;
}

static enum fc_status run_make(struct fc_run **out, const struct fc_options *options, struct fc_error *err)
{
    struct fc_run *run = memory_zero(1, sizeof *run);
    if (!run)
        return error_memory(err);
    enum fc_status status = plan_make(&run->query, options, err);
    if (!status && !describe_columns(run))
        status = error_memory(err);
    if (status) {
        fc_run_free(run);
        return status;
    }
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t jobs = run->query.options.jobs;
    run->jobs = jobs ? jobs : cores > 0 ? (uint32_t)cores : 1;
    if (run->jobs > MAX_JOBS)
        run->jobs = MAX_JOBS;
    plan_explain(run->explanation, sizeof run->explanation, &run->query);
    *out = run;
    return FC_OK;
}

/* File names are bytes, columns are UTF-8. */
static const char *make_label(struct fc_run *run, const char *name)
{
    uint32_t len = (uint32_t)strlen(name);
    if (utf8_is_valid((const uint8_t *)name, len))
        return name;
    char *label = arena_alloc(&run->labels, (size_t)len * 3 + 1);
    if (label)
        label[utf8_mend(label, (const uint8_t *)name, len)] = 0;
    return label;
}

static bool take_paths(struct fc_run *run)
{
    run->n_inputs = run->paths.n;
    run->inputs = memory_zero(run->n_inputs, sizeof *run->inputs);
    for (size_t i = 0; run->inputs && i < run->n_inputs; i++) {
        struct stat info;
        run->inputs[i].name = run->paths.items[i];
        if (!(run->inputs[i].label = make_label(run, run->inputs[i].name)))
            return false;
        if (run->n_inputs < 4096 && !stat(run->paths.items[i], &info) && S_ISREG(info.st_mode))
            run->bytes_total += (uint64_t)info.st_size;
    }
    return run->inputs != NULL;
}

enum fc_status fc_open(struct fc_run **out, const char *const *paths, size_t n_paths,
                       const struct fc_options *options, struct fc_error *err)
{
    struct fc_run *run = NULL;
    enum fc_status status = run_make(&run, options, err);
    if (status)
        return status;
    if (!n_paths)
        status = error_set(err, FC_USAGE, -1, "no capture is named");
    for (size_t i = 0; !status && i < n_paths; i++)
        status = paths_add(&run->paths, paths[i], err);
    if (!status && !take_paths(run))
        status = error_memory(err);
    if (status)
        fc_run_free(run);
    else
        *out = run;
    return status;
}

enum fc_status fc_open_memory(struct fc_run **out, const char *name, const void *data, size_t len,
                              const struct fc_options *options, struct fc_error *err)
{
    struct fc_run *run = NULL;
    enum fc_status status = run_make(&run, options, err);
    if (status)
        return status;
    run->memory_name = memory_text(name);
    run->inputs = memory_zero(1, sizeof *run->inputs);
    if (!run->memory_name || !run->inputs) {
        fc_run_free(run);
        return error_memory(err);
    }
    run->inputs[0] = (struct input){
        .name = run->memory_name, .label = make_label(run, run->memory_name), .memory = data, .len = len};
    if (!run->inputs[0].label) {
        fc_run_free(run);
        return error_memory(err);
    }
    run->n_inputs = 1;
    run->bytes_total = len;
    *out = run;
    return FC_OK;
}

void fc_run_free(struct fc_run *run)
{
    if (!run)
        return;
    plan_free(&run->query);
    paths_free(&run->paths);
    arena_free(&run->labels);
    report_free(&run->report);
    memory_free(run->inputs);
    memory_free(run->columns);
    memory_free(run->memory_name);
    memory_free(run->counts);
    memory_free(run->program);
    memory_free(run->link_names);
    memory_free(run);
}

/* ---- the stream ---- */

static enum fc_status run_schema(void *self, struct ArrowSchema *out, struct fc_error *err)
{
    struct fc_run *run = self;
    struct wanted wanted = query_wanted(&run->query);
    enum fc_status status = FC_MEMORY;
    if (wanted.level == FC_LEVEL_FLOWS) {
        struct flows *flows = flows_new(&wanted);
        status = flows ? flows_schema(flows, out) : FC_MEMORY;
        flows_free(flows);
    } else {
        struct packets *packets = packets_new(&wanted);
        status = packets ? packets_schema(packets, out) : FC_MEMORY;
        packets_free(packets);
    }
    return status ? error_memory(err) : FC_OK;
}

/* Ends the work and adds its counts to the run's report. In a child of fork, whose threads are missing, locks
 * and memory of the shards are left as they are: the child ends with them. */
static enum fc_status run_close(struct fc_run *run)
{
    if (run->owner != getpid())
        run->shards = NULL;
    enum fc_status status = FC_OK;
    if (run->walk) {
        status = report_merge(&run->report, walk_report(run->walk));
        walk_close(run->walk);
    }
    if (run->shards) {
        status = report_merge(&run->report, shards_report(run->shards));
        shards_close(run->shards);
    }
    run->walk = NULL;
    run->shards = NULL;
    return status;
}

static void run_stop(void *self) { (void)!run_close(self); }

static enum fc_status run_start(struct fc_run *run, struct fc_error *err)
{
    run->owner = getpid();
    bool share = run->jobs > 1 && run->n_inputs > 1;
    run->query.children = share ? 1 : run->jobs; /* a thread each, or all for the one capture at hand */
    if (share)
        return shards_open(&run->shards, &run->query, run->inputs, run->n_inputs, run->jobs, &run->progress,
                           err);
    return walk_open(&run->walk, &run->query, run->inputs, run->n_inputs, &run->progress, err);
}

static enum fc_status run_next(void *self, struct ArrowArray *out, struct fc_error *err)
{
    struct fc_run *run = self;
    enum fc_status status = FC_OK;
    *out = (struct ArrowArray){0};
    if (!run->walk && !run->shards)
        status = run_start(run, err);
    else if (run->owner != getpid())
        return error_set(err, FC_IO, -1,
                         "this stream is being read by another process: a child of fork opens its own");
    if (!status && run->walk)
        status = walk_next(run->walk, out, err);
    else if (!status)
        status = shards_next(run->shards, out, err);
    if (status || !out->release) {
        run->ended = true;
        enum fc_status closed = run_close(run);
        if (!status && closed)
            status = error_memory(err);
    }
    return status;
}

enum fc_status fc_run_export(struct fc_run *run, struct ArrowArrayStream *out, struct fc_error *err)
{
    if (run->exported)
        return error_set(err, FC_USAGE, -1, "the stream of this run was exported before");
    struct export_source source = {.self = run, .schema = run_schema, .next = run_next, .done = run_stop};
    enum fc_status status = export_stream(out, &source, err);
    run->exported = !status;
    return status;
}

/* ---- watching ---- */

void fc_run_progress(const struct fc_run *run, struct fc_progress *out)
{
    *out = (struct fc_progress){.bytes_read = atomic_load(&run->progress.bytes_read),
                                .bytes_total = run->bytes_total,
                                .captures_done = atomic_load(&run->progress.captures_done),
                                .captures_total = run->n_inputs,
                                .frames = atomic_load(&run->progress.frames),
                                .rows = atomic_load(&run->progress.rows)};
}

void fc_run_cancel(struct fc_run *run) { atomic_store(&run->progress.cancelled, true); }

size_t fc_run_n_fields(const struct fc_run *run) { return run->query.n_fields; }

struct fc_field_info fc_run_field(const struct fc_run *run, size_t i)
{
    if (i >= run->query.n_fields)
        return (struct fc_field_info){0};
    return field_info(&run->query.fields[i], run->query.engine == ENGINE_WIRESHARK ? "wireshark" : "native");
}

size_t fc_run_n_columns(const struct fc_run *run) { return run->query.n_columns; }

const struct fc_column_info *fc_run_column(const struct fc_run *run, size_t i)
{
    return i < run->query.n_columns ? &run->columns[i] : NULL;
}

const char *fc_run_explain(const struct fc_run *run) { return run->explanation; }

const char *fc_run_program(struct fc_run *run)
{
    const struct filter *filter = run->query.filter;
    if (!filter || run->program)
        return filter ? run->program : "";
    size_t len = filter_dump(NULL, 0, filter);
    run->program = memory_alloc(len + 1);
    if (!run->program)
        return "";
    filter_dump(run->program, len + 1, filter);
    return run->program;
}

/* ---- accounting ---- */

static const struct report *run_report(const struct fc_run *run)
{
    if (run->walk)
        return walk_report(run->walk);
    return run->shards ? shards_report(run->shards) : &run->report;
}

/* The i-th count that is not 0: reasons, then unknown link types one by one, then notes. */
static bool count_at(const struct report *r, size_t i, struct fc_count *out, char link_name[24])
{
    for (int reason = 0; reason < N_REASONS; reason++) {
        if (!r->reasons[reason] || reason == REASON_LINK_TYPE)
            continue;
        if (i-- == 0) {
            *out = (struct fc_count){reason_name((enum reason)reason), r->reasons[reason], false};
            return true;
        }
    }
    if (i < r->n_links) {
        snprintf(link_name, 24, "link_type_%u", r->links[i].link_type);
        *out = (struct fc_count){link_name, r->links[i].frames, false};
        return true;
    }
    i -= r->n_links;
    for (int note = 0; note < N_NOTES; note++)
        if (r->notes[note] && i-- == 0) {
            *out = (struct fc_count){note_name((enum note)note), r->notes[note], true};
            return true;
        }
    return false;
}

/* Names of link types are text of their own, so the list is laid down once it is asked for. */
static void lay_counts(struct fc_run *run)
{
    if (run->counted)
        return;
    run->counted = run->ended;
    const struct report *r = run_report(run);
    size_t most = N_REASONS + r->n_links + N_NOTES;
    memory_free(run->counts);
    memory_free(run->link_names);
    run->n_counts = 0;
    run->counts = memory_zero(most, sizeof *run->counts);
    run->link_names = memory_zero(most, sizeof *run->link_names);
    if (!run->counts || !run->link_names)
        return;
    while (count_at(r, run->n_counts, &run->counts[run->n_counts], run->link_names[run->n_counts]))
        run->n_counts++;
}

size_t fc_run_n_counts(const struct fc_run *run)
{
    lay_counts((struct fc_run *)run);
    return run->n_counts;
}

struct fc_count fc_run_count(const struct fc_run *run, size_t i)
{
    return i < run->n_counts ? run->counts[i] : (struct fc_count){"", 0, false};
}

size_t fc_run_n_problems(const struct fc_run *run) { return run_report(run)->n_problems; }

const struct fc_problem *fc_run_problem(const struct fc_run *run, size_t i)
{
    const struct report *r = run_report(run);
    return i < r->n_problems ? &r->problems[i] : NULL;
}
