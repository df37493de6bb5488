/* The part of a query that asks libwireshark for stream numbers and retransmissions, on which flows depend.
 */
#ifndef FC_RUN_GUIDE_H
#define FC_RUN_GUIDE_H

#include "query/query.h"

/* Sets q->guide. If preferences, decode-as rules or protocols to turn on or off are given, or if libwireshark
 * of another release than the native engine's answers the query (`is_other_release`), it sets q->is_guided
 * and asks a worker of its own; in the first case it sets q->rules. The options were accepted by the worker
 * of q->shark. */
FC_MUST_USE enum fc_status guide_plan(struct query *q, const struct fc_options *options,
                                      bool is_other_release, struct fc_error *err);
void guide_forget(struct query *q);

#endif
