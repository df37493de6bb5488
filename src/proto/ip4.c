/* The IPv4 header.
 * Invariant: values end where Wireshark stops: at a version other than 4, at an impossible header length or
 * total length, and at the end of the captured bytes.
 * Source: RFC 791; the order, the labels and the expected TTLs of link-local groups were observed with every
 * TTL, every address of 224.0.0.0/24 and every protocol (tshark 4.0.17). */
#include "field/ids_ip.h"
#include "proto/ip.h"

/*  0                   1                   2                   3
 * |Version|  IHL  |Type of Service|          Total Length         |
 * |         Identification        |Flags|      Fragment Offset    |
 * |  Time to Live |    Protocol   |         Header Checksum       |
 * |                       Source Address                          |
 * |                    Destination Address                        |
 * |                    Options                                    | */

enum { HEADER_MIN = 20, PROTOCOL_IGMP = 2, PROTOCOL_OSPF = 89, PROTOCOL_PIM = 103, TTL_LOW = 5 };

struct ip4 {
    uint32_t header_len, total_len, destination;
    uint8_t ttl, protocol;
};

/* Returns true if packets to this link-local group have this TTL. */
static bool ttl_suits_group(const struct ip4 *ip)
{
    uint8_t group = ip->destination & 0xff;
    if (ip->protocol == PROTOCOL_IGMP)
        return ip->ttl == 1;
    if (group == 252)
        return true;
    return ip->ttl == (group == 18 || group == 102 || group == 251 ? 255 : 1);
}

static void ip4_ttl_label(struct row *row, const struct ip4 *ip)
{
    bool multicast = ip->destination >> 28 == 14;
    bool routing = ip->protocol == PROTOCOL_OSPF || ip->protocol == PROTOCOL_PIM;
    if (ip->destination >> 8 == 0xe00000 && !ttl_suits_group(ip))
        put_label(row, F_IP_TTL_LNCB);
    else if (!multicast && ip->ttl < TTL_LOW && !routing)
        put_label(row, F_IP_TTL_TOO_SMALL);
}

static void ip4_address(struct row *row, field_id id, field_id host, uint32_t address)
{
    put_uint(row, id, address);
    put_uint(row, F_IP_ADDR, address);
    put_host4(row, host, address);
    put_host4(row, F_IP_HOST, address);
}

static void ip4_fragment_fields(struct row *row, struct rd *r)
{
    uint16_t flags = rd_u16(r);
    if (!rd_ok(r))
        return;
    put_uint(row, F_IP_FLAGS, flags >> 13);
    put_bool(row, F_IP_FLAGS_RB, flags >> 15 & 1);
    put_bool(row, F_IP_FLAGS_DF, flags >> 14 & 1);
    put_bool(row, F_IP_FLAGS_MF, flags >> 13 & 1);
    put_uint(row, F_IP_FRAG_OFFSET, flags & 0x1fff);
}

/* Reads from the version to the total length. Returns false if Wireshark shows nothing behind it. */
static bool ip4_lengths(struct row *row, struct rd *r, struct ip4 *ip, bool quoted)
{
    uint32_t there = rd_left(r);
    uint8_t first = rd_u8(r);
    if (!rd_ok(r))
        return false;
    put_uint(row, F_IP_VERSION, first >> 4);
    if (first >> 4 != 4) {
        put_label(row, F_IP_BOGUS_IP_VERSION);
        return false;
    }
    ip->header_len = (first & 15) * 4u;
    put_uint(row, F_IP_HDR_LEN, ip->header_len);
    if (ip->header_len < HEADER_MIN) {
        put_label(row, F_IP_BOGUS_HEADER_LENGTH);
        return false;
    }
    uint8_t ds = put_u8(row, F_IP_DSFIELD, r);
    if (!rd_ok(r))
        return false;
    put_uint(row, F_IP_DSFIELD_DSCP, ds >> 2);
    put_uint(row, F_IP_DSFIELD_ECN, ds & 3);
    ip->total_len = rd_u16(r);
    if (!rd_ok(r))
        return false;
    bool offloaded = !ip->total_len; /* left for the network card to fill in */
    if (offloaded)
        ip->total_len = there & 0xffff;
    put_uint(row, F_IP_LEN, ip->total_len);
    if (offloaded)
        return ip->total_len >= HEADER_MIN;
    if (ip->total_len < ip->header_len || (ip->total_len > there && !quoted))
        put_label(row, F_IP_BOGUS_IP_LENGTH);
    return ip->total_len >= ip->header_len;
}

/* Reads addresses and options, and puts the labels that depend on them. A source route changes the
 * destination. */
static void ip4_route(struct row *row, struct rd *r, struct ip4 *ip)
{
    uint32_t source = rd_u32(r);
    if (!rd_ok(r))
        return;
    ip4_address(row, F_IP_SRC, F_IP_SRC_HOST, source);
    struct ip4_context context = {.destination = rd_u32(r), .ttl = ip->ttl};
    if (!rd_ok(r))
        return;
    uint32_t options_len = ip->header_len - HEADER_MIN;
    struct rd options = rd_sub(r, options_len < rd_left(r) ? options_len : rd_left(r));
    enum rd_fail fail = ip4_final_destination(&ip->destination, options, context.destination);
    if (fail == RD_CUT) {
        r->fail = RD_CUT;
        return;
    }
    if (!fail)
        ip4_address(row, F_IP_DST, F_IP_DST_HOST, ip->destination);
    ip4_ttl_label(row, ip);
    if (rd_need(&options, options_len)) /* Wireshark shows no option if the options were cut */
        ip4_options_read(row, &options, &context);
    if (!rd_ok(&options))
        r->fail = options.fail;
}

bool ip4_read(struct row *row, struct rd *r, const struct ip_facts *facts)
{
    struct ip4 ip = {0};
    uint32_t start = r->pos;
    if (!ip4_lengths(row, r, &ip, facts->quoted))
        return false;
    rd_end_at(r, start + ip.total_len);
    put_u16(row, F_IP_ID, r);
    ip4_fragment_fields(row, r);
    ip.ttl = put_u8(row, F_IP_TTL, r);
    ip.protocol = put_u8(row, F_IP_PROTO, r);
    put_u16(row, F_IP_CHECKSUM, r);
    if (rd_ok(r))
        put_uint(row, F_IP_CHECKSUM_STATUS, 2);
    ip4_route(row, r, &ip);
    if (rd_ok(r))
        ip4_fragments_put(row, facts);
    return rd_ok(r);
}
