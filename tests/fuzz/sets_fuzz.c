/* The input as a capture, read by every family of feature sets at once; the first byte chooses options. Every
 * row is also written as the original's text. */
#include <stdlib.h>

#include "sets/csv.h"
#include "sets/set.h"
#include "source/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_FAMILIES = 16, MOST_TEXT = 1 << 20, MOST_FRAMES = 20000 };

struct writer {
    const struct set *set;
    struct set_buffer text;
};

/* Whether a value has a type that its column may have. */
static bool fits(const struct set_column *column, const struct set_value *v)
{
    switch (column->format[0]) {
    case 'l':
    case 'L':
        return v->kind == SET_INTEGER || v->kind == SET_NULL;
    case 'g':
        return v->kind == SET_INTEGER || v->kind == SET_REAL || v->kind == SET_NULL;
    case 'u':
        return v->kind == SET_TEXT || v->kind == SET_NULL;
    case 'c':
        return v->kind == SET_BITS && v->n == column->count;
    case '+':
        return v->kind == SET_LIST;
    default:
        return v->kind == SET_NULL;
    }
}

static bool write_row(void *to, const struct set_value *values)
{
    struct writer *writer = to;
    for (size_t i = 0; i < writer->set->n_columns; i++)
        if (!fits(&writer->set->columns[i], &values[i]))
            abort();
    if (writer->text.len > MOST_TEXT)
        writer->text.len = 0;
    return set_csv_row(&writer->text, writer->set, values);
}

static struct set_options options_of(uint8_t byte)
{
    return (struct set_options){.faults = byte & 1 ? SET_CORRECTED : SET_AS_PUBLISHED,
                                .no_phantoms = byte & 2,
                                .accounting_mode = byte >> 2 & 3,
                                .splt = byte & 16 ? 5 : 0,
                                .layers = "e46tui",
                                .payload = byte & 32 ? 20 : 0,
                                .ignore_checksums = byte & 64,
                                .version = byte & 128 ? 2 : 3};
}

static void read_frames(struct source *source, struct writer *writers, size_t n)
{
    struct fc_error err;
    struct frame f;
    for (uint32_t frame = 0; frame < MOST_FRAMES && source_next(source, &f, &err) == FC_OK && f.data;
         frame++) {
        if (f.opaque)
            continue;
        struct set_view view = {f.data, f.cap_len, f.len, f.has_time ? f.time_ns : 0, f.interface->link_type};
        for (size_t i = 0; i < n; i++) {
            struct set *set = (struct set *)writers[i].set;
            if (!set->family->packet(set, &view, &(struct set_sink){write_row, &writers[i]}))
                abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct source *source;
    struct fc_error err;
    struct writer writers[MOST_FAMILIES] = {0};
    if (!size || source_open_memory(&source, "fuzz", data + 1, size - 1, &err) != FC_OK)
        return 0;
    struct set_options options = options_of(data[0]);
    size_t n = set_families();
    for (size_t i = 0; i < n; i++) {
        struct set *set;
        if (set_family_at(i)->open(&set, &options, &err) != FC_OK)
            abort();
        writers[i].set = set;
        if (!set_csv_head(&writers[i].text, set))
            abort();
    }
    read_frames(source, writers, n);
    for (size_t i = 0; i < n; i++) {
        struct set *set = (struct set *)writers[i].set;
        if (!set->family->finish(set, &(struct set_sink){write_row, &writers[i]}))
            abort();
        set->family->close(set);
        set_buffer_free(&writers[i].text);
    }
    source_close(source);
    return 0;
}
