/* UDP and UDP-Lite header and payload.
 * Invariant: the payload is every captured byte of the carrying packet behind the header, whatever the length field
 * says.
 * Source: RFC 768, RFC 3828; observed, tshark 4.0.17. */
#include "proto/headers.h"

/* |     Source Port       |   Destination Port    |
 * |        Length         |       Checksum        | */

enum {
    HEADER_LEN = 8,
    STATUS_UNVERIFIED = 2,
    STATUS_NOT_PRESENT = 3,
    TRACEROUTE_FIRST = 33434,
    TRACEROUTE_LAST = 33534,
    TTL_LOW = 5
};

static void udp_checksum(struct row *row, struct rd *r, const struct udp_facts *facts)
{
    uint16_t checksum = put_u16(row, F_UDP_CHECKSUM, r);
    if (!rd_ok(r))
        return;
    bool absent = !checksum && !facts->lite;
    if (absent && facts->ipv6)
        put_label(row, F_UDP_CHECKSUM_ZERO);
    put_uint(row, F_UDP_CHECKSUM_STATUS, absent && !facts->ipv6 ? STATUS_NOT_PRESENT : STATUS_UNVERIFIED);
}

static void udp_ports(struct row *row, struct rd *r)
{
    if (!rd_need(r, 4))
        return;
    uint16_t source = put_u16(row, F_UDP_SRCPORT, r), destination = put_u16(row, F_UDP_DSTPORT, r);
    put_uint(row, F_UDP_PORT, source);
    put_uint(row, F_UDP_PORT, destination);
}

void udp_read(struct row *row, struct rd *r, const struct udp_facts *facts)
{
    uint32_t there = rd_left(r);
    udp_ports(row, r);
    put_u16(row, F_UDP_LENGTH, r);
    udp_checksum(row, r, facts);
    if (!rd_ok(r) || there < HEADER_LEN)
        return;
    if (facts->has_stream)
        put_uint(row, F_UDP_STREAM, facts->stream);
    if (facts->has_times) {
        put_int(row, F_UDP_TIME_RELATIVE, facts->time_ns - facts->first_ns);
        put_int(row, F_UDP_TIME_DELTA, facts->time_ns - facts->previous_ns);
    }
    if (rd_cap_left(r))
        put_bytes(row, F_UDP_PAYLOAD, r->data + r->pos, rd_cap_left(r));
}
