/* A walk for feature sets of other programs: each frame goes from the source to every set of the query, and
 * rows leave when the set says so. Nothing of this library's own decoding takes part. */
#ifndef FC_WALK_SETS_H
#define FC_WALK_SETS_H

#include "query/query.h"

struct sets_walk;

/* Nothing is read yet. Query, inputs and progress are borrowed until sets_walk_close. FC_MEMORY. */
FC_MUST_USE enum fc_status sets_walk_open(struct sets_walk **out, const struct query *query,
                                          const struct input *inputs, size_t n_inputs,
                                          struct progress *progress, struct fc_error *err);
/* The next batch, of at least one row, of the set with the index *table; out->release is NULL after the last
 * one. A capture that cannot be read is a problem in the report and not an error here. FC_MEMORY,
 * FC_CANCELLED: the walk can only be closed. */
FC_MUST_USE enum fc_status sets_walk_next(struct sets_walk *walk, size_t *table, struct ArrowArray *out,
                                          struct fc_error *err);
/* The counts of the frames read so far. Valid until sets_walk_close. */
const struct report *sets_walk_report(const struct sets_walk *walk);
void sets_walk_close(struct sets_walk *walk); /* NULL is allowed */

#endif
