/* The parts of a walk, by how long they live: a whole walk, one capture, one frame. Only files of this room
 * include this header. */
#ifndef FC_WALK_INNER_H
#define FC_WALK_INNER_H

#include "flow/flow.h"
#include "look/emit.h"
#include "shark/oracle.h"
#include "table/flows.h"
#include "table/packets.h"
#include "table/seen.h"
#include "walk/pace.h"
#include "walk/parts.h"
#include "walk/sieve.h"
#include "walk/walk.h"

/* How values are made; fixed when the walk is opened. */
struct values {
    struct row row; /* the frame's values of the query's fields */
    struct emit_plan headers;
    struct sieve sieve;
    enum field_type *types; /* by slot */
    struct seen_plan seen;  /* the values that flows keep */
};

/* The rows made so far: one table, by the query's level. */
struct output {
    struct flows *flows;     /* NULL: the level is not FC_LEVEL_FLOWS */
    struct packets *packets; /* NULL: it is */
};

/* The state that the frames of one capture build up. It is emptied after the capture, and its memory is used
 * again for the next one. */
struct tables {
    struct examiner examiner;
    struct apps apps;
    struct flow_table flows;
    struct log_pool pool;
    struct arena extras; /* of flows: outer addresses, logs of values, bytes of packets */
};

enum capture_phase {
    CAPTURE_CLOSED, /* the next input is to be opened */
    CAPTURE_READING,
    CAPTURE_WRITING /* its frames are read, its flows are being written */
};

/* The source of field values and of the filter's verdict. */
enum answerer {
    ANSWER_NATIVE, /* the readers of this library; libwireshark may take over */
    ANSWER_NATIVE_ONLY /* the same to the capture's end: libwireshark is not there, or too late */,
    ANSWER_ORACLE /* libwireshark, for all flows or for some (oracle_covers) */
};

/* Whether libwireshark was asked for the link types that are not decoded here. */
enum locator_state { LOCATOR_NOT_TRIED, LOCATOR_OPEN, LOCATOR_NONE };

/* libwireshark as the authority for stream numbers and retransmissions; zeroed before each capture. */
struct guide {
    struct oracle *oracle;                 /* NULL: it is not asked, and the native numbers hold */
    struct conv **by_stream[CONV_UDP + 1]; /* by kind and number */
    size_t capacity[CONV_UDP + 1];
    struct row row;
    uint64_t most;    /* the largest number that can be */
    bool was_tried;   /* it was opened, or cannot be */
    bool is_doubtful; /* some frame has its native number */
};

/* One capture while it is read; zeroed before each capture. */
struct capture {
    enum capture_phase phase;
    enum answerer answerer;
    enum locator_state locator_state;
    bool has_hidden_headers; /* some frames had headers that only libwireshark has seen */
    struct source *source;   /* NULL: the capture could not be opened, or its frames are read */
    struct oracle *oracle;   /* of ANSWER_ORACLE */
    struct guide guide;
    struct locator *locator; /* of LOCATOR_OPEN */
    struct fc_error failure; /* of the oracle: the reason why the capture cannot be read on */
    struct frame_times times;
    uint64_t frames;                          /* read so far */
    uint64_t long_bytes;                      /* of long values that flows keep */
    uint64_t reported_frames, reported_bytes; /* the part of them that the progress knows */
    uint64_t unknown_link_frames;
    uint32_t unknown_link_type;     /* of the last of them */
    uint32_t next_flow;             /* the first flow that is not written, where flows stay */
    int64_t last_ns;                /* time of the last frame that has one */
    bool has_last, is_out_of_order; /* some frame was earlier than the one before it */
};

struct walk {
    const struct query *query;
    const struct input *inputs;
    size_t n_inputs, input; /* of the capture at hand */
    struct progress *progress;
    struct report report;
    struct memory_state memory; /* shared by everything that works on a frame; asked once a frame */
    struct values values;
    struct output output;
    struct tables tables;
    struct capture capture;
    struct pace pace;
    struct examined examined; /* the frame at hand; too large to be cleared for each frame */
};

/* The decisions about one frame. */
struct step {
    const struct frame *frame;
    int layer;          /* index of the header whose conversation is the frame's flow; -1: none */
    enum reason reason; /* why the frame is in no flow; REASON_KEPT: it is in one */
    struct flow *flow;  /* NULL: none */
    uint32_t flow_index;
};

static inline bool walk_is_cancelled(const struct walk *w)
{
    return atomic_load_explicit(&w->progress->cancelled, memory_order_relaxed);
}

static inline bool walk_is_finishing(const struct walk *w)
{
    return atomic_load_explicit(&w->progress->finishing, memory_order_relaxed);
}

/* ---- tables.c ---- */

/* Ends the capture at hand: empties the tables; the phase is CAPTURE_CLOSED. */
void tables_forget(struct walk *walk);
void tables_free(struct tables *tables);

/* ---- capture.c ---- */

/* Opens the next input. A capture that cannot be opened is a problem in the report; its source stays NULL. */
FC_MUST_USE enum fc_status capture_open(struct walk *walk);
/* Reads frames until the capture ends (then the phase is CAPTURE_WRITING) or the batch is full. */
FC_MUST_USE enum fc_status capture_read(struct walk *walk);
/* Closes the files and processes of a capture, finished or not. */
void capture_close(struct capture *capture);
/* Adds a problem of the capture at hand to the report. */
FC_MUST_USE enum fc_status capture_problem(struct walk *walk, const struct fc_error *error);

/* The silence, in ns, after which state may be forgotten where conversations are (conv_table.forgets). */
int64_t walk_silence(const struct flow_policy *policy);
/* The second of the packet clock that silence ago; state that was last used before it may be forgotten. */
uint32_t walk_oldest_second(const struct walk *walk);

/* ---- frame.c, answer.c, link.c ---- */

/* One frame: its layers, its flow, its values, its count. When libwireshark cannot go on with the capture,
 * the status is its error and capture.failure has the reason. */
FC_MUST_USE enum fc_status walk_frame(struct walk *walk, struct frame *frame);
/* Puts the frame's values into values.row and applies the filter to step->reason. `wanted`: the row is
 * needed. Otherwise only the state of the protocols above TCP and UDP advances. */
FC_MUST_USE enum fc_status answer_frame(struct walk *walk, struct step *step, bool wanted);
/* Whether the protocols above TCP and UDP are read in this capture. */
bool answer_reads_apps(const struct walk *walk);
/* Asks libwireshark for the IP packet in a frame whose link type is not decoded here, and examines the frame
 * again if it finds one. */
FC_MUST_USE enum fc_status link_locate(struct walk *walk, struct frame *frame);
/* Reports the frames that libwireshark crashed on, and lets its process go. */
FC_MUST_USE enum fc_status link_finish(struct walk *walk);

/* ---- guide.c ---- */

/* Asks libwireshark for the frame's stream numbers and retransmissions, if that is due, and puts them into
 * walk->examined. An error ends the capture, with the reason in capture.failure. */
FC_MUST_USE enum fc_status guide_frame(struct walk *walk, const struct frame *frame);
/* Whether the frame at hand completes a message, and the query keeps it although the frame is left out. */
bool guide_completes(const struct walk *walk, enum reason reason);
/* Takes out of the row of such a frame what is not of the message: the values of the frame's headers. */
void guide_sift_above(const struct walk *walk, struct row *row);
void guide_close(struct guide *guide);
/* The conversation that decides the flow of a transport header. */
static inline const struct conv_ref *guide_ref(const struct walk *walk, const struct transport *transport)
{
    return walk->capture.guide.oracle ? &transport->told : &transport->ref;
}

/* ---- bytes.c ---- */

/* Empty pieces, one struct a matrix of the query; NULL when memory ends. */
struct pieces *bytes_begin(const struct query *query, struct arena *arena);
/* Copies the packet's bytes, masked, into the pieces of all matrices that are not full. True: now all are. */
bool bytes_take(struct pieces *pieces, const struct query *query, const struct packet *packet,
                const struct layer *layer, struct arena *arena);
/* Gives the pieces of bytes_begin and bytes_take back to the arena. */
void bytes_give(struct pieces *pieces, const struct query *query, struct arena *arena);

/* ---- keep.c, write.c ---- */

/* Puts a kept frame into its flow, and its lengths, time and values into the flow's logs. */
void keep_frame(struct walk *walk, struct step *step);
/* Puts the values of the messages that a left-out frame completes beside the last packet of its flow. */
void keep_completion(struct walk *walk, const struct step *step);
/* Gives back the memory that keep_frame took for a flow. */
void keep_forget(struct walk *walk, struct flow *flow);
/* Rows of the flows that have ended before their capture, until all are written or the batch is full. */
FC_MUST_USE enum fc_status write_ended(struct walk *walk);
/* Rows of all flows that are left, until all are written or the batch is full. */
FC_MUST_USE enum fc_status write_flows(struct walk *walk);
/* The row of one frame. */
FC_MUST_USE enum fc_status write_packet(struct walk *walk, const struct step *step);
bool output_full(const struct output *output);
uint32_t output_rows(const struct output *output);
void output_capture(struct output *output, const char *name);
FC_MUST_USE enum fc_status output_finish(struct output *output, struct ArrowArray *out);

#endif
