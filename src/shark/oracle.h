/* What libwireshark says of the frames of one capture, asked frame by frame in their order. */
#ifndef FC_SHARK_ORACLE_H
#define FC_SHARK_ORACLE_H

#include "field/row.h"
#include "query/query.h"

enum verdict {
    VERDICT_PASSED,
    VERDICT_DROPPED, /* by the filter */
    VERDICT_CRASHED  /* dissecting this frame ends the process that does it: nothing is known of it */
};

struct oracle;

struct survey;

/* A capture that can be read only once, such as a pipe, is copied to a temporary file. */
FC_MUST_USE enum fc_status oracle_open(struct oracle **out, const struct query *query,
                                       const struct input *input, const struct progress *progress,
                                       struct fc_error *err);
/* The same for those flows alone that the survey, which is used up, has doubts of, where the capture is worth
 * dividing. The query need not have a worker yet: the oracle is to get one that has, oracle_ask, before its
 * first frame. */
FC_MUST_USE enum fc_status oracle_survey(struct oracle **out, const struct query *query,
                                         const struct input *input, struct survey *survey,
                                         const struct progress *progress, struct fc_error *err);
void oracle_ask(struct oracle *oracle, const struct query *query);
/* Whether only some flows are dissected, and whether this frame is of one; a NULL oracle has none. */
bool oracle_is_partial(const struct oracle *oracle);
bool oracle_covers(const struct oracle *oracle, uint32_t frame);
/* What source_open is to open instead of the input's name, because the capture was copied; NULL: the name is
 * good. */
const char *oracle_path(const struct oracle *oracle);
/* Adds the frame's values to the row; bytes are valid until the next call. Frames go up; some may be left
 * out. */
FC_MUST_USE enum fc_status oracle_frame(struct oracle *oracle, uint32_t frame, struct row *row,
                                        enum verdict *verdict, struct fc_error *err);
/* The i-th frame that processes died of so far, whoever asked for it; 0: no more. */
uint32_t oracle_crash(const struct oracle *oracle, uint32_t i);
/* A descriptor of the capture as a regular file, unpacked; the oracle's. */
int oracle_file(const struct oracle *oracle);
/* The capture was read to its end: lets processes come to theirs, so that they may serve another one. */
void oracle_finish(struct oracle *oracle);
void oracle_close(struct oracle *oracle);

#endif
