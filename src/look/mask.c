/* Invariant: a byte is masked because of the place that the decoder found its header at; bytes of a header
 * that was not decoded stay as they are.
 * Source: IEEE 802.3; RFC 791, 8200 (IP); RFC 9293, 7323 (TCP and its timestamps); RFC 768, 3828 (UDP); RFC
 * 9260 (SCTP); RFC 792, 4443 (ICMP). */
#include "look/mask.h"

#include <flowcontainer.h>
#include <string.h>

struct span {
    uint8_t *copy;
    const uint8_t *from;
    uint32_t n;
};

/* The values at fixed places, by the kind of their header. */
static const struct place {
    uint8_t kind, at, n;
    uint32_t mask;
} places[] = {
    {LAYER_ETH, 0, 12, FC_MASK_ADDRESSES},      {LAYER_IP4, 12, 8, FC_MASK_ADDRESSES},
    {LAYER_IP6, 8, 32, FC_MASK_ADDRESSES},      {LAYER_TCP, 0, 4, FC_MASK_PORTS},
    {LAYER_UDP, 0, 4, FC_MASK_PORTS},           {LAYER_UDPLITE, 0, 4, FC_MASK_PORTS},
    {LAYER_SCTP, 0, 4, FC_MASK_PORTS},          {LAYER_IP4, 10, 2, FC_MASK_CHECKSUMS},
    {LAYER_TCP, 16, 2, FC_MASK_CHECKSUMS},      {LAYER_UDP, 6, 2, FC_MASK_CHECKSUMS},
    {LAYER_UDPLITE, 6, 2, FC_MASK_CHECKSUMS},   {LAYER_SCTP, 8, 4, FC_MASK_CHECKSUMS},
    {LAYER_ICMP, 2, 2, FC_MASK_CHECKSUMS},      {LAYER_ICMP6, 2, 2, FC_MASK_CHECKSUMS},
    {LAYER_IP4, 4, 2, FC_MASK_IP_ID},           {LAYER_TCP, 4, 4, FC_MASK_SEQUENCE},
    {LAYER_TCP, 8, 4, FC_MASK_ACKNOWLEDGEMENT},
};
enum { N_PLACES = sizeof places / sizeof *places };

/* Makes the n bytes zero that lie at data + at, as far as the copy has them. */
static void clear(const struct span *s, const uint8_t *data, uint32_t at, uint32_t n)
{
    int64_t from = (int64_t)((intptr_t)data - (intptr_t)s->from) + at, to = from + n;
    if (from < 0)
        from = 0;
    if (to > (int64_t)s->n)
        to = s->n;
    if (from < to)
        memset(s->copy + from, 0, (size_t)(to - from));
}

static void clear_timestamps(const struct span *s, const struct layer *layer)
{
    enum { END = 0, NOP = 1, TIMESTAMPS = 8, FIXED = 20 };
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    uint32_t header = (uint32_t)(rd_peek8(&r, 12) >> 4) * 4;
    if (header < FIXED)
        return;
    r = rd_sub(&r, header);
    rd_skip(&r, FIXED);
    while (rd_cap_left(&r) && rd_ok(&r)) {
        uint32_t at = r.pos;
        uint8_t kind = rd_u8(&r), size = kind > NOP ? rd_u8(&r) : 1;
        if (kind == END || size < (kind > NOP ? 2 : 1))
            return;
        if (kind == TIMESTAMPS)
            clear(s, layer->data, at + 2, size - 2u);
        rd_skip(&r, size - (r.pos - at));
    }
}

void mask_bytes(uint8_t *copy, const uint8_t *from, uint32_t n, const struct packet *packet, uint32_t mask)
{
    const struct span s = {copy, from, n};
    for (uint8_t i = 0; mask && i < packet->n_layers; i++) {
        const struct layer *layer = &packet->layers[i];
        for (size_t j = 0; j < N_PLACES; j++)
            if (places[j].kind == layer->kind && (places[j].mask & mask))
                clear(&s, layer->data, places[j].at, places[j].n);
        if (layer->kind == LAYER_TCP && (mask & FC_MASK_TIMESTAMPS))
            clear_timestamps(&s, layer);
    }
}
