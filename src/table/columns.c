/* What both tables share. Invariant: a batch is told full long before an offset of 32 bits could overflow, so
 * only a single row that is absurdly large can fail. */
#include "table/columns.h"

#include <stdio.h>

#include "base/memory.h"
#include "table/text.h"

enum {
    DEFAULT_ROWS = 65536,
    DEFAULT_ELEMENTS = 1 << 20, /* packets: 24 MB of lengths and times */
    MOST_ELEMENTS = 1 << 30,    /* list offsets are int32 */
    MOST_BYTES = 1 << 27,       /* text of addresses is up to 10 times as long as the bytes counted here */
    MOST_MATRIX_BYTES = 1 << 24 /* smaller batches would cost time, larger ones memory */
};

static bool init_base(struct columns *columns, const struct wanted *wanted)
{
    size_t n;
    const struct schema_column *known = schema_columns(wanted->level, &n);
    for (size_t i = 0; i < wanted->n_columns; i++) {
        const struct wanted_column *column = &wanted->columns[i];
        if (column->source != WANTED_BASE)
            continue;
        columns->base[column->index] = &columns->root.children[i];
        if (!schema_init(&columns->root.children[i], &known[column->index], column->name))
            return false;
    }
    return true;
}

/* How the column prints in CSV, for readers of the schema without a run. */
static void say_csv(struct column *column, const struct wanted *wanted, const struct wanted_column *asked)
{
    bool is_list = asked->source == WANTED_BASE && column->kind == COLUMN_LIST;
    if (asked->source == WANTED_FIELD)
        snprintf(column->csv, sizeof column->csv, "%u", text_rule(&wanted->fields[asked->index]));
    else
        strcpy(column->csv, is_list && !wanted->is_chosen ? "sequence" : "plain");
}

static bool init_children(struct columns *columns, const struct wanted *wanted)
{
    struct column *children = columns->root.children;
    if (!init_base(columns, wanted) || !field_columns_init(&columns->fields, children, wanted) ||
        !matrix_columns_init(&columns->matrices, children, wanted))
        return false;
    for (size_t i = 0; i < wanted->n_columns; i++)
        say_csv(&children[i], wanted, &wanted->columns[i]);
    return true;
}

bool columns_init(struct columns *columns, const struct wanted *wanted)
{
    uint32_t elements = wanted->batch_elements ? wanted->batch_elements : DEFAULT_ELEMENTS;
    *columns = (struct columns){.batch_rows = wanted->batch_rows ? wanted->batch_rows : DEFAULT_ROWS,
                                .batch_elements = elements < MOST_ELEMENTS ? elements : MOST_ELEMENTS,
                                .capture_word = -1};
    column_init(&columns->root, "", "+s");
    columns->types = memory_zero(wanted->n_fields, sizeof *columns->types);
    if (!columns->types || !column_children(&columns->root, (uint32_t)wanted->n_columns))
        return false;
    for (size_t i = 0; i < wanted->n_fields; i++)
        columns->types[i] = wanted->fields[i].type;
    return init_children(columns, wanted);
}

void columns_free(struct columns *columns)
{
    field_columns_free(&columns->fields);
    matrix_columns_free(&columns->matrices);
    column_free(&columns->root);
    memory_free(columns->types);
}

void columns_capture(struct columns *columns, const char *name)
{
    columns->capture = name;
    columns->capture_word = -1;
}

bool columns_put_capture(struct columns *columns, struct column *column)
{
    if (!columns->capture)
        return column_put_null(column);
    if (columns->capture_word < 0) {
        columns->capture_word = column_word(column, columns->capture);
        if (columns->capture_word < 0)
            return false;
        columns->n_bytes += strlen(columns->capture);
    }
    return column_put32(column, (uint32_t)columns->capture_word);
}

bool columns_put_address(struct column *column, const struct address *address)
{
    if (!address->family)
        return column_put_null(column);
    if (!buffer_room(&column->data, ADDRESS_TEXT_CAP))
        return false;
    size_t len = address_text((char *)column->data.data + column->data.len, address);
    return column_put_text_here(column, len);
}

bool columns_put_time(struct column *column, int64_t time_ns)
{
    return time_ns == LOG_NO_TIME ? column_put_null(column) : column_put64(column, (uint64_t)time_ns);
}

bool columns_put_value(struct columns *columns, uint32_t packet, const struct value *v)
{
    enum field_type type = columns->types[v->slot];
    columns->n_bytes += type == FT_BYTES || type == FT_STRING ? v->len : 0;
    columns->n_elements++;
    return field_columns_put(&columns->fields, columns->root.length, packet, v);
}

bool columns_put_pieces(struct columns *columns, const struct pieces *pieces)
{
    columns->n_matrix_bytes += columns->matrices.row_bytes;
    return matrix_columns_put(&columns->matrices, pieces);
}

bool columns_end_row(struct columns *columns)
{
    if (!field_columns_end(&columns->fields, columns->root.length))
        return false;
    columns->root.length++;
    return true;
}

uint32_t columns_rows(const struct columns *columns) { return (uint32_t)columns->root.length; }

bool columns_full(const struct columns *columns)
{
    return columns->root.length >= columns->batch_rows || columns->n_elements >= columns->batch_elements ||
           columns->n_bytes >= MOST_BYTES || columns->n_matrix_bytes >= MOST_MATRIX_BYTES;
}

enum fc_status columns_finish(struct columns *columns, struct ArrowArray *out)
{
    columns->n_elements = columns->n_bytes = columns->n_matrix_bytes = 0;
    columns->capture_word = -1;
    return column_finish(&columns->root, out) ? FC_OK : FC_MEMORY;
}

enum fc_status columns_schema(const struct columns *columns, struct ArrowSchema *out)
{
    return column_schema(&columns->root, out) ? FC_OK : FC_MEMORY;
}
