/* Joins TCP segments into messages. Invariants: the messages of a side are sorted by their first sequence
 * number; the pieces of a waiting message are sorted, do not touch each other, and lie inside its buffer.
 * Source: observed, tshark 4.0.17 (one pass, default settings: desegmentation on, reassembly of out-of-order
 * segments off), on streams with segments cut, lost, repeated and swapped at random. */
#include "stream/reasm.h"

#include <string.h>

#include "base/memory.h"

enum {
    FIRST_SIZE = 2048,
    AT_ONCE = 20480 /* the longest TLS record fits */,
    ROOM_FOR_ALL = REASM_LIMIT / 4,
    FAR = 1 << 30 /* the assumed length of a message that waits for the FIN */
};

/* The bytes of a waiting message; a member of one of the pool's lists. */
struct reasm_buffer {
    struct reasm_buffer *next, *previous;
    size_t size;
    uint8_t bytes[];
};

struct piece {
    uint32_t start, end;
};

struct reasm_message {
    uint32_t seq, next; /* of the first byte, and of the first byte behind the message, as far as known */
    bool one_more;      /* the next segment is wanted whole */
    bool blind;         /* further bytes are counted and not copied */
    bool done, lost;
    uint32_t total; /* bytes of the message; 0: no piece has reached `next` yet */
    uint32_t n_pieces;
    union {
        struct reasm_buffer *buffer;
        struct reasm_message *next_unused; /* in the first message of an array that is not in use */
    };
};

/* ---- buffers ---- */

enum { PIECES_ROOM = REASM_PIECES * sizeof(struct piece) };

static void unlink_buffer(struct reasm *pool, struct reasm_buffer *b)
{
    if (b->previous)
        b->previous->next = b->next;
    else
        pool->buffers = b->next;
    if (b->next)
        b->next->previous = b->previous;
}

static void link_buffer(struct reasm *pool, struct reasm_buffer *b)
{
    b->previous = NULL;
    b->next = pool->buffers;
    if (b->next)
        b->next->previous = b;
    pool->buffers = b;
}

/* Ends the message. Its bytes may still be read until reasm_turn. */
static void release(struct reasm *pool, struct reasm_message *m)
{
    struct reasm_buffer *b = m->buffer;
    if (!b)
        return;
    unlink_buffer(pool, b);
    pool->held -= b->size;
    b->next = pool->spent;
    pool->spent = b;
    m->buffer = NULL;
    m->n_pieces = 0;
}

static void lose(struct reasm *pool, struct reasm_message *m)
{
    release(pool, m);
    m->lost = true;
    pool->refused++;
}

/* Takes the spare buffer if it is large enough, and not much too large, because a message may wait for ever.
 */
static bool reuse(struct reasm *pool, struct reasm_message *m, size_t size)
{
    struct reasm_buffer *b = pool->spare;
    if (m->buffer || !b || b->size < size || b->size > 2 * size)
        return false;
    pool->spare = NULL;
    pool->held += b->size;
    link_buffer(pool, b);
    m->buffer = b;
    return true;
}

/* Makes room for `need` bytes, within the limits. A short message whose length is known gets all its room at
 * once, as long as there is much room: announced bytes that never come must not keep others out. */
static bool reserve(struct reasm *pool, struct reasm_message *m, uint64_t need)
{
    uint32_t whole = m->next - m->seq;
    size_t old = m->buffer ? m->buffer->size : 0, size = old;
    if (!old)
        size =
            whole < AT_ONCE && pool->held < ROOM_FOR_ALL ? (whole / FIRST_SIZE + 1) * FIRST_SIZE : FIRST_SIZE;
    if ((m->buffer && need <= old) || (need <= size && reuse(pool, m, size)))
        return true;
    while (size < need && size < REASM_MESSAGE_LIMIT)
        size *= 2;
    if (need > REASM_MESSAGE_LIMIT || pool->held - old + size > REASM_LIMIT) {
        lose(pool, m);
        return false;
    }
    if (m->buffer)
        unlink_buffer(pool, m->buffer);
    struct reasm_buffer *b = memory_grow(m->buffer, sizeof *b + PIECES_ROOM + size);
    if (!b) {
        if (m->buffer)
            link_buffer(pool, m->buffer);
        arena_ended(&pool->arrays);
        return false;
    }
    b->size = size;
    link_buffer(pool, b);
    pool->held += size - old;
    m->buffer = b;
    return true;
}

static struct piece *pieces_of(const struct reasm_message *m)
{
    return (struct piece *)(void *)m->buffer->bytes;
}
static uint8_t *bytes_of(const struct reasm_message *m) { return m->buffer->bytes + PIECES_ROOM; }

/* ---- pieces ---- */

static void copy_piece(struct reasm_message *m, uint32_t at, const uint8_t *from, uint32_t len)
{
    if (!m->blind)
        memcpy(bytes_of(m) + at, from, len);
}

/* Adds a piece of len bytes at `start` and joins it with the pieces that it touches. Bytes that are there
 * already are not overwritten. */
static void store(struct reasm *pool, struct reasm_message *m, uint32_t start, const uint8_t *from,
                  uint32_t len)
{
    if (m->lost || !len || !reserve(pool, m, (uint64_t)start + len))
        return;
    struct piece *p = pieces_of(m);
    uint32_t end = start + len, at = start, i = 0, j;
    while (i < m->n_pieces && p[i].end < start)
        i++;
    struct piece merged = {start, end};
    for (j = i; j < m->n_pieces && p[j].start <= end; j++) {
        if (p[j].start > at)
            copy_piece(m, at, from + (at - start), p[j].start - at);
        at = p[j].end > at ? p[j].end : at;
        merged.start = p[j].start < merged.start ? p[j].start : merged.start;
        merged.end = p[j].end > merged.end ? p[j].end : merged.end;
    }
    if (at < end)
        copy_piece(m, at, from + (at - start), end - at);
    if (j == i && m->n_pieces == REASM_PIECES) {
        lose(pool, m);
        return;
    }
    memmove(p + i + 1, p + j, (m->n_pieces - j) * sizeof *p);
    m->n_pieces += 1 - (j - i);
    p[i] = merged;
}

static bool is_whole(const struct reasm_message *m)
{
    return m->buffer && m->total && m->n_pieces && !pieces_of(m)[0].start && pieces_of(m)[0].end >= m->total;
}

/* ---- messages of a side ---- */

static struct reasm_message *find_exact(const struct reasm_side *side, uint32_t seq)
{
    for (uint32_t i = side->n_messages; i-- && side->messages[i].seq >= seq;)
        if (side->messages[i].seq == seq)
            return &side->messages[i];
    return NULL;
}

/* The last message that starts before seq. */
static struct reasm_message *find_before(const struct reasm_side *side, uint32_t seq)
{
    for (uint32_t i = side->n_messages; i--;)
        if (side->messages[i].seq < seq)
            return &side->messages[i];
    return NULL;
}

static void forget(struct reasm *pool, struct reasm_side *side, uint32_t i)
{
    pool->refused += !side->messages[i].done && !side->messages[i].lost;
    release(pool, &side->messages[i]);
    side->n_messages--;
    memmove(side->messages + i, side->messages + i + 1, (side->n_messages - i) * sizeof *side->messages);
}

/* Joins neighbours that are done: a segment that starts inside a done message is ignored, whichever message
 * it is. */
static void merge_done(struct reasm_side *side)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < side->n_messages; i++) {
        struct reasm_message *m = &side->messages[i], *last = kept ? &side->messages[kept - 1] : NULL;
        if (last && last->done && m->done && last->next == m->seq)
            last->next = m->next;
        else
            side->messages[kept++] = *m;
    }
    side->n_messages = kept;
}

/* The i for which an array of `room` messages has the size REASM_MESSAGES * 4^i. */
static unsigned size_of(uint32_t room)
{
    unsigned size = 0;
    for (uint32_t r = REASM_MESSAGES; r < room; r *= 4)
        size++;
    return size;
}

/* Moves the messages into an array of four times the size, or into the first one. */
static bool grow(struct reasm *pool, struct reasm_side *side)
{
    uint32_t room = side->room ? 4 * side->room : REASM_MESSAGES;
    struct reasm_message **unused = &pool->unused[size_of(room)], *array = *unused;
    if (array)
        *unused = array->next_unused;
    else if (!(array = arena_alloc(&pool->arrays, room * sizeof *array)))
        return false;
    if (side->messages) {
        memcpy(array, side->messages, side->n_messages * sizeof *array);
        unused = &pool->unused[size_of(side->room)];
        side->messages->next_unused = *unused;
        *unused = side->messages;
    }
    side->messages = array;
    side->room = room;
    return true;
}

/* Makes room for one more message: by merging, then by growing; at the limit the oldest done message is
 * forgotten, or the oldest of all. */
static bool make_room(struct reasm *pool, struct reasm_side *side)
{
    merge_done(side);
    if (side->n_messages < side->room)
        return true;
    if (side->room < REASM_MESSAGES_LIMIT)
        return grow(pool, side);
    uint32_t oldest = 0;
    while (oldest < side->n_messages && !side->messages[oldest].done)
        oldest++;
    if (oldest < side->n_messages)
        side->forgotten = side->messages[oldest].next;
    forget(pool, side, oldest < side->n_messages ? oldest : 0);
    return true;
}

static struct reasm_message *add_message(struct reasm *pool, struct reasm_side *side, uint32_t seq)
{
    if (side->n_messages == side->room && !make_room(pool, side))
        return NULL;
    uint32_t i = side->n_messages++;
    for (; i && side->messages[i - 1].seq > seq; i--)
        side->messages[i] = side->messages[i - 1];
    side->messages[i] = (struct reasm_message){.seq = seq};
    return &side->messages[i];
}

/* ---- showing ---- */

static struct reasm_wish show(const struct reasm_segment *s, struct rd bytes, uint32_t seq, bool may_wait,
                              bool reassembled)
{
    struct reasm_view view = {bytes, seq, may_wait, reassembled};
    return s->hidden ? (struct reasm_wish){0} : s->show(s->context, &view);
}

/* Starts a message: the bytes from wish.offset on are not whole, and wait for those that the wish asks for.
 */
static void begin(struct reasm *pool, struct reasm_side *side, struct rd bytes, uint32_t seq,
                  struct reasm_wish wish)
{
    struct reasm_message *m = add_message(pool, side, seq + wish.offset);
    if (!m)
        return;
    uint32_t end = seq + bytes.len;
    m->one_more = wish.more == REASM_ONE_MORE;
    if (wish.more == REASM_UNTIL_FIN)
        side->until_fin = true;
    m->next = end + (uint32_t)(wish.more > 0 ? wish.more : wish.more == REASM_ONE_MORE ? 1 : FAR);
    if (wish.more > REASM_MESSAGE_LIMIT)
        lose(pool, m);
    store(pool, m, 0, bytes.data + wish.offset, bytes.len - wish.offset);
    m->blind = wish.blind;
}

/* A message that seemed whole asks for more bytes from its own start on. */
static void extend(struct reasm *pool, struct reasm_side *side, struct reasm_message *m, uint32_t end,
                   struct reasm_wish wish)
{
    int64_t more = wish.more;
    m->blind = wish.blind;
    m->done = false;
    m->total = 0;
    m->one_more = more == REASM_ONE_MORE;
    m->next = end + (uint32_t)(more > 0 ? more : more == REASM_ONE_MORE ? 1 : FAR);
    if (more == REASM_UNTIL_FIN)
        side->until_fin = true;
    if (more > REASM_MESSAGE_LIMIT)
        lose(pool, m);
}

/* Shows a message that this segment completed; its last bytes are the first `used` bytes of the segment.
 * True: the protocol wants more bytes, and the rest of the segment is not looked at. */
static bool complete(struct reasm *pool, struct reasm_side *side, struct reasm_message *m,
                     const struct reasm_segment *s, uint32_t seq, uint32_t used)
{
    m->done = true;
    struct rd whole = rd_make(bytes_of(m), m->total, m->total);
    struct reasm_wish wish = show(s, whole, m->seq, true, true);
    uint32_t before = m->total > used ? m->total - used : 0;
    if (wish.more && m->blind) { /* the end that the protocol gave was wrong */
        lose(pool, m);
        return true;
    }
    if (wish.more && wish.offset <= before) {
        extend(pool, side, m, seq + used, wish);
        return true;
    }
    release(pool, m);
    if (!wish.more)
        return false;
    struct rd last = rd_make(whole.data + before, used, used);
    wish.offset -= before;
    begin(pool, side, last, seq, wish);
    return true;
}

/* Adds the segment's bytes to message m. Returns how many of them belong to m; 0: the rest of the segment is
 * not looked at. */
static uint32_t go_on(struct reasm *pool, struct reasm_side *side, struct reasm_message *m,
                      const struct reasm_segment *s, struct rd bytes, uint32_t seq)
{
    uint32_t end = seq + bytes.len;
    uint32_t used = m->one_more || end <= m->next ? bytes.len : m->next - seq;
    bool last = end >= m->next;
    if (m->one_more && m->n_pieces && !pieces_of(m)->start && end - m->seq <= pieces_of(m)->end)
        return 0; /* no new byte, as in a keep-alive: this is not the segment that the message waits for */
    if (m->done)  /* Wireshark reports an error for repeated old data, and leaves the segment */
        return 0;
    if (!m->lost) {
        if (m->one_more)
            m->next = end > m->next ? end : m->next;
        m->one_more = false;
        store(pool, m, seq - m->seq, bytes.data, used);
        if (last)
            m->total = m->next - m->seq;
        if (is_whole(m) && complete(pool, side, m, s, seq, used))
            return 0;
    }
    return used < bytes.len ? used : 0;
}

/* Handles the bytes from seq on once. Returns how many of them are done; 0: all. */
static uint32_t step(struct reasm *pool, struct reasm_side *side, const struct reasm_segment *s,
                     struct rd bytes, uint32_t seq)
{
    struct reasm_message *m = find_exact(side, seq);
    if (m && m->next >=
                 seq + bytes.len) /* a copy of the start of a message; a copy that goes past its end counts */
        return 0;
    m = m ? m : find_before(side, seq);
    if (m && m->next > seq)
        return go_on(pool, side, m, s, bytes, seq);
    struct reasm_wish wish = show(s, bytes, seq, true, false);
    if (wish.more)
        begin(pool, side, bytes, seq, wish);
    return 0;
}

/* start_counting prepares the fields of the side that reasm_counts uses, stop_counting writes them back to
 * the message. */
static void start_counting(struct reasm_side *side)
{
    struct reasm_message *m = side->n_messages ? &side->messages[side->n_messages - 1] : NULL;
    if (!m || !m->blind || m->done || m->lost || m->one_more || m->n_pieces != 1 || pieces_of(m)->start)
        return;
    side->counted = m->seq + pieces_of(m)->end;
    side->counted_end = m->next;
}

static void stop_counting(struct reasm_side *side)
{
    if (!side->counted_end)
        return;
    struct reasm_message *m = &side->messages[side->n_messages - 1];
    pieces_of(m)->end = side->counted - m->seq;
    side->counted_end = 0;
}

/* A FIN completes the message that waits for it; true: there is one. */
static bool finish(struct reasm *pool, struct reasm_side *side, const struct reasm_segment *s)
{
    struct reasm_message *m = find_before(side, s->seq);
    if (!m || m->done || m->lost || m->next < s->seq || m->next - s->seq < FAR / 2)
        return false;
    store(pool, m, s->seq - m->seq, s->payload.data, s->payload.len);
    m->total = s->seq + s->payload.len - m->seq;
    if (!is_whole(m))
        return false;
    m->done = true;
    show(s, rd_make(bytes_of(m), m->total, m->total), m->seq, false, true);
    release(pool, m);
    return true;
}

static void push(struct reasm *pool, struct reasm_side *side, const struct reasm_segment *s)
{
    struct rd bytes = s->payload;
    uint32_t seq = s->seq;
    if (bytes.cap < bytes.len) {
        if (bytes.cap)
            show(s, bytes, seq, false, false);
        return;
    }
    if (side->forgotten &&
        (int32_t)(seq - side->forgotten) < 0) /* a late copy of a message that is no longer remembered */
        pool->refused++;
    if (s->fin && side->until_fin && finish(pool, side, s))
        return;
    while (bytes.len) {
        uint32_t used = step(pool, side, s, bytes, seq);
        if (!used)
            return;
        rd_skip(&bytes, used);
        bytes = rd_rest(&bytes);
        seq += used;
    }
}

void reasm_push(struct reasm *pool, struct reasm_side *side, const struct reasm_segment *s)
{
    stop_counting(side);
    push(pool, side, s);
    start_counting(side);
}

void reasm_forget(struct reasm *pool, struct reasm_side *side)
{
    for (uint32_t i = 0; i < side->n_messages; i++)
        release(pool, &side->messages[i]);
    if (side->messages) {
        struct reasm_message **unused = &pool->unused[size_of(side->room)];
        side->messages->next_unused = *unused;
        *unused = side->messages;
    }
    *side = (struct reasm_side){0};
}

void reasm_turn(struct reasm *pool)
{
    while (pool->spent) {
        struct reasm_buffer *b = pool->spent;
        pool->spent = b->next;
        if (b->size <= AT_ONCE) {
            memory_free(pool->spare);
            pool->spare = b;
        } else {
            memory_free(b);
        }
    }
}

void reasm_reset(struct reasm *pool)
{
    reasm_turn(pool);
    memory_free(pool->spare);
    while (pool->buffers) {
        struct reasm_buffer *next = pool->buffers->next;
        memory_free(pool->buffers);
        pool->buffers = next;
    }
    arena_free(&pool->arrays);
    *pool = (struct reasm){.arrays = pool->arrays};
}
