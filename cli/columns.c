/* Columns: the list of -C, and `flowcontainer columns'.
 *
 * Invariant: the text of -C is taken apart in place, in a copy that lives as long as the options.
 */
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "commands.h"
#include "say.h"

static char *trimmed(char *text)
{
    text += strspn(text, " \t");
    for (size_t n = strlen(text); n && (text[n - 1] == ' ' || text[n - 1] == '\t'); n--)
        text[n - 1] = 0;
    return text;
}

/* "first(FIELD)" and the like; plain names are left as they are. */
static int parse_values(struct fc_column *column, char *text)
{
    static const struct {
        const char *word;
        enum fc_values values;
    } ways[] = {{"packets(", FC_VALUES_PACKETS},
                {"list(", FC_VALUES_LIST},
                {"first(", FC_VALUES_FIRST},
                {"set(", FC_VALUES_SET}};
    size_t len = strlen(text);
    column->source = text;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        size_t n = strlen(ways[i].word);
        if (strncmp(text, ways[i].word, n) || text[len - 1] != ')')
            continue;
        text[len - 1] = 0;
        column->source = trimmed(text + n);
        column->values = ways[i].values;
        return 0;
    }
    if (strpbrk(text, "()"))
        return say_usage("-C: \"%s\" is none of packets(FIELD), list(FIELD), first(FIELD), set(FIELD)", text);
    return 0;
}

static int parse_column(struct fc_column *column, char *text)
{
    *column = (struct fc_column){0};
    text = trimmed(text);
    char *equals = strchr(text, '=');
    if (equals) {
        *equals = 0;
        column->name = trimmed(text);
        text = trimmed(equals + 1);
    }
    if (!*text || (column->name && !*column->name))
        return say_usage("-C takes columns and fields parted by commas, such as src,dst,sni=first(sni)");
    return parse_values(column, text);
}

int columns_parse(struct opt *opt, const char *text)
{
    size_t n = 1;
    for (const char *at = text; *at; at++)
        n += *at == ',';
    free(opt->columns_text);
    free(opt->columns);
    opt->columns_text = strdup(text);
    opt->columns = calloc(n, sizeof *opt->columns);
    if (!opt->columns_text || !opt->columns) {
        say("out of memory");
        return EXIT_OUTPUT;
    }
    int bad = 0;
    char *rest = opt->columns_text;
    for (size_t i = 0; !bad && i < n; i++) {
        char *part = strsep(&rest, ",");
        bad = parse_column(&opt->columns[i], part);
    }
    opt->run.columns = opt->columns;
    opt->run.n_columns = n;
    return bad;
}

int features_parse(struct opt *opt, const char *text)
{
    size_t n = 1;
    for (const char *at = text; *at; at++)
        n += *at == ',';
    free(opt->features_text);
    free(opt->features);
    opt->features_text = strdup(text);
    opt->features = calloc(n, sizeof *opt->features);
    if (!opt->features_text || !opt->features) {
        say("out of memory");
        return EXIT_OUTPUT;
    }
    char *rest = opt->features_text;
    for (size_t i = 0; i < n; i++)
        opt->features[i] = trimmed(strsep(&rest, ","));
    opt->run.features = opt->features;
    opt->run.n_features = n;
    return 0;
}

void columns_forget(struct opt *opt)
{
    free(opt->columns);
    free(opt->columns_text);
    free(opt->features);
    free(opt->features_text);
    for (size_t i = 0; i < opt->n_bytes_texts; i++)
        free(opt->bytes_texts[i]);
    free(opt->bytes_texts);
    free(opt->bytes);
}

/* ---- the list ---- */

static void write_padded(struct out *out, const char *text, size_t width)
{
    size_t n = strlen(text);
    out_bytes(out, text, n);
    for (; n < width; n++)
        out_char(out, ' ');
    out_text(out, "  ");
}

static void write_columns(struct out *out, enum fc_level level)
{
    for (size_t i = 0; i < fc_n_columns(level); i++) {
        const struct fc_column_info *c = fc_column_at(level, i);
        out_text(out, c->is_default ? "* " : "  ");
        write_padded(out, c->name, 20);
        write_padded(out, c->group, 9);
        write_padded(out, c->type, 24);
        out_text(out, c->description);
        out_char(out, '\n');
    }
}

int command_columns(const struct opt *opt)
{
    struct out out;
    if (!out_open(&out, 1, true)) {
        say("out of memory");
        return EXIT_OUTPUT;
    }
    out_text(&out,
             "Columns of this level (--level); * is there by default. -C also takes groups, `default' for\n"
             "the default columns, short names, and fields (see `flowcontainer fields').\n\n"
             "  column                group      type\n");
    write_columns(&out, opt->run.level);
    out_text(&out, "\nshort names of fields\n");
    for (size_t i = 0; i < fc_n_short_names(); i++) {
        const struct fc_short_name *s = fc_short_name_at(i);
        out_text(&out, "  ");
        write_padded(&out, s->name, 20);
        write_padded(&out, s->field, 46);
        out_text(&out, s->description);
        out_char(&out, '\n');
    }
    out_text(
        &out,
        "\nbytes of packets (--bytes NAME=START:NxL:mask=WORD+WORD)\n"
        "  NAME                  the first L bytes of the first N kept packets of a flow, padded with zeros\n"
        "  NAME_sizes            the bytes that each packet had, to the end of its IP packet\n"
        "  NAME_count            packets in NAME\n"
        "  START                 link, ip, transport, payload\n"
        "  mask=                 what becomes zero: addresses, ports, checksums, ip_id, sequence,\n"
        "                        acknowledgement, timestamps\n"
        "  With --level packets or frames NAME=START:L gives NAME and NAME_size of each packet.\n");
    return command_close(&out, EXIT_WHOLE);
}
