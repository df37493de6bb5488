/* The answers of libwireshark for one bucket of a divided capture: stored while the bucket is dissected, and
 * found by frame number afterwards. */
#ifndef FC_SHARK_BUCKET_H
#define FC_SHARK_BUCKET_H

#include "shark/child.h"
#include "shark/spool.h"

/* All zeros: nothing stored yet. */
struct bucket {
    struct spool spool;      /* records one after another: a struct wire_record and its bytes */
    struct wire_record next; /* read from the spool, its bytes not yet; frame 0: there are no more */
    bool is_taken;           /* the bytes of `next` were handed out; the caller's row may still use them */
    uint32_t skip[MOST_SKIPPED], n_skip; /* frames without records because they end processes */
};

FC_MUST_USE enum fc_status bucket_put(struct bucket *bucket, const struct wire_record *record,
                                      const uint8_t *bytes, struct fc_error *err);
/* The child has handed out its last record: from here on records can be found. */
FC_MUST_USE enum fc_status bucket_complete(struct bucket *bucket, const struct child *child,
                                           struct fc_error *err);
/* *found: the frame has a record; *body are its bytes, valid until the next call. Frames are asked for in
 * ascending order, not necessarily all of them. */
FC_MUST_USE enum fc_status bucket_seek(struct bucket *bucket, uint32_t frame, bool *found, struct rd *body,
                                       struct fc_error *err);
bool bucket_skips(const struct bucket *bucket, uint32_t frame);
void bucket_free(struct bucket *bucket);

#endif
