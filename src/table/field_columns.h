/* The columns of fields, for both tables: where a value goes, and what ends a row.
 *
 *     for each value of the row: field_columns_put(fields, packet, &value)
 *     field_columns_end(fields, rows)
 */
#ifndef FC_TABLE_FIELD_COLUMNS_H
#define FC_TABLE_FIELD_COLUMNS_H

#include "field/row.h"
#include "table/distinct.h"
#include "table/wanted.h"

/* How the values of one row stand in a column. */
enum field_form {
    FORM_PAIRS, /* list<struct<packet, value>> */
    FORM_LIST,  /* list<T> */
    FORM_SET,   /* list<T>, equal values once */
    FORM_FIRST  /* T, null where there is no value */
};

struct field_column {
    struct column *column;
    enum field_type type;
    enum field_form form;
    struct distinct distinct; /* FORM_SET */
    uint16_t next;            /* the next column of the same field, or NO_FIELD_COLUMN */
};
enum { NO_FIELD_COLUMN = UINT16_MAX };

struct field_columns {
    struct field_column *columns;
    size_t n_columns;
    uint16_t *of_slot; /* first column of a field, or NO_FIELD_COLUMN */
};

/* Initialises the columns of fields among root's children, which are those of wanted->columns. False when
 * memory ends; field_columns_free in either case. */
FC_MUST_USE bool field_columns_init(struct field_columns *fields, struct column *children,
                                    const struct wanted *wanted);
void field_columns_free(struct field_columns *fields);
/* Adds a value to the columns of its field; `rows` rows are complete. False when memory ends. */
FC_MUST_USE bool field_columns_put(struct field_columns *fields, int64_t rows, uint32_t packet,
                                   const struct value *value);
/* Ends the row after `rows` complete ones. */
FC_MUST_USE bool field_columns_end(struct field_columns *fields, int64_t rows);

#endif
