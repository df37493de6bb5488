/* When a batch leaves although it is not full, so that rows of a pipe or an interface are seen while it goes
 * on. Which rows there are, and their order, does not depend on it; only the cuts between batches do. */
#ifndef FC_WALK_PACE_H
#define FC_WALK_PACE_H

#include "query/report.h"
#include "source/source.h"

/* Zero-initialise it, but for `options` and `progress`. */
struct pace {
    const struct fc_options *options;
    struct progress *progress;
    int64_t since_ns;  /* a time of the clock at which there were rows already; 0: none when last seen */
    uint32_t requests; /* of the progress, that have been answered */
    bool is_due;       /* the rows at hand leave now */
};

/* The longest time to wait for the next frame of a pipe, in ms: until the rows at hand are due, or until
 * somebody may have cancelled the run. The source may be NULL: none is open. */
int pace_patience(struct pace *pace, const struct source *source, bool has_rows);
/* Looks at the clock and at requests, and sets pace->is_due. `quiet`: the pipe has no frame now. */
void pace_look(struct pace *pace, const struct source *source, bool has_rows, bool quiet);
/* The rows have left. */
void pace_next(struct pace *pace);

#endif
