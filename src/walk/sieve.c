/* A query's native filter at work. Invariants: of headers, only the values that the filter names are made,
 * and they serve the verdict alone; the protocols above TCP and UDP see the frame once, for filter and query.
 */
#include "walk/sieve.h"

/* Fields of headers are not shared. */
static void share_slots(struct sieve *s, const int16_t *slots)
{
    const int16_t *mine = filter_slots(s->filter);
    for (int id = 0; id < F_COUNT; id++) {
        bool asked = mine[id] >= 0 || slots[id] >= 0;
        s->apps_slots[id] = asked && !field_is_header((field_id)id) ? (int16_t)id : -1;
    }
}

void sieve_open(struct sieve *s, const struct filter *filter, const int16_t *slots, struct arena *arena)
{
    *s = (struct sieve){.filter = filter};
    if (!filter)
        return;
    s->state.arena.memory = arena->memory;
    s->row = (struct row){.slot_of = filter_slots(filter), .arena = arena};
    emit_plan_make(&s->headers, filter_slots(filter));
    s->wants_apps = filter_wants_apps(filter);
    s->apps = (struct row){.slot_of = s->apps_slots, .arena = arena};
    share_slots(s, slots);
}

bool sieve_frame(struct sieve *s, const struct examined *x, const struct frame_times *times,
                 const struct source *source, struct apps *apps)
{
    if (!s->filter)
        return true;
    row_reset(&s->row);
    if (s->headers.needs)
        emit_frame(&s->row, x, times, source, &s->headers);
    if (filter_wants_protocols(s->filter))
        emit_protocols(&s->row, x, filter_protocol_slots(s->filter));
    if (s->wants_apps) {
        row_reset(&s->apps);
        apps_frame(apps, &s->apps, x);
        row_take(&s->row, &s->apps);
        apps_protocols(apps, &s->row, filter_protocol_slots(s->filter));
    }
    return filter_run(s->filter, &s->state, &s->row);
}

const int16_t *sieve_slots(const struct sieve *s, const int16_t *slots)
{
    return s->wants_apps ? s->apps_slots : slots;
}

void sieve_free(struct sieve *s)
{
    row_free(&s->row);
    row_free(&s->apps);
    filter_state_free(&s->state);
}
