/* The flow table: one row a flow, written into Arrow columns when the flow has ended.
 *
 *     struct flows *flows = flows_new(&wanted);
 *     flows_capture(flows, path);
 *     for each flow: if (flows_add(flows, &row) ...)
 *                    if (flows_full(flows)) flows_finish(flows, &array) ... hand the batch out
 *     flows_finish(flows, &array) when rows are left; flows_free(flows);
 *
 * The columns are those that flowcontainer.h documents for FC_LEVEL_FLOWS. */
#ifndef FC_TABLE_FLOWS_H
#define FC_TABLE_FLOWS_H

#include "base/address.h"
#include "base/error.h"
#include "base/log.h"
#include "field/field.h"
#include "table/wanted.h"

struct flows;

struct flow_row {
    const char *protocol, *client_by, *end; /* constants: the pointer is remembered for the next row */
    uint32_t stream;
    uint16_t sport, dport;
    struct address src, dst;             /* client, server */
    struct address outer_src, outer_dst; /* family 0: null */
    const struct log *packets; /* at least one; time_start and time_end are those of the first and last */
    const struct log *values;  /* NULL or empty: no field of the flow has a value */
    bool flip;                 /* the log's `forward` means server to client */
};

/* NULL when memory ends. `wanted` is copied. */
struct flows *flows_new(const struct wanted *wanted);
/* Name of the capture that the rows to come belong to; borrowed until the next call or flows_free. */
void flows_capture(struct flows *flows, const char *name);
/* One row. FC_MEMORY: the batch is of no use any more, only flows_free makes sense. */
FC_MUST_USE enum fc_status flows_add(struct flows *flows, const struct flow_row *row);
/* Room for this many more rows, packets and payloads of the batch at once (what a batch cannot hold is not
 * taken): saves growing. Not needed. */
FC_MUST_USE enum fc_status flows_expect(struct flows *flows, size_t rows, size_t packets, size_t payloads);
uint32_t flows_rows(const struct flows *flows);
/* True when the batch should be finished before the next row. */
bool flows_full(const struct flows *flows);

struct ArrowArray;
struct ArrowSchema;
/* Moves all rows into *out (struct array, release it as Arrow says) and starts an empty batch. */
FC_MUST_USE enum fc_status flows_finish(struct flows *flows, struct ArrowArray *out);
FC_MUST_USE enum fc_status flows_schema(const struct flows *flows, struct ArrowSchema *out);
void flows_free(struct flows *flows);

#endif
