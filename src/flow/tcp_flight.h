/* Which segments of a TCP stream wait for their acknowledgement: round trips, bytes in flight and the like.
 * It takes memory per segment, so it is kept only when a field asks for it. Rules:
 * docs/internals/tcp-analysis.md, section 10. */
#ifndef FC_FLOW_TCP_FLIGHT_H
#define FC_FLOW_TCP_FLIGHT_H

#include "flow/tcp_analysis.h"

/* A segment that waits; its start moves up when only a part of it is acknowledged. */
struct flight_segment {
    struct flight_segment *next;
    int64_t time_ns;
    uint32_t seq, end, frame;
};

struct flight_side {
    struct flight_segment *oldest, *newest;
    uint32_t n;
    uint32_t pushed; /* bytes since the last PSH */
    uint32_t sacked; /* bytes in the blocks of the direction's last packet */
    bool lost;       /* a gap, and no word from the other side since: in flight is not known */
};

struct tcp_flight {
    struct flight_side side[2];
};

struct flight_pool {
    struct flight_segment *unused;
};

/* What the packet says; 0: nothing. */
struct flight_result {
    bool shown; /* tcp.analysis is there */
    int64_t ack_rtt_ns, rto_ns;
    uint32_t acks_frame, rto_frame, in_flight, pushed;
};

/* Bytes in the SACK blocks of a header. */
uint32_t tcp_sacked_read(const struct layer *layer);
/* To be called after tcp_analyze, for every segment that it saw. False when memory ends. */
bool tcp_flight_advance(struct flight_pool *pool, struct arena *arena, struct tcp_state *state,
                        uint8_t direction, const struct tcp_segment *segment,
                        const struct tcp_result *analysis, uint32_t sacked, struct flight_result *out);

#endif
