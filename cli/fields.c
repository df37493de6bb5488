/* `flowcontainer fields [PATTERN...]`: the fields that -e takes.
 *
 * Invariant: the library provides the list; this file knows nothing about any field.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "format.h"
#include "patterns.h"
#include "say.h"

enum { ONE_LINE_WIDTH = 120, NAME_WIDTH = 34, TYPE_WIDTH = 18 };

struct listing {
    struct out out;
    size_t width;
    bool colour;
    size_t n;
};

static void string_member(struct out *out, const char *before, const char *name, const char *value)
{
    out_text(out, before);
    json_string(out, name, strlen(name));
    out_char(out, ':');
    json_string(out, value, strlen(value));
}

static void write_object(struct listing *listing, const struct fc_field_info *field)
{
    struct out *out = &listing->out;
    string_member(out, "{", "name", field->name);
    string_member(out, ",", "type", field->type);
    string_member(out, ",", "arrow", field->arrow);
    string_member(out, ",", "engine", field->engine);
    string_member(out, ",", "unit", field->unit);
    out_text(out, field->single ? ",\"single\":true" : ",\"single\":false");
    string_member(out, ",", "description", field->description);
    out_text(out, "}");
}

static void write_record(struct out *out, const struct fc_field_info *field)
{
    const char *const cells[] = {field->name,       field->type, field->arrow,
                                 field->engine,     field->unit, field->single ? "true" : "false",
                                 field->description};
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        if (i)
            out_char(out, ',');
        csv_cell(out, cells[i], strlen(cells[i]));
    }
    out_char(out, '\n');
}

static void write_padded(struct listing *listing, const char *sgr, const char *text, size_t width)
{
    struct out *out = &listing->out;
    if (listing->colour && sgr) {
        out_text(out, "\x1b[");
        out_text(out, sgr);
        out_char(out, 'm');
    }
    out_text(out, text);
    if (listing->colour && sgr)
        out_text(out, "\x1b[0m");
    for (size_t i = strlen(text); i < width; i++)
        out_char(out, ' ');
}

/* One line, or two on a narrow terminal, because names must stay whole to be copied. */
static void write_entry(struct listing *listing, const struct fc_field_info *field)
{
    bool one_line = listing->width == 0 || listing->width >= ONE_LINE_WIDTH;
    write_padded(listing, "1", field->name, NAME_WIDTH);
    write_padded(listing, NULL, " ", 1);
    write_padded(listing, "36", field->type, TYPE_WIDTH);
    write_padded(listing, "2", field->engine, one_line ? 9 : 0);
    write_padded(listing, NULL, " ", one_line);
    out_text(&listing->out, one_line ? "" : "\n    ");
    out_text(&listing->out, field->description);
    if (*field->unit) {
        out_text(&listing->out, " [");
        out_text(&listing->out, field->unit);
        out_char(&listing->out, ']');
    }
    out_char(&listing->out, '\n');
}

static void write_field(struct listing *listing, enum opt_format format, const struct fc_field_info *field)
{
    struct out *out = &listing->out;
    if (format == OPT_JSON)
        out_text(out, listing->n ? ",\n" : "[\n");
    if (format == OPT_CSV && listing->n == 0)
        out_text(out, "name,type,arrow,engine,unit,single,description\n");
    listing->n++;
    if (format == OPT_CSV) {
        write_record(out, field);
    } else if (format == OPT_TABLE) {
        write_entry(listing, field);
    } else {
        write_object(listing, field);
        out_text(out, format == OPT_NDJSON ? "\n" : "");
    }
}

static int say_none(const struct opt *opt, const struct fc_fields *fields)
{
    const char *near[3];
    const char *asked = opt->n_paths ? opt->paths[0] : "";
    size_t n = strpbrk(asked, "*?[/") ? 0 : fc_fields_nearest(near, 3, fields, asked);
    if (!*fc_fields_wireshark(fields) && !opt->native)
        return say_usage("no field matches \"%s\"; Wireshark's fields are not listed, because "
                         "flowcontainer-worker is missing "
                         "or does not start (see `flowcontainer explain --engine wireshark')",
                         asked);
    if (n == 0)
        return say_usage("no field matches \"%s\"", asked);
    return say_usage("no field matches \"%s\"; near it: %s%s%s%s%s", asked, near[0], n > 1 ? ", " : "",
                     n > 1 ? near[1] : "", n > 2 ? ", " : "", n > 2 ? near[2] : "");
}

static int write_fields(struct listing *listing, const struct opt *opt, const struct fc_fields *fields)
{
    struct patterns patterns = {0};
    int bad = patterns_read(&patterns, opt, fields);
    for (size_t i = 0; !bad && !listing->out.error && i < fc_fields_count(fields); i++) {
        struct fc_field_info field = fc_fields_at(fields, i);
        if ((!opt->native || strcmp(field.engine, "native") == 0) &&
            patterns_match(&patterns, field.name, field.description))
            write_field(listing, opt->format, &field);
    }
    patterns_free(&patterns);
    if (!bad && opt->format == OPT_JSON)
        out_text(&listing->out, listing->n ? "\n]\n" : "[]\n");
    return bad || listing->n ? bad : say_none(opt, fields);
}

int command_fields(const struct opt *opt)
{
    struct listing listing = {.width = say_screen_width(STDOUT_FILENO),
                              .colour = command_colour(opt, STDOUT_FILENO)};
    struct fc_error err = {0};
    struct fc_fields *fields = NULL;
    if (fc_fields_load(&fields, &err))
        return command_refuse(opt, &err);
    if (!out_open(&listing.out, STDOUT_FILENO, true)) {
        say("out of memory");
        fc_fields_free(fields);
        return EXIT_OUTPUT;
    }
    int status = write_fields(&listing, opt, fields);
    status = command_close(&listing.out, status);
    fc_fields_free(fields);
    return status;
}
