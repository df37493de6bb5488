/* Layers, streams and TCP analysis of one frame: everything that does not depend on the user's fields and
 * filter. It is done for every frame, kept or not, because the results of later frames depend on it. */
#ifndef FC_LOOK_EXAMINE_H
#define FC_LOOK_EXAMINE_H

#include "flow/conv.h"
#include "flow/tcp_analysis.h"
#include "proto/dns_match.h"
#include "stream/defrag.h"

/* The results for one transport layer of the frame. */
struct transport {
    struct conv_ref ref;
    bool has_ref;         /* the layer has a conversation, and so a stream number */
    uint32_t stream;      /* that number */
    struct conv_ref told; /* while libwireshark is asked for stream numbers: the conversation of its number */
    struct tcp_result tcp;
    struct flight_result flight; /* when the examiner keeps flights */
    struct stream_times times;
    struct fin_result fin;
};

/* A DNS message in a UDP layer. */
struct name_message {
    struct rd message;
    struct dns_match match;
    uint8_t kind;  /* enum dns_kind */
    uint8_t layer; /* its index */
};

enum { MAX_DATAGRAMS = 4 };     /* completed by one frame: outer ones, then inner ones */
enum { MAX_NAME_MESSAGES = 8 }; /* DNS in one frame: usually one; more in tunnels and quotes */

struct examined {
    struct packet packet;
    struct transport transports[MAX_LAYERS]; /* by layer index */
    struct datagram datagrams[MAX_DATAGRAMS];
    uint8_t datagram_net[MAX_DATAGRAMS]; /* index of the IP layer each belongs to */
    uint8_t n_datagrams;
    struct name_message names[MAX_NAME_MESSAGES]; /* when the examiner has matches_names */
    uint8_t n_names;
    bool unclear_names;    /* there may be DNS messages that are not in names */
    uint32_t tcp_flags;    /* analysis flags of all TCP layers together */
    bool fragment_pending; /* the frame is a fragment of a datagram that is not complete */
};

struct examiner {
    uint32_t protocols; /* bits of enum fc_protocol that get conversations, beside TCP and UDP */
    struct conv_table convs;
    struct defrag defrag;
    struct arena arena; /* lives until the next frame */
    bool keeps_flights; /* unacknowledged TCP segments are kept: a field asks for them */
    bool matches_names; /* DNS messages are looked at: a field asks for them */
    struct dns_matcher names;
    struct memory_state *memory; /* set when memory ends; NULL: nobody asks */
};

/* Sets all members to 0 and lets the examiner's parts share `memory`; then set the options above. */
void examiner_init(struct examiner *examiner, struct memory_state *memory);
/* When memory ends, examiner->memory is set, and *out is safe to use but may lack results. */
void examine(struct examiner *examiner, const struct frame *frame, struct examined *out);
/* Forgets all conversations and fragments, for the next capture. */
void examiner_reset(struct examiner *examiner);
void examiner_free(struct examiner *examiner);

/* The index of the layer whose conversation is the frame's flow: the innermost (or outermost) transport
 * header of the given protocols; headers quoted in ICMP errors do not count. -1: none. */
int examined_flow_layer(const struct examined *x, uint32_t protocols, enum fc_tunnel tunnel);
/* The reason why the clean-up rules in `drop` (bits of enum fc_drop) keep the frame out of flows;
 * REASON_KEPT: they do not. `layer` is the result of examined_flow_layer. */
enum reason examined_reason(const struct examined *x, int layer, uint32_t drop);

#endif
