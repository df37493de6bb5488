/* The columns that are lists over the packets of a flow, written out of the flow's log. */
#ifndef FC_TABLE_SEQUENCES_H
#define FC_TABLE_SEQUENCES_H

#include "base/log.h"
#include "table/columns.h"

/* Whether the table has such a column, so that flows must keep a log of their packets. */
bool sequences_wanted(const struct wanted *wanted);
/* The extras (bits of enum log_extra) that flows must write into that log. */
unsigned sequences_extras(const struct wanted *wanted);
/* The lists of one flow; a log with the extras of this table. `tcp`: its packets have flags. False when
 * memory ends. */
FC_MUST_USE bool sequences_put(struct columns *columns, const struct log *packets, bool tcp);

#endif
