/* TCP sequence analysis.
 * Invariant: the state changes only here, once for each packet, whether or not the packet is kept.
 * Source: docs/internals/tcp-analysis.md, observed on tshark 4.0.17 with random streams and real captures.
 * Step numbers in the comments are those of its section 2. */
#include "flow/tcp_analysis.h"
#include "base/time.h"

enum { OOO_DEFAULT_NS = 3000000, FAST_NS = 20000000, OPTION_END = 0, OPTION_NOP = 1, OPTION_SCALE = 3 };

void tcp_state_init(struct tcp_state *s)
{
    *s = (struct tcp_state){0};
    for (int i = 0; i < 2; i++) {
        s->side[i].window = UINT32_MAX;
        s->side[i].scale = TCP_SCALE_UNKNOWN;
    }
}

struct tcp_state *tcp_state_make(struct arena *arena)
{
    struct tcp_state *s = arena_take(arena, sizeof *s);
    if (s)
        tcp_state_init(s);
    return s;
}

bool tcp_base_differs(const struct tcp_state *s, uint8_t direction, uint32_t seq)
{
    return s->side[direction].has_base && s->side[direction].base != seq;
}

/* Sequence numbers compare modulo 2^32; a distance of exactly 2^31 counts as after and as before. */
static bool seq_after(uint32_t a, uint32_t b) { return (int32_t)(a - b) > 0 || a - b == 0x80000000u; }
static bool seq_before(uint32_t a, uint32_t b) { return (int32_t)(a - b) < 0; }

/* A time that goes backward gives a huge difference, because Wireshark subtracts unsigned numbers. */
static uint64_t elapsed(int64_t now, int64_t then) { return (uint64_t)now - (uint64_t)then; }

bool tcp_option_next(struct rd *options, uint8_t *kind, struct rd *body)
{
    do {
        if (!rd_left(options) || !rd_has(options, 1))
            return false;
        *kind = rd_u8(options);
    } while (*kind == OPTION_NOP);
    if (*kind == OPTION_END)
        return false;
    uint8_t length = rd_u8(options);
    if (!rd_ok(options) || length < 2)
        return false;
    *body = *options;
    if (length - 2u < body->len - body->pos)
        body->len = body->pos + length - 2u;
    if (body->cap > body->len)
        body->cap = body->len;
    rd_skip(options,
            length -
                2u); /* the captured part of the option still counts; the failed reader ends the next round */
    return true;
}

/* Nearly all segments have these options alone: two fillers and a timestamp (RFC 7323, appendix A). */
static bool is_timestamp_alone(const struct rd *options)
{
    enum { NOP_NOP_TIMESTAMP = 0x0101080a };
    return rd_left(options) == 12 && rd_has(options, 12) && rd_peek32(options, 0) == NOP_NOP_TIMESTAMP;
}

static int8_t scale_option(struct rd options)
{
    int8_t scale = -1;
    struct rd body;
    if (is_timestamp_alone(&options))
        return scale;
    for (uint8_t kind; tcp_option_next(&options, &kind, &body);)
        if (kind == OPTION_SCALE && rd_left(&body) == 1 && rd_has(&body, 1)) {
            uint8_t shift = rd_peek8(&body, 0);
            scale = (int8_t)(shift > 14 ? 14 : shift);
        }
    return scale;
}

bool tcp_segment_read(struct tcp_segment *out, const struct packet *p, const struct layer *layer)
{
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    const uint8_t *bytes = rd_bytes(&r, 16);
    if (!bytes)
        return false;
    uint32_t header = (bytes[12] >> 4) * 4u;
    *out = (struct tcp_segment){.frame = p->frame->number,
                                .time_ns = p->frame->time_ns,
                                .seq = rd_be32(bytes + 4),
                                .ack = rd_be32(bytes + 8),
                                .flags = bytes[13],
                                .window = rd_be16(bytes + 14),
                                .scale_option = -1,
                                .analysed = header <= layer->len,
                                .header_cut = layer->cap < header,
                                .quoted = layer->quoted,
                                .flags_hidden = header < 20 || layer->cap < header || layer->cap < 20};
    out->len = out->analysed ? layer->len - header : 0;
    if (header > 20) {
        struct rd options = rd_make(layer->data, layer->cap < header ? layer->cap : header, header);
        rd_skip(&options, 20);
        out->scale_option = scale_option(options);
    }
    return true;
}

/* Updates the bases of both directions. A SYN/ACK that changes its own base is reported as
 * TCP_REUSED_PORTS. */
static uint32_t update_bases(struct tcp_side *x, struct tcp_side *y, const struct tcp_segment *s)
{
    uint32_t found = 0;
    bool syn = s->flags & TCP_FLAG_SYN, ack = s->flags & TCP_FLAG_ACK;
    if (!x->has_base) {
        x->base = syn ? s->seq : s->seq - 1;
        x->has_base = true;
    } else if (syn && ack && s->seq != x->base) {
        x->base = s->seq;
        found = TCP_REUSED_PORTS;
    }
    if (ack && !y->has_base) {
        y->base = s->ack - 1;
        y->has_base = true;
    }
    return found;
}

/* Section 5: window scale. */
static void update_scale(struct tcp_side *x, struct tcp_side *y, const struct tcp_segment *s)
{
    if (!(s->flags & TCP_FLAG_SYN) ||
        s->header_cut) { /* an option counts here, but a missing option does not */
        if (s->scale_option >= 0)
            x->scale = s->scale_option;
        return;
    }
    if ((s->flags & TCP_FLAG_ACK) && y->scale == TCP_SCALE_NONE)
        x->scale = TCP_SCALE_NONE;
    else if (s->scale_option >= 0)
        x->scale = s->scale_option;
    else if (x->scale == TCP_SCALE_UNKNOWN)
        x->scale = y->scale = TCP_SCALE_NONE;
}

/* Steps 4 to 10: the labels that follow from the sequence numbers of the packet itself. */
static uint32_t analyze_numbers(struct tcp_side *x, const struct tcp_side *y, const struct tcp_segment *s,
                                struct tcp_result *result)
{
    uint32_t found = 0;
    bool marked = s->flags & (TCP_FLAG_SYN | TCP_FLAG_FIN | TCP_FLAG_RST);
    if (s->window == 0 && !marked)
        found |= TCP_ZERO_WINDOW;
    if (x->next && seq_after(s->seq, x->next) && !(s->flags & TCP_FLAG_RST))
        found |= TCP_LOST_SEGMENT;
    if (s->len <= 1 && s->seq == x->next - 1 && !marked)
        found |= TCP_KEEP_ALIVE;
    bool same = s->len == 0 && s->seq == x->next && s->ack == x->ack && !marked;
    if (same && s->window && s->window != x->window)
        found |= TCP_WINDOW_UPDATE;
    uint32_t shift = y->window_of_syn || y->scale < 0 ? 0 : (uint32_t)y->scale;
    if (s->len > 0 && y->scale != TCP_SCALE_UNKNOWN && s->seq + s->len == y->ack + (y->window << shift) &&
        !marked)
        found |= TCP_WINDOW_FULL;
    if (same && s->window && s->window == x->window && (y->last_flags & TCP_KEEP_ALIVE)) {
        found |= TCP_KEEP_ALIVE_ACK;
    } else if (same && !s->window && !x->window && (y->last_flags & TCP_ZERO_WINDOW_PROBE)) {
        found |= TCP_ZERO_WINDOW_PROBE_ACK;
    } else if (same && s->window && s->window == x->window) {
        x->n_dups++;
        x->beyond = false;
        found |= TCP_DUPLICATE_ACK;
        result->dup_num = x->n_dups;
        result->dup_frame = x->dup_frame;
    }
    return found;
}

/* Steps 11 and 12: the labels that follow from its acknowledgement of the other direction. */
static uint32_t analyze_ack(struct tcp_side *x, struct tcp_side *y, const struct tcp_segment *s,
                            struct tcp_result *result)
{
    uint32_t found = 0;
    if (s->ack != x->ack) {
        x->dup_frame = s->frame;
        x->n_dups = 0;
        x->beyond = false;
    }
    if (y->contiguous && (s->flags & TCP_FLAG_ACK) && (int32_t)(s->ack - y->contiguous) > 0) {
        if (y->contiguous != y->next) {
            found = TCP_ACK_LOST_SEGMENT;
            y->contiguous = y->next;
        } else {
            if (!y->n_dups && !y->beyond)
                found = TCP_ACK_LOST_SEGMENT;
            result->beyond = true;
            y->beyond = true;
            y->n_dups = 0;
        }
    }
    return found;
}

/* Steps 13 and 14: is it a repetition of data that were sent before? */
static uint32_t analyze_repetition(const struct tcp_state *state, const struct tcp_side *x,
                                   const struct tcp_side *y, const struct tcp_segment *s, uint32_t end,
                                   uint32_t found)
{
    bool counts = s->len > 0 || (s->flags & (TCP_FLAG_SYN | TCP_FLAG_FIN));
    if (s->len > 0 && y->ack && (int32_t)(s->seq + s->len - y->ack) <= 0 && !(found & TCP_KEEP_ALIVE))
        return TCP_SPURIOUS_RETRANSMISSION | TCP_RETRANSMISSION;
    if (!counts || !x->next || !seq_before(s->seq, x->next) ||
        (found & (TCP_KEEP_ALIVE | TCP_ZERO_WINDOW_PROBE)) || (s->len > 1 && s->seq == x->next - 1))
        return 0;
    if ((y->n_dups >= 2 || y->beyond) && s->seq == y->ack && y->has_ack_time &&
        elapsed(s->time_ns, y->ack_ns) < FAST_NS)
        return TCP_FAST_RETRANSMISSION | TCP_RETRANSMISSION;
    uint64_t limit = state->has_irtt && state->irtt_ns ? (uint64_t)state->irtt_ns : OOO_DEFAULT_NS;
    if (elapsed(s->time_ns, x->next_ns) < limit && end != x->next)
        return TCP_OUT_OF_ORDER;
    return TCP_RETRANSMISSION;
}

/* Step 15: the first round trip, from a SYN to the first packet with ACK and without SYN. */
static void irtt_measure(struct tcp_state *state, const struct tcp_segment *s)
{
    bool syn = s->flags & TCP_FLAG_SYN, ack = s->flags & TCP_FLAG_ACK;
    if (syn && !ack) {
        state->syn_ns = s->time_ns;
        state->has_syn = s->time_ns != 0; /* Wireshark treats a time of 0 as no time */
    } else if (ack && !syn && state->has_syn && (!state->has_irtt || !state->irtt_ns)) {
        state->irtt_ns = time_diff(s->time_ns, state->syn_ns);
        state->has_irtt = true;
    }
}

void tcp_note_quote(struct tcp_state *state, uint8_t direction, const struct tcp_segment *s)
{
    update_scale(&state->side[direction], &state->side[1 - direction], s);
    if ((s->flags & (TCP_FLAG_SYN | TCP_FLAG_ACK)) == TCP_FLAG_SYN)
        irtt_measure(state, s);
}

struct tcp_result tcp_analyze(struct tcp_state *state, uint8_t direction, const struct tcp_segment *s)
{
    struct tcp_result result = {0};
    struct tcp_side *x = &state->side[direction], *y = &state->side[1 - direction];
    bool syn = s->flags & TCP_FLAG_SYN;
    result.scale = x->scale;
    result.next_ns = x->next_ns;
    result.next_frame = x->next_frame;
    result.known_syn = syn && !(s->flags & TCP_FLAG_ACK) && x->has_base;
    uint32_t found = update_bases(x, y, s);
    update_scale(x, y, s);
    if (syn && !(s->flags & TCP_FLAG_ACK) && x->contiguous)
        x->next = x->contiguous;
    uint32_t end = s->seq + s->len + ((s->flags & (TCP_FLAG_SYN | TCP_FLAG_FIN)) ? 1 : 0);
    bool probe = s->len == 1 && s->seq == x->next && y->window == 0;
    if (probe)
        found |= TCP_ZERO_WINDOW_PROBE;
    else
        found |= analyze_numbers(x, y, s, &result);
    found |= analyze_ack(x, y, s, &result);
    found |= analyze_repetition(state, x, y, s, end, found);
    irtt_measure(state, s);
    if (!probe) {
        if (!x->next || (int32_t)(end - x->next) > 0) {
            x->next = end;
            x->next_ns = s->time_ns;
            x->next_frame = s->frame;
        }
        if (!x->contiguous || s->seq == x->contiguous)
            x->contiguous = x->next;
    }
    x->window = s->window;
    x->window_of_syn = syn;
    x->ack = s->ack;
    x->ack_ns = s->time_ns;
    x->has_ack_time = true;
    x->last_flags = found;
    result.flags = s->flags_hidden ? 0 : found;
    return result;
}

struct fin_result tcp_note_fin(struct tcp_state *state, uint8_t direction, const struct tcp_segment *s)
{
    uint32_t *mine = &state->fin_frame[direction], other = state->fin_frame[1 - direction];
    if (!(s->flags & TCP_FLAG_FIN))
        return (struct fin_result){0};
    bool passive = other && (!*mine || other < *mine);
    if (!*mine)
        *mine = s->frame;
    return (struct fin_result){.passive = passive, .active = !passive};
}

void tcp_replay(struct tcp_state *state, uint8_t direction, const struct tcp_segment *s)
{
    if (s->quoted) {
        tcp_note_quote(state, direction, s);
        return;
    }
    if (s->analysed)
        (void)tcp_analyze(state, direction, s);
    (void)tcp_note_fin(state, direction, s);
}
