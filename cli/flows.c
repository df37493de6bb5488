/* The main command: opens a run, writes its stream in a format or through a sink, prints the summary.
 *
 * Invariant: the file of -o gets its name only after the last row is in it. Rows go to one descriptor; all
 * messages about them go to standard error, after the rows.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "commands.h"
#include "format.h"
#include "progress.h"
#include "say.h"
#include "sheet.h"
#include "stop.h"
#include "target.h"

struct job {
    const struct opt *opt;
    struct fc_run *run;
    struct ArrowArrayStream stream; /* counts into tally */
    struct tally tally;
    struct progress progress;
    struct target target;
    int fd;
    const char *output;              /* the name of the file; NULL: standard output */
    uint64_t good_bytes, good_rows;  /* of the file: up to the last batch that was written whole */
    struct fc_column *short_columns; /* of CSV without -C; else NULL */
};

/* get_next has failed: because of Ctrl-C, or because memory ran out. */
static int stream_failure(struct job *job)
{
    if (stop_asked())
        return command_stopped();
    const char *text = job->stream.get_last_error(&job->stream);
    say("%s", text ? text : "the run failed");
    return EXIT_OUTPUT;
}

static void note_written(struct job *job, const struct out *out, uint64_t rows)
{
    if (out->error || out->len)
        return;
    off_t at = job->opt->rotates ? lseek(job->fd, 0, SEEK_CUR) : 0;
    if (at < 0)
        return;
    job->good_bytes = (uint64_t)at;
    job->good_rows += rows;
}

static int write_batches(struct job *job, struct sheet *sheet)
{
    struct ArrowArray batch;
    const struct view *view = &sheet->view;
    while (!sheet->out.error) {
        int bad = job->stream.get_next(&job->stream, &batch);
        if (bad)
            return stream_failure(job);
        if (!batch.release)
            break;
        /* Rows that appear on the screen show the progress. */
        if (view->limit == 0 && job->fd == STDOUT_FILENO && isatty(STDOUT_FILENO))
            cli_progress_end(&job->progress);
        sheet_put(sheet, &batch);
        uint64_t n = (uint64_t)batch.length;
        batch.release(&batch);
        /* Rows from a pipe may come slowly, so they are shown at once. */
        if (view->limit == 0)
            out_flush(&sheet->out);
        note_written(job, &sheet->out, n);
    }
    return 0;
}

static const char *row_name(const struct job *job, uint64_t n)
{
    static const char *const names[3][2] = {{"flow", "flows"}, {"packet", "packets"}, {"frame", "frames"}};
    return names[job->opt->run.level][n != 1];
}

/* The output could not be written: how many of the rows that were read so far are lost. A file of -o is there
 * whole or not at all. */
static int say_lost(const struct job *job, int status)
{
    uint64_t whole = job->output ? 0 : job->good_rows, lost = job->tally.rows - whole;
    if (status != EXIT_OUTPUT || !lost || job->opt->rotates || job->opt->n_sets)
        return status;
    if (job->output)
        say("the reading has ended after %llu %s, which are in no file", (unsigned long long)lost,
            row_name(job, lost));
    else
        say("the reading has ended after %llu %s, of which at most %llu are lost",
            (unsigned long long)job->tally.rows, row_name(job, job->tally.rows), (unsigned long long)lost);
    return status;
}

static int write_text(struct job *job)
{
    const struct opt *opt = job->opt;
    struct sheet sheet;
    bool lacks_memory;
    if (!sheet_open(&sheet, opt, job->run, 0, &job->tally.type, job->fd))
        return command_out_of_memory();
    int status = write_batches(job, &sheet);
    if (!opt->rotates)
        cli_progress_end(&job->progress);
    int error = sheet_close(&sheet, &lacks_memory);
    if (!status && lacks_memory)
        status = command_out_of_memory();
    if (error == EPIPE && !job->output)
        return status ? status : -1;
    if (error && !status)
        status = say_lost(job, command_write_failure(job->output ? job->output : "standard output", error));
    return status;
}

static int write_sink(struct job *job)
{
    char message[1024] = "";
    const struct cli_sink *sink = job->opt->sink;
    int bad = sink->write(sink->self, &job->stream, job->target.path, fc_run_explain(job->run), message,
                          sizeof message);
    if (!bad)
        return 0;
    if (stop_asked())
        return command_stopped();
    say("cannot write %s: %s", job->output, message);
    return EXIT_OUTPUT;
}

static int open_target(struct job *job)
{
    job->fd = STDOUT_FILENO;
    job->target.fd = -1;
    job->good_bytes = job->good_rows = 0;
    if (!job->output)
        return 0;
    if (fc_run_reads(job->run, job->output)) {
        say("%s is one of the captures that are read; -o names another file", job->output);
        return EXIT_USAGE;
    }
    int error = target_open(&job->target, job->output);
    job->fd = job->target.fd;
    return error ? command_write_failure(job->output, error) : 0;
}

/* ---- many files ---- */

/* A file of lines that could not be written whole keeps the rows up to its last whole batch. */
static bool save_lines(struct job *job)
{
    enum opt_format format = job->opt->format;
    return (format == OPT_CSV || format == OPT_NDJSON) && job->good_rows &&
           !ftruncate(job->fd, (off_t)job->good_bytes) && !target_commit(&job->target);
}

/* Writes the file that begins now. Adds the rows that are in a file with its name to *written. */
static int write_one_file(struct job *job, struct rotation *r, uint64_t *written)
{
    struct ArrowArrayStream all = job->stream;
    int status = open_target(job);
    if (!status) {
        r->path = job->target.path;
        rotation_stream(r, &job->stream);
        status = job->opt->sink ? write_sink(job) : write_text(job);
        job->stream = all;
    }
    int error = status ? 0 : target_commit(&job->target);
    if (error)
        status = command_write_failure(job->output, error);
    if (!status)
        *written += r->n_rows;
    else if (job->target.fd >= 0 && save_lines(job))
        *written += job->good_rows;
    r->path = NULL;
    target_drop(&job->target);
    return status;
}

static void when_due(void *progress, int64_t ms) { cli_progress_due(progress, ms); }

/* The column of the time by which the rows are in order: that of their ends where flows leave when they end.
 */
static size_t time_column(const struct job *job)
{
    const struct fc_options *o = &job->opt->run;
    bool they_leave = o->policy == FC_POLICY_TIMEOUT || o->close || o->max_flows;
    const char *source = o->level != FC_LEVEL_FLOWS ? "time" : they_leave ? "time_end" : "time_start";
    for (size_t i = 0; i < fc_run_n_columns(job->run); i++)
        if (!strcmp(fc_run_column(job->run, i)->source, source))
            return i;
    say("--rotate needs the column %s", source);
    return SIZE_MAX;
}

static int write_files(struct job *job)
{
    struct fc_progress at = {0};
    fc_run_progress(job->run, &at);
    struct rotation r = {.rule = job->opt->rotate,
                         .pattern = job->opt->output,
                         .inner = &(struct ArrowArrayStream){0},
                         .type = &job->tally.type,
                         .time = time_column(job),
                         .by_clock = !at.bytes_total,
                         .piece_rows = job->opt->sink ? 0 : 512,
                         .due = when_due,
                         .context = &job->progress};
    struct ArrowArrayStream inner = job->stream;
    uint64_t written = 0;
    int status = r.time == SIZE_MAX ? EXIT_USAGE : 0, failed = 0;
    r.inner = &inner;
    while (!status && rotation_begin(&r, &failed)) {
        char *name = rotation_name(&r);
        job->output = name;
        status = name ? write_one_file(job, &r, &written) : command_out_of_memory();
        job->output = NULL;
        free(name);
    }
    if (!status && failed)
        status = stream_failure(job);
    uint64_t lost = job->tally.rows - written;
    if (status && lost)
        say("%llu %s are in no file, and %llu in files", (unsigned long long)lost, row_name(job, lost),
            (unsigned long long)written);
    rotation_end(&r);
    return status;
}

/* ---- the answer ---- */

/* Writes the rows, then renames the file (unless nothing could be read), then prints the account. write_text
 * returns -1 when the reader of a pipe stopped reading. */
static int write_answer(struct job *job)
{
    job->progress = (struct progress){.run = job->run, .show = command_shows_progress(job->opt)};
    if (opt_goes_on(job->opt))
        stop_in_order();
    if (job->opt->rotates)
        stop_hup_rotates();
    cli_progress_begin(&job->progress);
    int status = job->opt->rotates ? write_files(job) : job->opt->sink ? write_sink(job) : write_text(job);
    cli_progress_end(&job->progress);
    if (!status && stop_asked())
        status = command_stopped();
    if (status)
        return status < 0 ? EXIT_WHOLE : status;
    status = account_status(job->run);
    int error = job->output && status != EXIT_UNREADABLE ? target_commit(&job->target) : 0;
    if (error)
        return command_write_failure(job->output, error);
    bool is_live = job->opt->capture.n_interfaces > 0;
    bool says_counts = !job->opt->quiet && !(is_live && status == EXIT_UNREADABLE);
    if (says_counts)
        account_say(job->run, &job->tally, &job->opt->run);
    if (!job->opt->quiet && job->short_columns)
        say("CSV leaves out the sequences, such as ip_lengths; -C default writes them");
    account_say_problems(job->run, is_live);
    return status;
}

static int export_run(struct job *job)
{
    struct fc_error err = {0};
    struct ArrowArrayStream plain;
    if (fc_run_export(job->run, &plain, &err))
        return command_refuse(job->opt, &err);
    if (!tally_wrap(&job->tally, job->run, &plain, &job->stream)) {
        tally_free(&job->tally);
        return command_out_of_memory();
    }
    job->output = job->opt->rotates ? NULL : job->opt->output;
    int status = open_target(job);
    if (!status)
        status = write_answer(job);
    target_drop(&job->target);
    if (job->stream.release)
        job->stream.release(&job->stream);
    tally_free(&job->tally);
    return status;
}

/* The table shows few of the default columns; nothing else is asked for then. */
static void choose_shown(struct fc_options *options)
{
    static const struct fc_column shown[] = {
        {.source = "capture"},     {.source = "protocol"},    {.source = "stream"},
        {.source = "src"},         {.source = "sport"},       {.source = "dst"},
        {.source = "dport"},       {.source = "time_start"},  {.source = "time_end"},
        {.source = "fwd_packets"}, {.source = "bwd_packets"}, {.source = "fwd_bytes"},
        {.source = "bwd_bytes"}};
    options->columns = shown;
    options->n_columns = sizeof shown / sizeof shown[0];
}

/* CSV without -C has the default columns without the sequences: their cells may have megabytes, which
 * spreadsheets and readers of CSV refuse. Returns the list, which the caller frees; NULL if memory ran out.
 */
static struct fc_column *choose_short(struct fc_options *options)
{
    size_t n = fc_n_columns(options->level);
    struct fc_column *columns = calloc(n, sizeof *columns);
    options->columns = columns;
    for (size_t i = 0; columns && i < n; i++) {
        const struct fc_column_info *c = fc_column_at(options->level, i);
        if (c->is_default && strncmp(c->type, "list<", 5) != 0)
            columns[options->n_columns++].source = c->name;
    }
    return columns;
}

static int open_and_write(struct job *job, const struct fc_options *options)
{
    const struct opt *opt = job->opt;
    struct fc_error err = {0};
    if (opt->capture.n_interfaces ? fc_open_live(&job->run, &opt->capture, options, &err)
                                  : fc_open(&job->run, opt->paths, opt->n_paths, options, &err))
        return command_refuse(opt, &err);
    int status = opt->n_sets > 1 ? command_parts(opt, job->run) : export_run(job);
    fc_run_free(job->run);
    return status;
}

int command_flows(const struct opt *opt)
{
    struct job job = {.opt = opt};
    struct fc_options options = opt->run;
    struct fc_set_options sets = opt->sets;
    if (sheet_is_lines(opt))
        sets.form = opt->format == OPT_CSV ? FC_SET_TEXT : FC_SET_JSON;
    options.sets = &sets;
    if (opt->n_sets)
        return open_and_write(&job, &options);
    if (options.level != FC_LEVEL_FLOWS || options.columns)
        return open_and_write(&job, &options);
    if (opt->format == OPT_TABLE)
        choose_shown(&options);
    if (opt->format == OPT_CSV && !(job.short_columns = choose_short(&options)))
        return command_out_of_memory();
    int status = open_and_write(&job, &options);
    free(job.short_columns);
    return status;
}

/* `explain` works without a capture: an empty one replaces it. */
static enum fc_status open_for_explain(struct fc_run **run, const struct opt *opt, struct fc_error *err)
{
    if (opt->n_paths)
        return fc_open(run, opt->paths, opt->n_paths, &opt->run, err);
    return fc_open_memory(run, "-", "", 0, &opt->run, err);
}

int command_explain(const struct opt *opt)
{
    struct fc_error err = {0};
    struct fc_run *run = NULL;
    struct out out;
    if (open_for_explain(&run, opt, &err))
        return command_refuse(opt, &err);
    if (!out_open(&out, STDOUT_FILENO, true)) {
        fc_run_free(run);
        return command_out_of_memory();
    }
    out_text(&out, fc_run_explain(run));
    out_char(&out, '\n');
    out_text(&out, fc_run_program(run));
    fc_run_free(run);
    return command_close(&out, EXIT_WHOLE);
}
