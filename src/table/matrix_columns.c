/* The bytes of a matrix lie in its column row after row, without gaps, so that a reader may take them as one
 * array of rows x packets x length. Invariant: a list of fixed size and its items have the same number of
 * rows between two calls. */
#include "table/matrix_columns.h"

#include "base/hash.h"
#include "base/memory.h"

/* ---- making the columns ---- */

static bool init_of_flows(const struct matrix_column *c, const char *name)
{
    const struct matrix *m = c->matrix;
    switch (c->part) {
    case MATRIX_BYTES:
        if (!column_init_items(c->column, name, m->packets_format, m->length_format))
            return false;
        return column_init_items(c->column->children, "item", m->length_format, "C");
    case MATRIX_SIZES:
        return column_init_items(c->column, name, m->packets_format, "I");
    default:
        column_init(c->column, name, c->part == MATRIX_HASH ? "L" : "I");
        return true;
    }
}

static void init_of_packets(const struct matrix_column *c, const char *name)
{
    column_init(c->column, name, c->part == MATRIX_BYTES ? c->matrix->length_format : "I");
}

static size_t bytes_of(const struct matrix_columns *all, const struct matrix_column *c)
{
    size_t packets = all->of_flows ? c->matrix->asked.packets : 1;
    if (c->part == MATRIX_HASH)
        return sizeof(uint64_t);
    return c->part == MATRIX_BYTES ? packets * c->matrix->asked.length : packets * sizeof(uint32_t);
}

bool matrix_columns_init(struct matrix_columns *columns, struct column *children, const struct wanted *wanted)
{
    *columns = (struct matrix_columns){.of_flows = wanted->level == FC_LEVEL_FLOWS};
    columns->columns = memory_zero(wanted->n_columns, sizeof *columns->columns);
    if (!columns->columns)
        return false;
    for (size_t i = 0; i < wanted->n_columns; i++) {
        const struct wanted_column *column = &wanted->columns[i];
        if (column->source != WANTED_MATRIX)
            continue;
        struct matrix_column *c = &columns->columns[columns->n_columns++];
        size_t number = column->index / N_MATRIX_PARTS;
        *c = (struct matrix_column){&children[i], &wanted->matrices[number], number,
                                    (enum matrix_part)(column->index % N_MATRIX_PARTS)};
        columns->row_bytes += bytes_of(columns, c);
        if (!columns->of_flows)
            init_of_packets(c, column->name);
        else if (!init_of_flows(c, column->name))
            return false;
    }
    return true;
}

void matrix_columns_free(struct matrix_columns *columns) { memory_free(columns->columns); }

/* ---- rows ---- */

static uint32_t held(const struct matrix *m, const struct piece *piece)
{
    return piece->length < m->asked.length ? piece->length : m->asked.length;
}

static bool put_matrix(struct column *list, const struct matrix *m, const struct pieces *pieces)
{
    struct column *packets = list->children, *bytes = packets->children;
    size_t length = m->asked.length, n = m->asked.packets;
    for (const struct piece *piece = pieces->first; piece; piece = piece->next)
        if (!column_pad_bytes(&bytes->data, piece->bytes, held(m, piece), length))
            return false;
    if (!column_pad_bytes(&bytes->data, NULL, 0, (n - pieces->n) * length))
        return false;
    bytes->length += (int64_t)(n * length);
    packets->length += (int64_t)n;
    list->length++;
    return true;
}

static bool put_sizes(struct column *list, const struct matrix *m, const struct pieces *pieces)
{
    struct column *sizes = list->children;
    for (const struct piece *piece = pieces->first; piece; piece = piece->next)
        if (!column_put32(sizes, piece->length))
            return false;
    for (uint32_t i = pieces->n; i < m->asked.packets; i++)
        if (!column_put32(sizes, 0))
            return false;
    list->length++;
    return true;
}

/* Two matrices with the same bytes and sizes have the same hash. */
static uint64_t hash_of(const struct matrix *m, const struct pieces *pieces)
{
    uint64_t hash = pieces->n;
    for (const struct piece *piece = pieces->first; piece; piece = piece->next) {
        hash = hash_more(&hash_key_known, &piece->length, sizeof piece->length, hash);
        hash = hash_more(&hash_key_known, piece->bytes, held(m, piece), hash);
    }
    return hash;
}

static bool put_of_flow(const struct matrix_column *c, const struct pieces *pieces)
{
    switch (c->part) {
    case MATRIX_BYTES:
        return put_matrix(c->column, c->matrix, pieces);
    case MATRIX_SIZES:
        return put_sizes(c->column, c->matrix, pieces);
    case MATRIX_HASH:
        return column_put64(c->column, hash_of(c->matrix, pieces));
    default:
        return column_put32(c->column, pieces->n);
    }
}

static bool put_of_packet(const struct matrix_column *c, const struct piece *piece)
{
    if (!piece)
        return column_put_null(c->column);
    if (c->part == MATRIX_SIZES)
        return column_put32(c->column, piece->length);
    c->column->data.len = (size_t)c->column->length++ * c->column->width;
    return column_pad_bytes(&c->column->data, piece->bytes, held(c->matrix, piece), c->column->width);
}

bool matrix_columns_put(struct matrix_columns *columns, const struct pieces *pieces)
{
    static const struct pieces none;
    bool ok = true;
    for (size_t i = 0; ok && i < columns->n_columns; i++) {
        const struct matrix_column *c = &columns->columns[i];
        const struct pieces *of = pieces ? &pieces[c->number] : &none;
        ok = columns->of_flows ? put_of_flow(c, of) : put_of_packet(c, of->first);
    }
    return ok;
}
