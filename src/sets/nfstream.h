/* NFStream 6.6.0 without nDPI: what it finds in a frame. Inside of this room. */
#ifndef FC_SETS_NFSTREAM_H
#define FC_SETS_NFSTREAM_H

#include "sets/set.h"

struct nfstream_packet {
    int64_t time_ms;
    uint8_t src[16], dst[16]; /* network byte order; an IPv4 address is in the first 4 bytes */
    uint8_t src_mac[6], dst_mac[6];
    uint16_t sport, dport, vlan;
    uint8_t protocol, version, tunnel, flags;
    uint16_t sizes[4]; /* by accounting mode: frame, IP packet, transport, payload; modulo 65536 */
};

/* False: the program drops the frame. */
bool nfstream_decode(struct nfstream_packet *out, const struct set_view *view);

#endif
