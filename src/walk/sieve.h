/* A query's native filter at work: the values that the filter names are made, and its program is run. */
#ifndef FC_WALK_SIEVE_H
#define FC_WALK_SIEVE_H

#include "apps/apps.h"
#include "look/emit.h"

struct sieve {
    const struct filter *filter; /* NULL: everything passes */
    struct row row;              /* the values that the filter names */
    struct filter_state state;
    struct emit_plan headers;
    /* If the filter asks for protocols above TCP and UDP: the values of these protocols for the query and the
     * filter together, because a second pass over the frame would advance the protocols' state twice. Slots
     * are field ids. */
    bool wants_apps;
    struct row apps;
    int16_t apps_slots[F_COUNT];
};

/* Borrows the filter, which may be NULL, and the arena. `slots` are those of the query's fields. */
void sieve_open(struct sieve *sieve, const struct filter *filter, const int16_t *slots, struct arena *arena);
/* The filter's verdict on the frame. With wants_apps the frame is shown to the apps here; their values stay
 * in the row `apps`. When memory ends, the state of the arena is set and the verdict means nothing. */
bool sieve_frame(struct sieve *sieve, const struct examined *x, const struct frame_times *times,
                 const struct source *source, struct apps *apps);
/* The slots of the row that the protocols above TCP and UDP fill: those of filter and query together if the
 * filter asks for such protocols; otherwise the query's. */
const int16_t *sieve_slots(const struct sieve *sieve, const int16_t *slots);
void sieve_free(struct sieve *sieve);

#endif
