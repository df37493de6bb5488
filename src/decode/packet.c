/* The entry of the decoder, and functions that the decoders of all headers use.
 * Invariant: layers are in order, outermost first; a packet with REASON_KEPT has at least one transport
 * layer. */
#include "decode/decode.h"

const char *reason_name(enum reason reason)
{
    static const char *const names[N_REASONS] = {
        [REASON_KEPT] = "kept",
        [REASON_RETRANSMISSION] = "retransmission",
        [REASON_OUT_OF_ORDER] = "out_of_order",
        [REASON_MDNS] = "mdns",
        [REASON_SSDP] = "ssdp",
        [REASON_ICMP] = "icmp",
        [REASON_FILTER] = "filter",
        [REASON_OTHER_PROTOCOL] = "other_protocol",
        [REASON_NOT_IP] = "not_ip",
        [REASON_FRAGMENT] = "fragment",
        [REASON_FRAGMENT_INCOMPLETE] = "fragment_never_completed",
        [REASON_ENCRYPTED] = "encrypted",
        [REASON_MALFORMED] = "malformed",
        [REASON_CUT] = "cut",
        [REASON_LINK_TYPE] = "link_type",
        [REASON_NO_CONTENT] = "no_content",
        [REASON_FLOW_WITHOUT_PAYLOAD] = "flow_without_payload",
        [REASON_NO_FAMILY] = "in_no_family",
    };
    return names[reason];
}

struct layer *decode_layer(struct packet *p, enum layer_kind kind, const struct rd *r)
{
    if (p->n_layers == MAX_LAYERS) {
        decode_stop(p, REASON_MALFORMED);
        return NULL;
    }
    struct layer *layer = &p->layers[p->n_layers++];
    *layer = (struct layer){.data = r->data + (r->pos < r->cap ? r->pos : r->cap),
                            .cap = rd_cap_left(r),
                            .len = rd_left(r),
                            .whole_cap = rd_cap_left(r),
                            .whole_len = rd_left(r),
                            .kind = (uint8_t)kind,
                            .tag = p->tag};
    return layer;
}

void decode_stop(struct packet *p, enum reason reason)
{
    if (p->reason == REASON_KEPT || p->reason == REASON_ICMP)
        return;
    if (reason == REASON_NOT_IP && p->has_ip) /* a tunnel over IP carries another protocol */
        reason = REASON_OTHER_PROTOCOL;
    p->reason = (uint8_t)reason;
}

enum reason decode_failure(const struct rd *r) { return r->fail == RD_CUT ? REASON_CUT : REASON_MALFORMED; }

void decode_frame(struct packet *p, const struct frame *frame)
{
    p->frame = frame;
    p->n_layers = 0;
    p->reason = REASON_NOT_IP;
    p->has_icmp = p->has_ip = p->is_fragment = false;
    p->tag = 0;
    if (frame->opaque || !frame->interface) {
        p->reason = REASON_NO_CONTENT;
        return;
    }
    uint32_t len = frame->len > frame->cap_len
                       ? frame->len
                       : frame->cap_len; /* some files state a length below the captured one */
    if (frame->ip)
        decode_ip(p, *frame->ip);
    else
        decode_link(p, frame->interface->link_type, rd_make(frame->data, frame->cap_len, len));
}

void decode_reassembled(struct packet *p, uint8_t net, uint8_t protocol, struct rd payload)
{
    uint8_t first = p->n_layers;
    p->is_fragment = false;
    p->reason = REASON_OTHER_PROTOCOL;
    decode_ip_payload(p, net, protocol, payload);
    for (uint8_t i = first; i < p->n_layers; i++)
        p->layers[i].reassembled = true;
}
