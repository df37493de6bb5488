/* Invariant: lengths are those of the headers; where a header gives none, the length is that of the frame on
 * the wire. */
#include "look/measure.h"

#include "flow/conv.h"

/* The length that the IP header gives; a length of 0 there means the rest of the frame. The classic length of
 * IPv6 excludes the header's 40 bytes, like ipv6.plen. */
static uint32_t ip_length(const struct layer *net, bool classic)
{
    struct rd r = rd_make(net->data, net->whole_cap, net->whole_cap);
    if (net->kind == LAYER_IP4) {
        uint32_t total = rd_peek16(&r, 2);
        return total ? total : net->len;
    }
    uint32_t length = rd_peek16(&r, 4);
    if (classic)
        return length;
    return length ? 40 + length : net->len;
}

uint32_t measure_header(const struct layer *layer)
{
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    switch (layer->kind) {
    case LAYER_TCP:
        return (uint32_t)(rd_peek8(&r, 12) >> 4) * 4;
    case LAYER_SCTP:
        return 12;
    case LAYER_UDP:
    case LAYER_UDPLITE:
    case LAYER_ICMP:
    case LAYER_ICMP6:
        return 8;
    default:
        return 0;
    }
}

/* The bytes above the transport header. The classic length of UDP includes the header, like udp.length. */
static uint32_t payload_length(const struct layer *layer, bool classic)
{
    bool udp = layer->kind == LAYER_UDP;
    uint32_t header = classic && (udp || layer->kind == LAYER_UDPLITE) ? 0 : measure_header(layer);
    uint32_t len = layer->len;
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    if (udp && (classic || rd_peek16(&r, 4)))
        len = rd_peek16(&r, 4);
    if (udp && !classic && len > layer->len)
        len = layer->len;
    return len > header ? len - header : 0;
}

struct rd measure_payload(const struct layer *layer)
{
    uint32_t len = payload_length(layer, false);
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    rd_skip(&r, len ? measure_header(layer) : layer->len);
    return rd_sub(&r, len);
}

void measure(const struct packet *packet, int index, enum fc_style style, uint32_t *ip_len,
             uint32_t *payload_len)
{
    const struct layer *layer = &packet->layers[index];
    bool classic = style == FC_STYLE_CLASSIC;
    *ip_len = ip_length(&packet->layers[layer->net], classic);
    *payload_len = payload_length(layer, classic);
}

const char *protocol_name(uint8_t conv_kind)
{
    static const char *const names[N_CONV_KINDS] = {
        [CONV_TCP] = "tcp",      [CONV_UDP] = "udp", [CONV_SCTP] = "sctp", [CONV_ICMP] = "icmp",
        [CONV_ICMP6] = "icmpv6", [CONV_GRE] = "gre", [CONV_ESP] = "esp"};
    return names[conv_kind];
}
