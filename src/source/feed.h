/* The bytes of a capture that the caller's functions read (struct fc_input of flowcontainer.h). */
#ifndef FC_SOURCE_FEED_H
#define FC_SOURCE_FEED_H

#include <flowcontainer.h>

#include "source/source.h"

/* One reading of an input, from its beginning. Zero: closed. */
struct feed {
    const struct fc_input *input; /* NULL: closed */
    void *reading;
    uint64_t offset; /* bytes that have been read */
};

/* The errors are those of the caller's function, with a text in any case. FC_CANCELLED. */
FC_MUST_USE enum fc_status feed_open(struct feed *feed, const struct fc_input *input,
                                     const struct source_watch *watch, struct fc_error *err);
/* Reads up to `cap` bytes, which must not be 0; *got is 0 at the end, and also if the reading is to end now
 * (`finishing`). An input without bytes is asked again, for `patience_ms` (-1: without limit); then *got is
 * FC_INPUT_QUIET. FC_CANCELLED; the errors of the caller's function. */
FC_MUST_USE enum fc_status feed_read(struct feed *feed, uint8_t *dst, size_t cap, size_t *got,
                                     int patience_ms, const struct source_watch *watch, struct fc_error *err);
struct copy;
/* Copies the rest of the input, or as much as the copy takes (source/copy.h); the flags to watch are those of
 * the copy. Errors: as feed_read and copy_put. */
FC_MUST_USE enum fc_status feed_copy(struct feed *feed, struct copy *copy, struct fc_error *err);
void feed_close(struct feed *feed);

#endif
