/* What both tables share. Invariant: a batch is told full long before an offset of 32 bits could overflow, so
 * only a single row that is absurdly large can fail. */
#include "table/columns.h"

#include "base/memory.h"

enum {
    DEFAULT_ROWS = 65536,
    DEFAULT_ELEMENTS = 1 << 20, /* packets: 24 MB of lengths and times */
    MOST_ELEMENTS = 1 << 30,    /* list offsets are int32 */
    MOST_BYTES = 1 << 27        /* text of addresses is up to 10 times as long as what is counted here */
};

struct column *columns_init(struct columns *columns, struct column *root, const struct wanted *wanted,
                            uint32_t n_fixed)
{
    uint32_t elements = wanted->batch_elements ? wanted->batch_elements : DEFAULT_ELEMENTS;
    *columns = (struct columns){.n_fields = wanted->n_fields,
                                .batch_rows = wanted->batch_rows ? wanted->batch_rows : DEFAULT_ROWS,
                                .batch_elements = elements < MOST_ELEMENTS ? elements : MOST_ELEMENTS,
                                .capture_word = -1};
    columns->types = memory_zero(wanted->n_fields, sizeof *columns->types);
    if (!columns->types)
        return NULL;
    for (size_t i = 0; i < wanted->n_fields; i++)
        columns->types[i] = wanted->fields[i].type;
    return column_children(root, n_fixed + (uint32_t)wanted->n_fields);
}

void columns_free(struct columns *columns) { memory_free(columns->types); }

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

bool columns_full(const struct columns *columns, int64_t rows)
{
    return rows >= columns->batch_rows || columns->n_elements >= columns->batch_elements ||
           columns->n_bytes >= MOST_BYTES;
}

void columns_restart(struct columns *columns)
{
    columns->n_elements = columns->n_bytes = 0;
    columns->capture_word = -1;
}
