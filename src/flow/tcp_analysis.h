/* TCP sequence analysis as Wireshark does it: one packet at a time, in capture order, on raw 32-bit numbers.
 */
#ifndef FC_FLOW_TCP_ANALYSIS_H
#define FC_FLOW_TCP_ANALYSIS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/tcp_flags.h"
#include "decode/packet.h"

enum { TCP_FLAG_FIN = 1, TCP_FLAG_SYN = 2, TCP_FLAG_RST = 4, TCP_FLAG_PSH = 8, TCP_FLAG_ACK = 16 };

/* What is remembered of one direction. Names follow the rules in docs/internals/tcp-analysis.md. */
struct tcp_side {
    int64_t next_ns, ack_ns;
    uint32_t base;
    uint32_t next, contiguous,
        ack; /* 0: unknown; so does Wireshark take them, even where 0 is a true number */
    uint32_t window;
    uint32_t last_flags; /* of the direction's previous packet */
    uint32_t n_dups, dup_frame;
    uint32_t next_frame; /* that brought next */
    int8_t scale;
    bool has_base, window_of_syn, beyond, has_ack_time;
};

struct tcp_flight;
struct tcp_state {
    struct tcp_side side[2];
    int64_t syn_ns, irtt_ns;
    uint32_t fin_frame[2]; /* frame of the direction's first FIN; 0: none */
    bool has_syn, has_irtt;
    struct tcp_flight *flight; /* NULL unless a field asks for it: tcp_flight.h */
};

/* One packet's header as the analysis needs it. */
struct tcp_segment {
    uint32_t frame;
    int64_t time_ns;
    uint32_t seq, ack, len;
    uint16_t window;
    uint8_t flags;
    int8_t scale_option; /* shift of a window scale option; -1: none */
    bool analysed;       /* false: the header length is bogus; the stream counts it, the analysis does not */
    bool header_cut;     /* not all of the header was captured */
    bool flags_hidden; /* the header is too short or was not captured whole: analysed, but no flag is shown */
};

struct tcp_result {
    uint32_t flags; /* enum tcp_analysis_flag */
    uint32_t dup_num, dup_frame;
    int8_t scale;    /* of the sender's window, as it was before this packet */
    bool known_syn;  /* a SYN whose number was known before */
    bool beyond;     /* acknowledges what is missing, told before */
    int64_t next_ns; /* of the packet that brought the highest number so far */
    uint32_t next_frame;
};

struct tcp_state *tcp_state_make(struct arena *arena);
bool tcp_base_differs(const struct tcp_state *state, uint8_t direction, uint32_t seq);

/* One option of a header: its kind and what follows the length. False at the end or at one that does not fit.
 */
bool tcp_option_next(struct rd *options, uint8_t *kind, struct rd *body);
/* Reads the header; false when fewer than 16 bytes of it were captured. */
bool tcp_segment_read(struct tcp_segment *out, const struct packet *packet, const struct layer *layer);
/* A header quoted in an ICMP error: it only counts as a SYN, for window scaling and times. */
void tcp_note_quote(struct tcp_state *state, uint8_t direction, const struct tcp_segment *segment);
/* Advances the state and says what Wireshark says of this packet. */
struct tcp_result tcp_analyze(struct tcp_state *state, uint8_t direction, const struct tcp_segment *segment);

#endif
