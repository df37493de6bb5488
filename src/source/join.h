/* Several captures that continue each other, read as one. */
#ifndef FC_SOURCE_JOIN_H
#define FC_SOURCE_JOIN_H

#include "source/source.h"

/* Opens the captures as one: in the order of the times of their first frames (captures without one come
 * last), and frames numbered through. Each frame keeps the interface, the format and the offset of its own
 * capture. The places are borrowed until source_close. A capture that cannot be read, or not to its end, does
 * not end the reading: it is a failure of the source. FC_MEMORY, FC_CANCELLED. */
FC_MUST_USE enum fc_status join_open(struct source **out, const struct source_place *places, size_t n,
                                     const struct source_watch *watch, struct fc_error *err);

/* A capture that could not be read as a whole. */
struct source_failure {
    const char *name;
    struct fc_error error;
    uint64_t frames; /* of this capture, before the failure */
};
/* Of a source that join_open made; others have none. */
size_t source_n_failures(const struct source *s);
const struct source_failure *source_failure(const struct source *s, size_t i);

#endif
