/* A frame taken apart: the kind and position of each header. The decoder stores positions only, and reads
 * no value except those that find the next header. Layers are in order, outermost first, as in Wireshark's
 * tree. */
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

/* The most headers that are decoded in one frame. Real traffic has fewer than ten; without a limit a frame
 * made of headers alone would take all the memory. */
enum { MAX_LAYERS = 64 };

struct layer {
    const uint8_t *data; /* the first byte of the header */
    uint32_t cap, len;   /* bytes from there, with the payload: captured, on the wire */
    uint8_t kind;        /* enum layer_kind */
    uint8_t net;         /* transport and extension layers: index of the IP layer that carries them */
    bool quoted;         /* inside an ICMP or ICMPv6 error */
    bool reassembled;    /* the bytes come from a reassembled datagram */
    uint8_t number;      /* IP layers: protocol of the payload behind all extension headers */
    uint8_t header_len;  /* bytes of the fixed part, if known */
    uint16_t tag;        /* IP layers: VLAN id of the innermost tag outside */
    uint32_t whole_cap, whole_len; /* IP layers: cap and len before the length in the header limited them */
};

/* Why a frame is in no flow. KEPT is 0. The report has this order. */
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
    REASON_MALFORMED,            /* lengths that contradict each other */
    REASON_CUT,                  /* the captured bytes end before the ports */
    REASON_LINK_TYPE,            /* a link type without a decoder */
    REASON_NO_CONTENT,           /* pcapng blocks that Wireshark counts as frames */
    REASON_FLOW_WITHOUT_PAYLOAD, /* the classic style leaves out flows without payload */
    REASON_NO_FAMILY,            /* none of the feature sets asked for takes it as a packet */
    N_REASONS
};
const char *reason_name(enum reason reason);

/* The IP fragment at which decoding ended. */
struct fragment {
    struct rd data;  /* the payload of the fragment */
    uint32_t offset; /* of the payload in the datagram, bytes */
    uint32_t id;
    uint8_t net;      /* index of its IP layer */
    uint8_t protocol; /* protocol of the datagram's payload */
    bool more;
};

struct packet {
    const struct frame *frame;
    struct layer layers[MAX_LAYERS];
    uint8_t n_layers;
    uint8_t reason; /* why decoding ended, if it found no transport header */
    bool has_icmp;  /* ICMP or ICMPv6 at any depth */
    bool has_ip;
    bool is_fragment;      /* decoding ended at `fragment` */
    uint16_t tag;          /* VLAN id of the last tag */
    uint32_t unknown_link; /* with REASON_LINK_TYPE: the link type without a decoder */
    struct fragment fragment;
};

/* Takes a frame apart. Afterwards the packet has n_layers layers, and `reason` says why decoding ended
 * (REASON_KEPT: it reached a transport header). It never fails: bytes that cannot be read become a reason. */
void decode_frame(struct packet *packet, const struct frame *frame);

/* Returns true if all frames of this link type can be decoded. PPI is false, because a frame inside it may
 * have another link type. */
bool decode_knows(uint32_t link_type);

/* Continues behind the IP header of layer `net` with the payload of a reassembled datagram. */
void decode_reassembled(struct packet *packet, uint8_t net, uint8_t protocol, struct rd payload);

#endif
