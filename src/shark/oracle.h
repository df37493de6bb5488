/* The oracle of one capture: the object that answers, for a frame, what libwireshark says of it. It is asked
 * in the order of the frames. */
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
struct worker;

/* An oracle for all frames of the capture. A capture that can be read only once, such as a pipe, is copied to
 * a temporary file. The worker has been asked the query. */
FC_MUST_USE enum fc_status oracle_open(struct oracle **out, struct worker *worker, const struct query *query,
                                       const struct input *input, const struct progress *progress,
                                       struct fc_error *err);
/* The same for those flows alone in which the survey meets a doubt, where the capture is large enough to be
 * divided. The survey is used up. The oracle has no worker yet: oracle_ask gives it one before its first
 * frame. */
FC_MUST_USE enum fc_status oracle_survey(struct oracle **out, const struct query *query,
                                         const struct input *input, struct survey *survey,
                                         const struct progress *progress, struct fc_error *err);
void oracle_ask(struct oracle *oracle, struct worker *worker);
/* Whether the oracle answers for some flows only, and whether it does for this frame. NULL is an oracle that
 * answers for no frame. */
bool oracle_is_partial(const struct oracle *oracle);
bool oracle_covers(const struct oracle *oracle, uint32_t frame);
/* What source_open has to open instead of the input's name because the capture was copied. NULL: the name is
 * good. */
const char *oracle_path(const struct oracle *oracle);
/* Adds the frame's values to the row, whose bytes are valid until the next call, and says whether the filter
 * passes the frame. Frames are asked for in ascending order, not necessarily all of them. */
FC_MUST_USE enum fc_status oracle_frame(struct oracle *oracle, uint32_t frame, struct row *row,
                                        enum verdict *verdict, struct fc_error *err);
/* The i-th frame that has ended processes so far, in the order of their deaths; 0: there are no more. */
uint32_t oracle_crash(const struct oracle *oracle, uint32_t i);
/* A descriptor of the capture as a plain file (shark/file.h), owned by the oracle. */
int oracle_file(const struct oracle *oracle);
/* The native engine has read the capture to its end: the process reads the rest too, so that it may serve
 * another capture. */
void oracle_finish(struct oracle *oracle);
/* NULL is allowed. */
void oracle_close(struct oracle *oracle);

#endif
