/* The columns of bytes of packets. */
#ifndef FC_TABLE_MATRIX_COLUMNS_H
#define FC_TABLE_MATRIX_COLUMNS_H

#include "base/pieces.h"
#include "table/column.h"
#include "table/wanted.h"

struct matrix_column {
    struct column *column;
    const struct matrix *matrix;
    size_t number; /* of the matrix */
    enum matrix_part part;
};

struct matrix_columns {
    struct matrix_column *columns;
    size_t n_columns;
    size_t row_bytes; /* bytes that a row has in these columns */
    bool of_flows;    /* the level is FC_LEVEL_FLOWS */
};

/* False when memory ends; matrix_columns_free in either case. children: the columns of the answer. */
FC_MUST_USE bool matrix_columns_init(struct matrix_columns *columns, struct column *children,
                                     const struct wanted *wanted);
void matrix_columns_free(struct matrix_columns *columns);
/* A row: pieces by matrix; NULL: nulls. */
FC_MUST_USE bool matrix_columns_put(struct matrix_columns *columns, const struct pieces *pieces);

#endif
