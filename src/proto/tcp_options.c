/* TCP options.
 * Invariant: an option's values come from inside the option; a length that cannot be ends the options.
 * Source: RFC 9293, 7323, 2018, 2883; what a wrong length leaves: observed, tshark 4.0.17. */
#include "proto/tcp.h"

enum {
    KIND_END = 0,
    KIND_NOP = 1,
    KIND_MSS = 2,
    KIND_WINDOW_SCALE = 3,
    KIND_SACK = 5,
    KIND_TIMESTAMPS = 8,
    SHIFT_MAX = 14,
    NOPS_SUSPECT = 4,
    FLAG_SYN = 2
};

static void window_scale_read(struct row *row, struct rd *r)
{
    uint8_t shift = put_u8(row, F_TCP_OPTIONS_WSCALE_SHIFT, r);
    if (!rd_ok(r))
        return;
    put_uint(row, F_TCP_OPTIONS_WSCALE_MULTIPLIER, 1u << (shift > SHIFT_MAX ? SHIFT_MAX : shift));
}

static void sack_read(struct row *row, struct rd *r, const struct tcp_context *context)
{
    unsigned count = 0;
    while (rd_ok(r) && rd_left(r) >= 8) {
        uint32_t left = rd_u32(r) - context->base_seq, right = rd_u32(r) - context->base_seq;
        if (!rd_ok(r))
            return;
        put_uint(row, F_TCP_OPTIONS_SACK_LE, left);
        put_uint(row, F_TCP_OPTIONS_SACK_RE, right);
        count++;
    }
    if (rd_ok(r))
        put_uint(row, F_TCP_OPTIONS_SACK_COUNT, count);
}

static void option_read(struct row *row, struct rd *r, uint8_t kind, const struct tcp_context *context)
{
    switch (kind) {
    case KIND_MSS:
        put_u16(row, F_TCP_OPTIONS_MSS_VAL, r);
        break;
    case KIND_WINDOW_SCALE:
        window_scale_read(row, r);
        break;
    case KIND_SACK:
        sack_read(row, r, context);
        break;
    case KIND_TIMESTAMPS:
        put_u32(row, F_TCP_OPTIONS_TIMESTAMP_TSVAL, r);
        put_u32(row, F_TCP_OPTIONS_TIMESTAMP_TSECR, r);
        break;
    default:
        break;
    }
}

/* One option of more than a byte; false ends them. */
static bool option_next(struct row *row, struct rd *r, uint8_t kind, const struct tcp_context *context)
{
    uint8_t len = rd_left(r) ? rd_u8(r) : 0;
    if (!rd_ok(r) || len < 2 || len - 2u > rd_left(r))
        return false;
    struct rd option = rd_sub(r, len - 2u);
    put_uint(row, F_TCP_OPTION_KIND, kind);
    put_uint(row, F_TCP_OPTION_LEN, len);
    option_read(row, &option, kind, context);
    if (option.fail == RD_CUT)
        r->fail = RD_CUT;
    return rd_ok(r);
}

static void options_walk(struct row *row, struct rd *r, const struct tcp_context *context)
{
    unsigned nops = 0;
    while (rd_ok(r) && rd_left(r)) {
        uint8_t kind = rd_u8(r);
        if (!rd_ok(r))
            return;
        nops = kind == KIND_NOP ? nops + 1 : 0;
        if (kind == KIND_NOP || kind == KIND_END)
            put_uint(row, F_TCP_OPTION_KIND, kind);
        if (nops == NOPS_SUSPECT)
            put_label(row, F_TCP_NOP);
        if (kind == KIND_END || (kind != KIND_NOP && !option_next(row, r, kind, context)))
            return;
    }
}

void tcp_options_read(struct row *row, struct rd *r, uint32_t n, const struct tcp_context *context)
{
    if (!n)
        return;
    if (n > rd_left(r))
        n = rd_left(r);
    struct rd options = rd_sub(r, n);
    put_bytes(row, F_TCP_OPTIONS, options.data, options.cap);
    options_walk(row, &options, context);
    if (options.fail == RD_CUT || options.cap < options.len)
        r->fail = RD_CUT;
}
