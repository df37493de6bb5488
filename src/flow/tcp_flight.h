/* The segments of a TCP stream that wait for an acknowledgement: round-trip times, bytes in flight and the
 * like. They take memory for each segment, so they are kept only if a field asks for them. Rules:
 * docs/internals/tcp-analysis.md, section 10. */
#ifndef FC_FLOW_TCP_FLIGHT_H
#define FC_FLOW_TCP_FLIGHT_H

#include "flow/tcp_analysis.h"

/* A segment that waits for an acknowledgement. A partial acknowledgement moves its start. */
struct flight_segment {
    struct flight_segment *next;
    int64_t time_ns;
    uint32_t seq, end, frame;
};

struct flight_side {
    struct flight_segment *oldest, *newest;
    uint32_t n;
    uint32_t base;   /* of the direction, at the newest segment */
    bool in_order;   /* each segment begins at or behind the end of the one before, counted from the base:
                        ends and acknowledgements are found without a walk */
    uint32_t pushed; /* bytes since the last PSH */
    uint32_t sacked; /* bytes in the SACK blocks of the direction's last packet */
    bool lost;       /* a segment was lost and the other side has not answered since: the bytes in flight are
                        unknown */
};

struct tcp_flight {
    struct flight_side side[2];
};

struct flight_pool {
    struct flight_segment *unused;
};

/* The bytes in the SACK blocks of a header. */
uint32_t tcp_sacked_read(const struct layer *layer);
/* Advances by one segment. Call it after tcp_analyze, for every segment that tcp_analyze got. When memory
 * ends, the arena's memory state is set. */
void tcp_flight_advance(struct flight_pool *pool, struct arena *arena, struct tcp_state *state,
                        uint8_t direction, const struct tcp_segment *segment,
                        const struct tcp_result *analysis, uint32_t sacked, struct flight_result *out);

/* Gives the segments of a conversation back. */
void tcp_flight_forget(struct flight_pool *pool, struct arena *arena, struct tcp_state *state);

#endif
