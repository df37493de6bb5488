/* The dissection of a divided capture, bucket by bucket, by several processes at a time. A lane is a place
 * for one process: it takes the next bucket when the one before it is done. */
#ifndef FC_SHARK_LANES_H
#define FC_SHARK_LANES_H

#include "shark/bucket.h"
#include "shark/division.h"

struct lanes_job {
    struct worker *worker;
    const struct division *division;
    int capture;            /* descriptor of the divided file */
    struct bucket *buckets; /* one for each bucket of the division: where answers go */
    uint32_t n_lanes;       /* processes at a time, at least 1 */
    const struct progress *progress;
};

/* Returns when all buckets are complete. The text of an error names the pair of addresses with most packets
 * in the bucket, because one pair may need more memory than there is. */
FC_MUST_USE enum fc_status lanes_run(const struct lanes_job *job, struct fc_error *err);

#endif
