/* A temporary copy of a capture, and the limits that keep a hostile capture from filling the disk with it. */
#ifndef FC_SOURCE_COPY_H
#define FC_SOURCE_COPY_H

#include <flowcontainer.h>
#include <stdatomic.h>

struct copy {
    int to;                        /* the descriptor that is written to */
    const _Atomic bool *cancelled; /* the copy stops when it becomes true; NULL: never */
    const _Atomic bool *finishing; /* a descriptor ends when it becomes true; NULL: never */
    uint64_t most;                 /* bytes after which the copy ends, without an error; 0: no such limit */
    uint64_t written;
};

/* Writes n bytes. `packed`: the compressed bytes that all bytes so far came from; 0 if they were not
 * compressed. Errors: FC_CANCELLED; FC_IO, also when the copy would take the last free space of its file
 * system, or has grown out of all proportion to the compressed bytes. */
FC_MUST_USE enum fc_status copy_put(struct copy *copy, const void *bytes, size_t n, uint64_t packed,
                                    struct fc_error *err);
/* Copies a descriptor to its end or to `most`, also a pipe that stays silent for long. Errors as copy_put. */
FC_MUST_USE enum fc_status copy_descriptor(struct copy *copy, int from, struct fc_error *err);
/* Returns false when the copy has `most` bytes. */
static inline bool copy_goes_on(const struct copy *copy) { return !copy->most || copy->written < copy->most; }

#endif
