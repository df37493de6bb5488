/* A query's native filter at work: makes the values that it names, and runs it. */
#ifndef FC_ENGINE_SIEVE_H
#define FC_ENGINE_SIEVE_H

#include "engine/emit.h"

struct sieve {
    const struct filter *filter; /* NULL: everything passes */
    struct row row;              /* only what the filter names */
    struct filter_state state;
    uint32_t needs;
};

/* Borrows filter (which may be NULL) and arena. */
void sieve_open(struct sieve *sieve, const struct filter *filter, struct arena *arena);
FC_MUST_USE enum fc_status sieve_frame(struct sieve *sieve, const struct examined *x, const struct frame_times *times,
                                       const struct source *source, bool *passed);
void sieve_free(struct sieve *sieve);

#endif
