/* Inside the room: protocols that shift stream numbers. */
#ifndef FC_FLOW_CONV_RULES_H
#define FC_FLOW_CONV_RULES_H

#include "flow/conv.h"

/* Which rule a new conversation is under: enum in conv_rules.c. */
uint8_t conv_rule(const struct endpoint side[2]);
/* True when an SNMP or VNC message made a second conversation that the next packet of the pair opens. */
bool conv_is_superseded(const struct conv *conv);
/* The rule of the conversation that supersedes it: none. */
void conv_settle(struct conv *conv);

/* In conv.c: from now on packets between client and any port of server, as long as no conversation of their
 * own exists, belong to one conversation, which takes its number with the first of them. False when memory
 * ends. */
bool conv_add_wildcard(struct conv_table *table, const struct endpoint *client,
                       const struct endpoint *server);

#endif
