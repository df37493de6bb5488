/* The packet table: one row a kept packet (FC_LEVEL_PACKETS) or a frame (FC_LEVEL_FRAMES), as soon as it is
 * seen. Used like table/flows.h; docs/columns.md describes the columns. A column of lists has an empty list
 * where a packet has no value of its field. */
#ifndef FC_TABLE_PACKETS_H
#define FC_TABLE_PACKETS_H

#include "base/address.h"
#include "base/error.h"
#include "base/log.h"
#include "field/row.h"
#include "table/columns.h"
#include "table/wanted.h"

struct packets {
    struct columns columns;
};

#define PACKET_NO_FLOW UINT32_MAX
#define PACKET_NO_LENGTH UINT32_MAX

struct packet_row {
    int64_t time_ns;      /* LOG_NO_TIME: null */
    uint32_t frame;       /* frame.number */
    uint32_t flow;        /* PACKET_NO_FLOW: null */
    const char *protocol; /* a constant; NULL: null, and so are stream, sport and dport */
    uint32_t stream;
    uint16_t sport, dport;
    struct address src, dst;                          /* family 0: null */
    int8_t direction;                                 /* 1, -1; 0: null */
    uint32_t frame_length, ip_length, payload_length; /* PACKET_NO_LENGTH: null */
    const char *reason;                               /* a constant; FC_LEVEL_FRAMES only; NULL: null */
    const struct pieces *pieces;                      /* one of each matrix; NULL: null */
};

/* NULL when memory ends. `wanted` is copied, its names are borrowed until packets_free. */
struct packets *packets_new(const struct wanted *wanted);
static inline void packets_capture(struct packets *p, const char *name)
{
    columns_capture(&p->columns, name);
}
/* values may be NULL: none. FC_MEMORY: only packets_free makes sense. */
FC_MUST_USE enum fc_status packets_add(struct packets *packets, const struct packet_row *packet,
                                       const struct row *values);
static inline uint32_t packets_rows(const struct packets *p) { return columns_rows(&p->columns); }
static inline bool packets_full(const struct packets *p) { return columns_full(&p->columns); }
FC_MUST_USE static inline enum fc_status packets_finish(struct packets *p, struct ArrowArray *out)
{
    return columns_finish(&p->columns, out);
}
FC_MUST_USE static inline enum fc_status packets_schema(const struct packets *p, struct ArrowSchema *out)
{
    return columns_schema(&p->columns, out);
}
void packets_free(struct packets *packets);

#endif
