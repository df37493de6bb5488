/* What the flow table and the packet table share: the capture's name, the fields' types, when a batch is
 * full. */
#ifndef FC_TABLE_COLUMNS_H
#define FC_TABLE_COLUMNS_H

#include "base/address.h"
#include "field/row.h"
#include "table/column.h"
#include "table/wanted.h"

struct columns {
    size_t n_fields;
    enum field_type *types; /* by slot */
    uint32_t batch_rows, batch_elements;
    size_t n_elements, n_bytes; /* list elements and bytes of text in the batch, so far */
    const char *capture;
    int32_t capture_word; /* its index in the batch's dictionary; -1: not there yet */
};

/* Gives root n_fixed + n_fields zeroed children and returns them; NULL when memory ends. */
FC_MUST_USE struct column *columns_init(struct columns *columns, struct column *root,
                                        const struct wanted *wanted, uint32_t n_fixed);
void columns_free(struct columns *columns);
void columns_capture(struct columns *columns, const char *name);
FC_MUST_USE bool columns_put_capture(struct columns *columns, struct column *column);
/* Family 0: null. */
FC_MUST_USE bool columns_put_address(struct column *column, const struct address *address);
/* Counts a value of a field towards the batch's limits. */
static inline void columns_count(struct columns *columns, const struct value *v)
{
    enum field_type type = columns->types[v->slot];
    columns->n_bytes += type == FT_BYTES || type == FT_STRING ? v->len : 0;
    columns->n_elements++;
}
bool columns_full(const struct columns *columns, int64_t rows);
/* A batch was finished. */
void columns_restart(struct columns *columns);

#endif
