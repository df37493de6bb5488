/* Inside the room: the queues of flows that may leave before the end of their capture. */
#ifndef FC_FLOW_EXPIRY_H
#define FC_FLOW_EXPIRY_H

#include "flow/flow.h"

/* Takes a new flow at its first packet. */
void expiry_open(struct flow_table *table, struct flow *flow, uint32_t index);
/* The flow got a packet. */
void expiry_touch(struct flow_table *table, struct flow *flow);
/* A SYN ends a flow that was closed: its pair opens another one now. */
void expiry_reopen(struct flow_table *table, struct flow *flow);
/* The flow is closed, and may leave after the silence policy.grace_ns. */
void expiry_close(struct flow_table *table, struct flow *flow);
/* If as many flows are kept as policy.max_flows allows, one of them leaves. Call it before a flow is made. */
void expiry_make_room(struct flow_table *table);
/* Takes a flow out of table->ended. */
void expiry_take(struct flow_list *list, struct flow *flow);

#endif
