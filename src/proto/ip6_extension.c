/* IPv6 extension headers: options, routing, fragment.
 * Invariant: the contents of an extension header end where its length says.
 * Source: RFC 8200, 5095 (routing type 0), 6275 (type 2), 8754 (type 4); the labels were observed (tshark
 * 4.0.17). */
#include "field/ids_ipv6.h"
#include "proto/ip.h"

enum {
    HOP_BY_HOP = 0,
    ROUTING = 43,
    FRAGMENT = 44,
    DESTINATION_OPTIONS = 60,
    ROUTE_SOURCE = 0,
    ROUTE_MOBILE = 2,
    ROUTE_SEGMENTS = 4
};

/* The fields of next header and length for one kind of extension header. */
struct extension_fields {
    field_id next, len, octets;
};

/* Reads next header and length. *end becomes the position in r where the extension header ends. */
static bool extension_start(struct row *row, struct rd *r, const struct extension_fields *f, uint32_t *end)
{
    uint32_t start = r->pos;
    put_u8(row, f->next, r);
    uint8_t len = put_u8(row, f->len, r);
    if (!rd_ok(r))
        return false;
    put_uint(row, f->octets, (len + 1u) * 8);
    *end = start + (len + 1u) * 8;
    return true;
}

static void options_header_read(struct row *row, struct rd *r, const uint8_t *header, bool hop_by_hop)
{
    static const struct extension_fields hop = {F_IPV6_HOPOPTS_NXT, F_IPV6_HOPOPTS_LEN,
                                                F_IPV6_HOPOPTS_LEN_OCT};
    static const struct extension_fields destination = {F_IPV6_DSTOPTS_NXT, F_IPV6_DSTOPTS_LEN,
                                                        F_IPV6_DSTOPTS_LEN_OCT};
    struct ip6_context context = {
        .payload_len = rd_be16(header + 4), .hop_limit = header[7], .hop_by_hop = hop_by_hop};
    uint32_t end;
    if (extension_start(row, r, hop_by_hop ? &hop : &destination, &end))
        ip6_options_read(row, r, end, &context);
}

static void addresses_read(struct row *row, struct rd *r, field_id id)
{
    while (rd_ok(r) && rd_left(r) >= 16)
        put_span(row, id, r, 16);
}

static void routing_read(struct row *row, struct rd *r)
{
    static const struct extension_fields fields = {F_IPV6_ROUTING_NXT, F_IPV6_ROUTING_LEN,
                                                   F_IPV6_ROUTING_LEN_OCT};
    uint32_t end;
    if (!extension_start(row, r, &fields, &end))
        return;
    rd_end_at(r, end);
    uint8_t type = put_u8(row, F_IPV6_ROUTING_TYPE, r);
    put_u8(row, F_IPV6_ROUTING_SEGLEFT, r);
    if (!rd_ok(r))
        return;
    if (type == ROUTE_SOURCE) {
        put_span(row, F_IPV6_ROUTING_SRC_RESERVED, r, 4);
        addresses_read(row, r, F_IPV6_ROUTING_SRC_ADDR);
        if (rd_ok(r))
            put_label(row, F_IPV6_ROUTING_DEPRECATED);
    } else if (type == ROUTE_MOBILE) {
        put_span(row, F_IPV6_ROUTING_MIPV6_RESERVED, r, 4);
        put_span(row, F_IPV6_ROUTING_MIPV6_HOME_ADDRESS, r, 16);
    } else if (type == ROUTE_SEGMENTS) {
        put_u8(row, F_IPV6_ROUTING_SRH_LAST_ENTRY, r);
        put_u8(row, F_IPV6_ROUTING_SRH_FLAGS, r);
        put_span(row, F_IPV6_ROUTING_SRH_TAG, r, 2);
        addresses_read(row, r, F_IPV6_ROUTING_SRH_ADDR);
    }
}

static void fragment_read(struct row *row, struct rd *r, const struct ip_facts *facts)
{
    put_u8(row, F_IPV6_FRAGHDR_NXT, r);
    put_u8(row, F_IPV6_FRAGHDR_RESERVED_OCTET, r);
    uint16_t word = rd_u16(r);
    if (!rd_ok(r))
        return;
    put_uint(row, F_IPV6_FRAGHDR_OFFSET, word >> 3);
    put_uint(row, F_IPV6_FRAGHDR_RESERVED_BITS, word >> 1 & 3);
    put_bool(row, F_IPV6_FRAGHDR_MORE, word & 1);
    put_u32(row, F_IPV6_FRAGHDR_IDENT, r);
    if (rd_ok(r))
        ip6_fragments_put(row, facts);
}

void ip6_extension_read(struct row *row, struct rd *r, uint8_t number, const uint8_t *header,
                        const struct ip_facts *facts)
{
    if (number == HOP_BY_HOP || number == DESTINATION_OPTIONS)
        options_header_read(row, r, header, number == HOP_BY_HOP);
    else if (number == ROUTING)
        routing_read(row, r);
    else if (number == FRAGMENT)
        fragment_read(row, r, facts);
}
