/* A query's native filter at work: makes the values that it names, and runs it. */
#ifndef FC_WALK_SIEVE_H
#define FC_WALK_SIEVE_H

#include "apps/apps.h"
#include "look/emit.h"

struct sieve {
    const struct filter *filter; /* NULL: everything passes */
    struct row row;              /* only what the filter names */
    struct filter_state state;
    struct emit_plan headers;
    /* Where the filter asks for protocols above TCP and UDP: their values of the query and of the filter,
     * since going through a frame twice would move the state of these protocols twice. Slots are ids of
     * fields. */
    bool wants_apps;
    struct row apps;
    int16_t apps_slots[F_COUNT];
};

/* Borrows filter (which may be NULL) and arena; slots of the query's own fields. */
void sieve_open(struct sieve *sieve, const struct filter *filter, const int16_t *slots, struct arena *arena);
/* With wants_apps this is the frame's turn of the apps; their values stay in the row of that name. */
FC_MUST_USE enum fc_status sieve_frame(struct sieve *sieve, const struct examined *x,
                                       const struct frame_times *times, const struct source *source,
                                       struct apps *apps, bool *passed);
/* Slots of the rows that applications fill: those of the filter and of the query together where it asks for
 * them, else the query's. */
const int16_t *sieve_slots(const struct sieve *sieve, const int16_t *slots);
void sieve_free(struct sieve *sieve);

#endif
