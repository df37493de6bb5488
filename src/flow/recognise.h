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
enum udp_names recognise_names(const struct layer *layer, struct rd *message);

#endif
