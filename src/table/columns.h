/* What the flow table and the packet table share: the columns of the answer, the capture's name, and when a
 * batch is full. */
#ifndef FC_TABLE_COLUMNS_H
#define FC_TABLE_COLUMNS_H

#include "base/address.h"
#include "base/log.h"
#include "field/row.h"
#include "table/field_columns.h"
#include "table/matrix_columns.h"
#include "table/schema.h"

struct columns {
    struct column root;                /* one child a column, in the order of the answer */
    struct column *base[MOST_COLUMNS]; /* by id; NULL: the answer does not have it */
    struct field_columns fields;
    unsigned extras;      /* of the logs of flows */
    int64_t log_start_ns; /* of their pool */
    struct matrix_columns matrices;
    enum field_type *types; /* by slot */
    uint32_t batch_rows, batch_elements;
    /* In the batch so far: elements of lists, bytes of text, bytes of matrices. */
    size_t n_elements, n_bytes, n_matrix_bytes;
    const char *capture;
    int32_t capture_word; /* its index in the batch's dictionary; -1: not there yet */
};

/* False when memory ends; columns_free in either case. */
FC_MUST_USE bool columns_init(struct columns *columns, const struct wanted *wanted);
void columns_free(struct columns *columns);
void columns_capture(struct columns *columns, const char *name);
FC_MUST_USE bool columns_put_capture(struct columns *columns, struct column *column);
/* Family 0: null. */
FC_MUST_USE bool columns_put_address(struct column *column, const struct address *address);
/* LOG_NO_TIME: null. */
FC_MUST_USE bool columns_put_time(struct column *column, int64_t time_ns);
/* A value of a field for the row that is being made. */
FC_MUST_USE bool columns_put_value(struct columns *columns, uint32_t packet, const struct value *value);
/* The bytes of packets for that row: pieces by matrix. NULL: a frame in no flow. */
FC_MUST_USE bool columns_put_pieces(struct columns *columns, const struct pieces *pieces);
/* Ends the row. */
FC_MUST_USE bool columns_end_row(struct columns *columns);

uint32_t columns_rows(const struct columns *columns);
/* True when the batch should be finished before the next row. */
bool columns_full(const struct columns *columns);
/* Moves all rows into *out (a struct array, to be released as Arrow says) and starts an empty batch. */
FC_MUST_USE enum fc_status columns_finish(struct columns *columns, struct ArrowArray *out);
FC_MUST_USE enum fc_status columns_schema(const struct columns *columns, struct ArrowSchema *out);

#endif
