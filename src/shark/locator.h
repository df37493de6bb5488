/* Finds where IP lies in frames of link types that the native decoder does not know: libwireshark dissects
 * these frames in step with the native engine. */
#ifndef FC_SHARK_LOCATOR_H
#define FC_SHARK_LOCATOR_H

#include "query/query.h"
#include "shark/worker.h"
#include "source/source.h"

struct locator;

/* `file`: a descriptor of the capture as a plain file (shark/file.h); the locator closes it, also after an
 * error. `last`: the last frame to read; 0: all. The process is started by the first question. */
FC_MUST_USE enum fc_status locator_open(struct locator **out, struct worker *worker, int file, uint32_t last,
                                        const struct progress *progress, struct fc_error *err);
struct located {
    bool apart; /* libwireshark does not tell streams apart by addresses and ports alone */
};
/* Where libwireshark knows the link type: sets frame->ip, which is valid until the next call (its length is 0
 * when the frame carries no IP), and the frame's length and time, because some link types have their own.
 * Frames are asked for in ascending order, not necessarily all of them. */
FC_MUST_USE enum fc_status locator_find(struct locator *locator, struct frame *frame, struct located *out,
                                        struct fc_error *err);
/* The i-th frame that has ended processes; 0: there are no more. */
uint32_t locator_crash(const struct locator *locator, uint32_t i);
/* Reads the remaining records, so that the process may serve another capture. */
void locator_finish(struct locator *locator);
/* NULL is allowed. */
void locator_close(struct locator *locator);

#endif
