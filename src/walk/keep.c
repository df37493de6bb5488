/* A kept frame -> its flow. Invariant: the flow's direction is fixed by its first kept packet, so the rows of
 * packets, which are written at once, and the rows of flows agree. */
#include <string.h>

#include "flow/kept.h"
#include "look/measure.h"
#include "table/values.h"
#include "walk/inner.h"

/* The parts of a flow, which are made empty; NULL when memory ends. */
static struct flow_parts *parts_of(struct walk *w, struct flow *flow)
{
    if (!flow->parts && (flow->parts = arena_take(&w->tables.extras, sizeof *flow->parts)))
        *flow->parts = (struct flow_parts){.pieces = NULL};
    return flow->parts;
}

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
    struct flow_parts *parts = parts_of(w, flow);
    struct outer *outer = parts ? arena_take(&w->tables.extras, sizeof *outer) : NULL;
    if (!outer)
        return;
    *outer = (struct outer){.src.family = ip6 ? 6 : 4, .dst.family = ip6 ? 6 : 4};
    struct rd r = rd_make(layer->data, layer->whole_cap, layer->whole_len);
    rd_skip(&r, ip6 ? 8 : 12);
    const uint8_t *addresses = rd_bytes(&r, 2 * size);
    if (!addresses) {
        arena_give(&w->tables.extras, outer, sizeof *outer);
        return;
    }
    memcpy(outer->src.bytes, addresses, size);
    memcpy(outer->dst.bytes, addresses + size, size);
    parts->outer = outer;
}

/* A value of at least this number of bytes is long. Those that the flows of a capture keep may have 256 MiB,
 * and eight times the bytes of the capture so far: contents come joined, in pieces and decoded, but bodies
 * that grow a hundredfold on the way are made to fill the memory. */
enum { LONG_VALUE = 4096, LONG_FREE = 256 << 20, LONG_RATIO = 8 };

/* Takes values out of the row that go beyond the limit, and counts them. */
static void limit_values(struct walk *w, uint64_t offset)
{
    struct row *row = &w->values.row;
    struct capture *c = &w->capture;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < row->n_values; i++) {
        const struct value *v = &row->values[i];
        enum field_type type = w->values.types[v->slot];
        bool is_long = (type == FT_BYTES || type == FT_STRING) && v->len >= LONG_VALUE;
        if (is_long && c->long_bytes + v->len > LONG_FREE + LONG_RATIO * offset) {
            w->report.notes[NOTE_VALUES_LIMIT]++;
            continue;
        }
        c->long_bytes += is_long ? v->len : 0;
        row->values[kept++] = *v;
    }
    row->n_values = kept;
}

/* Puts the values of the row into the flow's log, beside one of its packets. */
static void log_values(struct walk *w, struct flow *flow, uint32_t packet, uint64_t offset)
{
    struct flow_parts *parts = parts_of(w, flow);
    if (!parts)
        return;
    limit_values(w, offset);
    seen_sift(&parts->values.seen, &w->values.seen, &w->values.row, &w->tables.extras);
    values_put(&parts->values.log, &w->tables.pool, packet, &w->values.row, w->values.types);
}

/* Whether the row of the flow tells this packet's lengths and values. */
static bool is_taken(const struct fc_options *o, const struct flow *flow, const struct kept_packet *kept)
{
    return (!o->packets || flow->n_taken < o->packets) && (o->taking == FC_TAKING_ALL || kept->payload_len);
}

static void sum_up(struct flow *flow, const struct kept_packet *kept)
{
    totals_take(&flow->totals[!kept->forward], kept->ip_len, kept->payload_len);
    if (kept->time_ns == LOG_NO_TIME)
        return;
    if (flow->start_ns == LOG_NO_TIME || kept->time_ns < flow->start_ns)
        flow->start_ns = kept->time_ns;
    if (kept->time_ns > flow->end_ns) /* LOG_NO_TIME is before every time */
        flow->end_ns = kept->time_ns;
}

static void log_packet(struct walk *w, struct flow *flow, const struct kept_packet *kept)
{
    struct log_extras extras = {kept->tcp_flags, kept->frame, kept->frame_len};
    log_put_packet(&flow->packets, &w->tables.pool, kept->time_ns, kept->forward, kept->ip_len,
                   kept->payload_len);
    log_put_extras(&flow->packets, &w->tables.pool, w->output.flows->columns.extras, &extras);
}

/* The captured bytes of the payload; none where the header was cut short. */
static void find_payload(const struct kept_packet *kept, struct feature_packet *out)
{
    const struct layer *layer = kept->layer;
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    if (!rd_skip(&r, measure_header(layer)))
        return;
    uint32_t captured = rd_cap_left(&r);
    out->n_payload = captured < kept->payload_len ? captured : kept->payload_len;
    out->payload = rd_bytes(&r, out->n_payload);
}

static size_t statistics_len(const struct walk *w)
{
    return sizeof(struct statistics) + w->query->features.state_len;
}

/* The state of a flow's statistics; before it the log of their own that they have where the flow's log is
 * limited. */
static struct statistics *statistics_of(struct walk *w, struct flow *flow)
{
    size_t len = statistics_len(w);
    struct flow_parts *parts = parts_of(w, flow);
    if (parts && !parts->statistics && (parts->statistics = arena_take(&w->tables.extras, len)))
        memset(parts->statistics, 0, len);
    return parts ? parts->statistics : NULL;
}

static void take_statistics(struct walk *w, struct flow *flow, const struct kept_packet *kept)
{
    const struct feature_plan *plan = &w->query->features;
    struct statistics *statistics = statistics_of(w, flow);
    struct feature_packet packet = {.time_ns = kept->time_ns,
                                    .ip_len = kept->ip_len,
                                    .payload_len = kept->payload_len,
                                    .forward = kept->forward,
                                    .tcp_flags = (uint8_t)kept->tcp_flags};
    if (!statistics)
        return;
    if (plan->needs_payload && kept->payload_len)
        find_payload(kept, &packet);
    feature_take(plan, statistics->state, &packet);
    if (w->query->features_log)
        log_put_packet(&statistics->packets, &w->tables.pool, kept->time_ns, kept->forward, kept->ip_len,
                       kept->payload_len);
}

static void keep_bytes(struct walk *w, struct flow *flow, const struct kept_packet *kept)
{
    struct flow_parts *parts = parts_of(w, flow);
    if (parts && !parts->pieces)
        parts->pieces = bytes_begin(w->query, &w->tables.extras);
    if (parts && parts->pieces)
        flow->has_bytes = bytes_take(parts->pieces, w->query, kept->packet, kept->layer, &w->tables.extras);
}

/* The consumers of a kept packet at the level of flows. */
static void take_packet(struct walk *w, struct flow *flow, const struct kept_packet *kept)
{
    const struct fc_options *o = &w->query->options;
    bool taken = is_taken(o, flow, kept);
    if (taken || o->limit == FC_LIMIT_SEQUENCES) {
        sum_up(flow, kept);
        if (w->query->features.state_len || w->query->features_log)
            take_statistics(w, flow, kept);
    }
    if (w->query->n_matrices && !flow->has_bytes && (o->taking == FC_TAKING_ALL || kept->payload_len))
        keep_bytes(w, flow, kept);
    if (!taken)
        return;
    if (w->values.row.n_values)
        log_values(w, flow, flow->n_taken, kept->packet->frame->offset);
    if (w->query->keeps_packets)
        log_packet(w, flow, kept);
    flow->n_taken++;
}

/* The protocol number of the IP header that carries a transport header. */
static uint8_t ip_protocol(uint8_t kind)
{
    switch (kind) {
    case LAYER_TCP:
        return 6;
    case LAYER_UDP:
        return 17;
    case LAYER_UDPLITE:
        return 136;
    case LAYER_SCTP:
        return 132;
    case LAYER_ICMP:
        return 1;
    case LAYER_ICMP6:
        return 58;
    case LAYER_GRE:
        return 47;
    default:
        return 50; /* ESP */
    }
}

static struct kept_packet describe(const struct walk *w, const struct step *step)
{
    const struct layer *layer = &w->examined.packet.layers[step->layer];
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    struct kept_packet kept = {
        .time_ns = step->frame->has_time ? step->frame->time_ns : LOG_NO_TIME,
        .frame = step->frame->number,
        .frame_len = step->frame->len,
        .tcp_flags = layer->kind == LAYER_TCP ? rd_peek16(&r, 12) & 0xfff : 0,
        .packet = &w->examined.packet,
        .layer = layer,
    };
    measure(kept.packet, step->layer, w->query->options.style, &kept.ip_len, &kept.payload_len);
    return kept;
}

void keep_frame(struct walk *w, struct step *step)
{
    struct kept_packet kept = describe(w, step);
    struct flow_packet packet = {.ref = *guide_ref(w, &w->examined.transports[step->layer]),
                                 .time_ns = step->frame->time_ns,
                                 .has_time = step->frame->has_time,
                                 .payload_len = kept.payload_len,
                                 .tcp_flags = (uint8_t)kept.tcp_flags};
    struct flow *flow = step->flow = flow_assign(&w->tables.flows, &packet, &step->flow_index);
    if (!flow)
        return;
    kept.forward = flow->client == packet.ref.direction;
    if (flow->n_packets == 1)
        flow->ip_protocol = ip_protocol(kept.layer->kind);
    if (flow->n_packets == 1 && kept.layer->net > 0)
        note_outer(w, flow, step->layer);
    if (w->output.flows)
        take_packet(w, flow, &kept);
}

void keep_completion(struct walk *w, const struct step *step)
{
    const struct fc_options *o = &w->query->options;
    const struct conv *conv = guide_ref(w, &w->examined.transports[step->layer])->conv;
    struct flow *flow = conv->flow == NO_FLOW ? NULL : flow_at(&w->tables.flows, conv->flow);
    if (!flow || !flow->n_taken || (o->packets && flow->n_taken >= o->packets))
        return;
    guide_sift_above(w, &w->values.row);
    if (w->values.row.n_values)
        log_values(w, flow, flow->n_taken - 1, step->frame->offset);
}

void keep_forget(struct walk *w, struct flow *flow)
{
    struct arena *extras = &w->tables.extras;
    struct flow_parts *parts = flow->parts;
    log_give(&flow->packets, &w->tables.pool);
    if (!parts)
        return;
    log_give(&parts->values.log, &w->tables.pool);
    seen_give(&parts->values.seen, &w->values.seen, extras);
    if (parts->statistics) {
        log_give(&parts->statistics->packets, &w->tables.pool);
        arena_give(extras, parts->statistics, statistics_len(w));
    }
    if (parts->outer)
        arena_give(extras, parts->outer, sizeof *parts->outer);
    if (parts->pieces)
        bytes_give(parts->pieces, w->query, extras);
    arena_give(extras, parts, sizeof *parts);
}
