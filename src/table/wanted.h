/* The columns that a table is asked to hold, and the size of its batches. */
#ifndef FC_TABLE_WANTED_H
#define FC_TABLE_WANTED_H

#include <flowcontainer.h>

#include "feature/feature.h"
#include "field/field.h"
#include "table/matrix.h"

enum wanted_source { WANTED_BASE, WANTED_FIELD, WANTED_FEATURE, WANTED_MATRIX };

struct wanted_column {
    const char *name; /* of the column in the answer */
    enum wanted_source source;
    uint32_t index;        /* BASE: enum flow_column or enum packet_column; FIELD: a slot; FEATURE: place in
                              features->chosen; MATRIX: matrix_index() */
    enum fc_values values; /* FIELD: how its values stand */
};

struct wanted {
    enum fc_level level;
    const struct field *fields; /* by slot */
    size_t n_fields;
    const struct matrix *matrices;
    size_t n_matrices;
    const struct wanted_column *columns; /* in the order of the answer */
    size_t n_columns;
    const struct feature_plan *features; /* the columns of FEATURE; borrowed */
    bool is_chosen;                      /* the caller named the columns: no sequence is there by default */
    uint32_t batch_rows;                 /* a batch is full with so many rows; 0: 65,536 */
    uint32_t batch_elements; /* or with so many list elements (packets of flows and values); 0: 2^20, at most
                                2^30 */
};

/* Whether the table is to have this base column. */
bool wanted_has(const struct wanted *wanted, uint32_t base);

#endif
