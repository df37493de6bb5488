/* Options of the IPv6 hop-by-hop and destination options headers.
 * Invariant: the fields of an option are read from its first byte on, whatever its length is; the next option
 * begins behind the fields, and behind the length.
 * Source: RFC 8200, 2473, 2675, 2711, 4727, 4782, 5570, 9486, 6275, 6553, 6621, 6744, 6788, 6971, 7731, 8250,
 * 9268; labels and wrong lengths were observed with all 256 types in both headers (tshark 4.0.17). */
#include "field/ids_ipv6.h"
#include "proto/ip.h"

enum {
    OPT_PAD1 = 0x00,
    OPT_PADN = 0x01,
    OPT_TUNNEL_LIMIT = 0x04,
    OPT_ROUTER_ALERT = 0x05,
    OPT_CALIPSO = 0x07,
    OPT_SMF_DPD = 0x08,
    OPT_PDM = 0x0f,
    OPT_QUICK_START = 0x26,
    OPT_PATH_MTU = 0x30,
    OPT_IOAM = 0x31,
    OPT_TPF = 0x41,
    OPT_RPL = 0x63,
    OPT_MPL = 0x6d,
    OPT_ENDPOINT = 0x8a,
    OPT_ILNP_NONCE = 0x8b,
    OPT_LINE_ID = 0x8c,
    OPT_JUMBO = 0xc2,
    OPT_HOME_ADDRESS = 0xc9,
    OPT_DFF = 0xee,
    LENGTH_ANY = 255,
    JUMBO_MIN = 65536
};

enum home { ANYWHERE, HOP_BY_HOP, DESTINATION };

/* The header that an option belongs to, and its length. */
static const struct {
    uint8_t type, length, home;
} rules[] = {
    {OPT_TUNNEL_LIMIT, 1, DESTINATION},
    {OPT_ROUTER_ALERT, 2, HOP_BY_HOP},
    {OPT_CALIPSO, LENGTH_ANY, HOP_BY_HOP},
    {OPT_SMF_DPD, LENGTH_ANY, HOP_BY_HOP},
    {OPT_PDM, 10, DESTINATION},
    {OPT_QUICK_START, 6, HOP_BY_HOP},
    {OPT_PATH_MTU, 4, HOP_BY_HOP},
    {OPT_IOAM, LENGTH_ANY, HOP_BY_HOP},
    {OPT_RPL, LENGTH_ANY, HOP_BY_HOP},
    {OPT_TPF, 4, DESTINATION},
    {OPT_MPL, LENGTH_ANY, HOP_BY_HOP},
    {OPT_ENDPOINT, LENGTH_ANY, ANYWHERE},
    {OPT_ILNP_NONCE, LENGTH_ANY, DESTINATION},
    {OPT_LINE_ID, LENGTH_ANY, DESTINATION},
    {OPT_JUMBO, 4, HOP_BY_HOP},
    {OPT_HOME_ADDRESS, 16, DESTINATION},
    {OPT_DFF, 3, HOP_BY_HOP},
};

static void ip6_put_type(struct row *row, uint8_t type)
{
    put_label(row, F_IPV6_OPT);
    put_uint(row, F_IPV6_OPT_TYPE, type);
    if (type == OPT_PAD1) {
        put_label(row, F_IPV6_OPT_PAD1);
        return;
    }
    put_uint(row, F_IPV6_OPT_TYPE_ACTION, type >> 6);
    put_bool(row, F_IPV6_OPT_TYPE_CHANGE, type >> 5 & 1);
    put_uint(row, F_IPV6_OPT_TYPE_REST, type & 31);
}

static void put_unknown(struct row *row, field_id id, struct rd *r, uint32_t len)
{
    put_span(row, id, r, len);
    if (rd_ok(r))
        put_label(row, F_IPV6_OPT_UNKNOWN_DATA_EXPERT);
}

static void pdm_read(struct row *row, struct rd *r)
{
    put_u8(row, F_IPV6_OPT_PDM_SCALE_DTLR, r);
    put_u8(row, F_IPV6_OPT_PDM_SCALE_DTLS, r);
    put_u16(row, F_IPV6_OPT_PDM_PSN_THIS_PKT, r);
    put_u16(row, F_IPV6_OPT_PDM_PSN_LAST_RECV, r);
    put_u16(row, F_IPV6_OPT_PDM_DELTA_LAST_RECV, r);
    put_u16(row, F_IPV6_OPT_PDM_DELTA_LAST_SENT, r);
}

static void ip6_quick_start_read(struct row *row, struct rd *r, uint32_t len, uint8_t hop_limit)
{
    uint8_t function = rd_peek8(r, 0);
    if (!rd_need(r, 1))
        return;
    put_uint(row, F_IPV6_OPT_QS_FUNC, function >> 4);
    if (function >> 4 != 0 && function >> 4 != 8) {
        put_unknown(row, F_IPV6_OPT_UNKNOWN_DATA, r, len);
        return;
    }
    rd_skip(r, 1);
    put_uint(row, F_IPV6_OPT_QS_RATE, function & 15);
    if (function >> 4 == 0) {
        uint8_t ttl = put_u8(row, F_IPV6_OPT_QS_TTL, r);
        if (rd_ok(r))
            put_uint(row, F_IPV6_OPT_QS_TTL_DIFF, (uint8_t)(hop_limit - ttl));
    } else {
        put_u8(row, F_IPV6_OPT_QS_UNUSED, r);
    }
    uint32_t nonce = rd_u32(r);
    if (!rd_ok(r))
        return;
    put_uint(row, F_IPV6_OPT_QS_NONCE, nonce >> 2);
    put_uint(row, F_IPV6_OPT_QS_RESERVED, nonce & 3);
}

static void rpl_read(struct row *row, struct rd *r)
{
    uint8_t flags = put_u8(row, F_IPV6_OPT_RPL_FLAG, r);
    if (!rd_ok(r))
        return;
    put_bool(row, F_IPV6_OPT_RPL_FLAG_O, flags >> 7 & 1);
    put_bool(row, F_IPV6_OPT_RPL_FLAG_R, flags >> 6 & 1);
    put_bool(row, F_IPV6_OPT_RPL_FLAG_F, flags >> 5 & 1);
    put_uint(row, F_IPV6_OPT_RPL_FLAG_RSV, flags & 31);
    put_u8(row, F_IPV6_OPT_RPL_INSTANCE_ID, r);
    put_u16(row, F_IPV6_OPT_RPL_SENDER_RANK, r);
}

static void mpl_read(struct row *row, struct rd *r)
{
    static const uint8_t seed_len[] = {0, 2, 8, 16};
    uint8_t flags = put_u8(row, F_IPV6_OPT_MPL_FLAG, r);
    if (!rd_ok(r))
        return;
    put_uint(row, F_IPV6_OPT_MPL_FLAG_S, flags >> 6);
    put_bool(row, F_IPV6_OPT_MPL_FLAG_M, flags >> 5 & 1);
    put_bool(row, F_IPV6_OPT_MPL_FLAG_V, flags >> 4 & 1);
    put_uint(row, F_IPV6_OPT_MPL_FLAG_RSV, flags & 15);
    put_u8(row, F_IPV6_OPT_MPL_SEQUENCE, r);
    if (flags >> 6)
        put_span(row, F_IPV6_OPT_MPL_SEED_ID, r, seed_len[flags >> 6]);
    else if (rd_ok(r))
        put_label(row, F_IPV6_OPT_MPL_IPV6_SRC_SEED_ID);
}

static void dff_read(struct row *row, struct rd *r)
{
    uint8_t flags = put_u8(row, F_IPV6_OPT_DFF_FLAGS, r);
    if (!rd_ok(r))
        return;
    put_uint(row, F_IPV6_OPT_DFF_FLAG_VER, flags >> 6);
    put_bool(row, F_IPV6_OPT_DFF_FLAG_DUP, flags >> 5 & 1);
    put_bool(row, F_IPV6_OPT_DFF_FLAG_RET, flags >> 4 & 1);
    put_uint(row, F_IPV6_OPT_DFF_FLAG_RSV, flags & 15);
    put_u16(row, F_IPV6_OPT_DFF_SEQUENCE_NUMBER, r);
}

static void path_mtu_read(struct row *row, struct rd *r)
{
    put_u16(row, F_IPV6_OPT_PMTU_MIN, r);
    uint16_t back = rd_u16(r);
    if (!rd_ok(r))
        return;
    put_uint(row, F_IPV6_OPT_PMTU_RTN, back & 0xfffe);
    put_bool(row, F_IPV6_OPT_PMTU_R_FLAG, back & 1);
}

static void smf_dpd_read(struct row *row, struct rd *r, uint32_t len)
{
    uint8_t first = rd_peek8(r, 0), tagger = first >> 4 & 7, tagger_len = first & 15;
    if (!rd_need(r, 1))
        return;
    put_bool(row, F_IPV6_OPT_SMF_DPD_HASH_BIT, first >> 7);
    if (first >> 7) {
        put_span(row, F_IPV6_OPT_SMF_DPD_HAV, r, len);
        return;
    }
    uint32_t start = r->pos;
    rd_skip(r, 1);
    put_uint(row, F_IPV6_OPT_SMF_DPD_TID_TYPE, tagger);
    put_uint(row, F_IPV6_OPT_SMF_DPD_TID_LEN, tagger_len);
    if (tagger)
        put_span(row, F_IPV6_OPT_SMF_DPD_TAGGER_ID, r, tagger_len + 1u);
    uint32_t used = r->pos - start;
    if (rd_ok(r) && used < len)
        put_span(row, F_IPV6_OPT_SMF_DPD_IDENT, r, len - used);
}

static void jumbo_read(struct row *row, struct rd *r, const struct ip6_context *context)
{
    uint32_t length = put_u32(row, F_IPV6_OPT_JUMBO, r);
    if (!rd_ok(r))
        return;
    if (context->payload_len)
        put_label(row, F_IPV6_OPT_JUMBO_PROHIBITED);
    if (length < JUMBO_MIN)
        put_label(row, F_IPV6_OPT_JUMBO_TRUNCATED);
}

static void calipso_read(struct row *row, struct rd *r, uint32_t len)
{
    uint32_t start = r->pos;
    put_u32(row, F_IPV6_OPT_CALIPSO_DOI, r);
    uint32_t words = put_u8(row, F_IPV6_OPT_CALIPSO_CMPT_LENGTH, r);
    put_u8(row, F_IPV6_OPT_CALIPSO_SENS_LEVEL, r);
    put_u16(row, F_IPV6_OPT_CALIPSO_CHECKSUM, r);
    put_span(row, F_IPV6_OPT_CALIPSO_CMPT_BITMAP, r, words * 4);
    if (rd_ok(r) && r->pos - start < len)
        rd_skip(r, len - (r->pos - start));
}

/* The fields of a trace are not native. */
static void ioam_read(struct row *row, struct rd *r, uint32_t len)
{
    put_u8(row, F_IPV6_OPT_IOAM_RSV, r);
    uint8_t type = put_u8(row, F_IPV6_OPT_IOAM_OPT_TYPE, r);
    if (rd_ok(r) && type <= 1 && len > 2)
        rd_skip(r, len - 2);
}

static void line_id_read(struct row *row, struct rd *r, uint32_t len)
{
    uint8_t line_len = put_u8(row, F_IPV6_OPT_LIO_LENGTH, r);
    uint32_t there = len ? len - 1 : 0, n = line_len < there ? line_len : there;
    if (rd_ok(r) && n)
        put_text_utf8(row, F_IPV6_OPT_LIO_LINE_ID, rd_bytes(r, n), n);
}

static void ip6_option_read(struct row *row, struct rd *r, uint8_t type, uint32_t len,
                            const struct ip6_context *context)
{
    switch (type) {
    case OPT_PADN:
        put_span(row, F_IPV6_OPT_PADN, r, len);
        break;
    case OPT_TUNNEL_LIMIT:
        put_u8(row, F_IPV6_OPT_TEL, r);
        break;
    case OPT_ROUTER_ALERT:
        put_u16(row, F_IPV6_OPT_ROUTER_ALERT, r);
        break;
    case OPT_SMF_DPD:
        smf_dpd_read(row, r, len);
        break;
    case OPT_PDM:
        pdm_read(row, r);
        break;
    case OPT_QUICK_START:
        ip6_quick_start_read(row, r, len, context->hop_limit);
        break;
    case OPT_PATH_MTU:
        path_mtu_read(row, r);
        break;
    case OPT_RPL:
        rpl_read(row, r);
        break;
    case OPT_MPL:
        mpl_read(row, r);
        break;
    case OPT_ILNP_NONCE:
        put_span(row, F_IPV6_OPT_ILNP_NONCE, r, len);
        break;
    case OPT_LINE_ID:
        line_id_read(row, r, len);
        break;
    case OPT_JUMBO:
        jumbo_read(row, r, context);
        break;
    case OPT_HOME_ADDRESS:
        put_span(row, F_IPV6_OPT_MIPV6_HOME_ADDRESS, r, 16);
        break;
    case OPT_DFF:
        dff_read(row, r);
        break;
    case OPT_CALIPSO:
        calipso_read(row, r, len);
        break;
    case OPT_TPF:
        put_u32(row, F_IPV6_OPT_TPF_INFORMATION, r);
        break;
    case OPT_IOAM:
        ioam_read(row, r, len);
        break;
    default:
        if ((type & 0x1f) == 0x1e) /* RFC 4727: for experiments */
            put_span(row, F_IPV6_OPT_EXPERIMENTAL, r, len);
        else
            put_unknown(row, F_IPV6_OPT_UNKNOWN, r, len);
        break;
    }
}

static void put_labels(struct row *row, uint8_t type, uint32_t len, bool hop_by_hop)
{
    if (type == OPT_ENDPOINT)
        put_label(row, F_IPV6_OPT_DEPRECATED);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (rules[i].type != type)
            continue;
        if (rules[i].home && hop_by_hop != (rules[i].home == HOP_BY_HOP))
            put_label(row, F_IPV6_OPT_HEADER_MISMATCH);
        if (rules[i].length != LENGTH_ANY && rules[i].length != len)
            put_label(row, F_IPV6_OPT_INVALID_LEN);
        if ((type == OPT_CALIPSO && len < 8) || (type == OPT_RPL && len < 4))
            put_label(row, F_IPV6_OPT_INVALID_LEN);
    }
}

void ip6_options_read(struct row *row, struct rd *r, uint32_t end, const struct ip6_context *context)
{
    while (rd_ok(r) && r->pos < end) {
        if (!rd_need(r, rd_left(r) > 1 ? 2 : 1)) /* Wireshark reads a length even behind Pad1 */
            return;
        uint8_t type = rd_u8(r);
        ip6_put_type(row, type);
        if (type == OPT_PAD1)
            continue;
        uint8_t len = put_u8(row, F_IPV6_OPT_LENGTH, r);
        if (!rd_ok(r))
            return;
        put_labels(row, type, len, context->hop_by_hop);
        struct rd body = rd_rest(r);
        ip6_option_read(row, &body, type, len, context);
        if (rd_ok(&body) && body.pos < len)
            put_unknown(row, F_IPV6_OPT_UNKNOWN_DATA, &body, len - body.pos);
        if (body.fail)
            r->fail = body.fail;
        rd_skip(r, body.pos > len ? body.pos : len);
    }
}
