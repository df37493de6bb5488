/* `flowcontainer features': the families that --features takes, and their columns.
 *
 * Invariant: the list comes from the library, so it has the columns of a run with the same options.
 */
#include <string.h>

#include "commands.h"
#include "format.h"
#include "say.h"

static void pad(struct out *out, const char *text, size_t width)
{
    size_t n = strlen(text);
    out_bytes(out, text, n);
    for (; n < width; n++)
        out_char(out, ' ');
    out_text(out, "  ");
}

static void string_member(struct out *out, const char *before, const char *name, const char *value)
{
    out_text(out, before);
    json_string(out, name, strlen(name));
    out_char(out, ':');
    json_string(out, value, strlen(value));
}

/* ---- families ---- */

static void write_families(struct out *out, enum opt_format format)
{
    if (format == OPT_CSV)
        out_text(out, "family,row,program\n");
    for (size_t i = 0; i < fc_n_families(); i++) {
        struct fc_family_info f = fc_family_at(i);
        if (format == OPT_TABLE) {
            pad(out, f.name, 13);
            pad(out, f.is_own ? "columns" : "table", 7);
            pad(out, f.row, 6);
            out_text(out, f.program);
        } else if (format == OPT_CSV) {
            csv_cell(out, f.name, strlen(f.name));
            out_char(out, ',');
            out_text(out, f.row);
            out_char(out, ',');
            csv_cell(out, f.program, strlen(f.program));
        } else {
            string_member(out, "{", "family", f.name);
            string_member(out, ",", "row", f.row);
            string_member(out, ",", "program", f.program);
            out_text(out, f.is_own ? ",\"own\":true}" : ",\"own\":false}");
        }
        out_char(out, '\n');
    }
    if (format == OPT_TABLE)
        out_text(
            out,
            "\nOne row of a table is a flow or a packet of the program named; `columns' stand behind those "
            "of "
            "flowcontainer's\nown flows. `flowcontainer features NAME' lists the columns of a family.\n");
}

/* ---- columns ---- */

static void write_column(struct out *out, enum opt_format format, const char *family,
                         const struct fc_column_info *c)
{
    const char *const cells[] = {family, c->name, c->type, c->unit, c->description};
    static const char *const names[] = {"family", "column", "type", "unit", "description"};
    if (format == OPT_TABLE) {
        pad(out, c->name, 28);
        pad(out, c->type, 11);
        pad(out, c->unit, 9);
        out_text(out, c->description);
    } else if (format == OPT_CSV) {
        for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
            out_text(out, i ? "," : "");
            csv_cell(out, cells[i], strlen(cells[i]));
        }
    } else {
        for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
            string_member(out, i ? "," : "{", names[i], cells[i]);
        out_char(out, '}');
    }
    out_char(out, '\n');
}

static void write_fault(struct out *out, const struct fc_fault *fault)
{
    out_char(out, '\n');
    out_text(out, "  ");
    out_text(out, fault->columns);
    out_text(out, ": ");
    out_text(out, fault->description);
    if (*fault->source) {
        out_text(out, " (");
        out_text(out, fault->source);
        out_char(out, ')');
    }
    out_text(out, fault->is_corrected ? "; --faults corrected repairs it" : "");
}

static void write_fault_object(struct out *out, const char *family, const struct fc_fault *fault)
{
    string_member(out, "{", "family", family);
    string_member(out, ",", "columns", fault->columns);
    string_member(out, ",", "fault", fault->description);
    string_member(out, ",", "source", fault->source);
    out_text(out, fault->is_corrected ? ",\"corrected\":true}\n" : ",\"corrected\":false}\n");
}

/* CSV has one kind of record, so it lists columns alone. */
static void write_faults(struct out *out, enum opt_format format, const char *name,
                         const struct fc_family *family)
{
    size_t n = format == OPT_CSV ? 0 : fc_family_n_faults(family);
    if (n && format == OPT_TABLE)
        out_text(out, "\nKnown faults of the program, which its values carry:");
    for (size_t i = 0; i < n; i++)
        if (format == OPT_TABLE)
            write_fault(out, fc_family_fault(family, i));
        else
            write_fault_object(out, name, fc_family_fault(family, i));
    out_text(out, n && format == OPT_TABLE ? "\n" : "");
}

static int write_family(struct out *out, const struct opt *opt, const char *name)
{
    struct fc_family *family = NULL;
    struct fc_error err = {0};
    if (fc_family_open(&family, name, &opt->sets, &err))
        return command_refuse(opt, &err);
    for (size_t i = 0; i < fc_family_n_columns(family); i++)
        write_column(out, opt->format, name, fc_family_column(family, i));
    write_faults(out, opt->format, name, family);
    fc_family_free(family);
    return 0;
}

int command_features(const struct opt *opt)
{
    struct out out;
    int status = 0;
    if (!out_open(&out, 1, true)) {
        say("out of memory");
        return EXIT_OUTPUT;
    }
    if (!opt->n_paths)
        write_families(&out, opt->format);
    else if (opt->format == OPT_CSV)
        out_text(&out, "family,column,type,unit,description\n");
    for (size_t i = 0; !status && i < opt->n_paths; i++)
        status = write_family(&out, opt, opt->paths[i]);
    return command_close(&out, status);
}
