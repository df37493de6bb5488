/* The two UDP services that the clean-up drops, recognised where Wireshark recognises them. */
#ifndef FC_FLOW_RECOGNISE_H
#define FC_FLOW_RECOGNISE_H

#include "decode/packet.h"

enum udp_service { UDP_OTHER, UDP_MDNS, UDP_SSDP };

/* `layer` is a UDP layer. */
enum udp_service recognise_udp(const struct layer *layer);

#endif
