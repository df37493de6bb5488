/* A walk answers a query over a sequence of captures: it reads frames one by one and gives Arrow batches. It
 * runs on the thread that calls it; several walks share nothing but the query and the progress. */
#ifndef FC_WALK_WALK_H
#define FC_WALK_WALK_H

#include "query/query.h"

struct walk;

/* Nothing is read yet. Query, inputs and progress are borrowed until walk_close. FC_MEMORY. */
FC_MUST_USE enum fc_status walk_open(struct walk **out, const struct query *query, const struct input *inputs,
                                     size_t n_inputs, struct progress *progress, struct fc_error *err);
/* The next batch, of at least one row unless fc_run_flush has asked for the rows at hand;
 * out->release is NULL after the last one. A capture that cannot be read is a problem in the report and not
 * an error here. FC_MEMORY, FC_CANCELLED: the walk can only be closed. */
FC_MUST_USE enum fc_status walk_next(struct walk *walk, struct ArrowArray *out, struct fc_error *err);
/* The counts of the frames read so far; complete after the last batch. Valid until walk_close. */
const struct report *walk_report(const struct walk *walk);
/* NULL is nothing. */
void walk_close(struct walk *walk);

#endif
