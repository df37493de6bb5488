/* Invariant: the values put here are those that the header's reader in proto/ puts; a field has the same
 * values whether it is asked for alone or beside all others (tests/diff/test_laws.py). Source: RFC 791, RFC
 * 9293, RFC 768. */
#include "look/fixed.h"
#include "field/ids_ip.h"
#include "field/ids_tcp.h"
#include "field/ids_udp.h"

/* Values of `bytes` for numbers that are in no header: the stream number, and the length of a segment's data.
 */
enum { STREAM = 0, PAYLOAD = 3 };

static const struct fixed_place places[] = {
    {F_IP_DSFIELD, 0, LAYER_IP4, 1, 1, 0, 0xff},
    {F_IP_DSFIELD_DSCP, 0, LAYER_IP4, 1, 1, 2, 0x3f},
    {F_IP_DSFIELD_ECN, 0, LAYER_IP4, 1, 1, 0, 3},
    {F_IP_LEN, 0, LAYER_IP4, 2, 2, 0, 0xffff},
    {F_IP_ID, 0, LAYER_IP4, 4, 2, 0, 0xffff},
    {F_IP_FLAGS, 0, LAYER_IP4, 6, 1, 5, 7},
    {F_IP_FLAGS_RB, 0, LAYER_IP4, 6, 1, 7, 1},
    {F_IP_FLAGS_DF, 0, LAYER_IP4, 6, 1, 6, 1},
    {F_IP_FLAGS_MF, 0, LAYER_IP4, 6, 1, 5, 1},
    {F_IP_FRAG_OFFSET, 0, LAYER_IP4, 6, 2, 0, 0x1fff},
    {F_IP_TTL, 0, LAYER_IP4, 8, 1, 0, 0xff},
    {F_IP_PROTO, 0, LAYER_IP4, 9, 1, 0, 0xff},
    {F_IP_CHECKSUM, 0, LAYER_IP4, 10, 2, 0, 0xffff},
    {F_IP_SRC, 0, LAYER_IP4, 12, 4, 0, 0xffffffff},
    {F_IP_DST, 0, LAYER_IP4, 16, 4, 0, 0xffffffff},
    {F_IP_ADDR, 0, LAYER_IP4, 12, 4, 0, 0xffffffff},
    {F_IP_ADDR, 0, LAYER_IP4, 16, 4, 0, 0xffffffff},
    {F_TCP_SRCPORT, 0, LAYER_TCP, 0, 2, 0, 0xffff},
    {F_TCP_DSTPORT, 0, LAYER_TCP, 2, 2, 0, 0xffff},
    {F_TCP_PORT, 0, LAYER_TCP, 0, 2, 0, 0xffff},
    {F_TCP_PORT, 0, LAYER_TCP, 2, 2, 0, 0xffff},
    {F_TCP_STREAM, 0, LAYER_TCP, 0, STREAM, 0, 0xffffffff},
    {F_TCP_LEN, 0, LAYER_TCP, 12, PAYLOAD, 0, 0xffffffff},
    {F_TCP_ACK_RAW, 0, LAYER_TCP, 8, 4, 0, 0xffffffff},
    {F_TCP_FLAGS, 0, LAYER_TCP, 12, 2, 0, 0xfff},
    {F_TCP_FLAGS_AE, 0, LAYER_TCP, 12, 2, 8, 1},
    {F_TCP_FLAGS_CWR, 0, LAYER_TCP, 13, 1, 7, 1},
    {F_TCP_FLAGS_ECE, 0, LAYER_TCP, 13, 1, 6, 1},
    {F_TCP_FLAGS_URG, 0, LAYER_TCP, 13, 1, 5, 1},
    {F_TCP_FLAGS_ACK, 0, LAYER_TCP, 13, 1, 4, 1},
    {F_TCP_FLAGS_PUSH, 0, LAYER_TCP, 13, 1, 3, 1},
    {F_TCP_FLAGS_RESET, 0, LAYER_TCP, 13, 1, 2, 1},
    {F_TCP_FLAGS_SYN, 0, LAYER_TCP, 13, 1, 1, 1},
    {F_TCP_FLAGS_FIN, 0, LAYER_TCP, 13, 1, 0, 1},
    {F_TCP_WINDOW_SIZE_VALUE, 0, LAYER_TCP, 14, 2, 0, 0xffff},
    {F_TCP_CHECKSUM, 0, LAYER_TCP, 16, 2, 0, 0xffff},
    {F_TCP_URGENT_POINTER, 0, LAYER_TCP, 18, 2, 0, 0xffff},
    {F_UDP_SRCPORT, 0, LAYER_UDP, 0, 2, 0, 0xffff},
    {F_UDP_DSTPORT, 0, LAYER_UDP, 2, 2, 0, 0xffff},
    {F_UDP_PORT, 0, LAYER_UDP, 0, 2, 0, 0xffff},
    {F_UDP_PORT, 0, LAYER_UDP, 2, 2, 0, 0xffff},
    {F_UDP_LENGTH, 0, LAYER_UDP, 4, 2, 0, 0xffff},
    {F_UDP_CHECKSUM, 0, LAYER_UDP, 6, 2, 0, 0xffff},
    {F_UDP_STREAM, 0, LAYER_UDP, 0, STREAM, 0, 0xffffffff},
};

size_t fixed_places(field_id id, struct fixed_place out[2])
{
    size_t n = 0;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (places[i].id == id)
            out[n++] = places[i];
    return n;
}

/* Whether the header was captured whole and its reader would not stop in it. IPv4 must have no options,
 * because a source route changes the destination. */
static bool is_regular(const struct layer *layer)
{
    const uint8_t *h = layer->data;
    switch (layer->kind) {
    case LAYER_IP4:
        return layer->whole_cap >= 20 && h[0] == 0x45 && rd_be16(h + 2) >= 20;
    case LAYER_TCP:
        return layer->cap >= 20 && h[12] >> 4 >= 5;
    case LAYER_UDP:
        return layer->cap >= 8 && rd_be16(h + 4) >= 8;
    default:
        return false;
    }
}

static bool has_value(const struct fixed_place *p, const struct layer *layer, const struct transport *t)
{
    if (p->bytes == PAYLOAD)
        return !layer->quoted && layer->len >= (layer->data[p->at] >> 4) * 4u;
    return p->bytes != STREAM || t->has_ref;
}

static uint32_t number_of(const struct fixed_place *place, const struct layer *layer,
                          const struct transport *t)
{
    const uint8_t *p = layer->data + place->at;
    switch (place->bytes) {
    case STREAM:
        return t->stream;
    case PAYLOAD:
        return layer->len - (*p >> 4) * 4u;
    case 1:
        return *p;
    case 2:
        return rd_be16(p);
    default:
        return rd_be32(p);
    }
}

bool fixed_put(struct row *row, const struct fixed_place *wanted, size_t n, const struct examined *x, int i)
{
    const struct layer *layer = &x->packet.layers[i];
    const struct transport *t = &x->transports[i];
    if (!is_regular(layer))
        return false;
    for (const struct fixed_place *p = wanted; p < wanted + n; p++) {
        if (p->kind != layer->kind || !has_value(p, layer, t))
            continue;
        struct value *v = row_slot(row, p->slot);
        if (v)
            v->u = number_of(p, layer, t) >> p->shift & p->mask;
    }
    return true;
}
