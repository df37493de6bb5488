/* IPv4 options, except those for security.
 * Invariant: the values of an option lie inside it; an option that is too short for its values ends the
 * packet. Options that Wireshark does not know put nothing.
 * Source: RFC 791, 1108, 1063, 1393, 2113, 4782; the values of options with a wrong length were observed
 * (tshark 4.0.17). */
#include "field/ids_ip.h"
#include "proto/ip.h"
#include "proto/nops.h"

enum {
    OPT_END = 0,
    OPT_NOP = 1,
    OPT_RECORD_ROUTE = 7,
    OPT_MTU_PROBE = 11,
    OPT_MTU_REPLY = 12,
    OPT_QUICK_START = 25,
    OPT_TIMESTAMP = 68,
    OPT_TRACEROUTE = 82,
    OPT_SECURITY = 130,
    OPT_LOOSE_ROUTE = 131,
    OPT_EXTENDED_SECURITY = 133,
    OPT_CIPSO = 134,
    OPT_STREAM_ID = 136,
    OPT_STRICT_ROUTE = 137,
    OPT_ROUTER_ALERT = 148,
    OPT_SELECTIVE_BROADCAST = 149,
    ROUTE_FIRST = 4 /* the lowest value of a pointer, which counts from 1 */
};

static void ip4_put_type(struct row *row, uint8_t type)
{
    put_uint(row, F_IP_OPT_TYPE, type);
    put_bool(row, F_IP_OPT_TYPE_COPY, type >> 7);
    put_uint(row, F_IP_OPT_TYPE_CLASS, type >> 5 & 3);
    put_uint(row, F_IP_OPT_TYPE_NUMBER, type & 31);
}

static void put_invalid_length(struct row *row, uint8_t len, uint8_t right)
{
    if (len != right)
        put_label(row, F_IP_OPT_LEN_INVALID);
}

/* Puts an address under two names. */
static void put_route(struct row *row, field_id id, field_id host, struct rd *r)
{
    uint32_t address = rd_u32(r);
    if (!rd_ok(r))
        return;
    put_uint(row, id, address);
    put_host4(row, host, address);
}

/* Reads the pointer of a route. Returns 0 if it points to no address. */
static uint8_t route_pointer(struct row *row, struct rd *r)
{
    uint8_t pointer = put_u8(row, F_IP_OPT_PTR, r);
    if (!rd_ok(r))
        return 0;
    if (pointer < ROUTE_FIRST)
        put_label(row, F_IP_OPT_PTR_BEFORE_ADDRESS);
    else if (pointer & 3)
        put_label(row, F_IP_OPT_PTR_MIDDLE_ADDRESS);
    else
        return pointer;
    return 0;
}

static bool route_next(struct row *row, struct rd *r, uint32_t need)
{
    if (!rd_left(r) || !rd_ok(r))
        return false;
    if (rd_left(r) < need)
        put_label(row, F_IP_SUBOPT_TOO_LONG);
    return rd_left(r) >= need;
}

static void record_route_read(struct row *row, struct rd *r)
{
    uint8_t pointer = route_pointer(row, r);
    for (uint32_t at = ROUTE_FIRST; pointer && route_next(row, r, 4); at += 4) {
        if (at < pointer)
            put_route(row, F_IP_REC_RT, F_IP_REC_RT_HOST, r);
        else
            put_route(row, F_IP_EMPTY_RT, F_IP_EMPTY_RT_HOST, r);
    }
}

static void source_route_read(struct row *row, struct rd *r, uint8_t len, uint32_t destination)
{
    uint8_t pointer = route_pointer(row, r);
    for (uint32_t at = ROUTE_FIRST; pointer; at += 4) {
        if (at == pointer && at <= len && rd_left(r)) {
            put_uint(row, F_IP_CUR_RT, destination);
            put_host4(row, F_IP_CUR_RT_HOST, destination);
        }
        if (!route_next(row, r, 4))
            return;
        if (at < pointer)
            put_route(row, F_IP_REC_RT, F_IP_REC_RT_HOST, r);
        else if (rd_left(r) > 4)
            put_route(row, F_IP_SRC_RT, F_IP_SRC_RT_HOST, r);
        else
            rd_skip(r, 4);
    }
}

static void ip4_timestamp_read(struct row *row, struct rd *r)
{
    put_u8(row, F_IP_OPT_PTR, r);
    uint8_t flags = rd_u8(r);
    if (!rd_ok(r))
        return;
    put_uint(row, F_IP_OPT_OVERFLOW, flags >> 4);
    put_uint(row, F_IP_OPT_FLAG, flags & 15);
    bool addresses = (flags & 15) == 1 || (flags & 15) == 3;
    while (route_next(row, r, addresses ? 8 : 4)) {
        if (addresses)
            put_u32(row, F_IP_OPT_TIME_STAMP_ADDR, r);
        put_u32(row, F_IP_OPT_TIME_STAMP, r);
    }
}

static void traceroute_read(struct row *row, struct rd *r)
{
    put_u16(row, F_IP_OPT_ID_NUMBER, r);
    put_u16(row, F_IP_OPT_OHC, r);
    put_u16(row, F_IP_OPT_RHC, r);
    put_u32(row, F_IP_OPT_ORIGINATOR, r);
}

static void ip4_quick_start_read(struct row *row, struct rd *r, uint8_t ttl)
{
    uint8_t function = rd_u8(r);
    if (!rd_ok(r))
        return;
    put_uint(row, F_IP_OPT_QS_FUNC, function >> 4);
    if (function >> 4 != 0 && function >> 4 != 8)
        return;
    put_uint(row, F_IP_OPT_QS_RATE, function & 15);
    if (function >> 4 == 0) {
        uint8_t qs_ttl = put_u8(row, F_IP_OPT_QS_TTL, r);
        if (rd_ok(r))
            put_uint(row, F_IP_OPT_QS_TTL_DIFF, (uint8_t)(ttl - qs_ttl));
    } else {
        put_u8(row, F_IP_OPT_QS_UNUSED, r);
    }
    uint32_t nonce = rd_u32(r);
    if (!rd_ok(r))
        return;
    put_uint(row, F_IP_OPT_QS_NONCE, nonce >> 2);
    put_uint(row, F_IP_OPT_QS_RESERVED, nonce & 3);
}

static void broadcast_read(struct row *row, struct rd *r)
{
    while (rd_ok(r) && rd_left(r) >= 4)
        put_u32(row, F_IP_OPT_ADDR, r);
    if (rd_ok(r) && rd_left(r))
        put_span(row, F_IP_OPT_PADDING, r, rd_left(r));
}

/* Returns true for an option that Wireshark knows. */
static bool option_known(uint8_t type)
{
    static const uint8_t known[] = {
        OPT_RECORD_ROUTE, OPT_MTU_PROBE,    OPT_MTU_REPLY,    OPT_QUICK_START,         OPT_TIMESTAMP,
        OPT_TRACEROUTE,   OPT_SECURITY,     OPT_CIPSO,        OPT_LOOSE_ROUTE,         OPT_EXTENDED_SECURITY,
        OPT_STREAM_ID,    OPT_STRICT_ROUTE, OPT_ROUTER_ALERT, OPT_SELECTIVE_BROADCAST,
    };
    for (size_t i = 0; i < sizeof known; i++)
        if (known[i] == type)
            return true;
    return false;
}

static void ip4_option_read(struct row *row, struct rd *r, uint8_t type, const struct ip4_context *context)
{
    uint8_t len = (uint8_t)(rd_left(r) + 2);
    ip4_put_type(row, type);
    put_uint(row, F_IP_OPT_LEN, len);
    switch (type) {
    case OPT_RECORD_ROUTE:
        record_route_read(row, r);
        break;
    case OPT_LOOSE_ROUTE:
    case OPT_STRICT_ROUTE:
        source_route_read(row, r, len, context->destination);
        break;
    case OPT_TIMESTAMP:
        ip4_timestamp_read(row, r);
        break;
    case OPT_STREAM_ID:
        put_invalid_length(row, len, 4);
        put_u16(row, F_IP_OPT_SID, r);
        break;
    case OPT_ROUTER_ALERT:
        put_invalid_length(row, len, 4);
        put_u16(row, F_IP_OPT_RA, r);
        break;
    case OPT_MTU_PROBE:
    case OPT_MTU_REPLY:
        put_invalid_length(row, len, 4);
        put_u16(row, F_IP_OPT_MTU, r);
        break;
    case OPT_TRACEROUTE:
        put_invalid_length(row, len, 12);
        traceroute_read(row, r);
        break;
    case OPT_QUICK_START:
        put_invalid_length(row, len, 8);
        ip4_quick_start_read(row, r, context->ttl);
        break;
    case OPT_SELECTIVE_BROADCAST:
        broadcast_read(row, r);
        break;
    case OPT_SECURITY:
        ip4_security_read(row, r);
        break;
    case OPT_EXTENDED_SECURITY:
        ip4_extended_security_read(row, r);
        break;
    default:
        ip4_cipso_read(row, r);
        break;
    }
}

void ip4_options_read(struct row *row, struct rd *r, const struct ip4_context *context)
{
    unsigned nops = 0;
    while (rd_ok(r) && rd_left(r)) {
        uint32_t at = r->pos;
        uint8_t type = rd_u8(r);
        if (!rd_ok(r))
            return;
        if (type == OPT_END || type == OPT_NOP)
            ip4_put_type(row, type);
        if (type == OPT_NOP && nops_count(&nops, at))
            put_label(row, F_IP_NOP);
        if (type == OPT_END)
            return;
        if (type == OPT_NOP)
            continue;
        uint8_t len = rd_left(r) ? rd_u8(r) : 0;
        if (!rd_ok(r))
            return;
        if (len < 2 || len - 2u > rd_left(r)) {
            put_label(row, F_IP_OPT_LEN_INVALID);
            return;
        }
        if (option_known(type) && !rd_need(r, len - 2u))
            return;
        struct rd option = rd_sub(r, len - 2u);
        if (option_known(type))
            ip4_option_read(row, &option, type, context);
        if (option.fail) {
            r->fail = option.fail;
            return;
        }
    }
}

enum rd_fail ip4_final_destination(uint32_t *out, struct rd options, uint32_t destination)
{
    *out = destination;
    while (rd_ok(&options) && rd_left(&options)) {
        uint8_t type = rd_u8(&options);
        if (type == OPT_END || !rd_ok(&options))
            break;
        if (type == OPT_NOP)
            continue;
        uint8_t len = rd_left(&options) ? rd_u8(&options) : 0;
        if (!rd_ok(&options) || len < 2 || len - 2u > rd_left(&options))
            break;
        struct rd option = rd_sub(&options, len - 2u);
        if (type != OPT_LOOSE_ROUTE && type != OPT_STRICT_ROUTE)
            continue;
        uint8_t pointer = rd_u8(&option);
        if (rd_ok(&option) && (pointer < ROUTE_FIRST || pointer & 3 || pointer >= len))
            return RD_OK;
        rd_skip(&option, len >= 7 ? len - 7u : UINT32_MAX);
        *out = rd_u32(&option);
        return option.fail;
    }
    return options.fail;
}
