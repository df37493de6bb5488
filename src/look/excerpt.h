/* The bytes of a packet from a header on, to the end of its IP packet. */
#ifndef FC_LOOK_EXCERPT_H
#define FC_LOOK_EXCERPT_H

#include <flowcontainer.h>

#include "decode/packet.h"

/* The captured bytes from `start` on, of the packet whose flow is that of the transport header `layer`:
 * - FC_START_LINK: the frame, to the end of the IP packet that carries the header;
 * - FC_START_IP: that IP packet, the innermost one of a tunnelled packet;
 * - FC_START_TRANSPORT: from the header to the end of the IP packet, without extension headers of IPv6;
 * - FC_START_PAYLOAD: the payload that `payload_length` counts.
 * Padding behind the IP packet is no part of it. Of a datagram that IP fragments carried, the transport
 * header and the payload are whole, but the link and IP headers are those of the fragment that completed it,
 * and the bytes behind them are that fragment's. */
struct rd excerpt(const struct packet *packet, const struct layer *layer, enum fc_start start);

#endif
