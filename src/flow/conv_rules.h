/* Inside the room: protocols that shift stream numbers. */
#ifndef FC_FLOW_CONV_RULES_H
#define FC_FLOW_CONV_RULES_H

#include "flow/conv.h"

enum rule { RULE_NONE, RULE_SNMP, RULE_TFTP, RULE_SOCKS, RULE_SDP, RULE_NOTICE, RULE_BANNER };
/* The state of a conversation whose rule has seen the message that creates a second one. */
enum { CONV_SEEN = 1 };

/* Returns the rule of a new conversation, an enum rule. */
uint8_t conv_rule(const struct endpoint side[2]);
/* Returns true if an SNMP or VNC message created a second conversation, which the next packet of the pair
 * starts. */
bool conv_is_superseded(const struct conv *conv);
/* Removes the rule of a conversation that supersedes another one. */
void conv_settle(struct conv *conv);

/* Defined in conv.c. From now on, packets between `client` and any port of `server` belong to one
 * conversation, unless their pair has its own. That conversation gets its number with the first such packet.
 */
void conv_add_wildcard(struct conv_table *table, const struct endpoint *client,
                       const struct endpoint *server);

#endif
