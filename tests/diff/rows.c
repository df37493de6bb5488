/* Prints every column of a run as text, for compare.py: one line for each row, cells separated by the byte
 * 0x1f, the values of a list by commas. Fields are printed as `tshark -T fields` prints them; times are
 * nanoseconds; at level flows, a value of a field is PACKET=VALUE. The first line holds the names of the
 * columns. Lines that begin with 0x1e follow the rows and hold the accounting and the problems.
 * Invariant: only flowcontainer.h and the Arrow C interface are used. */
#include <flowcontainer.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELL = 0x1f, TAIL = 0x1e, BETWEEN = 0x1d };

static void die(const char *what, const char *why)
{
    fprintf(stderr, "diff_rows: %s: %s\n", what, why);
    exit(2);
}

static bool is_null(const struct ArrowArray *a, int64_t i)
{
    const uint8_t *valid = a->n_buffers ? a->buffers[0] : NULL;
    int64_t at = i + a->offset;
    return valid && !(valid[at >> 3] >> (at & 7) & 1);
}

static int64_t integer(char format, const struct ArrowArray *a, int64_t i)
{
    const void *values = a->buffers[1];
    i += a->offset;
    switch (format) {
    case 'c':
        return ((const int8_t *)values)[i];
    case 'C':
        return ((const uint8_t *)values)[i];
    case 's':
        return ((const int16_t *)values)[i];
    case 'S':
        return ((const uint16_t *)values)[i];
    case 'i':
        return ((const int32_t *)values)[i];
    case 'I':
        return ((const uint32_t *)values)[i];
    default:
        return ((const int64_t *)values)[i]; /* l, L, t... */
    }
}

static void print_cell(const struct ArrowSchema *s, const struct ArrowArray *a, int64_t i);

static void print_list(const struct ArrowSchema *s, const struct ArrowArray *a, int64_t i)
{
    const int32_t *offsets = a->buffers[1];
    for (int64_t at = offsets[i + a->offset]; at < offsets[i + a->offset + 1]; at++) {
        if (at > offsets[i + a->offset])
            putchar(',');
        print_cell(s->children[0], a->children[0], at);
    }
}

/* Prints a cell of a base column. */
static void print_cell(const struct ArrowSchema *s, const struct ArrowArray *a, int64_t i)
{
    if (is_null(a, i))
        return;
    if (s->dictionary) {
        print_cell(s->dictionary, a->dictionary, integer(s->format[0], a, i));
    } else if (s->format[0] == 'u') {
        const int32_t *offsets = (const int32_t *)a->buffers[1] + a->offset + i;
        fwrite((const char *)a->buffers[2] + offsets[0], 1, (size_t)(offsets[1] - offsets[0]), stdout);
    } else if (s->format[0] == '+') {
        print_list(s, a, i);
    } else {
        printf("%lld", (long long)integer(s->format[0], a, i));
    }
}

static void print_text(uint32_t rule, const struct ArrowArray *a, int64_t i)
{
    static char *text;
    static size_t cap;
    size_t len = 4096;
    while (!text || (len = fc_rule_text(text, cap, rule, a, i, FC_TEXT_TSHARK)) > cap) {
        cap = len;
        if (!(text = realloc(text, cap)))
            die("memory", "no more");
    }
    fwrite(text, 1, len, stdout);
}

static void print_field(const struct ArrowSchema *s, uint32_t rule, const struct ArrowArray *a, int64_t i)
{
    if (strcmp(s->format, "+l")) {
        print_text(rule, a, i);
        return;
    }
    if (is_null(a, i))
        return;
    const int32_t *offsets = a->buffers[1];
    const struct ArrowArray *items = a->children[0];
    bool pairs = !strcmp(s->children[0]->format, "+s");
    for (int64_t at = offsets[i + a->offset]; at < offsets[i + a->offset + 1]; at++) {
        if (at > offsets[i + a->offset])
            putchar(',');
        if (pairs)
            printf("%lld=", (long long)integer('I', items->children[0], at + items->offset));
        print_text(rule, pairs ? items->children[1] : items, pairs ? at + items->offset : at);
    }
}

static void print_rows(struct ArrowArrayStream *stream, const uint32_t *rules, size_t n_fields)
{
    struct ArrowSchema schema;
    struct ArrowArray batch;
    if (stream->get_schema(stream, &schema))
        die("schema", stream->get_last_error(stream));
    int64_t n_base = schema.n_children - (int64_t)n_fields;
    for (int64_t c = 0; c < schema.n_children; c++)
        printf("%s%c", schema.children[c]->name, c + 1 < schema.n_children ? CELL : '\n');
    for (;;) {
        if (stream->get_next(stream, &batch))
            die("batch", stream->get_last_error(stream));
        if (!batch.release)
            break;
        for (int64_t i = 0; i < batch.length; i++)
            for (int64_t c = 0; c < schema.n_children; c++) {
                if (c < n_base)
                    print_cell(schema.children[c], batch.children[c], i + batch.offset);
                else
                    print_field(schema.children[c], rules[c - n_base], batch.children[c], i + batch.offset);
                putchar(c + 1 < schema.n_children ? CELL : '\n');
            }
        batch.release(&batch);
    }
    schema.release(&schema);
}

static void print_tail(const struct fc_run *run)
{
    for (size_t i = 0; i < fc_run_n_counts(run); i++) {
        struct fc_count count = fc_run_count(run, i);
        printf("%c%s%c%s%c%llu\n", TAIL, count.is_note ? "note" : "count", CELL, count.name, CELL,
               (unsigned long long)count.packets);
    }
    for (size_t i = 0; i < fc_run_n_problems(run); i++) {
        const struct fc_problem *p = fc_run_problem(run, i);
        printf("%cproblem%c%s%c%s%c%llu%c%s\n", TAIL, CELL, p->capture, CELL, fc_status_name(p->error.status),
               CELL, (unsigned long long)p->frames, CELL, p->error.text);
    }
}

static enum fc_level level_named(const char *name)
{
    return !strcmp(name, "flows")     ? FC_LEVEL_FLOWS
           : !strcmp(name, "packets") ? FC_LEVEL_PACKETS
                                      : FC_LEVEL_FRAMES;
}

/* Returns all native fields, except those that this Wireshark does not know. The field whose text may hold
 * the separator comes last. */
static const char **all_fields(size_t *count)
{
    static const char text[] = "http.file_data", later[] = "tls.handshake.ja4" /* and that of DTLS */;
    size_t n = 0;
    const char **names = calloc(fc_n_fields(), sizeof *names);
    if (!names)
        die("memory", "no more");
    for (size_t i = 0; i < fc_n_fields(); i++)
        if (strcmp(fc_field(i).name, text) && !strstr(fc_field(i).name, later))
            names[n++] = fc_field(i).name;
    names[n++] = text;
    *count = n;
    return names;
}

static const char *type_of(const char *name)
{
    size_t i = 0;
    while (strcmp(fc_field(i).name, name))
        i++;
    return fc_field(i).type;
}

/* `fields`: all native fields instead of those in the options. */
static void answer(struct fc_options o, char **paths, size_t n_paths, bool fields)
{
    struct fc_error err = {0};
    size_t n = 0;
    const char **names = fields ? all_fields(&n) : NULL;
    if (fields) {
        o.fields = names;
        o.n_fields = n;
    }
    struct fc_run *run = NULL;
    struct ArrowArrayStream stream;
    if (fc_open(&run, (const char *const *)paths, n_paths, &o, &err))
        die("open", err.text);
    if (fc_run_export(run, &stream, &err))
        die("export", err.text);
    uint32_t *rules = calloc(fc_run_n_fields(run) + 1, sizeof *rules);
    if (!rules)
        die("memory", "no more");
    for (size_t i = 0; i < fc_run_n_fields(run); i++)
        rules[i] = fc_run_field(run, i).text_rule;
    print_rows(&stream, rules, fc_run_n_fields(run));
    stream.release(&stream);
    print_tail(run);
    fc_run_free(run);
    free(names);
    free(rules);
}

/* Prints the five answers of a capture that compare.py needs, with a line 0x1d between them. */
static void answer_all(struct fc_options o, char **paths, size_t n_paths)
{
    struct fc_options bare = o;
    bare.drop = 0;
    answer(bare, paths, n_paths, true);
    static const enum fc_level levels[] = {FC_LEVEL_FRAMES, FC_LEVEL_PACKETS, FC_LEVEL_FLOWS, FC_LEVEL_FLOWS};
    for (int i = 0; i < 4; i++) {
        printf("%c\n", BETWEEN);
        o.level = levels[i];
        o.style = i == 3 ? FC_STYLE_CLASSIC : FC_STYLE_CLEAN;
        answer(o, paths, n_paths, false);
    }
}

int main(int argc, char **argv)
{
    struct fc_options o;
    struct fc_error err = {0};
    fc_options_init(&o);
    o.level = FC_LEVEL_FRAMES;
    bool fields = false, all = false;
    static const char *asked[4096]; /* -e FIELD */
    o.fields = asked;
    for (int letter; (letter = getopt(argc, argv, "FAl:cd:j:b:fe:Y:p:")) != -1;) {
        switch (letter) {
        case 'F': {
            size_t n = 0;
            const char **names = all_fields(&n);
            for (size_t i = 0; i < n; i++)
                printf("%s %s\n", names[i], type_of(names[i]));
            free(names);
            return 0;
        }
        case 'A':
            all = true;
            break;
        case 'l':
            o.level = level_named(optarg);
            break;
        case 'c':
            o.style = FC_STYLE_CLASSIC;
            break;
        case 'd':
            if (fc_drop_parse(&o.drop, optarg, &err))
                die(optarg, err.text);
            break;
        case 'j':
            o.jobs = (uint32_t)atoi(optarg);
            break;
        case 'b':
            o.batch_rows = (uint32_t)atoi(optarg);
            break;
        case 'f':
            fields = true;
            break;
        case 'e':
            if (o.n_fields == sizeof asked / sizeof *asked)
                die("-e", "too many fields");
            asked[o.n_fields++] = optarg;
            break;
        case 'Y':
            o.filter = optarg;
            break;
        case 'p':
            o.passes = (uint32_t)atoi(optarg);
            break;
        default:
            return 2;
        }
    }
    if (all || fields) /* all native fields */
        o.engine = FC_ENGINE_NATIVE;
    if (all)
        answer_all(o, argv + optind, (size_t)(argc - optind));
    else
        answer(o, argv + optind, (size_t)(argc - optind), fields);
    return 0;
}
