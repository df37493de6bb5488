/* The headers of UDP and UDP-Lite, and the payload.
 * Invariant: the payload is all the captured bytes behind the header, whatever the length field says.
 * Source: RFC 768, RFC 3828; observed (tshark 4.0.17). */
#include "base/time.h"
#include "field/ids_udp.h"
#include "proto/headers.h"

/* |     Source Port       |   Destination Port    |
 * |        Length         |       Checksum        | */

enum {
    HEADER_LEN = 8,
    STATUS_UNVERIFIED = 2,
    STATUS_NOT_PRESENT = 3,
    STATUS_ILLEGAL = 4,
    TRACEROUTE_FIRST = 33435, /* the ports that traceroute uses, from the first on */
    TRACEROUTE_LAST = 33464
};

static bool is_traceroute(uint16_t port) { return port >= TRACEROUTE_FIRST && port <= TRACEROUTE_LAST; }

static void udp_ports(struct row *row, struct rd *r)
{
    if (!rd_need(r, 4))
        return;
    uint16_t source = put_u16(row, F_UDP_SRCPORT, r), destination = put_u16(row, F_UDP_DSTPORT, r);
    put_uint(row, F_UDP_PORT, source);
    put_uint(row, F_UDP_PORT, destination);
    if (is_traceroute(source) || is_traceroute(destination))
        put_label(row, F_UDP_POSSIBLE_TRACEROUTE);
}

/* Reads the length field. Returns false if it is impossible; Wireshark then shows nothing behind it. `there`:
 * bytes of header and payload. */
static bool udp_length(struct row *row, struct rd *r, uint32_t there, const struct udp_facts *facts,
                       uint32_t *length)
{
    *length = put_u16(row, F_UDP_LENGTH, r);
    if (!rd_ok(r))
        return false;
    if (!*length && facts->ipv6) {
        put_label(row, F_UDP_LENGTH_BAD_ZERO); /* only a jumbogram may have it */
        *length = there;
        return true;
    }
    if (*length < HEADER_LEN || (*length > there && !facts->partial))
        put_label(row, F_UDP_LENGTH_BAD);
    return *length >= HEADER_LEN;
}

/* UDP-Lite has a checksum coverage in the place of the length; 0 means the whole datagram. */
static void udplite_coverage(struct row *row, struct rd *r, uint32_t there)
{
    uint16_t coverage = rd_u16(r);
    if (!rd_ok(r))
        return;
    put_uint(row, F_UDP_LENGTH, there);
    if ((coverage && coverage < HEADER_LEN) || coverage > there)
        put_label(row, F_UDPLITE_CHECKSUM_COVERAGE_BAD);
}

static void udp_checksum(struct row *row, struct rd *r, const struct udp_facts *facts)
{
    uint16_t checksum = put_u16(row, F_UDP_CHECKSUM, r);
    if (!rd_ok(r))
        return;
    bool required = facts->lite || facts->ipv6;
    if (!checksum && required)
        put_label(row, F_UDP_CHECKSUM_ZERO);
    put_uint(row, F_UDP_CHECKSUM_STATUS,
             checksum   ? STATUS_UNVERIFIED
             : required ? STATUS_ILLEGAL
                        : STATUS_NOT_PRESENT);
}

void udp_read(struct row *row, struct rd *r, const struct udp_facts *facts)
{
    uint32_t there = rd_left(r), length = there;
    udp_ports(row, r);
    if (facts->lite)
        udplite_coverage(row, r, there);
    else if (!udp_length(row, r, there, facts, &length))
        return;
    udp_checksum(row, r, facts);
    if (!rd_ok(r))
        return;
    if (facts->has_stream)
        put_uint(row, F_UDP_STREAM, facts->stream);
    if (facts->times.known) {
        put_int(row, F_UDP_TIME_RELATIVE, time_diff(facts->time_ns, facts->times.first_ns));
        put_int(row, F_UDP_TIME_DELTA, time_diff(facts->time_ns, facts->times.previous_ns));
    }
    if (length > HEADER_LEN && rd_cap_left(r))
        put_bytes(row, F_UDP_PAYLOAD, r->data + r->pos, rd_cap_left(r));
}
