/* Values of a family -> Arrow columns. Invariants: a batch is closed before an offset of 32 bits could
 * overflow; the columns of bits are the last ones of a table. */
#include "sets/rows.h"

#include <string.h>

#include "base/memory.h"
#include "sets/bits.h"
#include "sets/csv.h"
#include "table/column.h"

enum {
    MOST_ELEMENTS = 1 << 24, /* items of lists in a batch */
    MOST_BITS = 1 << 22,     /* a batch of bits that stays in the caches is made a fifth faster */
    MOST_BYTES = 1 << 26     /* of text in a batch */
};

struct set_rows {
    const struct set_layout *layout;
    struct arena texts; /* names of bits */
    struct column root;
    uint32_t batch_rows;
    size_t n_elements, n_bytes;
    const char *capture;
    struct set_block *block; /* rows of n_bits bits that wait; NULL: there are no bits */
    uint32_t n_bits;
    int64_t last_length;     /* rows of the batch before */
    struct ArrowArray *full; /* finished batches, the oldest first */
    size_t n_full, full_capacity;
    struct set_buffer line; /* for the forms of text */
};

/* ---- columns ---- */

static bool init_bits(struct set_rows *r, struct column *columns, const struct set_pick *pick)
{
    for (uint32_t bit = 0; bit < pick->column->count; bit++) {
        const char *name = set_layout_bit(&r->texts, pick->name, bit);
        if (!name)
            return false;
        column_init(&columns[bit], name, pick->column->format);
    }
    return true;
}

static bool init_values(struct set_rows *r)
{
    struct column *at = column_children(&r->root, (uint32_t)r->layout->n_columns);
    bool good = at != NULL;
    for (size_t i = 0; good && i < r->layout->n_picks; i++) {
        const struct set_pick *pick = &r->layout->picks[i];
        const struct set_column *column = pick->column;
        if (!column)
            good = column_init_dictionary(at, pick->name);
        else if (column->count)
            good = init_bits(r, at, pick);
        else if (column->format[0] == '+')
            good = column_init_list(at, pick->name, "i");
        else
            column_init(at, pick->name, column->format);
        at += column && column->count ? column->count : 1;
        r->n_bits += column ? column->count : 0;
    }
    if (good && r->n_bits) {
        uint32_t most = MOST_BITS / r->n_bits;
        r->batch_rows = r->batch_rows < most ? r->batch_rows : most;
        good = (r->block = set_block_new(r->n_bits)) != NULL;
    }
    return good;
}

struct set_rows *set_rows_new(const struct set_layout *layout, uint32_t batch_rows)
{
    struct set_rows *r = memory_zero(1, sizeof *r);
    if (!r)
        return NULL;
    r->layout = layout;
    r->batch_rows = batch_rows;
    column_init(&r->root, "", "+s");
    bool good;
    if (layout->form == FC_SET_VALUES) {
        good = init_values(r);
    } else {
        good = column_children(&r->root, 1) != NULL;
        if (good)
            column_init(&r->root.children[0], "text", "U");
    }
    if (good)
        return r;
    set_rows_free(r);
    return NULL;
}

void set_rows_free(struct set_rows *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n_full; i++)
        r->full[i].release(&r->full[i]);
    memory_free(r->full);
    set_block_free(r->block);
    column_free(&r->root);
    set_buffer_free(&r->line);
    arena_free(&r->texts);
    memory_free(r);
}

void set_rows_capture(struct set_rows *r, const char *name) { r->capture = name; }

/* ---- one row ---- */

static bool put_list(struct column *c, const struct set_value *v)
{
    for (uint32_t i = 0; i < v->n; i++)
        if (!column_put32(c->children, (uint32_t)v->list[i]))
            return false;
    return column_put_list(c);
}

static bool put_block(struct set_rows *r)
{
    struct column *end = r->root.children + r->root.n_children;
    return !r->block || set_block_flush(r->block, end - r->n_bits, (size_t)r->last_length);
}

/* A column of reals also takes the integer that the original writes in place of an undefined statistic. */
static bool put_number(struct column *c, const struct set_value *v)
{
    double real = v->kind == SET_REAL ? v->real : (double)v->integer;
    uint64_t bits = (uint64_t)v->integer;
    if (c->format[0] == 'g')
        memcpy(&bits, &real, sizeof bits);
    return column_put64(c, bits);
}

static bool put_value(struct set_rows *r, struct column *c, const struct set_value *v)
{
    if (v->kind == SET_NULL || (v->undefined && r->layout->nulls))
        return column_put_null(c);
    switch ((enum set_kind)v->kind) {
    case SET_TEXT:
        r->n_bytes += v->n;
        return column_put_bytes(c, v->text, v->n);
    case SET_LIST:
        r->n_elements += v->n;
        return put_list(c, v);
    default:
        return put_number(c, v);
    }
}

static bool put_capture(struct set_rows *r, struct column *c)
{
    int32_t word = column_word(c, r->capture ? r->capture : "");
    return word >= 0 && column_put32(c, (uint32_t)word);
}

static bool put_values(struct set_rows *r, const struct set_value *values)
{
    const struct set_pick *pick = r->layout->picks, *end = pick + r->layout->n_picks;
    struct column *at = r->root.children;
    for (; pick < end && !(pick->column && pick->column->count); pick++, at++)
        if (!(pick->column ? put_value(r, at, &values[pick->value]) : put_capture(r, at)))
            return false;
    for (; pick < end; pick++)
        if (!values[pick->value].first)
            set_block_put(r->block, values[pick->value].run);
    return !r->block || !set_block_row(r->block) || put_block(r);
}

static bool put_line(struct set_rows *r, const struct set_value *values)
{
    r->line.len = 0;
    bool good = r->layout->form == FC_SET_JSON ? set_json_row(&r->line, r->layout, r->capture, values)
                                               : set_csv_row(&r->line, r->layout, r->capture, values);
    r->n_bytes += r->line.len;
    return good && column_put_bytes(r->root.children, r->line.data, r->line.len);
}

/* ---- batches ---- */

static bool close_batch(struct set_rows *r)
{
    if (!put_block(r) ||
        !memory_reserve((void **)&r->full, &r->full_capacity, r->n_full + 1, sizeof *r->full) ||
        !column_finish(&r->root, &r->full[r->n_full]))
        return false;
    r->last_length = r->full[r->n_full].length;
    r->n_full++;
    r->n_elements = r->n_bytes = 0;
    return true;
}

bool set_rows_add(void *rows, const struct set_value *values)
{
    struct set_rows *r = rows;
    if (!(r->layout->form == FC_SET_VALUES ? put_values(r, values) : put_line(r, values)))
        return false;
    r->root.length++;
    bool full = r->root.length >= r->batch_rows || r->n_elements >= MOST_ELEMENTS || r->n_bytes >= MOST_BYTES;
    return !full || close_batch(r);
}

bool set_rows_take(struct set_rows *r, bool last, struct ArrowArray *out, bool *failed)
{
    *failed = last && !r->n_full && r->root.length && !close_batch(r);
    if (*failed || !r->n_full)
        return false;
    *out = r->full[0];
    r->n_full--;
    memmove(r->full, r->full + 1, r->n_full * sizeof *r->full);
    return true;
}

bool set_rows_wait(const struct set_rows *r) { return r->n_full || r->root.length; }

enum fc_status set_rows_schema(const struct set_rows *r, struct ArrowSchema *out)
{
    return column_schema(&r->root, out) ? FC_OK : FC_MEMORY;
}
