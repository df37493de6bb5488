/* What the native engine keeps while it reads: shared by what it does with a frame and what it does with a
 * capture. */
#ifndef FC_WALK_CAPTURE_H
#define FC_WALK_CAPTURE_H

#include <string.h>

#include "flow/flow.h"
#include "look/emit.h"
#include "query/query.h"
#include "shark/oracle.h"
#include "table/flows.h"
#include "table/packets.h"
#include "walk/sieve.h"

struct native {
    struct engine engine;
    const struct query *query;
    const struct input *inputs;
    size_t n_inputs, input; /* the capture being read or written */
    struct progress *progress;
    struct source *source;
    struct oracle *oracle;   /* NULL: values are native */
    struct locator *locator; /* NULL: no frame was of a link type that is not known, or nobody knows it */
    bool tried_locator;
    bool unseen;             /* frames had headers that only libwireshark has seen */
    bool alone;              /* there is nobody to hand this capture over to */
    struct fc_error failure; /* of the oracle */
    struct examiner examiner;
    struct examined examined;
    struct apps apps;
    struct flow_table flow_table;
    struct log_pool pool;
    struct arena extras; /* what few flows have: outer addresses, logs of values */
    struct row row;
    struct emit_plan headers;
    struct sieve sieve;
    enum field_type *types; /* by slot */
    struct flows *flows;    /* one of these two */
    struct packets *packets;
    struct frame_times times;
    uint64_t frames, told_frames, told_bytes; /* of this capture */
    uint64_t unknown_link;
    uint32_t unknown_link_type;
    uint64_t fragments_pending;
    uint32_t next_flow; /* to be written; flows of the capture before it are done */
    bool writing;
};

static inline struct address native_address(const struct endpoint *end)
{
    struct address a = {.family = end->family};
    memcpy(a.bytes, end->address, sizeof a.bytes);
    return a;
}

/* One frame: its layers, its flow, its values. Sets `failure` where libwireshark cannot go on (walk/frame.c).
 */
enum fc_status native_frame(struct native *n, struct frame *frame);
/* A frame whose link type is not known, examined again if libwireshark knows it; and the end of a capture
 * (link.c). */
enum fc_status native_locate(struct native *n, struct frame *frame);
enum fc_status native_locate_end(struct native *n);

#endif
