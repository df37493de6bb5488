/* The fixed IPv6 header.
 * Invariant: r ends where the payload length says, but not beyond the frame.
 * Source: RFC 8200, 4291 (interface ids), 5214 (ISATAP), 3056 (6to4), 4380 (Teredo), 6052 (embedded IPv4);
 * order and labels were observed (tshark 4.0.17). */
#include <string.h>

#include "field/ids_ip.h"
#include "field/ids_ipv6.h"
#include "proto/ip.h"

/* |Version| Traffic Class |           Flow Label                  |
 * |         Payload Length        |  Next Header  |   Hop Limit   |
 * |                  Source, Destination Address                  | */

enum { HOP_BY_HOP = 0, NO_NEXT = 59, OPT_JUMBO = 0xc2, HEADER_LEN = 40 };

/* ---- values inside an address ---- */

/* The fields of a value that is inside an address: of either address, of the source, of the destination. */
struct found {
    field_id either, source, destination;
};

static void put_found(struct row *row, const struct found *f, bool source, uint64_t value)
{
    put_uint(row, source ? f->source : f->destination, value);
    put_uint(row, f->either, value);
}

static void teredo_put(struct row *row, const uint8_t *a, bool source)
{
    static const struct found server = {F_IPV6_TS_IPV4, F_IPV6_SRC_TS_IPV4, F_IPV6_DST_TS_IPV4};
    static const struct found port = {F_IPV6_TC_PORT, F_IPV6_SRC_TC_PORT, F_IPV6_DST_TC_PORT};
    static const struct found client = {F_IPV6_TC_IPV4, F_IPV6_SRC_TC_IPV4, F_IPV6_DST_TC_IPV4};
    put_found(row, &server, source, rd_be32(a + 4));
    put_found(row, &port, source, (uint16_t)~rd_be16(a + 10));
    put_found(row, &client, source, ~rd_be32(a + 12));
}

static void slaac_put(struct row *row, const uint8_t *a, bool source)
{
    if (!row_wants(row, F_IPV6_SLAAC_MAC) && !row_wants(row, F_IPV6_SRC_SLAAC_MAC) &&
        !row_wants(row, F_IPV6_DST_SLAAC_MAC))
        return;
    uint8_t *mac = arena_alloc(row->arena, 6);
    if (!mac)
        return;
    memcpy(mac, a + 8, 3);
    memcpy(mac + 3, a + 13, 3);
    mac[0] ^= 2;
    put_bytes(row, source ? F_IPV6_SRC_SLAAC_MAC : F_IPV6_DST_SLAAC_MAC, mac, 6);
    put_bytes(row, F_IPV6_SLAAC_MAC, mac, 6);
}

static void embedded_put(struct row *row, const uint8_t *a, bool source)
{
    static const struct found embedded = {F_IPV6_EMBED_IPV4, F_IPV6_SRC_EMBED_IPV4, F_IPV6_DST_EMBED_IPV4};
    put_bytes(row, F_IPV6_EMBED_IPV4_PREFIX, a, 12);
    put_found(row, &embedded, source, rd_be32(a + 12));
}

static void address_tells(struct row *row, const uint8_t *a, bool source)
{
    static const struct found isatap = {F_IPV6_ISATAP_IPV4, F_IPV6_SRC_ISATAP_IPV4, F_IPV6_DST_ISATAP_IPV4};
    static const struct found gateway = {F_IPV6_6TO4_GW_IPV4, F_IPV6_SRC_6TO4_GW_IPV4,
                                         F_IPV6_DST_6TO4_GW_IPV4};
    static const struct found sla = {F_IPV6_6TO4_SLA_ID, F_IPV6_SRC_6TO4_SLA_ID, F_IPV6_DST_6TO4_SLA_ID};
    static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b};
    if (a[11] == 0xff && a[12] == 0xfe && a[8] & 2)
        slaac_put(row, a, source);
    else if ((a[8] & ~3) == 0 && a[9] == 0 && a[10] == 0x5e && a[11] == 0xfe)
        put_found(row, &isatap, source, rd_be32(a + 12));
    if (rd_be16(a) == 0x2002) {
        put_found(row, &gateway, source, rd_be32(a + 2));
        put_found(row, &sla, source, rd_be16(a + 6));
    } else if (rd_be32(a) == 0x20010000) {
        teredo_put(row, a, source);
    } else if (!memcmp(a, nat64, sizeof nat64)) {
        embedded_put(row, a, source);
    }
}

static const uint8_t *ip6_address(struct row *row, struct rd *r, bool source)
{
    const uint8_t *a = rd_bytes(r, 16);
    if (!a)
        return NULL;
    put_bytes(row, source ? F_IPV6_SRC : F_IPV6_DST, a, 16);
    put_bytes(row, F_IPV6_ADDR, a, 16);
    put_host6(row, source ? F_IPV6_SRC_HOST : F_IPV6_DST_HOST, a);
    put_host6(row, F_IPV6_HOST, a);
    return a;
}

/* ---- the fixed header ---- */

struct ip6 {
    uint16_t payload_len;
    uint8_t next;
};

static bool ip6_first_word(struct row *row, struct rd *r)
{
    uint8_t version = rd_peek8(r, 0) >> 4;
    if (!rd_need(r, 1))
        return false;
    put_uint(row, F_IP_VERSION, version);
    put_uint(row, F_IPV6_VERSION, version);
    if (version != 6) {
        put_label(row, F_IPV6_BOGUS_IPV6_VERSION);
        return false;
    }
    uint32_t word = rd_u32(r);
    if (!rd_ok(r))
        return false;
    put_uint(row, F_IPV6_TCLASS, word >> 20 & 0xff);
    put_uint(row, F_IPV6_TCLASS_DSCP, word >> 22 & 0x3f);
    put_uint(row, F_IPV6_TCLASS_ECN, word >> 20 & 3);
    put_uint(row, F_IPV6_FLOW, word & 0xfffff);
    return true;
}

uint32_t ip6_jumbo(struct rd r)
{
    uint32_t size = (rd_peek8(&r, 1) + 1u) * 8;
    rd_end_at(&r, r.pos + size);
    rd_skip(&r, 2);
    while (rd_has(&r, 2)) {
        uint8_t type = rd_u8(&r), len = type ? rd_u8(&r) : 0;
        if (type == OPT_JUMBO && len == 4 && rd_peek32(&r, 0) > UINT16_MAX)
            return rd_peek32(&r, 0);
        rd_skip(&r, len);
    }
    return 0;
}

/* Puts the labels on the payload length, and returns the length that applies. */
static uint32_t ip6_payload_len(struct row *row, const struct rd *r, const struct ip6 *ip, bool quoted)
{
    uint32_t len = ip->payload_len;
    if (!len && ip->next == HOP_BY_HOP) {
        len = ip6_jumbo(*r);
        if (!len)
            put_label(row, F_IPV6_OPT_JUMBO_MISSING);
    }
    if (len > rd_left(r) && !quoted)
        put_label(row, F_IPV6_PLEN_EXCEEDS_FRAMING);
    return len;
}

bool ip6_read(struct row *row, struct rd *r, const struct ip_facts *facts)
{
    struct ip6 ip;
    uint32_t there = rd_left(r);
    if (!ip6_first_word(row, r))
        return false;
    if (!rd_need(r, 3)) /* Wireshark shows the length only together with the byte behind it */
        return false;
    ip.payload_len = put_u16(row, F_IPV6_PLEN, r);
    ip.next = put_u8(row, F_IPV6_NXT, r);
    if (rd_ok(r) && !ip.payload_len && ip.next != HOP_BY_HOP && ip.next != NO_NEXT)
        put_label(row, F_IPV6_PLEN_ZERO);
    put_u8(row, F_IPV6_HLIM, r);
    if (rd_ok(r) && there < HEADER_LEN)
        put_label(row, F_IPV6_INVALID_HEADER);
    const uint8_t *source = ip6_address(row, r, true);
    if (source)
        address_tells(row, source, true);
    const uint8_t *destination = ip6_address(row, r, false);
    if (!destination)
        return false;
    address_tells(row, destination, false);
    uint32_t len = ip6_payload_len(row, r, &ip, facts->quoted);
    if (len <= rd_left(r))
        rd_end_at(r, r->pos + len);
    return true;
}
