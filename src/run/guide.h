/* The part of a query that asks libwireshark for stream numbers and retransmissions, on which flows depend.
 */
#ifndef FC_RUN_GUIDE_H
#define FC_RUN_GUIDE_H

#include "query/query.h"

/* Sets q->guide; and, if preferences, decode-as rules or protocols to turn on or off are given, q->is_guided
 * and q->rules, and asks a worker of its own. The options were accepted by the worker of q->shark. */
FC_MUST_USE enum fc_status guide_plan(struct query *q, const struct fc_options *options,
                                      struct fc_error *err);
void guide_forget(struct query *q);

#endif
