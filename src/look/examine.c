/* The steps of one frame: decoding, reassembly of fragments, conversations, TCP analysis, clean-up rules.
 * Invariant: state advances for every frame; nothing here depends on fields or filter. */
#include "look/examine.h"

#include "base/ports.h"
#include "base/rules.h"
#include "flow/recognise.h"

static uint32_t protocol_bit(uint8_t kind)
{
    static const uint32_t bits[] = {
        [LAYER_TCP] = FC_TCP,     [LAYER_UDP] = FC_UDP,   [LAYER_UDPLITE] = FC_UDP, [LAYER_ICMP] = FC_ICMP,
        [LAYER_ICMP6] = FC_ICMP6, [LAYER_SCTP] = FC_SCTP, [LAYER_GRE] = FC_GRE,     [LAYER_ESP] = FC_ESP,
    };
    return kind < sizeof bits / sizeof bits[0] ? bits[kind] : 0;
}

/* Whether the preferences say that fragments of this IP version are not joined. */
static bool stays_apart(const struct packet *p, bool ip6)
{
    const struct decode_rules *rules = p->frame->rules;
    return rules && (ip6 ? rules->ip6_apart : rules->ip4_apart);
}

static void take_fragments(struct examiner *e, struct examined *x)
{
    struct packet *p = &x->packet;
    while (p->is_fragment) {
        struct datagram datagram;
        uint8_t net = p->fragment.net;
        if (p->layers[net].quoted)
            return;
        bool ip6 = p->layers[net].kind == LAYER_IP6, apart = stays_apart(p, ip6);
        switch (apart ? DEFRAG_UNUSABLE : defrag_push(&e->defrag, p, &e->arena, &datagram)) {
        case DEFRAG_PENDING:
            x->fragment_pending = true;
            return;
        case DEFRAG_UNUSABLE:
            if (p->fragment.offset || (ip6 && !apart)) /* Wireshark decodes cut ones of IPv4 only */
                return;
            decode_reassembled(p, net, p->fragment.protocol, p->fragment.data);
            return;
        case DEFRAG_COMPLETE:
            if (x->n_datagrams < MAX_DATAGRAMS) {
                x->datagram_net[x->n_datagrams] = net;
                x->datagrams[x->n_datagrams++] = datagram;
            }
            decode_reassembled(p, net, p->fragment.protocol,
                               rd_make(datagram.data, datagram.len, datagram.len));
        }
    }
}

/* Over UDP, a quoted header and an empty datagram have no times. */
static bool has_times(const struct layer *layer)
{
    if (layer->kind != LAYER_UDP && layer->kind != LAYER_UDPLITE)
        return true;
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    uint32_t length = layer->kind == LAYER_UDP ? rd_peek16(&r, 4) : layer->len;
    return !layer->quoted && length != 8;
}

/* A frame without a time counts as time 0, as in Wireshark. */
static void note_times(struct transport *t, const struct layer *layer, const struct frame *frame)
{
    struct conv_more *more = conv_more(t->ref.conv);
    if (!more->has_times) {
        more->has_times = true;
        more->first_ns = more->previous_ns = frame->time_ns;
    }
    if (!has_times(layer))
        return;
    t->times = (struct stream_times){true, more->first_ns, more->previous_ns};
    more->previous_ns = frame->time_ns;
}

static void note_handshake(struct transport *t, const struct tcp_segment *s)
{
    if (!(s->flags & TCP_FLAG_SYN))
        return;
    struct conv *conv = t->ref.conv;
    bool is_answer = s->flags & TCP_FLAG_ACK;
    if (is_answer && conv->synack_from < 0)
        conv->synack_from = t->ref.direction & 1;
    else if (!is_answer && conv->syn_from < 0)
        conv->syn_from = t->ref.direction & 1;
}

/* The results of one segment; the state advances. */
static void take_segment(struct examiner *e, struct transport *t, const struct layer *layer,
                         struct tcp_state *state, const struct tcp_segment *segment)
{
    uint8_t direction = t->ref.direction;
    if (segment->quoted) {
        tcp_note_quote(state, direction, segment);
        t->flight.shown = (segment->flags & (TCP_FLAG_SYN | TCP_FLAG_ACK)) == TCP_FLAG_SYN;
        return;
    }
    note_handshake(t, segment);
    if (segment->analysed)
        t->tcp = tcp_analyze(state, direction, segment);
    if (segment->analysed && e->keeps_flights)
        tcp_flight_advance(&e->convs.flights, &e->convs.tcp_states, state, direction, segment, &t->tcp,
                           tcp_sacked_read(layer), &t->flight);
    t->fin = tcp_note_fin(state, direction, segment);
    if (t->ref.reused_ports)
        t->tcp.flags |= TCP_REUSED_PORTS;
}

/* In a brief table, a conversation of one packet has no state, but remembers its segment. */
static void analyse_tcp(struct examiner *e, struct examined *x, const struct layer *layer,
                        struct transport *t)
{
    struct tcp_segment segment;
    struct tcp_state *state = t->ref.conv->tcp, only;
    bool is_first = !state;
    if (is_first) {
        tcp_state_init(&only);
        state = &only;
    }
    t->tcp.scale = state->side[t->ref.direction].scale;
    if (t->ref.reused_ports)
        t->tcp.flags = TCP_REUSED_PORTS;
    if (!tcp_segment_read(&segment, &x->packet, layer))
        return;
    take_segment(e, t, layer, state, &segment);
    if (is_first)
        conv_keep_first(&e->convs, &t->ref, &segment);
    if (!segment.quoted)
        x->tcp_flags |= t->tcp.flags;
}

/* mDNS or LLMNR whose port is the higher one: Wireshark may give the bytes to the owner of the lower port. */
static bool is_by_higher_port(const struct layer *layer, enum udp_names names)
{
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    uint16_t a = rd_u16(&r), b = rd_u16(&r);
    uint8_t low = port_udp(port_lower(a, b)).owner;
    return (names == NAMES_MDNS && low != OWNER_MDNS) || (names == NAMES_LLMNR && low != OWNER_LLMNR);
}

/* Recognises DNS by its port or by its bytes, and matches the message with earlier ones of its conversation.
 */
static void take_names(struct examiner *e, struct examined *x, uint8_t i)
{
    static const uint8_t kinds[] = {
        [NAMES_DNS] = DNS_PLAIN, [NAMES_MDNS] = DNS_MDNS, [NAMES_LLMNR] = DNS_LLMNR};
    const struct layer *layer = &x->packet.layers[i];
    struct name_message *m = &x->names[x->n_names];
    enum udp_names names = recognise_names(layer, &m->message);
    x->unclear_names |= names == NAMES_UNCLEAR || is_by_higher_port(layer, names);
    if (names == NAMES_NONE || names == NAMES_UNCLEAR || x->n_names == MAX_NAME_MESSAGES - 1)
        return;
    m->kind = kinds[names];
    m->layer = i;
    x->n_names++;
    dns_match(&e->names, &m->match, m->message, x->transports[i].ref.conv->stream, x->packet.frame->number,
              x->packet.frame->time_ns, layer->quoted);
}

/* Member by member: most queries keep no flights, and theirs is the largest of the results. */
static void clear_results(const struct examiner *e, struct transport *t)
{
    t->tcp = (struct tcp_result){0};
    t->times = (struct stream_times){0};
    t->fin = (struct fin_result){0};
    if (e->keeps_flights)
        t->flight = (struct flight_result){0};
}

void examine(struct examiner *e, const struct frame *frame, struct examined *x)
{
    if (e->arena.block)
        arena_reset(&e->arena);
    x->n_datagrams = 0;
    x->n_names = 0;
    x->unclear_names = false;
    x->tcp_flags = 0;
    x->fragment_pending = false;
    decode_frame(&x->packet, frame);
    if (x->packet.is_fragment)
        take_fragments(e, x);
    for (int i = 0; i < x->packet.n_layers; i++) {
        const struct layer *layer = &x->packet.layers[i];
        struct transport *t = &x->transports[i];
        t->has_ref = false;
        if (!(protocol_bit(layer->kind) & (e->protocols | FC_TCP | FC_UDP)))
            continue;
        t->has_ref = conv_find(&e->convs, &x->packet, layer, &t->ref);
        if (!t->has_ref)
            continue;
        t->stream = t->ref.conv->stream;
        clear_results(e, t);
        if (!e->convs.brief) {
            __builtin_prefetch(conv_more(t->ref.conv)->app);
            note_times(t, layer, frame);
        }
        if (layer->kind == LAYER_TCP)
            analyse_tcp(e, x, layer, t);
        if (e->matches_names && (layer->kind == LAYER_UDP || layer->kind == LAYER_UDPLITE))
            take_names(e, x, (uint8_t)i);
        if (!(t->tcp.flags & (TCP_RETRANSMISSION | TCP_OUT_OF_ORDER)))
            conv_follow(&e->convs, layer, &t->ref);
    }
}

void examiner_init(struct examiner *e, struct memory_state *memory)
{
    *e = (struct examiner){.memory = memory};
    e->convs.memory = e->convs.tcp_states.memory = memory;
    e->defrag.memory = e->names.memory = e->arena.memory = memory;
}

void examiner_reset(struct examiner *e)
{
    conv_reset(&e->convs);
    defrag_reset(&e->defrag);
    dns_matcher_reset(&e->names);
}

void examiner_free(struct examiner *e)
{
    conv_free(&e->convs);
    defrag_free(&e->defrag);
    dns_matcher_free(&e->names);
    arena_free(&e->arena);
}

int examined_flow_layer(const struct examined *x, uint32_t protocols, enum fc_tunnel tunnel)
{
    int found = -1;
    for (int i = 0; i < x->packet.n_layers; i++) {
        const struct layer *layer = &x->packet.layers[i];
        if (!(protocol_bit(layer->kind) & protocols) || layer->quoted || !x->transports[i].has_ref)
            continue;
        found = i;
        if (tunnel == FC_TUNNEL_OUTER)
            break;
    }
    return found;
}

enum reason examined_reason(const struct examined *x, int layer, uint32_t drop)
{
    const struct packet *p = &x->packet;
    if ((drop & FC_DROP_ICMP) && p->has_icmp)
        return REASON_ICMP;
    if (layer < 0) {
        if (p->reason != REASON_KEPT)
            return (enum reason)p->reason;
        return REASON_OTHER_PROTOCOL;
    }
    if ((drop & FC_DROP_RETRANSMISSION) && (x->tcp_flags & TCP_RETRANSMISSION))
        return REASON_RETRANSMISSION;
    if ((drop & FC_DROP_OUT_OF_ORDER) && (x->tcp_flags & TCP_OUT_OF_ORDER))
        return REASON_OUT_OF_ORDER;
    if (!(drop & (FC_DROP_MDNS | FC_DROP_SSDP)))
        return REASON_KEPT;
    for (int i = 0; i < p->n_layers; i++) {
        if (p->layers[i].kind != LAYER_UDP)
            continue;
        enum udp_service service = recognise_udp(&p->layers[i]);
        if ((drop & FC_DROP_MDNS) && service == UDP_MDNS)
            return REASON_MDNS;
        if ((drop & FC_DROP_SSDP) && service == UDP_SSDP)
            return REASON_SSDP;
    }
    return REASON_KEPT;
}
