/* Unacknowledged TCP segments.
 * Invariant: the labels of tcp_analysis.c never depend on the state of this file. Acknowledgements are
 * compared modulo 2^32; bytes in flight use numbers relative to the base of the direction, as in Wireshark.
 * Source: docs/internals/tcp-analysis.md, section 10, observed on tshark 4.0.17 with crafted streams and real
 * captures. */
#include "flow/tcp_flight.h"
#include "base/time.h"

enum { OPTION_SACK = 5, BLOCKS_MAX = 3, SEGMENTS_MAX = 10000 };

uint32_t tcp_sacked_read(const struct layer *layer)
{
    struct rd r = rd_make(layer->data, layer->cap, layer->len), body;
    uint32_t header = (uint32_t)(rd_peek8(&r, 12) >> 4) * 4, sacked = 0;
    if (header <= 20)
        return 0;
    r = rd_make(layer->data, layer->cap < header ? layer->cap : header, header);
    rd_skip(&r, 20);
    for (uint8_t kind; tcp_option_next(&r, &kind, &body);) {
        if (kind != OPTION_SACK)
            continue;
        sacked = 0; /* of several options the last one counts */
        for (int i = 0; i < BLOCKS_MAX && rd_has(&body, 8); i++) {
            uint32_t left = rd_u32(&body);
            sacked += rd_u32(&body) - left;
        }
    }
    return sacked;
}

static bool flight_after(uint32_t a, uint32_t b) { return (int32_t)(a - b) > 0; }

/* Whether an acknowledgement that does not end f neither ends nor divides the segments behind f. */
static bool are_beyond(const struct flight_side *y, const struct flight_segment *f, uint32_t ack)
{
    return y->in_order && y->newest->end - f->end <= INT32_MAX && flight_after(y->newest->end, ack);
}

/* Removes the acknowledged segments. The oldest one that ends exactly at the acknowledgement gives the
 * round-trip time. */
static void flight_acknowledge(struct flight_pool *pool, struct flight_side *y, const struct tcp_segment *s,
                               struct flight_result *out)
{
    struct flight_segment **at = &y->oldest, *last = NULL;
    while (*at) {
        struct flight_segment *f = *at;
        if (flight_after(f->end, s->ack)) {
            if (flight_after(s->ack, f->seq))
                f->seq = s->ack;
            if (are_beyond(y, f, s->ack))
                return;
            last = f;
            at = &f->next;
            continue;
        }
        if (f->end == s->ack && !out->acks_frame) {
            out->acks_frame = f->frame;
            out->ack_rtt_ns = time_diff(s->time_ns, f->time_ns);
        }
        *at = f->next;
        f->next = pool->unused;
        pool->unused = f;
        y->n--;
    }
    y->newest = last;
}

static void flight_time_out(const struct flight_side *x, const struct tcp_segment *s,
                            const struct tcp_result *analysis, struct flight_result *out)
{
    out->rto_ns = time_diff(s->time_ns, x->oldest ? x->oldest->time_ns : analysis->next_ns);
    if (out->rto_ns)
        out->rto_frame = x->oldest ? x->oldest->frame : analysis->next_frame;
}

/* Whether a segment begins at or behind the end of all others, by numbers that do not wrap. */
static bool is_next(const struct flight_side *x, uint32_t seq, uint32_t end, uint32_t base)
{
    bool is_behind = !x->n || (x->in_order && x->base == base && seq - base >= x->newest->end - base);
    return is_behind && end - base > seq - base;
}

static void flight_append(struct flight_pool *pool, struct arena *arena, struct flight_side *x,
                          const struct tcp_segment *s, uint32_t base)
{
    uint32_t end = s->seq + s->len + !!(s->flags & (TCP_FLAG_SYN | TCP_FLAG_FIN));
    if (end == s->seq || x->n >= SEGMENTS_MAX)
        return;
    struct flight_segment *f = pool->unused;
    if (f)
        pool->unused = f->next;
    else if (!(f = arena_alloc(arena, sizeof *f)))
        return;
    *f = (struct flight_segment){.time_ns = s->time_ns, .seq = s->seq, .end = end, .frame = s->frame};
    x->in_order = is_next(x, s->seq, end, base);
    x->base = base;
    *(x->newest ? &x->newest->next : &x->oldest) = f;
    x->newest = f;
    x->n++;
}

/* Bytes from the lowest to the highest unacknowledged number, less the blocks that the other side has
 * reported (SACK). */
static uint32_t in_flight(const struct flight_side *x, const struct flight_side *y, uint32_t base,
                          bool marked)
{
    uint32_t first = UINT32_MAX, end = 0;
    bool is_known = x->n && x->in_order && x->base == base;
    if (is_known) {
        first = x->oldest->seq - base;
        end = x->newest->end - base;
    }
    for (const struct flight_segment *f = is_known ? NULL : x->oldest; f; f = f->next) {
        first = f->seq - base < first ? f->seq - base : first;
        end = f->end - base > end ? f->end - base : end;
    }
    uint32_t bytes = end - first - marked - y->sacked;
    return (int32_t)bytes > 0 ? bytes : 0;
}

static void flight_count_bytes(struct flight_side *x, const struct flight_side *y,
                               const struct tcp_segment *s, uint32_t base, struct flight_result *out)
{
    x->pushed += s->len;
    out->in_flight = in_flight(x, y, base, s->flags & (TCP_FLAG_SYN | TCP_FLAG_FIN));
    if (out->in_flight)
        out->pushed = x->pushed;
    if (s->flags & TCP_FLAG_PSH)
        x->pushed = 0;
}

void tcp_flight_advance(struct flight_pool *pool, struct arena *arena, struct tcp_state *state,
                        uint8_t direction, const struct tcp_segment *s, const struct tcp_result *analysis,
                        uint32_t sacked, struct flight_result *out)
{
    *out = (struct flight_result){0};
    if (!state->flight) {
        if (!(state->flight = arena_take(arena, sizeof *state->flight)))
            return;
        *state->flight = (struct tcp_flight){0};
    }
    struct flight_side *x = &state->flight->side[direction], *y = &state->flight->side[1 - direction];
    uint32_t found = state->side[direction].last_flags;
    flight_acknowledge(pool, y, s, out);
    if (s->flags & TCP_FLAG_ACK)
        y->lost = false;
    if (found & TCP_LOST_SEGMENT)
        x->lost = true;
    if ((found & TCP_RETRANSMISSION) && !(found & (TCP_FAST_RETRANSMISSION | TCP_SPURIOUS_RETRANSMISSION)))
        flight_time_out(x, s, analysis, out);
    flight_append(pool, arena, x, s, state->side[direction].base);
    bool counts = s->len && !x->lost;
    if (counts)
        flight_count_bytes(x, y, s, state->side[direction].base, out);
    x->sacked = sacked;
    out->shown = counts || out->acks_frame || found || analysis->known_syn || analysis->beyond;
    if (s->flags_hidden)
        *out = (struct flight_result){0};
}

void tcp_flight_forget(struct flight_pool *pool, struct arena *arena, struct tcp_state *state)
{
    if (!state->flight)
        return;
    for (int i = 0; i < 2; i++)
        for (struct flight_segment *f = state->flight->side[i].oldest, *next; f; f = next) {
            next = f->next;
            f->next = pool->unused;
            pool->unused = f;
        }
    arena_give(arena, state->flight, sizeof *state->flight);
    state->flight = NULL;
}
