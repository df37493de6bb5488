/* Conversations: which packets belong together, numbered as tcp.stream and udp.stream are.
 *
 * The key is the unordered pair of (address, port) of a transport header and of the IP header that directly
 * carries it, and nothing else: no VLAN, no tunnel id, no interface. TCP and UDP count apart; UDP-Lite shares
 * UDP's numbers. Every transport header of a frame is looked up, outermost first, kept packet or not. */
#ifndef FC_FLOW_CONV_H
#define FC_FLOW_CONV_H

#include <flowcontainer.h>

#include "base/arena.h"
#include "decode/packet.h"
#include "flow/tcp_flight.h"

enum conv_kind { CONV_TCP, CONV_UDP, CONV_SCTP, CONV_ICMP, CONV_ICMP6, CONV_GRE, CONV_ESP, N_CONV_KINDS };

/* One side of a conversation; unused bytes are 0, so that equal sides are equal bytes. */
struct endpoint {
    uint8_t address[16];
    uint16_t port;
    uint8_t family; /* 4 or 6 */
    uint8_t kind;   /* enum conv_kind, of the whole conversation */
};

struct conv {
    struct endpoint side[2]; /* ordered by bytes, so that both directions find it */
    uint32_t stream;
    uint32_t flow;                /* index of the flow that its packets go to now, or NO_FLOW */
    int8_t syn_from, synack_from; /* direction that sent one; -1: none seen */
    uint8_t rule, state; /* a protocol that shifts numbers, and how far it has come; enums in conv_rules.c */
    bool has_times;
    uint8_t seal; /* how far an encrypted stream has come; bits of apps/opaque.c */
    int64_t first_ns, previous_ns;
    struct app_conv *app; /* of the protocols above; NULL unless fields of such are asked for */
    union {
        struct tcp_state *tcp;  /* CONV_TCP */
        struct quic_path *quic; /* CONV_UDP: what QUIC remembers of it; NULL: nothing yet */
        struct conv
            *answers; /* a wildcard: the conversation that its packets go to; NULL until the first one */
    };
};
enum { NO_FLOW = UINT32_MAX };

struct conv_slot {
    uint32_t hash;
    uint32_t index; /* into blocks, plus 1; 0: empty */
};

struct conv_table {
    struct conv_slot *slots;
    size_t n_slots; /* a power of two */
    struct conv **blocks;
    size_t n_blocks, blocks_capacity;
    uint32_t n_convs;
    uint32_t next_stream[N_CONV_KINDS];
    struct arena tcp_states;
    struct flight_pool flights; /* in tcp_states */
    bool has_wildcards;
    bool numbers_may_differ; /* a protocol was seen whose effect on stream numbers is not reproduced */
};

/* What a look-up gives. */
struct conv_ref {
    struct conv *conv;
    uint8_t direction; /* 0: from side[0] to side[1] */
    bool reused_ports; /* this SYN started a new stream on an old pair (tcp.analysis.reused_ports) */
    bool is_new;
};

/* The conversation of a transport layer, made when it is new. False when the layer has none (its header is
 * too short for Wireshark to count it); FC_MEMORY through `failed`. */
bool conv_find(struct conv_table *table, const struct packet *packet, const struct layer *layer,
               struct conv_ref *out, bool *failed);
/* To be called for every packet of a conversation whose payload upper protocols get to see (not
 * retransmitted, not out of order): keeps track of the protocols that shift Wireshark's numbers. False when
 * memory ends. */
bool conv_follow(struct conv_table *table, const struct layer *layer, const struct conv_ref *ref);
void conv_reset(struct conv_table *table); /* for the next capture; keeps what memory it has */
void conv_free(struct conv_table *table);

/* Reads both ends out of a layer and its IP layer: source first. False when ports cannot be read. */
bool conv_ends(const struct packet *packet, const struct layer *layer, struct endpoint out[2]);

#endif
