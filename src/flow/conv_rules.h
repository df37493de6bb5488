/* Inside the room: protocols that shift stream numbers. */
#ifndef FC_FLOW_CONV_RULES_H
#define FC_FLOW_CONV_RULES_H

#include "flow/conv.h"

/* A TFTP client that waits for its server, whatever port it answers from. */
struct wildcard {
    uint8_t client[16], server[16];
    uint16_t client_port;
    uint8_t family;
    uint32_t conv; /* index + 1 */
    struct conv *made;
};

/* The conversation that a packet from an unknown pair falls into by a wildcard; NULL: none. */
struct conv *conv_wildcard(struct conv_table *table, const struct endpoint ends[2], uint8_t direction);
/* What this packet changes for later numbers, and for its own. False when memory ends. */
bool conv_apply_rules(struct conv_table *table, const struct packet *packet, const struct layer *layer,
                      struct conv_ref *ref);

#endif
