/* What the native engine does with one frame: who answers for its values, which flow it is in, and why not.
 * Invariant: every frame is counted under exactly one reason; once libwireshark answers, it does to the end
 * of the capture. */
#include <string.h>

#include "look/emit.h"
#include "look/measure.h"
#include "shark/standby.h"
#include "shark/survey.h"
#include "table/values.h"
#include "walk/capture.h"

static bool note_outer(struct native *n, struct flow *flow, int layer_index)
{
    const struct packet *p = &n->examined.packet;
    uint8_t net = p->layers[layer_index].net;
    for (uint8_t i = 0; i < net; i++) {
        const struct layer *layer = &p->layers[i];
        if (layer->kind != LAYER_IP4 && layer->kind != LAYER_IP6)
            continue;
        bool ip6 = layer->kind == LAYER_IP6;
        uint32_t size = ip6 ? 16 : 4;
        if (!(flow->outer = arena_alloc(&n->extras, sizeof *flow->outer)))
            return false;
        memset(flow->outer, 0, sizeof *flow->outer);
        flow->outer->src.family = flow->outer->dst.family = ip6 ? 6 : 4;
        memcpy(flow->outer->src.bytes, layer->data + (ip6 ? 8 : 12), size);
        memcpy(flow->outer->dst.bytes, layer->data + (ip6 ? 24 : 16), size);
        break;
    }
    return true;
}

static enum fc_status add_packet_row(struct native *n, int layer, const struct flow *flow,
                                     uint32_t flow_index, enum reason reason)
{
    const struct frame *frame = n->examined.packet.frame;
    if (reason == REASON_FRAGMENT_INCOMPLETE) /* whether others complete it only the account will know */
        reason = REASON_FRAGMENT;
    struct packet_row row = {.time_ns = frame->has_time ? frame->time_ns : LOG_NO_TIME,
                             .frame = frame->number,
                             .flow = PACKET_NO_FLOW,
                             .frame_length = frame->len,
                             .ip_length = PACKET_NO_LENGTH,
                             .payload_length = PACKET_NO_LENGTH,
                             .reason = reason == REASON_KEPT ? NULL : reason_name(reason)};
    if (flow) {
        const struct conv_ref *ref = &n->examined.transports[layer].ref;
        struct endpoint ends[2]; /* not those of the conversation: TFTP's has answers from any port */
        conv_ends(&n->examined.packet, &n->examined.packet.layers[layer], ends);
        row.flow = flow_index;
        row.protocol = protocol_name(ends[0].kind);
        row.stream = ref->conv->stream;
        row.src = native_address(&ends[0]);
        row.dst = native_address(&ends[1]);
        row.sport = ends[0].port;
        row.dport = ends[1].port;
        row.direction = flow->client == ref->direction ? 1 : -1;
        measure(&n->examined.packet, layer, n->query->options.style, &row.ip_length, &row.payload_length);
    }
    return packets_add(n->packets, &row, n->query->n_fields ? &n->row : NULL);
}

static bool note_values(struct native *n, struct flow *flow)
{
    if (!flow->values) {
        if (!(flow->values = arena_alloc(&n->extras, sizeof *flow->values)))
            return false;
        *flow->values = (struct log){0};
    }
    return values_put(flow->values, &n->pool, flow->n_packets - 1, &n->row, n->types);
}

static enum fc_status put_in_flow(struct native *n, int layer, struct flow **out, uint32_t *index)
{
    const struct frame *frame = n->examined.packet.frame;
    const struct layer *l = &n->examined.packet.layers[layer];
    struct flow_packet packet = {
        .ref = n->examined.transports[layer].ref, .time_ns = frame->time_ns, .has_time = frame->has_time};
    uint32_t ip_len;
    measure(&n->examined.packet, layer, n->query->options.style, &ip_len, &packet.payload_len);
    if (l->kind == LAYER_TCP)
        packet.tcp_flags = l->data[13];
    struct flow *flow = flow_assign(&n->flow_table, &packet, index);
    if (!flow)
        return FC_MEMORY;
    *out = flow;
    if (flow->n_packets == 1 && l->net > 0 && !note_outer(n, flow, layer))
        return FC_MEMORY;
    if (!n->flows)
        return FC_OK;
    int64_t time_ns = frame->has_time ? frame->time_ns : LOG_NO_TIME;
    if (n->row.n_values && !note_values(n, flow))
        return FC_MEMORY;
    bool forward = flow->client == packet.ref.direction;
    return log_put_packet(&flow->packets, &n->pool, time_ns, forward, ip_len, packet.payload_len) ? FC_OK
                                                                                                  : FC_MEMORY;
}

/* Frames counted as incomplete turn out to be parts of what this one completes. What is fragmented inside the
 * flow's own transport layer is no fragment to it: outer flows keep such frames. */
static void count_fragments(struct native *n, int layer, enum reason *reason)
{
    uint64_t *counts = n->engine.report.reasons, used = 0;
    const struct examined *x = &n->examined;
    int deepest = n->query->options.tunnel == FC_TUNNEL_OUTER && layer >= 0 ? layer : MAX_LAYERS;
    for (uint8_t i = 0; i < x->n_datagrams; i++)
        if (x->datagram_net[i] < deepest)
            used += x->datagrams[i].n_frames - 1;
    if (used > counts[REASON_FRAGMENT_INCOMPLETE]) /* parts that came through other tunnels, and were kept */
        used = counts[REASON_FRAGMENT_INCOMPLETE];
    counts[REASON_FRAGMENT_INCOMPLETE] -= used;
    counts[REASON_FRAGMENT] += used;
    if (x->fragment_pending && x->packet.fragment.net < deepest)
        *reason = REASON_FRAGMENT_INCOMPLETE;
}

/* The filter is asked before any other value is made, but for those that it shares with the query. */
static enum fc_status take_native_values(struct native *n, enum reason *reason)
{
    bool passed;
    enum fc_status status = sieve_frame(&n->sieve, &n->examined, &n->times, n->source, &n->apps, &passed);
    if (*reason == REASON_KEPT && !passed)
        *reason = REASON_FILTER;
    bool wanted = passed && n->query->n_fields;
    if (wanted && n->headers.needs)
        emit_frame(&n->row, &n->examined, &n->times, n->source, &n->headers);
    if (wanted && n->sieve.wants_apps)
        row_take(&n->row, &n->sieve.apps);
    else if (wanted && n->apps.wanted)
        apps_frame(&n->apps, &n->row, &n->examined);
    else if (n->apps.wanted && !n->sieve.wants_apps)
        apps_advance(&n->apps, &n->examined);
    return n->row.out_of_memory || n->apps.failed ? FC_MEMORY : status;
}

/* Which flows are libwireshark's is found out while it gets ready. No oracle: it does not. */
static enum fc_status open_standby(struct native *n)
{
    struct survey survey;
    standby_launch(n->query->standby);
    survey_open(&survey, sieve_slots(&n->sieve, n->query->slot_of), n->query->filter, n->query->options.exact,
                n->examiner.matches_names);
    enum fc_status status =
        oracle_survey(&n->oracle, n->query, &n->inputs[n->input], &survey, n->progress, &n->failure);
    survey_free(&survey);
    const struct query *query = status ? NULL : standby_query(n->query->standby, n->query);
    if (query) {
        oracle_ask(n->oracle, query);
    } else {
        oracle_close(n->oracle);
        n->oracle = NULL;
    }
    return status;
}

/* Something came up that is not read here: from now on libwireshark answers for this capture, or for the
 * flows of it in which that happens. */
static enum fc_status hand_over(struct native *n)
{
    if (n->oracle || n->alone || !n->query->standby || !(n->unseen || apps_lost(&n->apps)))
        return FC_OK;
    enum fc_status status = open_standby(n);
    if (status == FC_MEMORY || status == FC_CANCELLED)
        return status;
    n->failure = (struct fc_error){0}; /* better values that may lack something, and say so, than none */
    n->alone = !n->oracle;
    n->engine.report.notes[NOTE_HANDED_OVER] += n->oracle != NULL;
    return FC_OK;
}

/* Whether the protocols above TCP and UDP are read here: some flows of the capture may still be answered
 * natively. */
static bool reads_apps(const struct native *n)
{
    return n->apps.wanted && (!n->oracle || oracle_is_partial(n->oracle));
}

static enum fc_status take_values_of_oracle(struct native *n, const struct frame *frame, enum reason *reason)
{
    enum verdict verdict = VERDICT_PASSED;
    row_reset(&n->row);
    enum fc_status status = oracle_frame(n->oracle, frame->number, &n->row, &verdict, &n->failure);
    bool passed = verdict == VERDICT_PASSED || (verdict == VERDICT_CRASHED && !n->query->has_filter);
    if (*reason == REASON_KEPT && !passed)
        *reason = REASON_FILTER;
    return status;
}

/* Field values into the row, and what the filter makes of a frame that would be kept. What does not pass has
 * no values. */
static enum fc_status take_values(struct native *n, const struct frame *frame, enum reason *reason)
{
    if (oracle_covers(n->oracle, frame->number)) {
        if (reads_apps(n))
            apps_advance(&n->apps, &n->examined);
        return n->apps.failed ? FC_MEMORY : take_values_of_oracle(n, frame, reason);
    }
    enum reason natively = *reason;
    row_reset(&n->row);
    enum fc_status status = take_native_values(n, &natively);
    if (!status)
        status = hand_over(n);
    if (!status && oracle_covers(n->oracle, frame->number))
        return take_values_of_oracle(n, frame, reason);
    *reason = natively;
    return status;
}

/* Moves what the protocols above remember, for a frame whose values nobody wants. */
static enum fc_status pass_by(struct native *n)
{
    if (!reads_apps(n))
        return FC_OK;
    apps_advance(&n->apps, &n->examined);
    return n->apps.failed ? FC_MEMORY : hand_over(n);
}

/* Of many flows one that is needed soon is seldom in the cache: it is on its way while the frame is judged.
 */
static void fetch_flow(const struct native *n, int layer)
{
    const struct conv *conv = layer < 0 ? NULL : n->examined.transports[layer].ref.conv;
    if (conv && conv->flow != NO_FLOW)
        __builtin_prefetch(flow_at(&n->flow_table, conv->flow), 1);
}

enum fc_status native_frame(struct native *n, struct frame *frame)
{
    const struct fc_options *o = &n->query->options;
    struct examined *x = &n->examined;
    examine(&n->examiner, frame, x);
    if (n->examiner.failed)
        return FC_MEMORY;
    enum fc_status status = x->packet.reason == REASON_LINK_TYPE ? native_locate(n, frame) : FC_OK;
    if (status)
        return status;
    int layer = examined_flow_layer(x, o->protocols, o->tunnel);
    fetch_flow(n, layer);
    enum reason reason = examined_reason(x, layer, o->drop);
    if (x->fragment_pending || x->n_datagrams)
        count_fragments(n, layer, &reason);
    bool all = o->level == FC_LEVEL_FRAMES;
    bool asked = n->query->n_fields || n->query->filter;
    if (asked)
        frame_times_note(&n->times, frame);
    if (reads_apps(n))
        apps_turn(&n->apps, x, n->source);
    bool wanted = (asked || n->oracle) && (reason == REASON_KEPT || all);
    status = wanted ? take_values(n, frame, &reason) : pass_by(n);
    if (status)
        return status;
    n->engine.report.reasons[reason]++;
    if (reason == REASON_LINK_TYPE) {
        n->unknown_link++;
        n->unknown_link_type = x->packet.unknown_link;
        if (!report_link(&n->engine.report, n->unknown_link_type, 1))
            return FC_MEMORY;
    }
    if (reason != REASON_KEPT && !all)
        return FC_OK;
    struct flow *flow = NULL;
    uint32_t index = 0;
    status = reason == REASON_KEPT ? put_in_flow(n, layer, &flow, &index) : FC_OK;
    if (!status && n->packets)
        status = add_packet_row(n, layer, flow, index, reason);
    return status;
}
