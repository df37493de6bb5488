/* The results of a TCP stream's analysis for one packet. The room flow/ makes them, look/ passes them on, and
 * the reader of the TCP header turns them into fields; a new result is a member here and nowhere between. */
#ifndef FC_BASE_TCP_RESULT_H
#define FC_BASE_TCP_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tcp_flags.h"

/* Of the sequence analysis (flow/tcp_analysis.h). */
struct tcp_result {
    uint32_t flags; /* enum tcp_analysis_flag */
    uint32_t dup_num, dup_frame;
    int8_t scale;    /* shift count of the sender's window, before this packet; or TCP_SCALE_... */
    bool known_syn;  /* a SYN in a direction that had a base already */
    bool beyond;     /* acknowledges data that were not seen, which an earlier packet has reported already */
    int64_t next_ns; /* time of the packet that set the highest sequence number so far, nanoseconds */
    uint32_t next_frame;
};

/* Of the unacknowledged segments (flow/tcp_flight.h); 0: the packet has no such value. */
struct flight_result {
    bool shown; /* the packet has tcp.analysis */
    int64_t ack_rtt_ns, rto_ns;
    uint32_t acks_frame, rto_frame, in_flight, pushed;
};

/* Times of a TCP or UDP stream, nanoseconds. */
struct stream_times {
    bool known; /* false: this packet has no such times */
    int64_t first_ns, previous_ns;
};

/* Of a packet with FIN: whether its side is the first or the second to close. */
struct fin_result {
    bool active, passive;
};

#endif
