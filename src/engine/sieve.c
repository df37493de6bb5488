/* A query's native filter at work. Invariant: no value is made but of the headers that the filter names, and none of
 * them goes further than the verdict. */
#include "engine/sieve.h"

void sieve_open(struct sieve *s, const struct filter *filter, struct arena *arena)
{
    *s = (struct sieve){.filter = filter};
    if (!filter)
        return;
    s->row = (struct row){.slot_of = filter_slots(filter), .arena = arena};
    s->needs = emit_needs(filter_slots(filter));
}

enum fc_status sieve_frame(struct sieve *s, const struct examined *x, const struct frame_times *times,
                           const struct source *source, bool *passed)
{
    *passed = true;
    if (!s->filter)
        return FC_OK;
    row_reset(&s->row);
    if (s->needs)
        emit_some(&s->row, x, times, source, s->needs);
    if (filter_wants_protocols(s->filter))
        emit_protocols(&s->row, x, filter_protocol_slots(s->filter));
    *passed = filter_run(s->filter, &s->state, &s->row);
    return s->row.out_of_memory || s->state.out_of_memory ? FC_MEMORY : FC_OK;
}

void sieve_free(struct sieve *s)
{
    row_free(&s->row);
    filter_state_free(&s->state);
}
