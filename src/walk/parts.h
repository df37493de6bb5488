/* The parts of a flow that most flows do not need, or that only some queries ask for. */
#ifndef FC_WALK_PARTS_H
#define FC_WALK_PARTS_H

#include "base/address.h"
#include "base/pieces.h"
#include "table/seen.h"

/* The outermost addresses of the first packet of a tunnelled flow, in the direction of that packet. */
struct outer {
    struct address src, dst;
};

/* The memory of statistics for one flow (feature/feature.h). */
struct statistics {
    struct log packets; /* all of them, where the flow's log has only the first; else empty */
    uint64_t state[];
};

/* Made with the first part. */
struct flow_parts {
    struct kept_values values;     /* empty: none yet */
    struct pieces *pieces;         /* by matrix; NULL: none yet */
    struct outer *outer;           /* NULL: no tunnel */
    struct statistics *statistics; /* NULL: none took a packet, or the query needs none */
};

#endif
