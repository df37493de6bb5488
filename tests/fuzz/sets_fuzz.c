/* The input as a capture, read by every family of feature sets at once; the first byte chooses options. Every
 * row is also written as Arrow values, as the original's text and as JSON. */
#include <stdlib.h>

#include "../unit/source_memory.h"
#include "sets/csv.h"
#include "sets/rows.h"
#include "source/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_FAMILIES = 16, MOST_TEXT = 1 << 20, MOST_FRAMES = 20000, BATCH_ROWS = 100 };

struct writer {
    struct set_layout *layout;
    struct set *set;
    struct set_rows *rows;
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
    return set_rows_add(writer->rows, values) && set_csv_row(&writer->text, writer->layout, "fuzz", values) &&
           set_json_row(&writer->text, writer->layout, "fuzz", values);
}

static struct fc_set_options options_of(uint8_t byte)
{
    return (struct fc_set_options){.size = sizeof(struct fc_set_options),
                                   .faults = byte & 1 ? FC_FAULTS_CORRECTED : FC_FAULTS_AS_PUBLISHED,
                                   .names = byte & 32 ? "cic-ids2017" : NULL,
                                   .no_phantoms = byte & 2,
                                   .accounting_mode = byte >> 2 & 3,
                                   .splt = byte & 16 ? 5 : 0,
                                   .layers = "e46tui",
                                   .payload = byte & 32 ? 20 : 0,
                                   .ignore_checksums = byte & 64,
                                   .nulls = byte & 64,
                                   .capture = byte & 128,
                                   .version = byte & 128 ? 2 : 3};
}

static void writer_open(struct writer *w, size_t family, const struct fc_set_options *options)
{
    struct fc_error err;
    if (set_layout_make(&w->layout, set_family_at(family), options, &err) ||
        set_layout_open(&w->set, w->layout, "fuzz", &err) ||
        !(w->rows = set_rows_new(w->layout, BATCH_ROWS)) || !set_csv_head(&w->text, w->layout))
        abort();
}

static void writer_drain(struct writer *w, bool last)
{
    struct ArrowArray batch;
    bool failed = false;
    while (set_rows_take(w->rows, last, &batch, &failed))
        batch.release(&batch);
    if (failed)
        abort();
}

static void writer_close(struct writer *w)
{
    if (!w->set->family->finish(w->set, &(struct set_sink){write_row, w}))
        abort();
    writer_drain(w, true);
    w->set->family->close(w->set);
    set_rows_free(w->rows);
    set_buffer_free(&w->text);
    set_layout_free(w->layout);
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
            struct set *set = writers[i].set;
            if (!set->family->packet(set, &view, &(struct set_sink){write_row, &writers[i]}))
                abort();
            writer_drain(&writers[i], false);
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
    struct fc_set_options options = options_of(data[0]);
    size_t n = set_families();
    for (size_t i = 0; i < n; i++)
        writer_open(&writers[i], i, &options);
    read_frames(source, writers, n);
    for (size_t i = 0; i < n; i++)
        writer_close(&writers[i]);
    source_close(source);
    return 0;
}
