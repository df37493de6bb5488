/* Where IP lies in frames of link types that the native decoder does not know: libwireshark finds it, while
 * the capture is read here. */
#ifndef FC_SHARK_LOCATOR_H
#define FC_SHARK_LOCATOR_H

#include "query/query.h"
#include "shark/worker.h"
#include "source/source.h"

struct locator;

/* `file`: the capture, plain; taken over, whatever comes of it. Nothing is started before the first question.
 */
FC_MUST_USE enum fc_status locator_open(struct locator **out, struct worker *worker, int file, uint32_t last,
                                        const struct progress *progress, struct fc_error *err);
struct located {
    bool apart; /* libwireshark does not tell streams apart by addresses and ports alone */
};
/* Sets frame->ip, which is valid until the next call, where libwireshark knows the link, and length and time
 * as libwireshark has them: some links have their own. Frames are asked for in their order, any of them left
 * out. */
FC_MUST_USE enum fc_status locator_find(struct locator *locator, struct frame *frame, struct located *out,
                                        struct fc_error *err);
/* The i-th frame that libwireshark dies of; 0: there are no more. */
uint32_t locator_crash(const struct locator *locator, uint32_t i);
/* Reads what is left, so that the process may serve another capture. */
void locator_finish(struct locator *locator);
/* NULL is nothing. */
void locator_close(struct locator *locator);

#endif
