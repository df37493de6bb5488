/* Layers -> values. Invariant: readers run in the order of the layers, so the values of a field are in
 * Wireshark's order. */
#include "look/emit.h"

#include <string.h>

#include "field/ids_tcp.h"
#include "field/ids_udp.h"

/* A tag behind EtherType 0x88a8: Wireshark does not call it vlan, and gives it other fields. */
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

/* The facts of IP layer i, including those of its fragments, which are stored in *fragments. */
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
                              .analysis.scale = TCP_SCALE_UNKNOWN};
    if (t->has_ref) {
        const struct tcp_side *mine = &t->ref.conv->tcp->side[t->ref.direction];
        const struct tcp_side *other = &t->ref.conv->tcp->side[1 - t->ref.direction];
        facts.stream = t->stream;
        facts.has_base_seq = mine->has_base;
        facts.base_seq = mine->base;
        facts.has_base_ack = other->has_base;
        facts.base_ack = other->base;
        facts.analysis = t->tcp;
        facts.flight = t->flight;
        facts.fin = t->fin;
        facts.time_ns = x->packet.frame->time_ns;
        facts.times = t->times;
    }
    tcp_read(row, &r, &facts);
}

/* Whether this frame completed the datagram of IP layer `net`. */
static bool is_whole(const struct examined *x, uint8_t net)
{
    for (int d = 0; d < x->n_datagrams; d++)
        if (x->datagram_net[d] == net)
            return true;
    return false;
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
        facts.stream = t->stream;
        facts.time_ns = p->frame->time_ns;
        facts.times = t->times;
    }
    udp_read(row, &r, &facts);
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
    if (!f->interface || f->opaque ||
        (f->interface->link_type != LINK_SLL && f->interface->link_type != LINK_SLL2))
        return;
    struct rd r = rd_make(f->data, f->cap_len, f->len);
    cooked_read(row, &r, f->interface->link_type == LINK_SLL2);
}

/* The readers, one bit each. */
enum need {
    NEED_FRAME = 1,
    NEED_LINK = 2,
    NEED_IP4 = 4,
    NEED_IP6 = 8,
    NEED_TCP = 16,
    NEED_UDP = 32,
    NEED_ICMP = 64,
    NEED_ALL = 127
};

/* The readers here, by the reader of a field. */
static const uint8_t needs_of[N_READERS] = {
    [READER_FRAME] = NEED_FRAME,       [READER_ETH] = NEED_LINK,       [READER_VLAN] = NEED_LINK,
    [READER_IP] = NEED_IP4 | NEED_IP6, [READER_IP4] = NEED_IP4,        [READER_IP4_OPTION] = NEED_IP4,
    [READER_IP6] = NEED_IP6,           [READER_IP6_OPTION] = NEED_IP6, [READER_ICMP] = NEED_ICMP,
    [READER_TCP] = NEED_TCP,           [READER_TCP_OPTION] = NEED_TCP, [READER_UDP] = NEED_UDP,
    [READER_UDPLITE] = NEED_UDP};

static const uint8_t need_of[N_LAYER_KINDS] = {
    [LAYER_ETH] = NEED_LINK,    [LAYER_VLAN] = NEED_LINK,         [LAYER_IP4] = NEED_IP4,
    [LAYER_IP6] = NEED_IP6,     [LAYER_TCP] = NEED_TCP,           [LAYER_UDP] = NEED_UDP,
    [LAYER_UDPLITE] = NEED_UDP, [LAYER_IP6_EXTENSION] = NEED_IP6, [LAYER_ICMP] = NEED_ICMP,
    [LAYER_ICMP6] = NEED_ICMP};

void emit_plan_make(struct emit_plan *plan, const int16_t *slots)
{
    uint32_t slow = 0; /* readers of wanted fields that have no fixed place */
    *plan = (struct emit_plan){0};
    for (int id = 0; id < F_COUNT; id++) {
        struct fixed_place places[2];
        uint32_t needs = slots[id] < 0 ? 0 : needs_of[field_table[id].reader];
        size_t n = needs ? fixed_places((field_id)id, places) : 0;
        plan->needs |= needs;
        slow |= n && plan->n_fixed + n <= FIXED_MOST ? 0 : needs;
        for (size_t i = 0; i < n && plan->n_fixed < FIXED_MOST; i++) {
            places[i].slot = (uint16_t)slots[id];
            plan->fixed[plan->n_fixed++] = places[i];
        }
    }
    plan->fast = plan->needs & ~slow;
}

static void emit_icmp(struct row *row, const struct layer *layer)
{
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    if (layer->kind == LAYER_ICMP)
        icmp_read(row, &r);
    else
        icmp6_read(row, &r);
}

void emit_frame(struct row *row, const struct examined *x, const struct frame_times *times,
                const struct source *source, const struct emit_plan *plan)
{
    uint32_t needs = plan->needs;
    uint16_t seen[N_LAYER_KINDS] = {0};
    row->layer = 1;
    if (needs & NEED_FRAME)
        emit_facts(row, x->packet.frame, times, source);
    if (needs & NEED_LINK)
        emit_cooked(row, x->packet.frame);
    for (int i = 0; i < x->packet.n_layers; i++) {
        row->layer = ++seen[x->packet.layers[i].kind];
        uint32_t need = need_of[x->packet.layers[i].kind];
        if (!(needs & need) || (plan->fast & need && fixed_put(row, plan->fixed, plan->n_fixed, x, i)))
            continue;
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
        case LAYER_ICMP:
        case LAYER_ICMP6:
            emit_icmp(row, &x->packet.layers[i]);
            break;
        case LAYER_TCP:
            emit_tcp(row, x, i);
            break;
        case LAYER_UDP:
        case LAYER_UDPLITE:
            emit_udp(row, x, i);
            break;
        default:
            break;
        }
    }
}

/* The bytes of the header that are the value of the protocol itself, as in `tcp[0:2]`. */
static uint32_t header_len(const struct layer *layer)
{
    static const uint8_t fixed[N_LAYER_KINDS] = {
        [LAYER_ETH] = 14, [LAYER_VLAN] = 4, [LAYER_IP6] = 40, [LAYER_UDP] = 8, [LAYER_UDPLITE] = 8};
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    if (layer->kind == LAYER_IP4)
        return (uint32_t)(rd_peek8(&r, 0) & 15) * 4;
    if (layer->kind == LAYER_TCP)
        return (uint32_t)(rd_peek8(&r, 12) >> 4) * 4;
    return fixed[layer->kind];
}

/* Wireshark shows the protocol only if so many bytes of it were captured. */
static bool is_shown(const struct layer *layer)
{
    static const uint8_t least[N_LAYER_KINDS] = {
        [LAYER_ETH] = 14, [LAYER_IP4] = 1, [LAYER_TCP] = 4, [LAYER_UDP] = 4, [LAYER_UDPLITE] = 4};
    return layer->cap >= least[layer->kind];
}

static void emit_protocol(struct row *row, int16_t slot, const uint8_t *data, uint32_t len)
{
    struct value *v = slot >= 0 ? row_slot(row, (uint32_t)slot) : NULL;
    if (!v)
        return;
    v->bytes = data;
    v->len = len;
}

void emit_protocols(struct row *row, const struct examined *x, const int16_t *slots)
{
    static const int8_t protocols[N_LAYER_KINDS] = {
        [LAYER_ETH] = P_ETH,         [LAYER_VLAN] = P_VLAN, [LAYER_IP4] = P_IP,
        [LAYER_IP6] = P_IPV6,        [LAYER_TCP] = P_TCP,   [LAYER_UDP] = P_UDP,
        [LAYER_UDPLITE] = P_UDPLITE, [LAYER_ICMP] = P_ICMP, [LAYER_ICMP6] = P_ICMPV6,
        [LAYER_SCTP] = -1,           [LAYER_GRE] = -1,      [LAYER_ESP] = -1,
        [LAYER_IP6_EXTENSION] = -1};
    uint16_t seen[N_LAYER_KINDS] = {0};
    const struct frame *frame = x->packet.frame;
    row->layer = 1;
    emit_protocol(row, slots[P_FRAME], frame->data, frame->cap_len);
    for (int i = 0; i < x->packet.n_layers; i++) {
        const struct layer *layer = &x->packet.layers[i];
        int8_t protocol = protocols[layer->kind];
        if (protocol < 0 || !is_shown(layer) ||
            (layer->kind == LAYER_VLAN && i && is_service_tag(layer, layer - 1)))
            continue;
        uint32_t len = header_len(layer), cap = layer->kind == LAYER_IP4 ? layer->whole_cap : layer->cap;
        row->layer = ++seen[layer->kind];
        emit_protocol(row, slots[protocol], layer->data, len < cap ? len : cap);
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

bool emit_wants_flights(const int16_t *slots)
{
    static const field_id ids[] = {
        F_TCP_ANALYSIS_ACKS_FRAME, F_TCP_ANALYSIS_ACK_RTT,         F_TCP_ANALYSIS_RTO,
        F_TCP_ANALYSIS_RTO_FRAME,  F_TCP_ANALYSIS_BYTES_IN_FLIGHT, F_TCP_ANALYSIS_PUSH_BYTES_SENT,
    };
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (slots[ids[i]] >= 0)
            return true;
    return false;
}

bool emit_wants_conversations(const int16_t *slots)
{
    static const field_id ids[] = {
        F_TCP_ACK,
        F_TCP_CONNECTION_FIN_ACTIVE,
        F_TCP_CONNECTION_FIN_PASSIVE,
        F_TCP_NXTSEQ,
        F_TCP_OPTIONS_SACK_DSACK,
        F_TCP_OPTIONS_SACK_DSACK_LE,
        F_TCP_SEQ,
        F_TCP_OPTIONS_SACK_DSACK_RE,
        F_TCP_OPTIONS_SACK_LE,
        F_TCP_STREAM,
        F_TCP_OPTIONS_SACK_RE,
        F_TCP_TIME_DELTA,
        F_TCP_TIME_RELATIVE,
        F_TCP_WINDOW_SIZE,
        F_TCP_WINDOW_SIZE_SCALEFACTOR,
        F_UDP_STREAM,
        F_UDP_TIME_DELTA,
        F_UDP_TIME_RELATIVE,
    };
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (slots[ids[i]] >= 0)
            return true;
    for (field_id id = F_TCP_ANALYSIS_ACK_LOST_SEGMENT; id <= F_TCP_ANALYSIS_ZERO_WINDOW_PROBE_ACK; id++)
        if (slots[id] >= 0)
            return true;
    return false;
}
