/* The flow table: one row a flow, written into Arrow columns when the flow has ended.
 *
 *     struct flows *flows = flows_new(&wanted);
 *     flows_capture(flows, path);
 *     for each flow: if (flows_add(flows, &row) ...)
 *                    if (flows_full(flows)) flows_finish(flows, &array) ... hand the batch out
 *     flows_finish(flows, &array) when rows are left; flows_free(flows);
 *
 * docs/columns.md describes the columns, which are those of columns.def and one or more a field. */
#ifndef FC_TABLE_FLOWS_H
#define FC_TABLE_FLOWS_H

#include "base/address.h"
#include "base/error.h"
#include "base/log.h"
#include "base/totals.h"
#include "feature/feature.h"
#include "table/columns.h"
#include "table/wanted.h"

struct flows {
    struct columns columns;
    const struct feature_plan *features;
    struct column **feature_columns; /* by place in features->chosen */
    struct feature_value *feature_values;
    struct feature_scratch scratch;
};

struct flow_row {
    const char *protocol, *client_by, *end; /* constants: the pointer is remembered for the next row */
    uint32_t stream;
    uint16_t sport, dport;
    uint8_t ip_protocol;                  /* number in the IP header */
    struct address src, dst;              /* client, server */
    struct address outer_src, outer_dst;  /* family 0: null */
    int64_t start_ns, end_ns;             /* LOG_NO_TIME: null */
    const struct totals *totals;          /* two: client to server, and back */
    const struct log *packets;            /* for the sequences; `forward` there: client to server */
    const void *statistics;               /* state of features; NULL: it took no packet, or needs none */
    const struct log *statistics_packets; /* a log for features alone; NULL: `packets` is theirs, too */
    const struct log *values;             /* NULL or empty: no field of the flow has a value */
    const struct pieces *pieces;          /* by matrix; NULL: no matrix is asked for */
};

/* NULL when memory ends. `wanted` is copied, its names are borrowed until flows_free. */
struct flows *flows_new(const struct wanted *wanted);
/* Name of the capture that the rows to come belong to; borrowed until the next call or flows_free. */
static inline void flows_capture(struct flows *f, const char *name) { columns_capture(&f->columns, name); }
/* One row. FC_MEMORY: the batch is of no use any more, only flows_free makes sense. */
FC_MUST_USE enum fc_status flows_add(struct flows *flows, const struct flow_row *row);
static inline uint32_t flows_rows(const struct flows *f) { return columns_rows(&f->columns); }
static inline bool flows_full(const struct flows *f) { return columns_full(&f->columns); }
FC_MUST_USE static inline enum fc_status flows_finish(struct flows *f, struct ArrowArray *out)
{
    return columns_finish(&f->columns, out);
}
FC_MUST_USE static inline enum fc_status flows_schema(const struct flows *f, struct ArrowSchema *out)
{
    return columns_schema(&f->columns, out);
}
void flows_free(struct flows *flows);

#endif
