/* Invariant: all bytes of an excerpt were captured (cap == len), and none lies behind the end of the IP
 * packet. */
#include "look/excerpt.h"

#include "look/measure.h"

/* Only the captured bytes. */
static struct rd captured(const uint8_t *data, uint32_t cap) { return rd_make(data, cap, cap); }

/* An IP packet that lies elsewhere, because it was reassembled or found by libwireshark, does not say where
 * the bytes of the frame end. */
static struct rd from_link(const struct frame *frame, const struct layer *net)
{
    uintptr_t begin = (uintptr_t)frame->data, at = (uintptr_t)net->data;
    bool inside = at >= begin && at - begin <= frame->cap_len;
    uint32_t before = inside ? (uint32_t)(at - begin) : 0;
    return captured(frame->data, inside ? before + net->cap : frame->cap_len);
}

struct rd excerpt(const struct packet *packet, const struct layer *layer, enum fc_start start)
{
    const struct layer *net = &packet->layers[layer->net];
    struct rd payload;
    switch (start) {
    case FC_START_LINK:
        return from_link(packet->frame, net);
    case FC_START_IP:
        return captured(net->data, net->cap);
    case FC_START_TRANSPORT:
        return captured(layer->data, layer->cap);
    default:
        payload = measure_payload(layer);
        return captured(payload.data, payload.cap);
    }
}
