/* DNS and its relatives over UDP, and the two UDP services that the clean-up drops, recognised as Wireshark
 * does. */
#ifndef FC_FLOW_RECOGNISE_H
#define FC_FLOW_RECOGNISE_H

#include "decode/packet.h"

enum udp_service { UDP_OTHER, UDP_MDNS, UDP_SSDP };

/* The service that the clean-up drops, or UDP_OTHER. `layer` is a UDP layer. */
enum udp_service recognise_udp(const struct layer *layer);

/* The protocols of the DNS family, as recognise_names reports them. */
enum udp_names {
    NAMES_NONE,
    NAMES_DNS,
    NAMES_MDNS,
    NAMES_LLMNR,
    NAMES_UNCLEAR /* looks like DNS, on a port that belongs to another protocol */
};
bool recognise_owner(
    uint16_t port); /* returns true if a dissector of Wireshark is registered for this UDP port */
/* Returns true if the lower port is that of DNS. DNS refuses nothing, so all payloads between the two ports
 * are DNS. */
static inline bool recognise_dns_ports(uint16_t a, uint16_t b)
{
    enum { PORT_DNS = 53 };
    return (a < b ? a : b) == PORT_DNS;
}
enum udp_names recognise_names(const struct layer *layer, struct rd *message);

#endif
