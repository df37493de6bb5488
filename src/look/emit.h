/* Header fields of one frame: hands every layer to its reader, outermost first, with the facts it needs. */
#ifndef FC_LOOK_EMIT_H
#define FC_LOOK_EMIT_H

#include "field/row.h"
#include "filter/filter.h"
#include "look/examine.h"
#include "look/fixed.h"
#include "proto/headers.h"

/* Times that frame.* fields refer to; 0 where a frame has none. */
struct frame_times {
    int64_t first_ns, previous_ns, this_ns;
    bool started;
};
/* Call for every frame, before emit_frame. */
void frame_times_note(struct frame_times *times, const struct frame *frame);

/* Where the header fields of a query come from. */
struct emit_plan {
    uint32_t needs; /* readers; 0: no header field is wanted */
    uint32_t fast;  /* those of them of which nothing is wanted but what stands at fixed places */
    struct fixed_place fixed[FIXED_MOST];
    uint32_t n_fixed;
};
void emit_plan_make(struct emit_plan *plan, const int16_t *slots);
/* Puts the wanted header fields of the frame into the row, whose slots the plan was made for. */
void emit_frame(struct row *row, const struct examined *x, const struct frame_times *times,
                const struct source *source, const struct emit_plan *plan);
/* Puts the protocols of the frame, each as the bytes of its header, into slots by enum filter_protocol. */
void emit_protocols(struct row *row, const struct examined *x, const int16_t *slots);

/* Whether a field of unacknowledged TCP segments is among them, which only a query that asks for one pays
 * for. */
bool emit_wants_flights(const int16_t *slots);

#endif
