/* Flows and frames -> rows of the table that the query's level asks for. */
#include <string.h>

#include "base/spill.h"
#include "look/measure.h"
#include "walk/inner.h"

static struct address address_of(const struct endpoint *end)
{
    struct address a = {.family = end->family};
    memcpy(a.bytes, end->address, sizeof a.bytes);
    return a;
}

/* ---- the table ---- */

bool output_full(const struct output *o)
{
    return o->flows ? flows_full(o->flows) : packets_full(o->packets);
}

uint32_t output_rows(const struct output *o)
{
    return o->flows ? flows_rows(o->flows) : packets_rows(o->packets);
}

void output_capture(struct output *o, const char *name)
{
    if (o->flows)
        flows_capture(o->flows, name);
    else
        packets_capture(o->packets, name);
}

enum fc_status output_finish(struct output *o, struct ArrowArray *out)
{
    return o->flows ? flows_finish(o->flows, out) : packets_finish(o->packets, out);
}

/* ---- flows ---- */

static struct flow_row flow_row_of(const struct flow *flow)
{
    static const char *const by[] = {[CLIENT_BY_SYN] = "syn",
                                     [CLIENT_BY_SYNACK] = "synack",
                                     [CLIENT_BY_MULTICAST] = "multicast",
                                     [CLIENT_BY_PORT] = "port",
                                     [CLIENT_BY_FIRST] = "first"};
    static const char *const ends[] = {
        [END_CAPTURE] = "capture", [END_IDLE] = "idle", [END_ACTIVE] = "active",
        [END_FIN] = "fin",         [END_RST] = "rst",   [END_EVICTED] = "evicted"};
    const struct endpoint *client = &flow->conv->side[flow->client],
                          *server = &flow->conv->side[1 - flow->client];
    const struct flow_parts *parts = flow->parts;
    const struct statistics *statistics = parts ? parts->statistics : NULL;
    struct flow_row row = {.protocol = protocol_name(client->kind),
                           .client_by = by[flow->client_by],
                           .end = ends[flow->end],
                           .stream = flow->conv->stream,
                           .sport = client->port,
                           .dport = server->port,
                           .src = address_of(client),
                           .dst = address_of(server),
                           .ip_protocol = flow->ip_protocol,
                           .start_ns = flow->start_ns,
                           .end_ns = flow->end_ns,
                           .totals = flow->totals,
                           .packets = &flow->packets,
                           .statistics = statistics ? statistics->state : NULL,
                           .statistics_packets =
                               statistics && statistics->packets.n_packets ? &statistics->packets : NULL,
                           .values = parts ? &parts->values.log : NULL,
                           .pieces = parts ? parts->pieces : NULL};
    if (parts && parts->outer) {
        row.outer_src = parts->outer->src;
        row.outer_dst = parts->outer->dst;
    }
    return row;
}

/* Writes the row of one flow, or corrects the counts instead if the style leaves the flow out. */
static enum fc_status write_flow(struct walk *w, const struct flow *flow)
{
    if (w->query->options.style == FC_STYLE_CLASSIC && !flow->has_payload) {
        w->report.reasons[REASON_KEPT] -= flow->n_packets;
        w->report.reasons[REASON_FLOW_WITHOUT_PAYLOAD] += flow->n_packets;
        return FC_OK;
    }
    struct flow_row row = flow_row_of(flow);
    return flows_add(w->output.flows, &row);
}

enum fc_status write_ended(struct walk *w)
{
    struct flow_table *t = &w->tables.flows;
    for (struct flow *flow; (flow = t->ended.first);) {
        if (output_full(&w->output))
            return FC_OK;
        enum fc_status status = w->output.flows ? write_flow(w, flow) : FC_OK;
        if (status)
            return status;
        keep_forget(w, flow);
        flow_release(t);
    }
    return FC_OK;
}

/* The flows that stayed until the capture's end, in the order of their first kept packets. */
static enum fc_status write_kept(struct walk *w)
{
    enum { SPILL_EVERY = 256 };
    while (w->output.flows && w->capture.next_flow < w->tables.flows.n_flows) {
        if (flows_full(w->output.flows))
            return FC_OK;
        if (w->capture.next_flow % SPILL_EVERY == 0)
            spill_look(w->query->spill, 0);
        enum fc_status status = write_flow(w, flow_at(&w->tables.flows, w->capture.next_flow++));
        if (status)
            return status;
    }
    tables_forget(w);
    return FC_OK;
}

enum fc_status write_flows(struct walk *w)
{
    struct flow_table *t = &w->tables.flows;
    if (!flow_may_leave(&t->policy))
        return write_kept(w);
    spill_look(w->query->spill, 0);
    enum fc_status status = write_ended(w);
    if (!status && !t->ended.first)
        tables_forget(w);
    return status;
}

/* ---- packets and frames ---- */

/* The columns that only a frame in a flow has. */
static void put_flow_columns(struct packet_row *row, const struct walk *w, const struct step *step)
{
    const struct packet *packet = &w->examined.packet;
    const struct conv_ref *ref = guide_ref(w, &w->examined.transports[step->layer]);
    struct endpoint ends[2]; /* not those of the conversation: a TFTP server answers from any port */
    conv_ends(packet, &packet->layers[step->layer], ends);
    row->flow = step->flow_index;
    row->protocol = protocol_name(ends[0].kind);
    row->stream = ref->conv->stream;
    row->src = address_of(&ends[0]);
    row->dst = address_of(&ends[1]);
    row->sport = ends[0].port;
    row->dport = ends[1].port;
    row->direction = step->flow->client == ref->direction ? 1 : -1;
    measure(packet, step->layer, w->query->options.style, &row->ip_length, &row->payload_length);
}

/* The bytes of a frame in a flow, which live as long as the frame; NULL when memory ends. */
static const struct pieces *pieces_of(struct walk *w, const struct step *step)
{
    const struct packet *packet = &w->examined.packet;
    struct arena *arena = &w->tables.examiner.arena;
    struct pieces *pieces = bytes_begin(w->query, arena);
    if (pieces)
        bytes_take(pieces, w->query, packet, &packet->layers[step->layer], arena);
    return pieces;
}

enum fc_status write_packet(struct walk *w, const struct step *step)
{
    const struct frame *frame = step->frame;
    enum reason reason = step->reason;
    if (reason == REASON_FRAGMENT_INCOMPLETE) /* later frames may complete it; only the report will know */
        reason = REASON_FRAGMENT;
    struct packet_row row = {.time_ns = frame->has_time ? frame->time_ns : LOG_NO_TIME,
                             .frame = frame->number,
                             .flow = PACKET_NO_FLOW,
                             .frame_length = frame->len,
                             .ip_length = PACKET_NO_LENGTH,
                             .payload_length = PACKET_NO_LENGTH,
                             .reason = reason == REASON_KEPT ? NULL : reason_name(reason)};
    if (step->flow)
        put_flow_columns(&row, w, step);
    if (step->flow && w->query->n_matrices)
        row.pieces = pieces_of(w, step);
    return packets_add(w->output.packets, &row, w->query->n_fields ? &w->values.row : NULL);
}
