/* Field values of one frame: hands every layer to its reader, outermost first, with the facts it needs. */
#ifndef FC_ENGINE_EMIT_H
#define FC_ENGINE_EMIT_H

#include "engine/apps.h"
#include "field/row.h"
#include "proto/headers.h"

/* Times that frame.* fields refer to; 0 where a frame has none. */
struct frame_times {
    int64_t first_ns, previous_ns, this_ns;
    bool started;
};
/* Call for every frame, before emit_frame. */
void frame_times_note(struct frame_times *times, const struct frame *frame);

/* Puts the wanted fields of the frame into the row. */
void emit_frame(struct row *row, const struct examined *x, const struct frame_times *times,
                const struct source *source, struct apps *apps);

#endif
