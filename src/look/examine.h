/* One frame, looked at from all sides that do not depend on what the user asked: layers, streams, TCP
 * analysis. This happens for every frame, kept or not, because every later frame depends on it. */
#ifndef FC_LOOK_EXAMINE_H
#define FC_LOOK_EXAMINE_H

#include "flow/conv.h"
#include "flow/tcp_analysis.h"
#include "proto/dns_match.h"
#include "stream/defrag.h"

/* What is known of one transport layer of the frame. */
struct transport {
    struct conv_ref ref;
    bool has_ref; /* it has a conversation, so a stream number */
    struct tcp_result tcp;
    struct flight_result flight; /* when the examiner keeps flights */
    int64_t first_ns, previous_ns;
    bool has_times;
    bool fin_again, fin_active, fin_passive;
    uint32_t fin_frame;
};

/* A DNS message in a UDP layer. */
struct name_message {
    struct rd message;
    struct dns_match match;
    uint8_t kind;  /* enum dns_kind */
    uint8_t layer; /* its index */
};

enum { MAX_DATAGRAMS = 4 };     /* reassembled in one frame: outer, then inner ones */
enum { MAX_NAME_MESSAGES = 8 }; /* DNS in one frame: one is usual; tunnels and quotes bring more */

struct examined {
    struct packet packet;
    struct transport transports[MAX_LAYERS]; /* by layer index */
    struct datagram datagrams[MAX_DATAGRAMS];
    uint8_t datagram_net[MAX_DATAGRAMS]; /* index of the IP layer each belongs to */
    uint8_t n_datagrams;
    struct name_message names[MAX_NAME_MESSAGES]; /* when the examiner matches them */
    uint8_t n_names;
    bool unclear_names;    /* there may be more of them */
    uint32_t tcp_flags;    /* analysis flags of all TCP layers */
    bool fragment_pending; /* the frame waits for others */
};

struct examiner {
    uint32_t protocols; /* bits of enum fc_protocol: which get conversations beside TCP and UDP */
    struct conv_table convs;
    struct defrag defrag;
    struct arena arena; /* lives until the next frame */
    bool keeps_flights; /* unacknowledged TCP segments are kept: a field asks for them */
    bool matches_names; /* DNS messages are looked at: a field asks for them */
    struct dns_matcher names;
    bool failed; /* memory ended */
};

void examine(struct examiner *examiner, const struct frame *frame, struct examined *out);
void examiner_reset(struct examiner *examiner);
void examiner_free(struct examiner *examiner);

/* Index of the layer whose conversation is the frame's flow: the innermost (or outermost) transport header of
 * the protocols asked for, quotes in ICMP errors left out; -1: none. */
int examined_flow_layer(const struct examined *x, uint32_t protocols, enum fc_tunnel tunnel);
/* Why the frame is in no flow by the clean-up rules; REASON_KEPT: it is. `layer` as above. */
enum reason examined_reason(const struct examined *x, int layer, uint32_t drop);

#endif
