/* `flowcontainer fields [PATTERN...]`: what -e can ask for.
 *
 * Invariant: the list is the library's; nothing about a field is known here. A pattern with * ? or [ is
 * matched against the whole name; any other word finds the names and the descriptions that hold it.
 */
#include <fnmatch.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "format.h"
#include "say.h"

enum { ONE_LINE_WIDTH = 120, NAME_WIDTH = 34, TYPE_WIDTH = 18 };

static bool matches_one(const struct fc_field_info *field, const char *pattern)
{
    if (strpbrk(pattern, "*?["))
        return fnmatch(pattern, field->name, 0) == 0;
    return strcasestr(field->name, pattern) || strcasestr(field->description, pattern);
}

static bool matches(const struct opt *opt, const struct fc_field_info *field)
{
    for (size_t i = 0; i < opt->n_paths; i++)
        if (matches_one(field, opt->paths[i]))
            return true;
    return opt->n_paths == 0;
}

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

/* One line, or on a narrow terminal two, for names must stay whole to be copied. */
static void write_entry(struct listing *listing, const struct fc_field_info *field)
{
    bool one_line = listing->width == 0 || listing->width >= ONE_LINE_WIDTH;
    write_padded(listing, "1", field->name, NAME_WIDTH);
    write_padded(listing, NULL, " ", 1);
    write_padded(listing, "36", field->type, TYPE_WIDTH);
    write_padded(listing, "2", field->engine, one_line ? 8 : 0);
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

int command_fields(const struct opt *opt)
{
    struct listing listing = {.width = command_width(STDOUT_FILENO),
                              .colour = command_colour(opt, STDOUT_FILENO)};
    if (!out_open(&listing.out, STDOUT_FILENO, true)) {
        say("out of memory");
        return EXIT_OUTPUT;
    }
    for (size_t i = 0; i < fc_n_fields(); i++) {
        struct fc_field_info field = fc_field(i);
        if (matches(opt, &field))
            write_field(&listing, opt->format, &field);
    }
    if (opt->format == OPT_JSON)
        out_text(&listing.out, listing.n ? "\n]\n" : "[]\n");
    if (listing.n == 0)
        return command_close(&listing.out,
                             say_usage("no field matches \"%s\"", opt->n_paths ? opt->paths[0] : ""));
    return command_close(&listing.out, EXIT_WHOLE);
}
