/* A stream that counts the rows that pass through it. */
#ifndef FC_CLI_TALLY_H
#define FC_CLI_TALLY_H

#include <flowcontainer.h>

#include "cell.h"

struct tally {
    uint64_t rows;
    const uint64_t *of_tables; /* rows of each table of a run with several of them; else NULL */
    bool has_bytes;            /* false: no column of the answer tells them */
    uint64_t bytes;            /* of the IP packets in those rows */
    int64_t first_ns, last_ns; /* first > last: there are no times */
    /* private */
    struct ArrowArrayStream inner;
    struct cell_type type;
    size_t bytes_at[2], start, end; /* columns; SIZE_MAX: the answer does not have it */
};

/* Takes ownership of `inner` and makes `out`, which counts into `tally`; the tally must outlive `out`. False
 * if memory ran out or the schema could not be read; `inner` is then released. */
bool tally_wrap(struct tally *tally, const struct fc_run *run, struct ArrowArrayStream *inner,
                struct ArrowArrayStream *out);
void tally_free(struct tally *tally);

#endif
