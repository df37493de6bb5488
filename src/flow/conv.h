/* Conversations: the packets that belong together, numbered like tcp.stream and udp.stream.
 *
 * The key is the unordered pair of (address, port) of a transport header and of the IP header that directly
 * carries it. VLANs, tunnel ids and interfaces do not count. TCP and UDP have separate numbers; UDP-Lite
 * shares those of UDP. Every transport header of a frame is looked up, outermost first, whether or not the
 * packet is kept.
 *
 * A conversation has no end, so it is remembered until its capture ends. Where nothing that is asked for
 * needs old conversations (conv_table.forgets), those that have been silent for long are forgotten once there
 * are many: a packet of such a pair then begins a new conversation. */
#ifndef FC_FLOW_CONV_H
#define FC_FLOW_CONV_H

#include <flowcontainer.h>

#include "base/arena.h"
#include "base/hash.h"
#include "decode/packet.h"
#include "flow/tcp_flight.h"

enum conv_kind { CONV_TCP, CONV_UDP, CONV_SCTP, CONV_ICMP, CONV_ICMP6, CONV_GRE, CONV_ESP, N_CONV_KINDS };

/* One side of a conversation. Unused bytes are 0, so that equal sides have equal bytes. */
struct endpoint {
    uint8_t address[16];
    uint16_t port;
    uint8_t family; /* 4 or 6 */
    uint8_t kind;   /* enum conv_kind of the conversation */
};

struct conv {
    struct endpoint side[2]; /* ordered by their bytes, so that both directions find it */
    uint32_t stream;
    uint32_t flow;           /* index of the flow that its next packet goes to, or NO_FLOW */
    uint8_t rule, state;     /* the rule of a protocol that shifts stream numbers, and its progress; enums
                                in conv_rules.c */
    uint8_t seal;            /* progress of an encrypted stream; bits of apps/opaque.c */
    signed int syn_from : 2; /* the direction that sent one; -1: none seen */
    signed int synack_from : 2;
    bool is_current : 1;     /* the hash table leads to it */
    bool has_left : 1;       /* a flow of it ended before the capture, without a SYN that opens another one */
    bool has_first : 1;      /* `first` is set */
    bool is_first_forth : 1; /* `first` had direction 0 */
    uint32_t touched;        /* second of the packet clock at its last packet; CONV_STAYS: it stays as long as
                                its wildcard */
    union {
        struct tcp_state *tcp;     /* CONV_TCP; may be NULL in a brief table, until the second packet */
        struct tcp_segment *first; /* CONV_TCP in a brief table, while there is one packet */
        struct quic_path *quic;    /* CONV_UDP: state of QUIC; NULL: none yet */
        struct conv
            *answers; /* a wildcard: the conversation that its packets go to; NULL until the first packet */
    };
};

/* The part of a conversation that only fields need. It lies behind struct conv, but not in a brief table. */
struct conv_more {
    int64_t first_ns, previous_ns;
    struct app_conv *app; /* state of the protocols above; NULL: none yet */
    bool has_times;
};
static inline struct conv_more *conv_more(const struct conv *conv)
{
    return (struct conv_more *)(void *)(conv + 1);
}
enum { NO_FLOW = UINT32_MAX, CONV_STAYS = UINT32_MAX };
/* Conversations are forgotten only when there are more than this number. */
enum { CONVS_KEPT = 32768 };
/* The shortest silence, in seconds, after which a conversation may be forgotten. TCP repeats a segment after
 * at most 120 seconds (RFC 6298 allows 60 and more; Linux and Windows stay below 120), and DNS, DHCP and NTP
 * answer much earlier. */
enum { CONV_SILENCE = 300 };

struct conv_slot {
    uint32_t hash;
    uint32_t index; /* of the conversation, plus 1; 0: empty */
};

struct conv_table {
    struct hash_key key; /* made with the first slots */
    struct conv_slot *slots;
    size_t n_slots; /* a power of two */
    uint8_t **blocks;
    size_t n_blocks, blocks_capacity;
    uint32_t n_convs;            /* places that were ever used */
    uint32_t n_unused, unused;   /* places of forgotten conversations, linked by `flow`; the first, plus 1 */
    uint32_t hand, n_to_look_at; /* conv_next_silent: the next place, and how many it may look at */
    uint32_t second;             /* of the packet clock, for `touched` */
    bool forgets;                /* conversations may be forgotten */
    bool brief; /* no field is asked for: conversations have no struct conv_more, and the analysis of a TCP
                   conversation begins with its second packet */
    uint64_t n_forgotten;
    uint32_t next_stream[N_CONV_KINDS];
    struct memory_state *memory; /* set when memory ends; NULL: nobody asks */
    struct spill *spill;         /* gives the conversations (base/spill.h); NULL: they are ordinary memory */
    struct arena tcp_states;
    struct flight_pool flights; /* allocated in tcp_states */
    bool has_wildcards;
    bool numbers_may_differ; /* a protocol that shifts stream numbers was seen and is not reproduced
                              */
};

/* The result of a look-up. */
struct conv_ref {
    struct conv *conv;
    uint8_t direction; /* 0: from side[0] to side[1] */
    bool reused_ports; /* this SYN started a new stream on a known pair (tcp.analysis.reused_ports) */
    bool is_new;
};

/* Finds the conversation of a transport layer, and makes it if it is new. Returns false if the layer has
 * none (too little of its header was captured for Wireshark to count it), or if memory ends; the
 * table's memory state is then set. */
bool conv_find(struct conv_table *table, const struct packet *packet, const struct layer *layer,
               struct conv_ref *out);
/* Keeps the first segment of a TCP conversation of a brief table, from which its state is made when the
 * second packet comes. Call it for a conversation without a state. */
void conv_keep_first(struct conv_table *table, const struct conv_ref *ref, const struct tcp_segment *segment);
/* Follows the protocols that shift Wireshark's stream numbers. Call it for every packet whose payload
 * Wireshark hands to upper protocols, that is, not for retransmitted or out-of-order packets. */
void conv_follow(struct conv_table *table, const struct layer *layer, const struct conv_ref *ref);
/* The next conversation whose last packet came before `second` of the packet clock, and which therefore may
 * be forgotten; NULL: none at the moment. Each new conversation lets a few old ones be looked at. No flow may
 * belong to such a conversation any more. */
struct conv *conv_next_silent(struct conv_table *table, uint32_t second);
/* Takes back the memory of a conversation that conv_next_silent returned. */
void conv_forget(struct conv_table *table, struct conv *conv);
void conv_reset(struct conv_table *table); /* prepares for the next capture; keeps its memory */
void conv_free(struct conv_table *table);

/* The conversation of TCP or UDP at an index below n_convs; NULL: there is none with a number at this place.
 */
struct conv *conv_numbered(const struct conv_table *table, uint32_t index);

/* Reads the two endpoints of a layer from it and its IP layer, the source first. Returns false if the ports
 * cannot be read. */
bool conv_ends(const struct packet *packet, const struct layer *layer, struct endpoint out[2]);

#endif
