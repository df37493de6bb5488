/* Records of a process that dissects a capture, found by frame number while the native engine reads the same
 * capture. */
#ifndef FC_SHARK_RECORDS_H
#define FC_SHARK_RECORDS_H

#include "shark/child.h"

/* All zeros: not open. */
struct records {
    struct child child; /* child.record is the record at hand */
    struct rd body;     /* its bytes, valid until the next call */
    bool at_hand;       /* it was received, but not found yet: it is of a later frame */
};

/* Starts the process. Borrows what child_open borrows. */
FC_MUST_USE enum fc_status records_open(struct records *records, struct worker *worker,
                                        const struct part *part, const struct progress *progress,
                                        struct fc_error *err);
/* Waits until it is known whether the frame has a record. *found: child.record and `body` are the frame's.
 * Frames are asked for in ascending order, not necessarily all of them. After the last record child.ended is
 * set, and child.record is the closing one (wire.h). */
FC_MUST_USE enum fc_status records_seek(struct records *records, uint32_t frame, bool *found,
                                        struct fc_error *err);
/* Reads the remaining records, so that the process may serve another capture. */
void records_finish(struct records *records);
void records_close(struct records *records);

/* The next value of a record's body. False: its lengths do not fit into the body; the process, which has seen
 * bytes of strangers, writes nonsense. */
bool records_value(struct rd *body, struct wire_value *value, const uint8_t **bytes);
/* The error for that. */
enum fc_status records_error(struct fc_error *err);

#endif
