/* Several feature sets of other programs: a file for each of them, from one reading of the captures.
 *
 * Invariant: no file gets its name before the last row of all files is written. Text is written while the
 * captures are read. A writer of Python takes one table at a time, so the batches of the tables behind it
 * wait in memory.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "commands.h"
#include "progress.h"
#include "say.h"
#include "sheet.h"
#include "stop.h"
#include "suffix.h"
#include "target.h"

struct parts;

struct part {
    struct parts *all;
    size_t table;
    char *name; /* of the file */
    struct target target;
    struct cell_type type;
    struct sheet sheet;
    bool is_open;
    struct ArrowArray *waiting; /* batches for a writer of Python, the oldest first */
    size_t n_waiting, n_taken, capacity;
};

struct parts {
    const struct opt *opt;
    struct fc_run *run;
    struct part *items;
    uint64_t *rows; /* of each table */
    size_t n;
    struct fc_error err;
    struct progress progress;
};

/* "day.csv" -> "day.nfstream.csv" */
static char *part_name(const char *output, const char *family)
{
    const char *ending = suffix_of(output);
    size_t cap = strlen(output) + strlen(family) + 2;
    char *name = malloc(cap);
    if (name)
        snprintf(name, cap, "%.*s.%s%s", (int)(ending[0] ? ending - output : (ptrdiff_t)strlen(output)),
                 output, family, ending);
    return name;
}

static int open_part(struct part *part)
{
    struct parts *all = part->all;
    struct ArrowSchema schema;
    part->target.fd = -1;
    part->name = part_name(all->opt->output, fc_run_table_name(all->run, part->table));
    if (!part->name || fc_run_table_schema(all->run, part->table, &schema, &all->err))
        return command_out_of_memory();
    bool good = cell_describe(&part->type, &schema);
    schema.release(&schema);
    if (!good)
        return command_out_of_memory();
    if (fc_run_reads(all->run, part->name)) {
        say("%s is one of the captures that are read; -o names another file", part->name);
        return EXIT_USAGE;
    }
    int error = target_open(&part->target, part->name);
    if (error)
        return command_write_failure(part->name, error);
    if (all->opt->sink)
        return 0;
    part->is_open = sheet_open(&part->sheet, all->opt, all->run, part->table, &part->type, part->target.fd);
    return part->is_open ? 0 : command_out_of_memory();
}

static int close_sheet(struct part *part)
{
    bool lacks_memory = false;
    int error = part->is_open ? sheet_close(&part->sheet, &lacks_memory) : 0;
    part->is_open = false;
    if (error)
        return command_write_failure(part->name, error);
    return lacks_memory ? command_out_of_memory() : 0;
}

static void drop_part(struct part *part)
{
    bool lacks_memory;
    if (part->is_open)
        sheet_close(&part->sheet, &lacks_memory);
    for (size_t i = part->n_taken; i < part->n_waiting; i++)
        part->waiting[i].release(&part->waiting[i]);
    free(part->waiting);
    target_drop(&part->target);
    cell_free(&part->type);
    free(part->name);
}

static int run_failure(const struct parts *all)
{
    if (stop_asked())
        return command_stopped();
    say("%s", all->err.text);
    return EXIT_OUTPUT;
}

/* ---- text ---- */

static int write_sheets(struct parts *all)
{
    struct ArrowArray batch;
    size_t table;
    int status = 0;
    while (!status) {
        if (fc_run_next(all->run, &table, &batch, &all->err))
            return run_failure(all);
        if (!batch.release)
            break;
        struct part *part = &all->items[table];
        sheet_put(&part->sheet, &batch);
        all->rows[table] += (uint64_t)batch.length;
        batch.release(&batch);
        if (part->sheet.out.error)
            status = command_write_failure(part->name, part->sheet.out.error);
    }
    for (size_t i = 0; !status && i < all->n; i++)
        status = close_sheet(&all->items[i]);
    return status;
}

/* ---- writers of Python ---- */

static bool keep_waiting(struct part *part, const struct ArrowArray *batch)
{
    if (part->n_waiting == part->capacity) {
        size_t capacity = part->capacity ? part->capacity * 2 : 16;
        struct ArrowArray *waiting = realloc(part->waiting, capacity * sizeof *waiting);
        if (!waiting)
            return false;
        part->waiting = waiting;
        part->capacity = capacity;
    }
    part->waiting[part->n_waiting++] = *batch;
    return true;
}

/* The next batch of a table; the batches of other tables that come before it wait. */
static int stream_next(struct ArrowArrayStream *self, struct ArrowArray *out)
{
    struct part *part = self->private_data;
    struct parts *all = part->all;
    size_t table = part->table;
    if (part->n_taken < part->n_waiting) {
        *out = part->waiting[part->n_taken++];
        all->rows[table] += (uint64_t)out->length;
        return 0;
    }
    for (;;) {
        if (fc_run_next(all->run, &table, out, &all->err))
            return EIO;
        if (!out->release || table == part->table)
            break;
        if (!keep_waiting(&all->items[table], out)) {
            out->release(out);
            snprintf(all->err.text, sizeof all->err.text, "out of memory");
            return ENOMEM;
        }
    }
    all->rows[table] += out->release ? (uint64_t)out->length : 0;
    return 0;
}

static int stream_schema(struct ArrowArrayStream *self, struct ArrowSchema *out)
{
    struct part *part = self->private_data;
    return fc_run_table_schema(part->all->run, part->table, out, &part->all->err) ? ENOMEM : 0;
}

static const char *stream_error(struct ArrowArrayStream *self)
{
    const struct part *part = self->private_data;
    return part->all->err.text;
}

static void stream_release(struct ArrowArrayStream *self) { self->release = NULL; }

static int write_sinks(struct parts *all)
{
    const struct cli_sink *sink = all->opt->sink;
    char message[1024] = "";
    for (size_t i = 0; i < all->n; i++) {
        struct part *part = &all->items[i];
        struct ArrowArrayStream stream = {stream_schema, stream_next, stream_error, stream_release, part};
        if (!sink->write(sink->self, &stream, part->target.path, fc_run_explain(all->run), message,
                         sizeof message))
            continue;
        if (stop_asked())
            return command_stopped();
        say("cannot write %s: %s", part->name, message);
        return EXIT_OUTPUT;
    }
    return 0;
}

/* ---- the answer ---- */

static int commit(struct parts *all)
{
    for (size_t i = 0; i < all->n; i++) {
        int error = target_commit(&all->items[i].target);
        if (error)
            return command_write_failure(all->items[i].name, error);
    }
    return 0;
}

static int write_parts(struct parts *all)
{
    const struct opt *opt = all->opt;
    int status = 0;
    for (size_t i = 0; !status && i < all->n; i++)
        status = open_part(&all->items[i]);
    if (status)
        return status;
    all->progress = (struct progress){.run = all->run, .show = command_shows_progress(opt)};
    if (opt_goes_on(opt))
        stop_in_order();
    cli_progress_begin(&all->progress);
    status = opt->sink ? write_sinks(all) : write_sheets(all);
    cli_progress_end(&all->progress);
    if (!status && stop_asked())
        status = command_stopped();
    if (status)
        return status;
    status = account_status(all->run);
    int failed = status != EXIT_UNREADABLE ? commit(all) : 0;
    if (failed)
        return failed;
    struct tally tally = {.first_ns = INT64_MAX, .last_ns = INT64_MIN, .of_tables = all->rows};
    if (!opt->quiet)
        account_say(all->run, &tally, &opt->run);
    account_say_problems(all->run, all->opt->capture.n_interfaces > 0);
    return status;
}

int command_parts(const struct opt *opt, struct fc_run *run)
{
    struct parts all = {.opt = opt, .run = run, .n = fc_run_n_tables(run)};
    all.items = calloc(all.n, sizeof *all.items);
    all.rows = calloc(all.n, sizeof *all.rows);
    int status = EXIT_OUTPUT;
    if (all.items && all.rows) {
        for (size_t i = 0; i < all.n; i++)
            all.items[i] = (struct part){.all = &all, .table = i, .target.fd = -1};
        status = write_parts(&all);
        for (size_t i = 0; i < all.n; i++)
            drop_part(&all.items[i]);
    } else {
        status = command_out_of_memory();
    }
    free(all.items);
    free(all.rows);
    return status;
}
