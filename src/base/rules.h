/* Preferences and decode-as rules of Wireshark that change which headers a frame has, as far as they are
 * followed here. */
#ifndef FC_BASE_RULES_H
#define FC_BASE_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* UDP ports that a rule gives to another dissector. */
struct port_rule {
    uint16_t first, last;
    uint8_t owner; /* enum port_owner: a tunnel, or OWNER_UNREAD */
};

struct decode_rules {
    bool ip6_tso;              /* ipv6.tso_support: a payload length of 0 means the rest of the frame */
    bool ip4_apart, ip6_apart; /* ip.defragment, ipv6.defragment are off: fragments are not joined */
    size_t n_ports;
    struct port_rule ports[]; /* the last one that matches holds */
};

#endif
