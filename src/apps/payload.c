/* The bytes behind the headers of UDP and UDP-Lite. */
#include "apps/payload.h"

enum { HEADER = 8 /* bytes */ };

bool payload_of_udp(const struct layer *layer, struct rd *out)
{
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    uint16_t length = rd_peek16(&r, 4);
    if (length && length < HEADER)
        return false;
    if (!rd_skip(&r, HEADER))
        return false;
    *out = rd_rest(&r);
    if (length && length - HEADER < (int64_t)out->len)
        *out = rd_make(out->data, out->cap, length - HEADER);
    return out->cap > 0;
}

/* The header of UDP-Lite has a coverage where that of UDP has a length. */
bool payload_of_datagram(const struct layer *layer, struct rd *out)
{
    if (layer->kind != LAYER_UDPLITE)
        return payload_of_udp(layer, out);
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    rd_skip(&r, HEADER);
    *out = rd_rest(&r);
    return rd_ok(&r) && out->cap > 0;
}
