/* Layers -> values. Invariant: readers run in the order of the layers, so values of one field stand in Wireshark's
 * order; nothing here looks at bytes. */
#include "engine/emit.h"

#include <string.h>

/* A tag whose EtherType was 0x88a8: not of the protocol vlan to Wireshark, so its fields are others. */
static bool is_service_tag(const struct layer *layer, const struct layer *outer)
{
    struct rd r = rd_make(outer->data, outer->cap, outer->len);
    return layer->kind == LAYER_VLAN && rd_peek16(&r, outer->kind == LAYER_ETH ? 12 : 2) == 0x88a8;
}

static void emit_link(struct row *row, const struct examined *x, const struct layer *layer)
{
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    struct eth_facts facts = {.fcs_len = x->packet.frame->interface->fcs_len};
    if (layer->kind == LAYER_ETH)
        eth_read(row, &r, &facts);
    else if (layer == x->packet.layers || !is_service_tag(layer, layer - 1))
        vlan_read(row, &r);
}

/* What is known of IP layer i; the fragments' facts are put into *fragments. */
static struct ip_facts ip_facts_of(const struct examined *x, int i, struct fragment_facts *fragments)
{
    struct ip_facts facts = {.quoted = x->packet.layers[i].quoted};
    for (int d = 0; d < x->n_datagrams; d++) {
        if (x->datagram_net[d] != i)
            continue;
        const struct datagram *g = &x->datagrams[d];
        *fragments = (struct fragment_facts){.n_frames = g->n_frames,
                                             .frames = g->frames,
                                             .overlaps = g->overlaps,
                                             .conflicts = g->conflicts,
                                             .len = g->len,
                                             .data = g->data,
                                             .overlap = g->overlap,
                                             .overlap_conflict = g->conflict,
                                             .multiple_tails = g->multiple_tails,
                                             .too_long = g->too_long};
        facts.fragments = fragments;
    }
    return facts;
}

static void emit_ip(struct row *row, const struct examined *x, int i)
{
    const struct layer *layer = &x->packet.layers[i];
    struct rd r = rd_make(layer->data, layer->whole_cap, layer->whole_len);
    struct fragment_facts fragments;
    struct ip_facts facts = ip_facts_of(x, i, &fragments);
    if (layer->kind == LAYER_IP4)
        ip4_read(row, &r, &facts);
    else
        ip6_read(row, &r, &facts);
}

static void emit_extension(struct row *row, const struct examined *x, int i)
{
    const struct layer *layer = &x->packet.layers[i];
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    struct fragment_facts fragments;
    struct ip_facts facts = ip_facts_of(x, layer->net, &fragments);
    if (x->packet.layers[layer->net].kind == LAYER_IP6)
        ip6_extension_read(row, &r, layer->number, x->packet.layers[layer->net].data, &facts);
}

static void emit_tcp(struct row *row, const struct examined *x, int i)
{
    const struct layer *layer = &x->packet.layers[i];
    const struct transport *t = &x->transports[i];
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    struct tcp_facts facts = {.quoted = layer->quoted,
                              .ipv6 = x->packet.layers[layer->net].kind == LAYER_IP6,
                              .has_stream = t->has_ref,
                              .scale = TCP_SCALE_UNKNOWN};
    if (t->has_ref) {
        const struct tcp_side *mine = &t->ref.conv->tcp->side[t->ref.direction];
        const struct tcp_side *other = &t->ref.conv->tcp->side[1 - t->ref.direction];
        facts.stream = t->ref.conv->stream;
        facts.has_base_seq = mine->has_base;
        facts.base_seq = mine->base;
        facts.has_base_ack = other->has_base;
        facts.base_ack = other->base;
        facts.scale = t->tcp.scale;
        facts.analysis = t->tcp.flags;
        facts.has_flight = t->flight.shown;
        facts.ack_rtt_ns = t->flight.ack_rtt_ns;
        facts.rto_ns = t->flight.rto_ns;
        facts.acks_frame = t->flight.acks_frame;
        facts.rto_frame = t->flight.rto_frame;
        facts.bytes_in_flight = t->flight.in_flight;
        facts.push_bytes_sent = t->flight.pushed;
        facts.dup_ack_num = t->tcp.dup_num;
        facts.dup_ack_frame = t->tcp.dup_frame;
        facts.fin_active = t->fin_active;
        facts.fin_passive = t->fin_passive;
        facts.fin_retransmission = t->fin_again ? t->fin_frame : 0;
        facts.has_times = t->has_times;
        facts.time_ns = x->packet.frame->time_ns;
        facts.first_ns = t->first_ns;
        facts.previous_ns = t->previous_ns;
    }
    tcp_read(row, &r, &facts);
}

/* Whether the datagram of IP layer `net` was put together in this frame. */
static bool is_whole(const struct examined *x, uint8_t net)
{
    for (int d = 0; d < x->n_datagrams; d++)
        if (x->datagram_net[d] == net)
            return true;
    return false;
}

static void emit_names(struct row *row, const struct name_message *m)
{
    struct rd r = m->message;
    struct dns_facts facts = {.kind = (enum dns_kind)m->kind, .match = m->match};
    dns_read(row, &r, &facts);
}

static void emit_udp(struct row *row, const struct examined *x, int i)
{
    const struct packet *p = &x->packet;
    const struct layer *layer = &p->layers[i], *net = &p->layers[layer->net];
    const struct transport *t = &x->transports[i];
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    struct udp_facts facts = {.lite = layer->kind == LAYER_UDPLITE,
                              .has_stream = t->has_ref,
                              .ipv6 = net->kind == LAYER_IP6,
                              .partial = layer->quoted || (layer->reassembled && !is_whole(x, layer->net))};
    if (t->has_ref) {
        facts.stream = t->ref.conv->stream;
        facts.has_times = t->has_times;
        facts.time_ns = p->frame->time_ns;
        facts.first_ns = t->first_ns;
        facts.previous_ns = t->previous_ns;
    }
    udp_read(row, &r, &facts);
    for (int n = 0; n < x->n_names; n++)
        if (x->names[n].layer == i)
            emit_names(row, &x->names[n]);
}

static void emit_facts(struct row *row, const struct frame *f, const struct frame_times *times,
                       const struct source *source)
{
    bool is_pcapng = !strncmp(source_format(source), "pcapng", 6);
    struct frame_facts facts = {.number = f->number,
                                .len = f->len,
                                .cap_len = f->cap_len,
                                .has_time = f->has_time,
                                .time_ns = f->time_ns,
                                .first_ns = times->first_ns,
                                .previous_ns = times->previous_ns,
                                .has_section = is_pcapng,
                                .has_packet_flags = f->has_packet_flags,
                                .packet_flags = f->packet_flags};
    if (f->interface) {
        facts.link_type = f->interface->link_type;
        facts.section = f->interface->section;
        facts.interface_id = f->interface->id;
        facts.has_interface = is_pcapng;
    }
    if (f->interface && f->interface->id < source_n_interfaces(source)) {
        const struct capture_interface *shown = source_interface(source, f->interface->id);
        facts.interface_name = shown->name;
        facts.interface_description = shown->description;
    }
    if (f->options) {
        facts.options = f->options->data;
        facts.options_len = f->options->len;
        facts.options_big_endian = f->options->big_endian;
    }
    frame_read(row, &facts);
}

static void emit_cooked(struct row *row, const struct frame *f)
{
    enum { LINK_SLL = 113, LINK_SLL2 = 276 };
    if (!f->interface || f->opaque || (f->interface->link_type != LINK_SLL && f->interface->link_type != LINK_SLL2))
        return;
    struct rd r = rd_make(f->data, f->cap_len, f->len);
    cooked_read(row, &r, f->interface->link_type == LINK_SLL2);
}

void emit_frame(struct row *row, const struct examined *x, const struct frame_times *times,
                const struct source *source, struct apps *apps)
{
    emit_facts(row, x->packet.frame, times, source);
    emit_cooked(row, x->packet.frame);
    for (int i = 0; i < x->packet.n_layers; i++) {
        switch (x->packet.layers[i].kind) {
        case LAYER_ETH:
        case LAYER_VLAN:
            emit_link(row, x, &x->packet.layers[i]);
            break;
        case LAYER_IP4:
        case LAYER_IP6:
            emit_ip(row, x, i);
            break;
        case LAYER_IP6_EXTENSION:
            emit_extension(row, x, i);
            break;
        case LAYER_TCP:
            emit_tcp(row, x, i);
            if (apps->wanted)
                apps_tcp(apps, row, x, i);
            break;
        case LAYER_UDP:
        case LAYER_UDPLITE:
            emit_udp(row, x, i);
            if (apps->wanted)
                apps_udp(apps, row, x, i);
            break;
        default:
            break;
        }
    }
}

void frame_times_note(struct frame_times *times, const struct frame *frame)
{
    if (frame->opaque && !frame->has_time)
        return;
    if (times->started)
        times->previous_ns = times->this_ns;
    else
        times->first_ns = times->previous_ns = frame->time_ns;
    times->this_ns = frame->time_ns;
    times->started = true;
}
