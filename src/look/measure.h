/* The lengths that a packet contributes to its flow. */
#ifndef FC_LOOK_MEASURE_H
#define FC_LOOK_MEASURE_H

#include "decode/packet.h"

/* The bytes of the IP packet that carries a transport layer, and of that layer's payload, as the style counts
 * them. */
void measure(const struct packet *packet, int layer, enum fc_style style, uint32_t *ip_len,
             uint32_t *payload_len);
/* Bytes of the transport header itself; 0 where the protocol has none that is known. */
uint32_t measure_header(const struct layer *layer);
/* The payload of a transport layer, as FC_STYLE_CLEAN counts it. */
struct rd measure_payload(const struct layer *layer);
/* "tcp", "udp", ... by enum conv_kind */
const char *protocol_name(uint8_t conv_kind);

#endif
