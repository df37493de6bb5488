/* One table as text: the choice of its format, and the view that the format needs. */
#include "sheet.h"

#include <stdlib.h>
#include <unistd.h>

#include "commands.h"
#include "say.h"

enum { TERMINAL_ROWS = 50 };

bool sheet_is_lines(const struct opt *opt)
{
    return opt->n_sets && (opt->format == OPT_CSV || opt->format == OPT_NDJSON);
}

static const struct format *format_of(const struct opt *opt)
{
    if (sheet_is_lines(opt))
        return &FORMAT_LINES;
    switch (opt->format) {
    case OPT_NDJSON:
        return &FORMAT_NDJSON;
    case OPT_JSON:
        return &FORMAT_JSON;
    case OPT_CSV:
        return &FORMAT_CSV;
    default:
        return &FORMAT_TABLE;
    }
}

static bool find_columns(struct view *view, const struct opt *opt, const struct fc_run *run, size_t table)
{
    size_t n = fc_run_table_n_columns(run, table);
    view->columns = calloc(n, sizeof *view->columns);
    for (size_t i = 0; view->columns && i < n; i++)
        view->columns[i] = fc_run_table_column(run, table, i);
    view->chosen = opt->columns || opt->features;
    return view->columns != NULL;
}

static uint64_t n_captures(const struct fc_run *run)
{
    struct fc_progress at = {0};
    fc_run_progress(run, &at);
    return at.captures_total;
}

bool sheet_open(struct sheet *sheet, const struct opt *opt, const struct fc_run *run, size_t table,
                const struct cell_type *type, int fd)
{
    bool terminal = isatty(fd) && opt->format == OPT_TABLE;
    *sheet = (struct sheet){.format = format_of(opt)};
    sheet->view = (struct view){.out = &sheet->out,
                                .type = type,
                                .level = opt->run.level,
                                .width = say_screen_width(fd),
                                .limit = terminal && !opt->all && !opt_goes_on(opt) ? TERMINAL_ROWS : 0,
                                .from_left = opt->n_sets > 0,
                                .head = fc_run_table_head(run, table),
                                .in_time = opt_goes_on(opt),
                                .utf8 = say_utf8(),
                                .colour = command_colour(opt, fd),
                                .headings = n_captures(run) > 1};
    if (!out_open(&sheet->out, fd, false) || !find_columns(&sheet->view, opt, run, table)) {
        out_close(&sheet->out);
        return false;
    }
    sheet->out.clean = isatty(fd) && opt->format != OPT_TABLE ? say_lines : NULL;
    sheet->out.quote_formulas = opt->quote_formulas;
    if (sheet->format->begin(&sheet->view))
        return true;
    bool lacks_memory;
    sheet_close(sheet, &lacks_memory);
    return false;
}

int sheet_close(struct sheet *sheet, bool *lacks_memory)
{
    sheet->format->end(&sheet->view);
    int error = out_close(&sheet->out);
    *lacks_memory = sheet->view.scratch.failed;
    text_free(&sheet->view.scratch);
    free(sheet->view.columns);
    return error;
}
