/* TCP payload to the protocols above TCP, in Wireshark's order: the protocol that claimed the conversation,
 * the owners of the ports (the port of the SYN's receiver, the lower port, the higher port), then heuristics.
 * Invariant: which protocol gets bytes depends on the capture alone, never on the fields that are asked for.
 * Source: observed, tshark 4.0.17. */
#include "apps/tcp.h"

#include "apps/apps.h"
#include "apps/conversation.h"
#include "proto/signs.h"

struct look {
    struct apps *apps;
    struct row *row;
    struct app_conv *conv;
    struct pdu_facts facts;
    uint16_t server_port; /* 0: no SYN was seen */
};

static void show_name(struct apps *apps, const struct protocol *protocol, bool has_read)
{
    if (has_read || !protocol->shown_when_read)
        apps->shown |= apps->names[protocol->owner];
}

/* Bytes that a carrier hands over. How Wireshark reads those that were cut, or an answer to missing bytes,
 * was not looked into. */
static void note_carried(struct look *l, const struct reasm_view *view)
{
    uint16_t sport = l->facts.sport, dport = l->facts.dport;
    bool from_server = l->server_port ? sport == l->server_port : sport < dport;
    if (view->bytes.cap < view->bytes.len || (!l->conv->carries && from_server))
        pdu_doubt(&l->facts, HANDSHAKE_READERS);
    l->conv->carries = true;
}

/* Returns true if the protocol took the bytes. */
static bool offer(struct look *l, const struct protocol *protocol, const struct reasm_view *view,
                  struct reasm_wish *wish)
{
    void *state = conversation_state(l->apps, l->conv, protocol);
    if (!state || (protocol->accepts && !protocol->accepts(state, &view->bytes, &l->facts)))
        return false;
    const struct protocol *claimed = l->conv->claimed;
    l->facts.has_read = false;
    *wish = protocol_walk(protocol, l->row, state, view, &l->facts);
    show_name(l->apps, protocol, l->facts.has_read);
    if (l->conv->claimed != claimed)
        l->conv->carrier = protocol;
    else if (protocol == claimed && l->conv->carrier) {
        show_name(l->apps, l->conv->carrier, true);
        note_carried(l, view);
    }
    if (!protocol->readers) /* it only leads to other protocols */
        l->apps->doubt |= sign_inside(view->bytes, l->apps->readers & HANDSHAKE_READERS);
    return true;
}

/* Bytes for a port that a protocol owns which is not read natively. */
static void note_unread_port(struct look *l, const struct reasm_view *view)
{
    uint16_t sport = l->facts.sport, dport = l->facts.dport;
    if (port_tcp(sport).holds == HOLDS_PACKETS || port_tcp(dport).holds == HOLDS_PACKETS ||
        sign_inside(view->bytes, l->apps->readers))
        l->apps->doubt = true;
    for (size_t i = 0; i < N_TCP_PROTOCOLS; i++)
        if (tcp_protocols[i]->recognises && tcp_protocols[i]->recognises(&view->bytes, &l->facts))
            l->apps->doubt = true;
}

/* Bytes that no protocol took. A heuristic of another protocol may take their front, and read on with a
 * protocol that is read natively. */
static void note_unclaimed(struct look *l, const struct reasm_view *view)
{
    enum { FRONT = 256 };
    struct rd bytes = view->bytes,
              front = rd_sub(&bytes, rd_cap_left(&bytes) < FRONT ? rd_cap_left(&bytes) : FRONT);
    if (sign_http2(&view->bytes))
        pdu_doubt(&l->facts, READER_BIT(READER_X509) | READER_BIT(READER_DNS));
    l->apps->doubt |= sign_proxy(view->bytes) || sign_inside(front, l->apps->readers & HANDSHAKE_READERS);
}

/* Returns true if the owner of a port took the bytes. */
static bool offer_ports(struct look *l, const struct reasm_view *view, struct reasm_wish *wish)
{
    const uint16_t ports[] = {l->server_port, port_lower(l->facts.sport, l->facts.dport),
                              port_higher(l->facts.sport, l->facts.dport)};
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
        bool is_unread;
        const struct protocol *owner = protocol_of_port(ports[i], &is_unread);
        if (owner && offer(l, owner, view, wish))
            return true;
        if (is_unread) {
            note_unread_port(l, view);
            return true;
        }
    }
    return false;
}

/* Hands bytes to the protocol that gets them, and returns what it wants to wait for. */
static struct reasm_wish show(void *context, const struct reasm_view *view)
{
    struct look *l = context;
    struct reasm_wish wish = {0};
    l->facts.may_wait = view->may_wait;
    l->facts.reassembled = view->reassembled;
    if (l->conv->claimed && offer(l, l->conv->claimed, view, &wish))
        return wish;
    if (offer_ports(l, view, &wish))
        return wish;
    for (size_t i = 0; i < N_TCP_PROTOCOLS; i++) {
        const struct protocol *p = tcp_protocols[i];
        if (!p->recognises || !p->recognises(&view->bytes, &l->facts))
            continue;
        l->conv->claimed = p;
        if (offer(l, p, view, &wish))
            return wish;
    }
    note_unclaimed(l, view);
    return wish;
}

static uint16_t server_port_of(const struct conv *conv)
{
    if (conv->syn_from >= 0)
        return conv->side[1 - conv->syn_from].port;
    return conv->synack_from >= 0 ? conv->side[conv->synack_from].port : 0;
}

/* Repeated segments do not count. Fast retransmissions are taken like any other segment, and so are spurious
 * retransmissions that were cut by the snap length. */
static bool is_repeated(uint32_t flags, bool is_cut)
{
    if (flags & TCP_SPURIOUS_RETRANSMISSION)
        return !is_cut;
    return flags & TCP_RETRANSMISSION && !(flags & TCP_FAST_RETRANSMISSION);
}

/* The payload of a segment. Returns false if the segment has neither bytes nor FIN, or if it is not read. */
static bool segment_read(struct rd *payload, uint32_t *seq, uint8_t *flags, const struct layer *layer)
{
    struct rd r = rd_make(layer->data, layer->cap, layer->len), options = r;
    rd_skip(&r, 4);
    *seq = rd_u32(&r);
    rd_skip(&r, 4);
    uint32_t header = (uint32_t)(rd_u8(&r) >> 4) * 4;
    *flags = rd_u8(&r);
    if (!rd_has(&r, 2) || *flags & TCP_FLAG_RST || !rd_skip(&options, header))
        return false;
    *payload = rd_rest(&options);
    return layer->cap >= header /* else options were cut: Wireshark reads no further */ &&
           (payload->len || *flags & TCP_FLAG_FIN);
}

static struct pdu_facts facts_of(struct apps *apps, struct app_conv *app, const struct examined *x,
                                 const struct conv_ref *ref)
{
    return (struct pdu_facts){.frame = x->packet.frame->number,
                              .time_ns = x->packet.frame->time_ns,
                              .sport = ref->conv->side[ref->direction].port,
                              .dport = ref->conv->side[1 - ref->direction].port,
                              .direction = ref->direction,
                              .arena = &apps->arena,
                              .conversation = &app->claimed,
                              .readers = apps->readers,
                              .skips_payload = apps->skips_payload,
                              .doubt = &apps->doubt};
}

void apps_tcp(struct apps *apps, struct row *row, const struct examined *x, int i)
{
    const struct layer *layer = &x->packet.layers[i];
    const struct transport *t = &x->transports[i];
    struct rd payload;
    uint32_t seq;
    uint8_t flags;
    if (!t->has_ref || !segment_read(&payload, &seq, &flags, layer) ||
        is_repeated(t->tcp.flags, payload.cap < payload.len))
        return;
    struct conv *conv = t->ref.conv;
    const struct tcp_side *side = &conv->tcp->side[t->ref.direction];
    seq += ((flags & TCP_FLAG_SYN) != 0) - (side->has_base ? side->base : 0);
    struct app_conv *app = conv_more(conv)->app;
    if (app && !(flags & TCP_FLAG_FIN) && !layer->quoted &&
        reasm_counts(&app->sides[t->ref.direction], seq, &payload))
        return;
    struct look look = {
        .apps = apps, .row = row, .conv = conversation_of(apps, conv), .server_port = server_port_of(conv)};
    if (!look.conv)
        return;
    look.facts = facts_of(apps, look.conv, x, &t->ref);
    look.facts.fin = flags & TCP_FLAG_FIN;
    struct reasm_segment segment = {.payload = payload,
                                    .seq = seq,
                                    .hidden = t->tcp.flags & (TCP_OUT_OF_ORDER | TCP_KEEP_ALIVE),
                                    .fin = look.facts.fin,
                                    .show = show,
                                    .context = &look};
    if (layer->quoted) { /* in an error message of ICMP: shown, but not kept */
        struct reasm_view view = {.bytes = rd_make(payload.data, payload.cap, payload.cap), .may_wait = true};
        show(&look, &view);
        return;
    }
    reasm_push(&apps->reasm, &look.conv->sides[t->ref.direction], &segment);
    apps->doubt |= apps->reasm.refused > 0;
}
