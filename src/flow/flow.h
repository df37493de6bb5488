/* Flows: each becomes one row of the result. With the policy `stream` a flow is a conversation. With
 * `timeout` a conversation is divided where it is idle, where it lasts too long, and where it is closed. Only
 * kept packets count.
 *
 * With `timeout`, with a limit on the number of flows, and where closed streams may leave, a flow ends when
 * the clock of the packets (packet_clock.h) or the limit says so, and leaves at once: its row is written and
 * its memory is used again. The other flows end with their capture. A stream of which a flow has left goes on
 * in another flow. */
#ifndef FC_FLOW_FLOW_H
#define FC_FLOW_FLOW_H

#include "base/log.h"
#include "base/totals.h"
#include "flow/conv.h"
#include "flow/packet_clock.h"

enum client_by {
    CLIENT_BY_SYN,       /* it sent the SYN */
    CLIENT_BY_SYNACK,    /* it received the SYN/ACK */
    CLIENT_BY_MULTICAST, /* the other side's address is of a group or of all hosts */
    CLIENT_BY_PORT, /* the other side's port alone is below 1024; FC_STYLE_CLASSIC: it has the larger port */
    CLIENT_BY_FIRST /* it sent the flow's first kept packet */
};
enum flow_end { END_CAPTURE, END_IDLE, END_ACTIVE, END_FIN, END_RST, END_EVICTED };

struct flow_parts; /* walk/parts.h */

/* Every packet changes most of the members, so they are kept together and small. */
struct flow {
    struct totals totals[2];  /* client to server, and back */
    int64_t start_ns, end_ns; /* the earliest and the latest time that its row tells, or LOG_NO_TIME */
    uint32_t n_packets;
    uint32_t n_taken;   /* packets whose lengths and values are in its row */
    struct log packets; /* `forward` in the log means client to server */
    struct conv *conv;
    struct flow_parts *parts; /* NULL: none yet */
    uint8_t ip_protocol;
    unsigned client : 1; /* index of the client in conv->side */
    unsigned client_by : 3, end : 4;
    unsigned fins : 2;   /* the directions that sent a FIN, one bit each */
    unsigned closed : 1; /* FINs in both directions, or an RST */
    unsigned has_payload : 1;
    unsigned has_bytes : 1; /* all pieces that the query asks for: later packets need not look at them */
};

/* The queues that a flow is in at the same time. */
enum flow_queue {
    BY_SILENCE, /* open flows, or closed ones, in the order of their last kept packets; then flows that have
                   ended */
    BY_AGE,     /* open flows in the order of their first kept packets */
    N_FLOW_QUEUES
};

/* The part of a flow that only flows have that may leave before the end of their capture. It lies behind
 * struct flow. Times are those of packet_clock.now. */
struct flow_timer {
    struct flow *previous[N_FLOW_QUEUES], *next[N_FLOW_QUEUES];
    int64_t born, touched;     /* at the first and at the last kept packet */
    int64_t first_ns, last_ns; /* in capture order, of the packets that have a time */
    bool has_time;
    int64_t ended;   /* when the policy ended it */
    uint64_t number; /* in the order of first kept packets, from 0 */
    uint32_t index;  /* its place in the table */
};
static inline struct flow_timer *flow_timer(struct flow *flow)
{
    return (struct flow_timer *)(void *)(flow + 1);
}

struct flow_list {
    struct flow *first, *last;
};

struct flow_policy {
    enum fc_policy policy;
    enum fc_style style;
    int64_t idle_ns, active_ns; /* INT64_MAX: time ends no flow */
    int64_t grace_ns;   /* of FC_POLICY_STREAM: a closed flow leaves after this silence; 0: it stays */
    uint64_t max_flows; /* flows that are kept at the same time; 0: any number */
};

struct flow_table {
    struct memory_state *memory; /* set when memory ends; NULL: nobody asks */
    struct spill *spill;         /* gives the flows (base/spill.h); NULL: they are ordinary memory */
    struct flow_policy policy;
    struct packet_clock clock;
    uint8_t **blocks;
    size_t n_blocks, blocks_capacity;
    uint32_t n_flows; /* places that were ever used */
    /* Of flows that may leave early alone: */
    uint64_t n_made;
    uint64_t n_held;                      /* flows in `open`, `closed` and `reopened` */
    uint64_t n_evicted;                   /* flows that the limit ended */
    uint64_t n_continued;                 /* flows of streams of which an earlier flow has left */
    struct flow *unused;                  /* linked by next[BY_SILENCE] */
    struct flow_list open[N_FLOW_QUEUES]; /* by enum flow_queue */
    struct flow_list closed;              /* with grace_ns: closed flows, which are not in open[BY_SILENCE] */
    struct flow_list reopened;            /* flows that a SYN ended, until the clock is past that moment */
    struct flow_list ended;               /* flows that are to be written, in the order of rows */
};

/* A kept packet, as far as flows need it. */
struct flow_packet {
    struct conv_ref ref;
    int64_t time_ns;
    bool has_time;
    uint32_t payload_len;
    uint8_t tcp_flags; /* 0 for other protocols */
};

/* The policy of a query. */
struct flow_policy flow_policy_of(const struct fc_options *options);
struct flow *flow_at(const struct flow_table *table, uint32_t index);
/* Whether flows of this policy may leave before the end of their capture. */
static inline bool flow_may_leave(const struct flow_policy *policy)
{
    return policy->policy == FC_POLICY_TIMEOUT || policy->grace_ns || policy->max_flows;
}
/* Takes the time of the next frame, kept or not, and ends the flows that are due: they are then in
 * table->ended. Only for policies with flows that may leave. */
void flow_turn(struct flow_table *table, int64_t time_ns);
/* Returns the flow of this packet, and makes it if needed; NULL when memory ends. *number is the number of
 * the flow, in the order of first kept packets. */
struct flow *flow_assign(struct flow_table *table, const struct flow_packet *packet, uint32_t *number);
/* The capture has ended: puts all flows that are left into table->ended. */
void flow_end_all(struct flow_table *table);
/* Takes back the memory of the first flow of table->ended, after its row was written. */
void flow_release(struct flow_table *table);
void flow_reset(struct flow_table *table);
void flow_free(struct flow_table *table);

#endif
