/* TCP segments -> the bytes that upper protocols see, as Wireshark joins them with its default settings: a
 * message that does not end in its segment is kept together with those that follow, and stands whole at the
 * frame that completes it. Segments out of order (hidden ones) are stored where a message waits for them but
 * never shown: a message that such a frame completes is shown nowhere. Repeated segments are not to be pushed
 * at all. */
#ifndef FC_STREAM_REASM_H
#define FC_STREAM_REASM_H

#include "base/rd.h"

/* Bytes that one message may have while it waits. A download may announce any length; past this nothing of
 * the message is kept and it never completes. Hitting it is counted. */
enum { REASM_MESSAGE_LIMIT = 64 << 20 };
/* Bytes that all waiting messages of a capture may hold together: flows that never end must not take all
 * memory. */
enum { REASM_LIMIT = 256 << 20 };
/* Messages a direction remembers: those that wait, and those done, by which late copies are told apart. */
enum { REASM_MESSAGES = 8 /* at first */, REASM_MESSAGES_LIMIT = 512 };
/* Separate pieces of one waiting message, between which others are missing. */
enum { REASM_PIECES = 64 };

/* What whoever looked at bytes wants of those that follow; `more` 0: nothing. */
enum { REASM_ONE_MORE = -1, REASM_UNTIL_FIN = -2 };
struct reasm_wish {
    uint32_t offset; /* where the message starts that is not whole */
    int64_t more;    /* bytes that it needs beyond the last one seen, or one of the above */
    bool blind; /* those bytes are only counted: what stands for them when the message is shown is not to be
                   read */
};

struct reasm_view {
    struct rd bytes;
    bool may_wait;    /* a wish will be heard; false where the capture cut the segment */
    bool reassembled; /* from several segments */
};
/* Called for the bytes of a segment, or of a message that it completed. Up to a few times a segment. */
typedef struct reasm_wish reasm_show(void *context, const struct reasm_view *view);

struct reasm_segment {
    struct rd payload; /* position 0 */
    uint32_t
        seq; /* of its first byte, relative to the direction's base as Wireshark counts; a SYN is skipped */
    bool hidden; /* out of order, or a keep-alive */
    bool fin;
    reasm_show *show;
    void *context;
};

struct reasm_message;
struct reasm_buffer;
/* One direction; zero-initialise, in memory that lives as long as the pool is not reset. */
struct reasm_side {
    struct reasm_message *messages; /* `room` of them, sorted by seq */
    uint32_t n_messages, room;
    bool until_fin; /* some message waits for the FIN */
    /* The last message is only counted and whole so far: where it goes on, and its end; 0: no such message.
     * Kept here, because a long record's segments then touch nothing else. */
    uint32_t counted, counted_end;
    uint32_t forgotten; /* where done messages ended that are no longer remembered; 0: none */
};
/* Zero-initialise. */
struct reasm {
    struct reasm_buffer *buffers, *spent;
    struct reasm_buffer *spare; /* kept for the next message: one after the other is what bulk data is */
    size_t held;
    uint64_t refused; /* messages or pieces not kept because a limit was reached */
    bool failed;      /* memory ended */
};

/* True, and the segment is done with, where it goes on without a gap with a message whose bytes are counted
 * alone and does not end it: what reasm_push would do for most segments of a long encrypted record. */
static inline bool reasm_counts(struct reasm_side *side, uint32_t seq, const struct rd *payload)
{
    if (!side->counted_end || seq != side->counted || payload->cap < payload->len ||
        payload->len >= side->counted_end - seq)
        return false;
    side->counted += payload->len;
    return true;
}
void reasm_push(struct reasm *reasm, struct reasm_side *side, const struct reasm_segment *segment);
/* What was shown is no longer looked at. */
void reasm_turn(struct reasm *reasm);
/* Gives everything back; sides are forgotten by their owner. */
void reasm_reset(struct reasm *reasm);

#endif
