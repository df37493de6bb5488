/* A frame taken apart: which headers lie where. Offsets only; no value is read that a later room does not
 * need to find its way. Layers stand outermost first, as Wireshark's tree does. */
#ifndef FC_DECODE_PACKET_H
#define FC_DECODE_PACKET_H

#include "base/rd.h"
#include "source/source.h"

enum layer_kind {
    LAYER_ETH,
    LAYER_VLAN, /* 802.1Q, 802.1ad, 802.1ah tags: from the tag control field on */
    LAYER_IP4,
    LAYER_IP6,
    LAYER_TCP,
    LAYER_UDP,
    LAYER_UDPLITE,
    LAYER_ICMP,
    LAYER_ICMP6,
    LAYER_SCTP,
    LAYER_GRE,
    LAYER_ESP,
    LAYER_IP6_EXTENSION, /* one IPv6 extension header; `number` is its protocol number */
    N_LAYER_KINDS
};

/* Headers of one frame that are looked at: real traffic has under ten, and a frame made of nothing but
 * headers must not take all memory. */
enum { MAX_LAYERS = 64 };

struct layer {
    const uint8_t *data; /* the header's first byte */
    uint32_t cap, len;   /* bytes from there, payload included: captured, on the wire */
    uint8_t kind;        /* enum layer_kind */
    uint8_t net;         /* transport and extension layers: index of the IP layer that carries them */
    bool quoted;         /* inside an ICMP or ICMPv6 error */
    bool reassembled;    /* its bytes come from a reassembled datagram */
    uint8_t number;      /* IP layers: protocol of the payload after all extension headers */
    uint8_t header_len;  /* fixed part where known */
    uint16_t tag;        /* VLAN id of the innermost tag outside (IP layers) */
    uint32_t whole_cap, whole_len; /* IP layers: cap and len before the header's own length cut them */
};

/* Why a frame is in no flow. KEPT is 0. The order is the order of the report. */
enum reason {
    REASON_KEPT,
    REASON_RETRANSMISSION,
    REASON_OUT_OF_ORDER,
    REASON_MDNS,
    REASON_SSDP,
    REASON_ICMP,
    REASON_FILTER,
    REASON_OTHER_PROTOCOL,       /* IP, but none of the protocols asked for */
    REASON_NOT_IP,               /* ARP, STP, ... */
    REASON_FRAGMENT,             /* part of a datagram that another frame completes */
    REASON_FRAGMENT_INCOMPLETE,  /* part of a datagram that is never completed */
    REASON_ENCRYPTED,            /* 802.11 frames under WEP or WPA */
    REASON_MALFORMED,            /* lengths that cannot be */
    REASON_CUT,                  /* the capture ends before the ports */
    REASON_LINK_TYPE,            /* a link type that no reader knows */
    REASON_NO_CONTENT,           /* pcapng blocks that Wireshark counts as frames */
    REASON_FLOW_WITHOUT_PAYLOAD, /* classic style leaves such flows out */
    N_REASONS
};
const char *reason_name(enum reason reason);

/* An IP fragment that decoding stopped at. */
struct fragment {
    struct rd data;  /* the fragment's payload */
    uint32_t offset; /* bytes */
    uint32_t id;
    uint8_t net;      /* index of its IP layer */
    uint8_t protocol; /* what the datagram carries */
    bool more;
};

struct packet {
    const struct frame *frame;
    struct layer layers[MAX_LAYERS];
    uint8_t n_layers;
    uint8_t reason; /* where decoding ended when no transport header was found */
    bool has_icmp;  /* ICMP or ICMPv6 anywhere */
    bool has_ip;
    bool is_fragment;      /* decoding stopped at `fragment` */
    uint16_t tag;          /* VLAN id last seen */
    uint32_t unknown_link; /* the link type that stopped decoding, with REASON_LINK_TYPE */
    struct fragment fragment;
};

/* Takes the frame apart. After it: n_layers layers, and reason says what stopped it (REASON_KEPT: a transport
 * header was reached). Never fails: what cannot be read is a reason. */
void decode_frame(struct packet *packet, const struct frame *frame);

/* Whether every frame of this link type is taken apart here: PPI's may be of others inside. */
bool decode_knows(uint32_t link_type);

/* Goes on behind an IP header (layer index `net`) with the payload of a reassembled datagram. */
void decode_reassembled(struct packet *packet, uint8_t net, uint8_t protocol, struct rd payload);

#endif
