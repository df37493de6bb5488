/* TCP options.
 * Invariant: the values of an option lie inside it. An option with a wrong length for its kind has no values;
 * one that is too short for its values ends the segment; an impossible length ends the options.
 * Source: RFC 9293, 7323, 1072, 1644, 2385, 5925, 4782, 5482, 9768; the rest was observed with all 256 kinds
 * (tshark 4.0.17). */
#include "field/ids_tcp.h"
#include "proto/nops.h"
#include "proto/tcp.h"

enum {
    KIND_END = 0,
    KIND_NOP = 1,
    KIND_MSS = 2,
    KIND_WINDOW_SCALE = 3,
    KIND_SACK_PERMITTED = 4,
    KIND_SACK = 5,
    KIND_ECHO = 6,
    KIND_ECHO_REPLY = 7,
    KIND_TIMESTAMPS = 8,
    KIND_CC = 11,
    KIND_CC_NEW = 12,
    KIND_CC_ECHO = 13,
    KIND_MD5 = 19,
    KIND_SCPS = 20,
    KIND_SNACK = 21,
    KIND_RECORD_BOUNDARY = 22,
    KIND_CORRUPTION = 23,
    KIND_QUICK_START = 27,
    KIND_USER_TIMEOUT = 28,
    KIND_AUTHENTICATION = 29,
    KIND_MPTCP = 30,
    KIND_FAST_OPEN = 34,
    KIND_PROBE = 76,
    KIND_TRANSPARENCY = 78,
    KIND_ACC_ECN_0 = 172,
    KIND_ACC_ECN_1 = 174,
    KIND_EXPERIMENT_1 = 253,
    KIND_EXPERIMENT_2 = 254,
    SHIFT_MAX = 14,
    FLAG_SYN = 2
};

static void window_scale_read(struct row *row, struct rd *r)
{
    uint8_t shift = put_u8(row, F_TCP_OPTIONS_WSCALE_SHIFT, r);
    if (!rd_ok(r))
        return;
    put_uint(row, F_TCP_OPTIONS_WSCALE_MULTIPLIER, 1u << (shift > SHIFT_MAX ? SHIFT_MAX : shift));
    if (shift > SHIFT_MAX)
        put_label(row, F_TCP_OPTIONS_WSCALE_SHIFT_INVALID);
}

static void scps_read(struct row *row, struct rd *r)
{
    if (rd_left(r) != 2)
        return;
    uint8_t vector = put_u8(row, F_TCP_OPTIONS_SCPS_VECTOR, r);
    if (!rd_ok(r))
        return;
    put_bool(row, F_TCP_OPTIONS_SCPSFLAGS_BETS, vector >> 7 & 1);
    put_bool(row, F_TCP_OPTIONS_SCPSFLAGS_SNACK1, vector >> 6 & 1);
    put_bool(row, F_TCP_OPTIONS_SCPSFLAGS_SNACK2, vector >> 5 & 1);
    put_bool(row, F_TCP_OPTIONS_SCPSFLAGS_COMPRESS, vector >> 4 & 1);
    put_bool(row, F_TCP_OPTIONS_SCPSFLAGS_NLTS, vector >> 3 & 1);
    put_uint(row, F_TCP_OPTIONS_SCPSFLAGS_RESERVED, vector & 7);
    put_u8(row, F_TCP_OPTIONS_SCPS_BINDING, r);
}

static void tcp_quick_start_read(struct row *row, struct rd *r)
{
    uint8_t rate = rd_u8(r);
    if (rd_ok(r))
        put_uint(row, F_TCP_OPTIONS_QS_RATE, rate & 15);
    put_u8(row, F_TCP_OPTIONS_QS_TTL_DIFF, r);
}

static void user_timeout_read(struct row *row, struct rd *r)
{
    uint16_t timeout = rd_u16(r);
    if (!rd_ok(r))
        return;
    put_bool(row, F_TCP_OPTIONS_USER_TO_GRANULARITY, timeout >> 15);
    put_uint(row, F_TCP_OPTIONS_USER_TO_VAL, timeout & 0x7fff);
}

static void authentication_read(struct row *row, struct rd *r)
{
    put_u8(row, F_TCP_OPTIONS_AO_KEYID, r);
    put_u8(row, F_TCP_OPTIONS_AO_RNEXTKEYID, r);
    if (rd_ok(r) && rd_left(r))
        put_span(row, F_TCP_OPTIONS_AO_MAC, r, rd_left(r));
}

static void acc_ecn_read(struct row *row, struct rd *r, uint8_t kind)
{
    bool first = kind == KIND_ACC_ECN_0;
    if (rd_left(r))
        put_u24(row, first ? F_TCP_OPTIONS_ACC_ECN_EE0B : F_TCP_OPTIONS_ACC_ECN_EE1B, r);
    if (rd_left(r))
        put_u24(row, F_TCP_OPTIONS_ACC_ECN_ECEB, r);
    if (rd_left(r))
        put_u24(row, first ? F_TCP_OPTIONS_ACC_ECN_EE1B : F_TCP_OPTIONS_ACC_ECN_EE0B, r);
}

/* Returns true if an option of this kind may have this length, which includes the bytes of kind and
 * length. */
static bool length_suits(uint8_t kind, uint8_t len)
{
    switch (kind) {
    case KIND_SACK_PERMITTED:
    case KIND_RECORD_BOUNDARY:
    case KIND_CORRUPTION:
        return len == 2;
    case KIND_WINDOW_SCALE:
        return len == 3;
    case KIND_MSS:
    case KIND_USER_TIMEOUT:
        return len == 4;
    case KIND_ECHO:
    case KIND_ECHO_REPLY:
    case KIND_CC:
    case KIND_CC_NEW:
    case KIND_CC_ECHO:
    case KIND_SNACK:
        return len == 6;
    case KIND_QUICK_START:
        return len == 8;
    case KIND_TIMESTAMPS:
        return len == 10;
    case KIND_MD5:
        return len == 18;
    case KIND_AUTHENTICATION:
    case KIND_EXPERIMENT_1:
    case KIND_EXPERIMENT_2:
        return len >= 4;
    case KIND_TRANSPARENCY:
        return len == 16;
    case KIND_ACC_ECN_0:
    case KIND_ACC_ECN_1:
        return len <= 11 && len % 3 == 2;
    default:
        return true;
    }
}

static void tcp_option_read(struct row *row, struct rd *r, uint8_t kind, const struct tcp_context *context)
{
    switch (kind) {
    case KIND_MSS:
        put_u16(row, F_TCP_OPTIONS_MSS_VAL, r);
        break;
    case KIND_WINDOW_SCALE:
        window_scale_read(row, r);
        break;
    case KIND_SACK:
        tcp_sack_read(row, r, context);
        break;
    case KIND_ECHO:
    case KIND_ECHO_REPLY:
        put_u32(row, F_TCP_OPTIONS_ECHO_VALUE, r);
        break;
    case KIND_TIMESTAMPS:
        put_u32(row, F_TCP_OPTIONS_TIMESTAMP_TSVAL, r);
        put_u32(row, F_TCP_OPTIONS_TIMESTAMP_TSECR, r);
        break;
    case KIND_CC:
    case KIND_CC_NEW:
    case KIND_CC_ECHO:
        put_u32(row, F_TCP_OPTIONS_CC_VALUE, r);
        break;
    case KIND_MD5:
        put_span(row, F_TCP_OPTIONS_MD5_DIGEST, r, 16);
        break;
    case KIND_SCPS:
        scps_read(row, r);
        break;
    case KIND_SNACK:
        put_u16(row, F_TCP_OPTIONS_SNACK_OFFSET, r);
        put_u16(row, F_TCP_OPTIONS_SNACK_SIZE, r);
        r->fail = rd_ok(r) ? RD_MALFORMED : r->fail; /* Wireshark stops reading the segment here */
        break;
    case KIND_QUICK_START:
        tcp_quick_start_read(row, r);
        break;
    case KIND_USER_TIMEOUT:
        user_timeout_read(row, r);
        break;
    case KIND_AUTHENTICATION:
        authentication_read(row, r);
        break;
    case KIND_MPTCP:
        mptcp_read(row, r);
        break;
    case KIND_FAST_OPEN:
        tcp_fast_open_read(row, r, context);
        break;
    case KIND_ACC_ECN_0:
    case KIND_ACC_ECN_1:
        acc_ecn_read(row, r, kind);
        break;
    case KIND_EXPERIMENT_1:
    case KIND_EXPERIMENT_2:
        tcp_experiment_read(row, r, context);
        break;
    case KIND_SACK_PERMITTED:
    case KIND_RECORD_BOUNDARY:
    case KIND_CORRUPTION:
    case KIND_PROBE:
    case KIND_TRANSPARENCY:
        break;
    default:
        if (rd_left(r))
            put_span(row, F_TCP_OPTIONS_UNKNOWN_PAYLOAD, r, rd_left(r));
        break;
    }
}

/* Reads one option that has a length. Returns false if it ends the options. */
static bool tcp_option_step(struct row *row, struct rd *r, uint8_t kind, struct tcp_context *context)
{
    uint8_t len = rd_left(r) ? rd_u8(r) : 0;
    if (!rd_ok(r))
        return false;
    if (len < 2 || len - 2u > rd_left(r)) {
        put_label(row, F_TCP_OPTION_LEN_INVALID);
        return false;
    }
    struct rd option = rd_sub(r, len - 2u);
    put_uint(row, F_TCP_OPTION_KIND, kind);
    put_uint(row, F_TCP_OPTION_LEN, len);
    context->has_mss |= kind == KIND_MSS;
    if (kind == KIND_MSS && !(context->flags & FLAG_SYN))
        put_label(row, F_TCP_OPTIONS_MSS_PRESENT);
    if (length_suits(kind, len))
        tcp_option_read(row, &option, kind, context);
    else
        put_label(row, F_TCP_OPTION_LEN_INVALID);
    r->fail = option.fail;
    return rd_ok(r);
}

/* Returns true if the options were read to their end. */
static bool options_walk(struct row *row, struct rd *r, struct tcp_context *context)
{
    unsigned nops = 0;
    while (rd_ok(r) && rd_left(r)) {
        uint32_t at = r->pos;
        uint8_t kind = rd_u8(r);
        if (!rd_ok(r))
            return false;
        if (kind == KIND_NOP || kind == KIND_END)
            put_uint(row, F_TCP_OPTION_KIND, kind);
        if (kind == KIND_NOP && nops_count(&nops, at))
            put_label(row, F_TCP_NOP);
        if (kind == KIND_END && rd_has(r, 1) && rd_peek8(r, 0)) {
            put_label(row, F_TCP_NON_ZERO_BYTES_AFTER_EOL);
            return false;
        }
        if (kind > KIND_NOP && !tcp_option_step(row, r, kind, context))
            return false;
    }
    return rd_ok(r);
}

void tcp_options_read(struct row *row, struct rd *r, uint32_t n, struct tcp_context *context)
{
    if (!n)
        return;
    struct rd options = rd_sub(r, n < rd_left(r) ? n : rd_left(r));
    put_bytes(row, F_TCP_OPTIONS, options.data, options.cap);
    bool whole = options_walk(row, &options, context);
    if (whole && options.len == n && context->flags & FLAG_SYN && !context->has_mss)
        put_label(row, F_TCP_OPTIONS_MSS_ABSENT);
    if (options.fail)
        r->fail = options.fail;
    else if (options.cap < options.len)
        r->fail = RD_CUT;
}
