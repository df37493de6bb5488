/* Columns: the list of -C, and `flowcontainer columns'.
 *
 * Invariant: the text of -C is taken apart in place, in a copy that lives as long as the options.
 */
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "commands.h"
#include "patterns.h"
#include "say.h"
#include "value.h"

static char *trimmed(char *text)
{
    text += strspn(text, " \t");
    for (size_t n = strlen(text); n && (text[n - 1] == ' ' || text[n - 1] == '\t'); n--)
        text[n - 1] = 0;
    return text;
}

static int refuse_values(char *text)
{
    static const char *const words[] = {"first", "list", "packets", "set"};
    char word[16] = "";
    strncat(word, text, strcspn(text, "()") < 15 ? strcspn(text, "()") : 15);
    const char *near = opt_nearest_of(word, words, sizeof words / sizeof words[0]);
    return say_usage("-C: \"%s\" is none of packets(FIELD), list(FIELD), first(FIELD), set(FIELD)%s%s", text,
                     near ? "; near it: " : "", near ? near : "");
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
        if (!*column->source)
            return say_usage("-C: the field between the parentheses of %s) is missing", ways[i].word);
        return 0;
    }
    if (strpbrk(text, "()"))
        return refuse_values(text);
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

/* ---- lists ---- */

char *columns_copy(struct opt *opt, const char *text, void **items, size_t used, size_t size)
{
    size_t n = 1;
    for (const char *at = text; *at; at++)
        n += *at == ',';
    void *room = realloc(*items, (used + n) * size);
    *items = room ? room : *items;
    char **texts = realloc(opt->texts, (opt->n_texts + 1) * sizeof *texts);
    opt->texts = texts ? texts : opt->texts;
    char *copy = room && texts ? strdup(text) : NULL;
    if (copy)
        opt->texts[opt->n_texts++] = copy;
    else
        say("out of memory");
    return copy;
}

int columns_parse(struct opt *opt, const char *text)
{
    void *items = opt->columns;
    char *rest = columns_copy(opt, text, &items, opt->run.n_columns, sizeof *opt->columns);
    opt->run.columns = opt->columns = items;
    int bad = rest ? 0 : EXIT_OUTPUT;
    while (!bad && rest)
        bad = parse_column(&opt->columns[opt->run.n_columns++], strsep(&rest, ","));
    return bad;
}

int features_parse(struct opt *opt, const char *text)
{
    void *items = opt->features;
    char *rest = columns_copy(opt, text, &items, opt->run.n_features, sizeof *opt->features);
    opt->run.features = opt->features = items;
    int bad = rest ? 0 : EXIT_OUTPUT;
    while (!bad && rest) {
        const char *name = trimmed(strsep(&rest, ","));
        opt->features[opt->run.n_features++] = name;
        if (!*name)
            bad = say_usage(
                "--features: a name is empty; families and statistics are parted by commas, such as "
                "basic,stats");
    }
    return bad;
}

void columns_forget(struct opt *opt)
{
    free(opt->columns);
    free(opt->features);
    for (size_t i = 0; i < opt->n_texts; i++)
        free(opt->texts[i]);
    free(opt->texts);
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

static bool is_listed(const struct patterns *patterns, const struct fc_short_name *s)
{
    return patterns_match(patterns, s->name, s->description) || patterns_match(patterns, s->field, "");
}

static bool any_listed(enum fc_level level, const struct patterns *patterns)
{
    for (size_t i = 0; i < fc_n_columns(level); i++)
        if (patterns_match(patterns, fc_column_at(level, i)->name, fc_column_at(level, i)->description))
            return true;
    for (size_t i = 0; i < fc_n_short_names(); i++)
        if (is_listed(patterns, fc_short_name_at(i)))
            return true;
    return false;
}

static void write_columns(struct out *out, enum fc_level level, const struct patterns *patterns)
{
    for (size_t i = 0; i < fc_n_columns(level); i++) {
        const struct fc_column_info *c = fc_column_at(level, i);
        if (!patterns_match(patterns, c->name, c->description))
            continue;
        out_text(out, c->is_default ? "* " : "  ");
        write_padded(out, c->name, 20);
        write_padded(out, c->group, 9);
        write_padded(out, c->type, 24);
        out_text(out, c->description);
        out_char(out, '\n');
    }
}

static void write_short_names(struct out *out, const struct patterns *patterns)
{
    size_t n = 0;
    for (size_t i = 0; i < fc_n_short_names(); i++) {
        const struct fc_short_name *s = fc_short_name_at(i);
        if (!is_listed(patterns, s))
            continue;
        out_text(out, n++ ? "  " : "\nshort names of fields\n  ");
        write_padded(out, s->name, 20);
        write_padded(out, s->field, 46);
        out_text(out, s->description);
        out_char(out, '\n');
    }
}

static void write_bytes(struct out *out)
{
    out_text(
        out,
        "\nbytes of packets (--bytes NAME=START:NxL:mask=WORD+WORD)\n"
        "  NAME                  the first L bytes of the first N kept packets of a flow, padded with zeros\n"
        "  NAME_sizes            the bytes that each packet had, to the end of its IP packet\n"
        "  NAME_count            packets in NAME\n"
        "  NAME_hash             64 bits, equal for equal NAME and NAME_sizes; only if --columns names it\n"
        "  START                 link, ip, transport, payload\n"
        "  mask=                 what becomes zero: addresses, ports, checksums, ip_id, sequence,\n"
        "                        acknowledgement, timestamps\n"
        "  With --level packets or frames NAME=START:L gives NAME and NAME_size of each packet.\n");
}

int command_columns(const struct opt *opt)
{
    struct out out;
    struct patterns patterns = {0};
    int bad = patterns_read(&patterns, opt, NULL);
    if (!bad && !any_listed(opt->run.level, &patterns))
        bad = say_usage("no column matches \"%s\"", opt->paths[0]);
    if (!bad && !out_open(&out, 1, true)) {
        say("out of memory");
        bad = EXIT_OUTPUT;
    }
    if (bad) {
        patterns_free(&patterns);
        return bad;
    }
    out_text(&out,
             "Columns of this level (--level); * is there by default. -C also takes groups, `default' for\n"
             "the default columns, short names, and fields (see `flowcontainer fields').\n\n"
             "  column                group      type\n");
    write_columns(&out, opt->run.level, &patterns);
    write_short_names(&out, &patterns);
    if (!opt->n_paths)
        write_bytes(&out);
    patterns_free(&patterns);
    return command_close(&out, EXIT_WHOLE);
}
