/* Prints the rows of a feature set as the original's CSV, for test_sets.py:
 *
 *     diff_sets FAMILY [OPTION=VALUE ...] CAPTURE
 *
 * The options are the members of struct set_options. Nothing is printed with "quiet=1": only the engine's
 * time counts then. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sets/csv.h"
#include "sets/set.h"
#include "source/source.h"

struct printer {
    const struct set *set;
    struct set_buffer buffer;
    bool quiet;
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "diff_sets: %s: %s\n", what, why);
    exit(2);
}

static void flush(struct printer *printer)
{
    fwrite(printer->buffer.data, 1, printer->buffer.len, stdout);
    printer->buffer.len = 0;
}

static bool print_row(void *to, const struct set_value *values)
{
    struct printer *printer = to;
    if (printer->quiet)
        return true;
    bool good = set_csv_row(&printer->buffer, printer->set, values);
    if (printer->buffer.len > 1 << 16)
        flush(printer);
    return good;
}

static void option(struct set_options *options, bool *quiet, char *text)
{
    char *value = strchr(text, '=');
    if (!value)
        die(text, "an option is NAME=VALUE");
    *value++ = 0;
    unsigned number = (unsigned)strtoul(value, NULL, 10);
    if (!strcmp(text, "faults"))
        options->faults = strcmp(value, "corrected") ? SET_AS_PUBLISHED : SET_CORRECTED;
    else if (!strcmp(text, "no_phantoms"))
        options->no_phantoms = number;
    else if (!strcmp(text, "accounting_mode"))
        options->accounting_mode = number;
    else if (!strcmp(text, "splt"))
        options->splt = number;
    else if (!strcmp(text, "idle_s"))
        options->idle_s = number;
    else if (!strcmp(text, "active_s"))
        options->active_s = number;
    else if (!strcmp(text, "layers"))
        options->layers = value;
    else if (!strcmp(text, "payload"))
        options->payload = number;
    else if (!strcmp(text, "ignore_checksums"))
        options->ignore_checksums = number;
    else if (!strcmp(text, "server_ports"))
        options->server_ports = value;
    else if (!strcmp(text, "version"))
        options->version = number;
    else if (!strcmp(text, "quiet"))
        *quiet = number;
    else
        die(text, "no such option");
}

static void run(struct source *source, struct set *set, struct printer *printer)
{
    struct set_sink sink = {print_row, printer};
    struct fc_error err;
    struct frame frame;
    bool good = printer->quiet || set_csv_head(&printer->buffer, set);
    while (source_next(source, &frame, &err) == FC_OK && frame.data)
        if (!frame.opaque) {
            struct set_view view = {frame.data, frame.cap_len, frame.len, frame.has_time ? frame.time_ns : 0,
                                    frame.interface->link_type};
            good = good && set->family->packet(set, &view, &sink);
        }
    good = good && set->family->finish(set, &sink);
    flush(printer);
    if (!good)
        die(set->family->name, "memory ended");
}

int main(int argc, char **argv)
{
    struct set_options options = {0};
    struct printer printer = {0};
    if (argc < 3)
        die("usage", "diff_sets FAMILY [OPTION=VALUE ...] CAPTURE");
    const struct set_family *family = set_family(argv[1]);
    if (!family)
        die(argv[1], "no such family");
    for (int i = 2; i < argc - 1; i++)
        option(&options, &printer.quiet, argv[i]);
    struct fc_error err;
    struct set *set;
    struct source *source;
    if (family->open(&set, &options, &err) != FC_OK || source_open(&source, argv[argc - 1], &err) != FC_OK)
        die(argv[argc - 1], err.text);
    printer.set = set;
    run(source, set, &printer);
    source_close(source);
    set->family->close(set);
    set_buffer_free(&printer.buffer);
    return 0;
}
