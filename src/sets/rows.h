/* The rows of a family as Arrow batches: typed columns, or one column with the lines of a text.
 *
 *     rows = set_rows_new(layout, batch_rows);
 *     set_rows_capture(rows, name);
 *     set->family->packet(set, &view, &sink);   with set_rows_add as the row of the sink
 *     while (set_rows_take(rows, false, &array)) ...
 *     set_rows_take(rows, true, &array) for the rows of the last batch */
#ifndef FC_SETS_ROWS_H
#define FC_SETS_ROWS_H

#include "sets/layout.h"

struct set_rows;

/* NULL: memory ended. The layout is borrowed. */
struct set_rows *set_rows_new(const struct set_layout *layout, uint32_t batch_rows);
void set_rows_free(struct set_rows *rows); /* NULL is allowed */
/* The capture that the rows to come are from; the name is borrowed until the next call. */
void set_rows_capture(struct set_rows *rows, const char *name);
/* One row: as `row` of struct set_sink, with `rows` as its `to`. False: memory ended. */
FC_MUST_USE bool set_rows_add(void *rows, const struct set_value *values);
/* Takes the oldest full batch, or with `last` also one that is not full. False: there is none, or memory has
 * ended
 * (`failed`). */
FC_MUST_USE bool set_rows_take(struct set_rows *rows, bool last, struct ArrowArray *out, bool *failed);
/* Whether there are rows to take. */
bool set_rows_wait(const struct set_rows *rows);
FC_MUST_USE enum fc_status set_rows_schema(const struct set_rows *rows, struct ArrowSchema *out);

#endif
