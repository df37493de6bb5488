/* Inside the room: how the decoder of one header calls the decoder of the next. Each function gets a reader
 * that is at its header and limited to the bytes that the outer header granted. */
#ifndef FC_DECODE_DECODE_H
#define FC_DECODE_DECODE_H

#include "decode/packet.h"

/* Adds a layer over the bytes that r has left. Returns NULL when the packet has MAX_LAYERS already. */
struct layer *decode_layer(struct packet *p, enum layer_kind kind, const struct rd *r);
/* Records why decoding ends. It has no effect once a transport or ICMP header has been reached. */
void decode_stop(struct packet *p, enum reason reason);
/* The reason for a reader that failed. */
enum reason decode_failure(const struct rd *r);

void decode_link(struct packet *p, uint32_t link_type, struct rd r);
void decode_ethernet(struct packet *p, struct rd r);
void decode_ethertype(struct packet *p, uint16_t type, struct rd r);
void decode_llc(struct packet *p, struct rd r);
void decode_ppp(struct packet *p, struct rd r);
void decode_mpls(struct packet *p, struct rd r);

/* Variants of an 802.11 frame that the container of the frame determines. */
struct wlan_form {
    bool fcs;     /* a frame check sequence is at the end */
    bool padded;  /* the header is padded to 4 bytes */
    bool swapped; /* the two bytes of frame control are swapped */
};
void decode_wlan(struct packet *p, struct rd r, struct wlan_form form);
void decode_ip(struct packet *p, struct rd r); /* the first nibble gives the version */
void decode_ip4(struct packet *p, struct rd r);
void decode_ip6(struct packet *p, struct rd r);
void decode_ip_payload(struct packet *p, uint8_t net, uint8_t protocol, struct rd r);
void decode_gre(struct packet *p, struct rd r);
void decode_udp_tunnel(struct packet *p, uint16_t sport, uint16_t dport, struct rd r);

#endif
