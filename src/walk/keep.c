/* A kept frame -> its flow. Invariant: the flow's direction is fixed by its first kept packet, so the rows of
 * packets, which are written at once, and the rows of flows agree. */
#include <string.h>

#include "look/measure.h"
#include "table/values.h"
#include "walk/inner.h"

/* The outermost IP layer below the flow's own; NULL: the flow is in no tunnel. */
static const struct layer *outer_ip(const struct packet *p, int layer_index)
{
    uint8_t net = p->layers[layer_index].net;
    for (uint8_t i = 0; i < net; i++)
        if (p->layers[i].kind == LAYER_IP4 || p->layers[i].kind == LAYER_IP6)
            return &p->layers[i];
    return NULL;
}

static void note_outer(struct walk *w, struct flow *flow, int layer_index)
{
    const struct layer *layer = outer_ip(&w->examined.packet, layer_index);
    if (!layer)
        return;
    bool ip6 = layer->kind == LAYER_IP6;
    uint32_t size = ip6 ? 16 : 4;
    struct outer *outer = arena_alloc(&w->tables.extras, sizeof *outer);
    if (!outer)
        return;
    *outer = (struct outer){.src.family = ip6 ? 6 : 4, .dst.family = ip6 ? 6 : 4};
    struct rd r = rd_make(layer->data, layer->whole_cap, layer->whole_len);
    rd_skip(&r, ip6 ? 8 : 12);
    const uint8_t *addresses = rd_bytes(&r, 2 * size);
    if (!addresses)
        return;
    memcpy(outer->src.bytes, addresses, size);
    memcpy(outer->dst.bytes, addresses + size, size);
    flow->outer = outer;
}

static void log_values(struct walk *w, struct flow *flow)
{
    if (!flow->values) {
        if (!(flow->values = arena_alloc(&w->tables.extras, sizeof *flow->values)))
            return;
        *flow->values = (struct log){0};
    }
    if (!values_put(flow->values, &w->tables.pool, flow->n_packets - 1, &w->values.row, w->values.types))
        memory_ended(&w->memory);
}

static void log_packet(struct walk *w, struct flow *flow, const struct flow_packet *packet, uint32_t ip_len)
{
    int64_t time_ns = packet->has_time ? packet->time_ns : LOG_NO_TIME;
    bool forward = flow->client == packet->ref.direction;
    log_put_packet(&flow->packets, &w->tables.pool, time_ns, forward, ip_len, packet->payload_len);
}

void keep_frame(struct walk *w, struct step *step)
{
    const struct layer *layer = &w->examined.packet.layers[step->layer];
    struct flow_packet packet = {.ref = w->examined.transports[step->layer].ref,
                                 .time_ns = step->frame->time_ns,
                                 .has_time = step->frame->has_time};
    uint32_t ip_len;
    measure(&w->examined.packet, step->layer, w->query->options.style, &ip_len, &packet.payload_len);
    if (layer->kind == LAYER_TCP) {
        struct rd r = rd_make(layer->data, layer->cap, layer->len);
        packet.tcp_flags = rd_peek8(&r, 13);
    }
    struct flow *flow = step->flow = flow_assign(&w->tables.flows, &packet, &step->flow_index);
    if (!flow)
        return;
    if (flow->n_packets == 1 && layer->net > 0)
        note_outer(w, flow, step->layer);
    if (!w->output.flows)
        return;
    if (w->values.row.n_values)
        log_values(w, flow);
    log_packet(w, flow, &packet, ip_len);
}
