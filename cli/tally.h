/* A stream that counts what passes through it. */
#ifndef FC_CLI_TALLY_H
#define FC_CLI_TALLY_H

#include <flowcontainer.h>

#include "cell.h"

struct tally {
    uint64_t rows;
    uint64_t bytes;            /* of the IP packets in those rows */
    int64_t first_ns, last_ns; /* first > last: no times */
    /* inside */
    struct ArrowArrayStream inner;
    struct cell_type type;
    size_t lengths, start, end; /* columns */
};

/* Takes `inner` over and makes `out`, which counts into `tally`; the tally must outlive it. False when out of
 * memory or when the schema cannot be had; `inner` is released then. */
bool tally_wrap(struct tally *tally, struct ArrowArrayStream *inner, struct ArrowArrayStream *out);
void tally_free(struct tally *tally);

#endif
