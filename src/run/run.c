/* A run: options and paths in, one Arrow stream out. Invariant: a walk (or the shards) exists from the first
 * pull to the release of the stream; its counts stay in the run. Functions of flowcontainer.h are documented
 * there. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/spill.h"
#include "run/fields.h"
#include "run/inputs.h"
#include "run/live.h"
#include "run/plan.h"
#include "run/reader.h"
#include "run/select.h"
#include "run/sets.h"
#include "run/shard.h"
#include "sets/csv.h"
#include "sets/rows.h"
#include "shark/start.h"
#include "table/export.h"
#include "table/flows.h"
#include "table/packets.h"

enum { MAX_JOBS = 256, COUNT_NAME = 48 };

/* A table of the answer. */
struct table {
    const char *name;
    struct fc_column_info *columns;
    size_t n_columns;
    char *head; /* lines above the rows, of the form of text */
};

struct fc_run {
    struct query query;
    struct table tables[MOST_SETS];
    size_t n_tables;
    struct inputs inputs;
    struct arena labels; /* names of columns */
    struct live *live;   /* of fc_open_live; NULL: the run reads captures */
    uint32_t jobs;
    struct progress progress;
    struct reader reader; /* one of these two is open while the stream lives */
    struct shards *shards;
    pid_t owner; /* the process that began to read; a child of fork has neither its threads nor its place in
                    files */
    bool exported;
    bool ended, counted;  /* the stream has ended; and the counts are laid down for good */
    struct report report; /* of what has ended */
    struct fc_count *counts;
    size_t n_counts;
    char (*link_names)[COUNT_NAME]; /* names of counts that are no constants */
    char explanation[512];
    char *program; /* of the filter, once it was asked for */
};

/* ---- opening ---- */

static char *head_of(const struct set_layout *layout)
{
    struct set_buffer head = {0};
    bool good = layout->form != FC_SET_TEXT || set_csv_head(&head, layout);
    char *text = good ? memory_zero(1, head.len + 1) : NULL;
    if (text && head.len)
        memcpy(text, head.data, head.len);
    set_buffer_free(&head);
    return text;
}

/* The one column of the forms of text. */
static struct fc_column_info *describe_text(size_t *n)
{
    struct fc_column_info *info = memory_zero(1, sizeof *info);
    *n = info != NULL;
    if (info)
        *info = (struct fc_column_info){.name = "text",
                                        .source = "text",
                                        .type = "large_utf8",
                                        .group = "",
                                        .unit = "",
                                        .description = "the line of a row, with its line feed",
                                        .is_default = true};
    return info;
}

static bool describe_sets(struct fc_run *run)
{
    for (size_t i = 0; i < run->query.n_sets; i++) {
        const struct set_layout *layout = run->query.sets[i];
        struct table *t = &run->tables[run->n_tables++];
        t->name = layout->family->name;
        t->columns = layout->form == FC_SET_VALUES ? sets_describe(layout, true, &run->labels, &t->n_columns)
                                                   : describe_text(&t->n_columns);
        t->head = head_of(layout);
        if (!t->columns || !t->head)
            return false;
    }
    return true;
}

static bool describe_columns(struct fc_run *run)
{
    static const char *const levels[] = {"flows", "packets", "frames"};
    size_t n = run->query.n_columns;
    if (run->query.n_sets)
        return describe_sets(run);
    struct table *t = &run->tables[run->n_tables++];
    t->name = levels[run->query.options.level];
    t->columns = memory_zero(n, sizeof *t->columns);
    for (; t->columns && t->n_columns < n; t->n_columns++)
        t->columns[t->n_columns] = select_describe(&run->query, t->n_columns);
    return t->columns != NULL;
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

/* Makes one input of all captures. */
static enum fc_status join_inputs(struct fc_run *run, struct fc_error *err)
{
    if (run->query.engine == ENGINE_WIRESHARK || run->query.n_sets)
        return error_set(
            err, FC_UNSUPPORTED, -1,
            "joined captures are read by the native engine alone (%s); mergecap -a -w ONE CAPTURES "
            "makes one capture of them",
            run->query.n_sets ? "a feature set of another program is asked for" : run->query.reason);
    return inputs_join(&run->inputs, err);
}

enum fc_status fc_open_inputs(struct fc_run **out, const struct fc_input *inputs, size_t n_inputs,
                              const struct fc_options *options, struct fc_error *err)
{
    struct fc_run *run = NULL;
    enum fc_status status = run_make(&run, options, err);
    if (status)
        return status;
    status = inputs_make(&run->inputs, inputs, n_inputs, err);
    if (!status && run->query.options.join)
        status = join_inputs(run, err);
    if (status)
        fc_run_free(run);
    else
        *out = run;
    return status;
}

enum fc_status fc_open(struct fc_run **out, const char *const *paths, size_t n_paths,
                       const struct fc_options *options, struct fc_error *err)
{
    struct fc_input *inputs = memory_zero(n_paths, sizeof *inputs);
    if (!inputs)
        return error_memory(err);
    for (size_t i = 0; i < n_paths; i++)
        inputs[i] = (struct fc_input){.kind = FC_INPUT_PATH, .name = paths[i]};
    enum fc_status status = fc_open_inputs(out, inputs, n_paths, options, err);
    memory_free(inputs);
    return status;
}

enum fc_status fc_open_memory(struct fc_run **out, const char *name, const void *data, size_t len,
                              const struct fc_options *options, struct fc_error *err)
{
    const struct fc_input input = {.kind = FC_INPUT_MEMORY, .name = name, .data = data, .size = len};
    return fc_open_inputs(out, &input, 1, options, err);
}

enum fc_status fc_open_live(struct fc_run **out, const struct fc_capture *capture,
                            const struct fc_options *options, struct fc_error *err)
{
    struct fc_run *run = NULL;
    enum fc_status status = run_make(&run, options, err);
    if (status)
        return status;
    status = capture->size == sizeof *capture
                 ? live_new(&run->live, capture, err)
                 : error_set(err, FC_USAGE, -1, "fc_capture_init was not called");
    if (!status)
        status = inputs_make_live(&run->inputs, live_name(run->live), err);
    if (status)
        fc_run_free(run);
    else
        *out = run;
    return status;
}

/* Ends the work and adds its counts to the run's report. In a child of fork, whose threads are missing, locks
 * and memory of the shards are left as they are: the child ends with them. */
static enum fc_status run_close(struct fc_run *run)
{
    bool is_owner = run->owner == getpid();
    enum fc_status status = FC_OK;
    if (!is_owner)
        run->shards = NULL;
    if (!is_owner && run->query.spill) { /* its memory is not mapped here */
        run->reader = (struct reader){0};
        run->query.spill = NULL;
    }
    if (reader_is_open(&run->reader)) {
        status = report_merge(&run->report, reader_report(&run->reader));
        reader_close(&run->reader);
    }
    if (run->shards) {
        status = report_merge(&run->report, shards_report(run->shards));
        shards_close(run->shards);
    }
    run->shards = NULL;
    run->report.notes[NOTE_SPILLED] += spill_bytes(run->query.spill);
    spill_free(run->query.spill);
    run->query.spill = NULL;
    if (!status && run->live)
        status = live_end(run->live, &run->report, atomic_load(&run->progress.frames));
    return status;
}

void fc_run_free(struct fc_run *run)
{
    if (!run)
        return;
    (void)!run_close(run); /* a run of fc_run_next that was not read to its end */
    live_free(run->live);
    plan_free(&run->query);
    inputs_free(&run->inputs);
    arena_free(&run->labels);
    report_free(&run->report);
    for (size_t i = 0; i < run->n_tables; i++) {
        memory_free(run->tables[i].columns);
        memory_free(run->tables[i].head);
    }
    memory_free(run->counts);
    memory_free(run->program);
    memory_free(run->link_names);
    memory_free(run);
}

/* ---- the stream ---- */

static enum fc_status set_schema(const struct fc_run *run, size_t table, struct ArrowSchema *out)
{
    struct set_rows *rows = set_rows_new(run->query.sets[table], run->query.options.batch_rows);
    enum fc_status status = rows ? set_rows_schema(rows, out) : FC_MEMORY;
    set_rows_free(rows);
    return status;
}

static enum fc_status table_schema(const struct fc_run *run, size_t table, struct ArrowSchema *out)
{
    struct wanted wanted = query_wanted(&run->query);
    enum fc_status status = FC_MEMORY;
    if (run->query.n_sets)
        return set_schema(run, table, out);
    if (wanted.level == FC_LEVEL_FLOWS) {
        struct flows *flows = flows_new(&wanted);
        status = flows ? flows_schema(flows, out) : FC_MEMORY;
        flows_free(flows);
    } else {
        struct packets *packets = packets_new(&wanted);
        status = packets ? packets_schema(packets, out) : FC_MEMORY;
        packets_free(packets);
    }
    return status;
}

static enum fc_status run_schema(void *self, struct ArrowSchema *out, struct fc_error *err)
{
    return table_schema(self, 0, out) ? error_memory(err) : FC_OK;
}

static void run_stop(void *self) { (void)!run_close(self); }

static bool is_cancelled(void *context)
{
    const struct progress *progress = context;
    return atomic_load_explicit(&progress->cancelled, memory_order_relaxed);
}

static enum fc_status run_start(struct fc_run *run, struct fc_error *err)
{
    run->owner = getpid();
    if (run->query.shark)
        shark_watch(run->query.shark, &(struct message_stop){is_cancelled, &run->progress});
    enum fc_status status =
        run->live ? live_start(run->live, &run->inputs.items[0].place.descriptor, err) : FC_OK;
    if (status)
        return status;
    uint64_t limit = run->query.options.max_memory;
    if (limit && !run->query.n_sets && !(run->query.spill = spill_new(limit)))
        return error_memory(err);
    bool share = run->jobs > 1 && run->inputs.n > 1;
    run->query.children = share ? 1 : run->jobs; /* a thread each, or all for the one capture at hand */
    if (share)
        return shards_open(&run->shards, &run->query, run->inputs.items, run->inputs.n, run->jobs,
                           &run->progress, err);
    return reader_open(&run->reader, &run->query, run->inputs.items, run->inputs.n, &run->progress, err);
}

static enum fc_status next_batch(struct fc_run *run, struct batch *out, struct fc_error *err)
{
    enum fc_status status = FC_OK;
    *out = (struct batch){.table = 0};
    if (!reader_is_open(&run->reader) && !run->shards)
        status = run_start(run, err);
    else if (run->owner != getpid())
        return error_set(err, FC_IO, -1,
                         "this stream is being read by another process: a child of fork opens its own");
    if (!status && run->shards)
        status = shards_next(run->shards, out, err);
    else if (!status)
        status = reader_next(&run->reader, out, err);
    if (status || !out->array.release) {
        run->ended = true;
        enum fc_status closed = run_close(run);
        if (!status && closed)
            status = error_memory(err);
    }
    return status;
}

static enum fc_status run_next(void *self, struct ArrowArray *out, struct fc_error *err)
{
    struct batch batch;
    enum fc_status status = next_batch(self, &batch, err);
    *out = batch.array;
    return status;
}

enum fc_status fc_run_next(struct fc_run *run, size_t *table, struct ArrowArray *out, struct fc_error *err)
{
    struct batch batch = {.table = 0};
    enum fc_status status = FC_OK;
    if (run->exported)
        status = error_set(err, FC_USAGE, -1, "the stream of this run was exported before");
    else if (!run->ended)
        status = next_batch(run, &batch, err);
    *table = batch.table;
    *out = batch.array;
    return status;
}

enum fc_status fc_run_export(struct fc_run *run, struct ArrowArrayStream *out, struct fc_error *err)
{
    if (run->exported)
        return error_set(err, FC_USAGE, -1, "the stream of this run was exported before");
    if (run->n_tables > 1)
        return error_set(err, FC_USAGE, -1, "the answer has %zu tables, and a stream has one", run->n_tables);
    struct export_source source = {.self = run, .schema = run_schema, .next = run_next, .done = run_stop};
    enum fc_status status = export_stream(out, &source, err);
    run->exported = !status;
    return status;
}

/* ---- watching ---- */

void fc_run_progress(const struct fc_run *run, struct fc_progress *out)
{
    uint64_t done = atomic_load(&run->progress.captures_done), n = inputs_count(&run->inputs);
    *out = (struct fc_progress){.bytes_read = atomic_load(&run->progress.bytes_read),
                                .bytes_total = run->inputs.bytes,
                                .captures_done = run->inputs.joined && done ? n : done,
                                .captures_total = n,
                                .frames = atomic_load(&run->progress.frames),
                                .rows = atomic_load(&run->progress.rows)};
}

void fc_run_cancel(struct fc_run *run) { atomic_store(&run->progress.cancelled, true); }
void fc_run_finish(struct fc_run *run)
{
    if (run->live) /* its pipe then ends behind the last packet */
        live_finish(run->live);
    else
        atomic_store(&run->progress.finishing, true);
}

void fc_run_flush(struct fc_run *run) { atomic_fetch_add(&run->progress.flush_requests, 1); }

bool fc_run_reads(const struct fc_run *run, const char *path) { return inputs_have_file(&run->inputs, path); }

size_t fc_run_n_captures(const struct fc_run *run) { return inputs_count(&run->inputs); }

struct fc_capture_size fc_run_capture(const struct fc_run *run, size_t i)
{
    return inputs_size(&run->inputs, i);
}

size_t fc_run_n_fields(const struct fc_run *run) { return run->query.n_fields; }

struct fc_field_info fc_run_field(const struct fc_run *run, size_t i)
{
    if (i >= run->query.n_fields)
        return (struct fc_field_info){0};
    return field_info(&run->query.fields[i], run->query.engine == ENGINE_WIRESHARK ? "wireshark" : "native");
}

size_t fc_run_n_columns(const struct fc_run *run) { return run->tables[0].n_columns; }

const struct fc_column_info *fc_run_column(const struct fc_run *run, size_t i)
{
    return fc_run_table_column(run, 0, i);
}

size_t fc_run_n_tables(const struct fc_run *run) { return run->n_tables; }

const char *fc_run_table_name(const struct fc_run *run, size_t table)
{
    return table < run->n_tables ? run->tables[table].name : "";
}

const char *fc_run_table_head(const struct fc_run *run, size_t table)
{
    return table < run->n_tables && run->tables[table].head ? run->tables[table].head : "";
}

enum fc_status fc_run_table_schema(struct fc_run *run, size_t table, struct ArrowSchema *out,
                                   struct fc_error *err)
{
    if (table >= run->n_tables)
        return error_set(err, FC_USAGE, -1, "the answer has %zu tables", run->n_tables);
    return table_schema(run, table, out) ? error_memory(err) : FC_OK;
}

size_t fc_run_table_n_columns(const struct fc_run *run, size_t table)
{
    return table < run->n_tables ? run->tables[table].n_columns : 0;
}

const struct fc_column_info *fc_run_table_column(const struct fc_run *run, size_t table, size_t i)
{
    return i < fc_run_table_n_columns(run, table) ? &run->tables[table].columns[i] : NULL;
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
    if (reader_is_open(&run->reader))
        return reader_report(&run->reader);
    return run->shards ? shards_report(run->shards) : &run->report;
}

/* The i-th count that is not 0: reasons, then unknown link types one by one, then notes, then the frames that
 * each feature set leaves out. */
static bool count_at(const struct fc_run *run, size_t i, struct fc_count *out, char name[COUNT_NAME])
{
    const struct report *r = run_report(run);
    for (int reason = 0; reason < N_REASONS; reason++) {
        if (!r->reasons[reason] || reason == REASON_LINK_TYPE)
            continue;
        if (i-- == 0) {
            *out = (struct fc_count){reason_name((enum reason)reason), r->reasons[reason], false};
            return true;
        }
    }
    if (i < r->n_links) {
        snprintf(name, COUNT_NAME, "link_type_%u", r->links[i].link_type);
        *out = (struct fc_count){name, r->links[i].frames, false};
        return true;
    }
    i -= r->n_links;
    for (int note = 0; note < N_NOTES; note++)
        if (r->notes[note] && i-- == 0) {
            *out = (struct fc_count){note_name((enum note)note), r->notes[note], true};
            return true;
        }
    for (size_t set = 0; set < run->query.n_sets; set++)
        if (r->left_out[set] && i-- == 0) {
            snprintf(name, COUNT_NAME, "left_out_by_%s", run->tables[set].name);
            *out = (struct fc_count){name, r->left_out[set], true};
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
    size_t most = N_REASONS + r->n_links + N_NOTES + MOST_SETS;
    memory_free(run->counts);
    memory_free(run->link_names);
    run->n_counts = 0;
    run->counts = memory_zero(most, sizeof *run->counts);
    run->link_names = memory_zero(most, sizeof *run->link_names);
    if (!run->counts || !run->link_names)
        return;
    while (count_at(run, run->n_counts, &run->counts[run->n_counts], run->link_names[run->n_counts]))
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
