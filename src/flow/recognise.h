/* The two UDP services that the clean-up drops, recognised where Wireshark recognises them. */
#ifndef FC_FLOW_RECOGNISE_H
#define FC_FLOW_RECOGNISE_H

#include "decode/packet.h"

enum udp_service { UDP_OTHER, UDP_MDNS, UDP_SSDP };

/* `layer` is a UDP layer. */
enum udp_service recognise_udp(const struct layer *layer);

/* What Wireshark takes for DNS or one of its two relatives, and the message in it. `layer` is a UDP or
 * UDP-Lite layer. */
enum udp_names {
    NAMES_NONE,
    NAMES_DNS,
    NAMES_MDNS,
    NAMES_LLMNR,
    NAMES_UNCLEAR /* DNS by its looks, on a port that is another's */
};
bool recognise_owner(uint16_t port); /* a protocol of Wireshark's has this UDP port */
/* The lower port is DNS's, which refuses nothing: whatever comes between the two is DNS. */
static inline bool recognise_dns_ports(uint16_t a, uint16_t b)
{
    enum { PORT_DNS = 53 };
    return (a < b ? a : b) == PORT_DNS;
}
enum udp_names recognise_names(const struct layer *layer, struct rd *message);

#endif
