/* TCP sequence analysis as Wireshark does it: packet by packet, in the order of the capture, with raw 32-bit
 * numbers. */
#ifndef FC_FLOW_TCP_ANALYSIS_H
#define FC_FLOW_TCP_ANALYSIS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/tcp_result.h"
#include "decode/packet.h"

enum { TCP_FLAG_FIN = 1, TCP_FLAG_SYN = 2, TCP_FLAG_RST = 4, TCP_FLAG_PSH = 8, TCP_FLAG_ACK = 16 };

/* The state of one direction. The names are those of docs/internals/tcp-analysis.md. */
struct tcp_side {
    int64_t next_ns, ack_ns;
    uint32_t base;
    uint32_t next, contiguous, ack; /* 0: unknown. Wireshark takes 0 so, even where it is a real number */
    uint32_t window;
    uint32_t last_flags; /* labels of the previous packet of this direction */
    uint32_t n_dups, dup_frame;
    uint32_t next_frame; /* the frame that set `next` */
    int8_t scale;
    bool has_base : 1, window_of_syn : 1, beyond : 1, has_ack_time : 1;
};

struct tcp_flight;
struct tcp_state {
    struct tcp_side side[2];
    int64_t syn_ns, irtt_ns;
    uint32_t fin_frame[2]; /* frame of the first FIN of each direction; 0: none */
    bool has_syn, has_irtt;
    struct tcp_flight *flight; /* NULL unless a field asks for it: tcp_flight.h */
};

/* The header of one packet, as far as the analysis needs it. `len` is the length of the payload in bytes. */
struct tcp_segment {
    int64_t time_ns;
    uint32_t frame;
    uint32_t seq, ack, len;
    uint16_t window;
    uint8_t flags;
    int8_t scale_option; /* shift count of a window scale option; -1: none */
    bool analysed;   /* false: the header length is impossible; the packet has a stream number, but it is not
                        analysed */
    bool header_cut; /* the header was not captured whole */
    bool flags_hidden; /* the header is too short, or not captured whole: it is analysed, but Wireshark shows
                          no label */
    bool quoted;       /* an ICMP error has it */
};

void tcp_state_init(struct tcp_state *state);
/* NULL when memory ends. */
struct tcp_state *tcp_state_make(struct arena *arena);
bool tcp_base_differs(const struct tcp_state *state, uint8_t direction, uint32_t seq);

/* Reads the next option of a header: its kind, and a reader over its body. Returns false at the end of the
 * options, or at an option whose length is impossible. */
bool tcp_option_next(struct rd *options, uint8_t *kind, struct rd *body);
/* Reads the header. Returns false if fewer than 16 bytes of it were captured. */
bool tcp_segment_read(struct tcp_segment *out, const struct packet *packet, const struct layer *layer);
/* Takes account of a header that an ICMP error quotes: only a SYN counts, for window scaling and times. */
void tcp_note_quote(struct tcp_state *state, uint8_t direction, const struct tcp_segment *segment);
/* Advances the state by one packet, and returns Wireshark's labels for it. */
struct tcp_result tcp_analyze(struct tcp_state *state, uint8_t direction, const struct tcp_segment *segment);
/* Takes account of the FIN of a segment, if it has one. */
struct fin_result tcp_note_fin(struct tcp_state *state, uint8_t direction, const struct tcp_segment *segment);
/* Advances the state by one packet whose results were told before. */
void tcp_replay(struct tcp_state *state, uint8_t direction, const struct tcp_segment *segment);

#endif
