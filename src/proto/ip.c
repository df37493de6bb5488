/* Functions that the readers of IPv4 and IPv6 share: hosts as text, ends of readers, results of reassembly.
 * Invariant: fragments are shown only for the frame that completes the datagram.
 * Source: observed (tshark 4.0.17). */
#include "proto/ip.h"
#include "field/ids_ip.h"
#include "field/ids_ipv6.h"

void put_host4(struct row *row, field_id id, uint32_t address)
{
    char text[ADDRESS_TEXT_CAP];
    if (row_wants(row, id))
        put_text_copy(row, id, text, (uint32_t)address_ipv4(text, address));
}

void put_host6(struct row *row, field_id id, const uint8_t *address)
{
    char text[ADDRESS_TEXT_CAP];
    if (row_wants(row, id))
        put_text_copy(row, id, text, (uint32_t)address_ipv6(text, address));
}

void rd_end_at(struct rd *r, uint32_t end)
{
    if (end < r->len)
        r->len = end;
    if (r->cap > r->len)
        r->cap = r->len;
}

static void overlap_put(struct row *row, const struct fragment_facts *f, uint32_t i, field_id overlap,
                        field_id conflict)
{
    if (f->overlaps && f->overlaps[i])
        put_bool(row, overlap, true);
    if (f->conflicts && f->conflicts[i])
        put_bool(row, conflict, true);
}

void ip4_fragments_put(struct row *row, const struct ip_facts *facts)
{
    const struct fragment_facts *f = facts->fragments;
    if (!f)
        return;
    put_bytes(row, F_IP_FRAGMENTS, f->data, f->len);
    for (uint32_t i = 0; i < f->n_frames; i++) {
        put_uint(row, F_IP_FRAGMENT, f->frames[i]);
        overlap_put(row, f, i, F_IP_FRAGMENT_OVERLAP, F_IP_FRAGMENT_OVERLAP_CONFLICT);
    }
    put_uint(row, F_IP_FRAGMENT_COUNT, f->n_frames);
    put_uint(row, F_IP_REASSEMBLED_LENGTH, f->len);
    put_bytes(row, F_IP_REASSEMBLED_DATA, f->data, f->len);
}

void ip6_fragments_put(struct row *row, const struct ip_facts *facts)
{
    const struct fragment_facts *f = facts->fragments;
    if (!f)
        return;
    put_label(row, F_IPV6_FRAGMENTS);
    for (uint32_t i = 0; i < f->n_frames; i++) {
        put_uint(row, F_IPV6_FRAGMENT, f->frames[i]);
        overlap_put(row, f, i, F_IPV6_FRAGMENT_OVERLAP, F_IPV6_FRAGMENT_OVERLAP_CONFLICT);
    }
    put_uint(row, F_IPV6_FRAGMENT_COUNT, f->n_frames);
    put_uint(row, F_IPV6_REASSEMBLED_LENGTH, f->len);
    put_bytes(row, F_IPV6_REASSEMBLED_DATA, f->data, f->len);
}
