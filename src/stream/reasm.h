/* TCP segments -> the bytes that upper protocols see, as Wireshark joins them with its default settings. A
 * message that does not end in its segment is joined with the segments that follow, and is shown whole at the
 * frame that completes it. Segments out of order (hidden ones) are stored if a message waits for them, but
 * are not shown; a message that such a segment completes is not shown at all. Repeated segments must not be
 * pushed. */
#ifndef FC_STREAM_REASM_H
#define FC_STREAM_REASM_H

#include "base/arena.h"
#include "base/rd.h"

/* The bytes that one waiting message may have; a download may announce any length. A longer message is
 * dropped, never completes, and is counted. */
enum { REASM_MESSAGE_LIMIT = 64 << 20 };
/* The bytes that all waiting messages of a capture may hold together, so that flows that never end do not
 * take all memory. */
enum { REASM_LIMIT = 256 << 20 };
/* The messages that a direction remembers: those that wait, and those that are done, so that late copies of
 * their segments are recognised. */
enum { REASM_MESSAGES = 8 /* at first */, REASM_MESSAGES_LIMIT = 512 };
/* The separate pieces that one waiting message may have, with gaps between them. */
enum { REASM_PIECES = 64 };

/* The answer of a protocol that was shown bytes: how much it needs of those that follow; `more` 0: nothing.
 */
enum { REASM_ONE_MORE = -1, REASM_UNTIL_FIN = -2 };
struct reasm_wish {
    uint32_t offset; /* where the incomplete message starts in the bytes shown */
    int64_t more;    /* bytes that it needs beyond the last one shown, or one of the constants above */
    bool blind;      /* those bytes are counted and not copied: when the message is shown, their place holds
                        nothing to read */
};

struct reasm_view {
    struct rd bytes;
    uint32_t seq;     /* of the first byte */
    bool may_wait;    /* false: the capture cut the segment, and the answer is ignored */
    bool reassembled; /* from several segments */
};
/* Called for the bytes of a segment or of a message that the segment completed; a few times a segment at
 * most.
 */
typedef struct reasm_wish reasm_show(void *context, const struct reasm_view *view);

struct reasm_segment {
    struct rd payload; /* position 0 */
    uint32_t seq;      /* of its first byte, relative to the direction's base as Wireshark counts it, the SYN
                          left out */
    bool hidden;       /* out of order, or a keep-alive */
    bool fin;
    reasm_show *show;
    void *context;
};

struct reasm_message;
struct reasm_buffer;
/* One direction. Zero-initialise it. It must not be used after the pool is reset. */
struct reasm_side {
    struct reasm_message *messages; /* `room` of them, sorted by seq */
    uint32_t n_messages, room;
    bool until_fin; /* some message waits for the FIN */
    /* If the bytes of the last message are only counted and none is missing so far: where it goes on, and its
     * end; 0: there is no such message. They are kept here so that the segments of a long record touch
     * nothing else. */
    uint32_t counted, counted_end;
    uint32_t forgotten; /* end of the last done message that is no longer remembered; 0: none */
};
enum { REASM_SIZES = 4 }; /* REASM_MESSAGES * 4^i, up to REASM_MESSAGES_LIMIT */

/* The messages of all directions of a capture. Zero-initialise; arrays.memory is set when memory ends. */
struct reasm {
    struct arena arrays;                       /* arrays of messages, one for each direction */
    struct reasm_message *unused[REASM_SIZES]; /* arrays that a direction grew out of, by size */
    struct reasm_buffer *buffers, *spent;
    struct reasm_buffer *spare; /* kept for the next message, since bulk data is one message after another */
    size_t held;
    uint64_t refused; /* messages or pieces not kept because a limit was reached */
};

/* A shortcut for most segments of a long encrypted record. If the segment continues, without a gap, a message
 * whose bytes are only counted, and does not end it, then it is counted here and need not be pushed: true. */
static inline bool reasm_counts(struct reasm_side *side, uint32_t seq, const struct rd *payload)
{
    if (!side->counted_end || seq != side->counted || payload->cap < payload->len ||
        payload->len >= side->counted_end - seq)
        return false;
    side->counted += payload->len;
    return true;
}
void reasm_push(struct reasm *reasm, struct reasm_side *side, const struct reasm_segment *segment);
/* The conversation of the side is forgotten: gives back what the side holds, and counts no message as lost.
 */
void reasm_forget(struct reasm *reasm, struct reasm_side *side);
/* The next frame begins: bytes that were shown are no longer used. */
void reasm_turn(struct reasm *reasm);
/* Gives all memory back. All sides become invalid. */
void reasm_reset(struct reasm *reasm);

#endif
