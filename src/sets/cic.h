/* CICFlowMeter, classic and corrected: the shared parts of the two families. */
#ifndef FC_SETS_CIC_H
#define FC_SETS_CIC_H

#include "sets/set.h"
#include "sets/table.h"

/* ---- cic_frame.c: what the program finds in a frame ---- */

enum {
    CIC_FIN = 1,
    CIC_SYN = 2,
    CIC_RST = 4,
    CIC_PSH = 8,
    CIC_ACK = 16,
    CIC_URG = 32,
    CIC_ECE = 64,
    CIC_CWR = 128
};

struct cic_packet {
    int64_t time_us;
    uint32_t src, dst; /* IPv4, host byte order */
    uint16_t sport, dport;
    uint8_t protocol; /* the program's own: 6, 17, 0 for others; corrected: also 1, 2, 132 */
    uint8_t flags;
    uint16_t window;
    int32_t payload, header; /* captured bytes of payload; bytes of the TCP or UDP header */
    uint32_t seq, ack;
    int16_t icmp_code, icmp_type; /* -1: not ICMP */
};

/* False: the program drops the frame. phantoms: a frame without an IPv4 header is read again as if it began
 * with one. */
bool cic_decode(struct cic_packet *out, const struct set_view *view, bool corrected, bool phantoms);

/* ---- cic_flow.c: what it counts ---- */

/* SummaryStatistics of commons-math, operation for operation. */
struct cic_moments {
    int64_t n;
    double sum, min, max, mean, m2;
};
double cic_variance(const struct cic_moments *m);
double cic_deviation(const struct cic_moments *m);

/* The bulk transfers of one direction. */
struct cic_bulk {
    int64_t duration, packets, size, states; /* of whole bulks */
    int64_t count, start, so_far, last;      /* of the present one */
};

enum cic_state { CIC_OPEN, CIC_FIN_ONE, CIC_FIN_BOTH, CIC_READY };

/* The faults of a program, and the rules in which the two differ; a bit each. */
enum cic_rule {
    CIC_FIRST_TWICE = 1 << 0,   /* the first payload counts twice */
    CIC_FIRST_FLAGS = 1 << 1,   /* PSH and URG by direction come from the first packet alone */
    CIC_LAST_WINDOW = 1 << 2,   /* the backward initial window is the last window */
    CIC_FIRST_NO_DATA = 1 << 3, /* the first packet is not an act data packet */
    CIC_ONE_BULK = 1 << 4,      /* every packet belongs to the backward bulk */
    CIC_WHOLE_RATIOS = 1 << 5,  /* ratios are cut to integers */
    CIC_ZERO_SEGMENT = 1 << 6,  /* the least header length of the side that did not begin is 0 */
    CIC_NO_EXCHANGE = 1 << 7,   /* ends of a flow that continues another are set after its first packet */
    CIC_IS_CORRECTED = 1 << 8   /* the flow table and the columns of the corrected program */
};

struct cic_ends {
    uint32_t src, dst;
    uint16_t sport, dport;
};

struct cic_side {
    struct cic_moments lengths, gaps;
    struct cic_bulk bulk;
    int64_t bytes, header, last, psh, urg, rst, fin, data_packets, retransmissions;
    int32_t least_header;
    uint16_t window;
};

/* Segments of a connection that were seen: hashes of 64 bits under a secret key, in an open table. */
struct cic_seen {
    uint64_t *slots;
    uint32_t mask, n;
};

struct cic_key {
    uint32_t low, high; /* addresses and ports, the lower pair first */
    uint16_t low_port, high_port;
    uint32_t protocol;
};

struct cic_flow {
    struct set_entry entry;
    struct cic_key key;
    struct cic_ends id, ends; /* of the key text; of the columns Src and Dst */
    int64_t start, last, active_from, active_to, subflow_last, subflows;
    int64_t flags[8];
    int64_t originator_fins; /* classic: FINs from the flow's source that the table saw */
    int64_t cumulative;
    struct cic_moments lengths, gaps, active, idle;
    struct cic_side side[2]; /* forward, backward */
    struct cic_seen seen;
    int16_t icmp_code, icmp_type;
    uint8_t protocol, state; /* enum cic_state */
};

enum { CIC_MOST_COLUMNS = 94 };

struct cic {
    struct set set;
    unsigned rules; /* enum cic_rule */
    bool phantoms;
    struct set_table flows;
    struct hash_key seen_key;
    struct set_column columns[CIC_MOST_COLUMNS];
};

/* Begins to count a flow with its first packet. `flow` is zeroed behind its key; id is set. ends: those of
 * the flow that it continues, or NULL. `seen` is taken over. */
FC_MUST_USE bool cic_flow_begin(struct cic *cic, struct cic_flow *flow, const struct cic_packet *packet,
                                const struct cic_ends *ends, struct cic_seen seen);
FC_MUST_USE bool cic_flow_add(struct cic *cic, struct cic_flow *flow, const struct cic_packet *packet);
/* The periods in which the flow is active and idle. */
void cic_flow_activity(struct cic_flow *flow, int64_t time_us);
static inline int64_t cic_packets(const struct cic_flow *f)
{
    return f->side[0].lengths.n + f->side[1].lengths.n;
}

/* ---- cic_row.c: its columns ---- */

/* Writes the columns of a program with these rules; returns how many. */
size_t cic_columns(struct set_column columns[CIC_MOST_COLUMNS], unsigned rules);
bool cic_row(const struct cic *cic, const struct cic_flow *flow, const struct set_sink *sink);

#endif
