/* One thread's reading of captures: a walk over flows, or a walk over feature sets, by the query. */
#ifndef FC_RUN_READER_H
#define FC_RUN_READER_H

#include "query/query.h"

struct walk;
struct sets_walk;

/* One of the two. Zero: closed. */
struct reader {
    struct walk *walk;
    struct sets_walk *sets;
};

/* A batch, and the index of the table that it is of. */
struct batch {
    struct ArrowArray array; /* release NULL: there is none */
    size_t table;
};

/* As walk_open. */
FC_MUST_USE enum fc_status reader_open(struct reader *reader, const struct query *query,
                                       const struct input *inputs, size_t n_inputs, struct progress *progress,
                                       struct fc_error *err);
FC_MUST_USE enum fc_status reader_next(struct reader *reader, struct batch *out, struct fc_error *err);
static inline bool reader_is_open(const struct reader *reader) { return reader->walk || reader->sets; }
/* The counts so far, of an open reader; valid until reader_close. */
const struct report *reader_report(const struct reader *reader);
void reader_close(struct reader *reader);

#endif
