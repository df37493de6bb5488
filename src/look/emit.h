/* The header fields of one frame: every layer is handed to its reader in proto/, outermost first, with the
 * facts that the reader needs. */
#ifndef FC_LOOK_EMIT_H
#define FC_LOOK_EMIT_H

#include "field/row.h"
#include "filter/filter.h"
#include "look/examine.h"
#include "look/fixed.h"
#include "proto/headers.h"

/* Times that frame.* fields refer to, nanoseconds; 0 for a frame without a time. */
struct frame_times {
    int64_t first_ns, previous_ns, this_ns;
    bool started;
};
/* Call for every frame, before emit_frame. */
void frame_times_note(struct frame_times *times, const struct frame *frame);

/* The readers that a query needs; made once for its slots. */
struct emit_plan {
    uint32_t needs; /* bits of the readers in emit.c; 0: no header field is wanted */
    uint32_t fast;  /* the readers of which only fields at fixed places are wanted */
    struct fixed_place fixed[FIXED_MOST];
    uint32_t n_fixed;
};
void emit_plan_make(struct emit_plan *plan, const int16_t *slots);
/* Puts the wanted header fields of the frame into the row. The plan was made for the row's slots. */
void emit_frame(struct row *row, const struct examined *x, const struct frame_times *times,
                const struct source *source, const struct emit_plan *plan);
/* Puts the protocols of the frame, each as the bytes of its header, into the slots given by enum
 * filter_protocol. */
void emit_protocols(struct row *row, const struct examined *x, const int16_t *slots);

/* Whether the slots have a field that needs the unacknowledged TCP segments; they are kept only then. */
bool emit_wants_flights(const int16_t *slots);
/* Whether the slots have a field of the TCP or UDP header that depends on earlier packets of its
 * conversation, however long ago they were: conversations are then remembered until their capture ends. */
bool emit_wants_conversations(const int16_t *slots);

#endif
