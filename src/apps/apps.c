/* Whose a conversation's bytes are, asked in Wireshark's order: who claimed the conversation, then the owners
 * of the ports (that of the SYN's receiver, the lower one, the higher one), then heuristics. Invariant: what
 * is shown to a protocol depends on the capture alone, never on what was asked for. Source: observed,
 * tshark 4.0.17. */
#include "apps/apps.h"

#include <string.h>

#include "field/ids_tls.h"
#include "flow/recognise.h"
#include "proto/dns.h"
#include "proto/foreign.h"
#include "proto/http.h"
#include "proto/tls.h"

struct look {
    struct apps *apps;
    struct row *row;
    struct app_conv *conv;
    struct pdu_facts facts;
    uint16_t server_port; /* 0: no SYN was seen */
};

static void show_protocol(struct apps *apps, enum filter_protocol protocol)
{
    apps->shown |= UINT32_C(1) << protocol;
}

/* Who took bytes is shown; DNS and HTTP where a message of them was read. */
static void show_tcp(struct apps *apps, const struct protocol *protocol, bool has_read)
{
    static const struct {
        const struct protocol *protocol;
        enum filter_protocol name;
    } names[] = {
        {&tls_protocol, P_TLS}, {&http_protocol, P_HTTP}, {&dns_tcp_protocol, P_DNS}, {&ssh_protocol, P_SSH}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].protocol == protocol &&
            (has_read || (protocol != &http_protocol && protocol != &dns_tcp_protocol)))
            show_protocol(apps, names[i].name);
}

static void *state_of(struct look *l, const struct protocol *protocol)
{
    size_t i = 0;
    while (tcp_protocols[i] != protocol)
        i++;
    void **state = &l->conv->states[i];
    if (!*state && (*state = arena_alloc(&l->apps->arena, protocol->state_len)))
        memset(*state, 0, protocol->state_len);
    return *state;
}

/* Bytes inside another protocol: what Wireshark makes of those that were cut, or of an answer to what is
 * missing, was not found out. */
static void note_carried(struct look *l, const struct reasm_view *view)
{
    uint16_t sport = l->facts.sport, dport = l->facts.dport;
    bool from_server = l->server_port ? sport == l->server_port : sport < dport;
    if (view->bytes.cap < view->bytes.len || (!l->conv->carries && from_server))
        pdu_foreign(&l->facts, FAMILY_HANDSHAKES);
    l->conv->carries = true;
}

/* True when the protocol took the bytes. */
static bool offer(struct look *l, const struct protocol *protocol, const struct reasm_view *view,
                  struct reasm_wish *wish)
{
    void *state = state_of(l, protocol);
    if (!state || (protocol->accepts && !protocol->accepts(state, &view->bytes, &l->facts)))
        return false;
    const struct protocol *claimed = l->conv->claimed;
    l->facts.has_read = false;
    *wish = protocol_walk(protocol, l->row, state, view, &l->facts);
    show_tcp(l->apps, protocol, l->facts.has_read);
    if (l->conv->claimed != claimed)
        l->conv->carrier = protocol;
    else if (protocol == claimed && l->conv->carrier) {
        show_tcp(l->apps, l->conv->carrier, true);
        note_carried(l, view);
    }
    if (!protocol->readers) /* it only leads to others */
        l->apps->foreign |= foreign_holds(view->bytes, l->apps->families & FAMILY_HANDSHAKES);
    return true;
}

/* Bytes for a port that belongs to another protocol of Wireshark's: not ours to answer, but told. */
static void note_foreign(struct look *l, const struct reasm_view *view)
{
    uint16_t sport = l->facts.sport, dport = l->facts.dport;
    if (port_tcp(sport).holds == HOLDS_PACKETS || port_tcp(dport).holds == HOLDS_PACKETS ||
        foreign_holds(view->bytes, l->apps->families))
        l->apps->foreign = true;
    for (size_t i = 0; tcp_protocols[i]; i++)
        if (tcp_protocols[i]->recognises && tcp_protocols[i]->recognises(&view->bytes, &l->facts))
            l->apps->foreign = true;
}

/* Bytes that nobody took: what begins with a header of some heuristic's own may go on with what is read here.
 */
static void note_unclaimed(struct look *l, const struct reasm_view *view)
{
    enum { FRONT = 256 };
    struct rd look = view->bytes,
              front = rd_sub(&look, rd_cap_left(&look) < FRONT ? rd_cap_left(&look) : FRONT);
    if (foreign_http2(&view->bytes))
        pdu_foreign(&l->facts, FAMILY_X509 | FAMILY_DNS);
    l->apps->foreign |=
        foreign_proxy(view->bytes) || foreign_holds(front, l->apps->families & FAMILY_HANDSHAKES);
}

static bool offer_ports(struct look *l, const struct reasm_view *view, struct reasm_wish *wish)
{
    uint16_t low = l->facts.sport < l->facts.dport ? l->facts.sport : l->facts.dport;
    uint16_t high = l->facts.sport < l->facts.dport ? l->facts.dport : l->facts.sport;
    const uint16_t ports[] = {l->server_port, low, high};
    for (size_t i = 0; i < 3; i++) {
        bool foreign;
        const struct protocol *owner = protocol_of_port(ports[i], &foreign);
        if (owner && offer(l, owner, view, wish))
            return true;
        if (foreign) {
            note_foreign(l, view);
            return true;
        }
    }
    return false;
}

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
    for (size_t i = 0; tcp_protocols[i]; i++) {
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

struct app_conv *apps_conv(struct apps *apps, struct conv *conv)
{
    if (conv->app)
        return conv->app;
    struct app_conv *app = arena_alloc(&apps->arena, sizeof *app);
    if (app)
        *app = (struct app_conv){0};
    conv->app = app;
    return app;
}

static uint16_t server_port_of(const struct conv *conv)
{
    if (conv->syn_from >= 0)
        return conv->side[1 - conv->syn_from].port;
    return conv->synack_from >= 0 ? conv->side[conv->synack_from].port : 0;
}

/* Repeated segments count for nothing; fast retransmissions are taken like any other segment, and so are
 * spurious ones that were cut when they were captured. */
static bool is_repeated(uint32_t flags, bool is_cut)
{
    if (flags & TCP_SPURIOUS_RETRANSMISSION)
        return !is_cut;
    return flags & TCP_RETRANSMISSION && !(flags & TCP_FAST_RETRANSMISSION);
}

/* What a segment brings: bytes, or the end of them. False: nothing that anyone looks at. */
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
    return layer->cap >= header /* else options were cut: Wireshark goes no further */ &&
           (payload->len || *flags & TCP_FLAG_FIN);
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
    if (conv->app && !(flags & TCP_FLAG_FIN) && !layer->quoted &&
        reasm_counts(&conv->app->sides[t->ref.direction], seq, &payload))
        return;
    struct look look = {
        .apps = apps, .row = row, .conv = apps_conv(apps, conv), .server_port = server_port_of(conv)};
    if (!look.conv)
        return;
    look.facts = (struct pdu_facts){.frame = x->packet.frame->number,
                                    .time_ns = x->packet.frame->time_ns,
                                    .sport = conv->side[t->ref.direction].port,
                                    .dport = conv->side[1 - t->ref.direction].port,
                                    .direction = t->ref.direction,
                                    .fin = flags & TCP_FLAG_FIN,
                                    .arena = &apps->arena,
                                    .conversation = &look.conv->claimed,
                                    .families = apps->families,
                                    .skips_payload = apps->skips_payload,
                                    .foreign = &apps->foreign};
    struct reasm_segment segment = {.payload = payload,
                                    .seq = seq,
                                    .hidden = t->tcp.flags & (TCP_OUT_OF_ORDER | TCP_KEEP_ALIVE),
                                    .fin = flags & TCP_FLAG_FIN,
                                    .show = show,
                                    .context = &look};
    if (layer->quoted) { /* in an error message: looked at, not kept */
        struct reasm_view view = {.bytes = rd_make(payload.data, payload.cap, payload.cap), .may_wait = true};
        show(&look, &view);
        return;
    }
    reasm_push(&apps->reasm, &look.conv->sides[t->ref.direction], &segment);
    apps->foreign |= apps->reasm.refused > 0;
}

bool apps_payload(const struct layer *layer, struct rd *out)
{
    enum { HEADER = 8 };
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    uint16_t length = rd_peek16(&r, 4);
    if (length && length < HEADER)
        return false;
    if (!rd_skip(&r, HEADER))
        return false;
    *out = rd_rest(&r);
    if (length && length - HEADER < (int64_t)out->len)
        *out = rd_make(out->data, out->cap, length - HEADER);
    return out->cap > 0;
}

/* True when it put something. */
static bool read_ssdp(struct apps *apps, struct row *row, const struct examined *x, int i)
{
    const struct layer *layer = &x->packet.layers[i];
    const struct transport *t = &x->transports[i];
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    if (!t->has_ref || layer->kind != LAYER_UDP || recognise_udp(layer) != UDP_SSDP || !rd_skip(&r, 8))
        return false;
    struct look look = {.apps = apps, .row = row, .conv = apps_conv(apps, t->ref.conv)};
    struct http_state *state = look.conv ? state_of(&look, &http_protocol) : NULL;
    look.facts = (struct pdu_facts){.frame = x->packet.frame->number,
                                    .time_ns = x->packet.frame->time_ns,
                                    .arena = &apps->arena,
                                    .families = apps->families,
                                    .foreign = &apps->foreign};
    if (!state)
        return false;
    http_message_read(row, &r, state, &look.facts);
    show_protocol(apps, P_SSDP);
    return true;
}

static bool read_names(struct apps *apps, struct row *row, const struct examined *x, int i)
{
    bool some = false;
    static const uint8_t protocols[] = {[DNS_PLAIN] = P_DNS, [DNS_MDNS] = P_MDNS, [DNS_LLMNR] = P_LLMNR};
    for (int n = 0; n < x->n_names; n++) {
        const struct name_message *m = &x->names[n];
        if (m->layer != i)
            continue;
        struct rd r = m->message;
        struct dns_facts facts = {.kind = (enum dns_kind)m->kind, .match = m->match};
        dns_read(row, &r, &facts);
        show_protocol(apps, (enum filter_protocol)protocols[m->kind]);
        some = true;
    }
    return some;
}

/* What is asked for, and who of those that are not keeps others from a conversation: QUIC, once it has
 * claimed it. */
void apps_udp(struct apps *apps, struct row *row, const struct examined *x, int i)
{
    const struct conv *conv = x->transports[i].has_ref ? x->transports[i].ref.conv : NULL;
    bool by_quic = conv && conv->quic && conv->quic->claimed && x->packet.layers[i].kind == LAYER_UDP;
    bool shown = false;
    if (apps->families & FAMILY_DNS)
        shown |= read_names(apps, row, x, i);
    if (apps->families & FAMILY_HTTP)
        shown |= read_ssdp(apps, row, x, i);
    apps->foreign |= by_quic && shown; /* by port or looks it is another's */
    if (apps->families & (FAMILY_QUIC | FAMILY_HANDSHAKES)) {
        apps_quic(apps, row, x, i);
        apps_dtls(apps, row, x, i);
    } else if (apps->families & (FAMILY_DNS | FAMILY_HTTP)) {
        apps_quic_claim(apps, x, i);
    }
    if (apps->families & FAMILY_OWNED)
        apps_owned(apps, row, x, i);
}

void apps_frame(struct apps *apps, struct row *row, const struct examined *x)
{
    if (apps->is_opaque)
        return;
    for (int i = 0; i < x->packet.n_layers; i++)
        if (x->packet.layers[i].kind == LAYER_TCP)
            apps_tcp(apps, row, x, i);
        else if (x->packet.layers[i].kind == LAYER_UDP || x->packet.layers[i].kind == LAYER_UDPLITE)
            apps_udp(apps, row, x, i);
}

void apps_advance(struct apps *apps, const struct examined *x)
{
    apps->mute.n_values = 0;
    apps_frame(apps, &apps->mute, x);
}

void apps_protocols(const struct apps *apps, struct row *row, const int16_t *slots)
{
    for (int p = P_TLS; p < P_COUNT; p++)
        if (slots[p] >= 0 && (apps->shown >> p & 1))
            row_slot(row, (uint32_t)slots[p]);
}

void apps_turn(struct apps *apps, const struct examined *x, const struct source *source)
{
    apps->shown = 0;
    apps->is_opaque = apps->skips_opaque && opaque_frame(x) && !apps_secrets(source);
    if (!apps->is_opaque)
        apps_note(apps, x, source);
    reasm_turn(&apps->reasm);
    if (apps->scratch.block)
        arena_reset(&apps->scratch);
}

bool apps_want_names(const int16_t *slot_of, const struct filter *filter)
{
    const int16_t *protocols = filter ? filter_protocol_slots(filter) : NULL;
    uint32_t readers = field_readers(slot_of) | (filter ? field_readers(filter_slots(filter)) : 0);
    return readers & READER_BIT(READER_DNS) ||
           (filter && (protocols[P_DNS] >= 0 || protocols[P_MDNS] >= 0 || protocols[P_LLMNR] >= 0));
}

/* Families that come on ports of their own, and QUIC's own fields, are asked for by name alone; of the others
 * a filter may see any. */
static unsigned families_of(const int16_t *slot_of, const struct filter *filter)
{
    enum { OTHERS = FAMILY_ANY & ~(FAMILY_OWNED | FAMILY_QUIC) };
    unsigned families = families_wanted(slot_of);
    if (!filter || !filter_wants_apps(filter))
        return families;
    const int16_t *protocols = filter_protocol_slots(filter);
    unsigned by_filter = families_wanted(filter_slots(filter));
    for (int p = P_TLS; p < P_COUNT; p++)
        if (protocols[p] >= 0)
            by_filter |= p == P_NTP    ? FAMILY_NTP
                         : p == P_DHCP ? FAMILY_DHCP
                         : p == P_QUIC ? FAMILY_QUIC
                                       : OTHERS;
    if (by_filter & ~(unsigned)FAMILY_OWNED)
        by_filter |= OTHERS;
    return families | by_filter;
}

void apps_init(struct apps *apps, const int16_t *slot_of, const struct filter *filter, bool exact,
               struct memory_state *memory)
{
    apps->arena.memory = apps->scratch.memory = apps->reasm.arrays.memory = memory;
    memset(apps->mute_slots, 0xff, sizeof apps->mute_slots);
    apps->mute = (struct row){.slot_of = apps->mute_slots, .arena = &apps->scratch};
    apps->wanted = protocols_wanted(slot_of) || (filter && filter_wants_apps(filter));
    apps->families = families_of(slot_of, filter);
    apps->skips_payload = slot_of[F_TLS_APP_DATA] < 0;
    apps->skips_opaque = !exact && !(apps->families & (FAMILY_HANDSHAKES | FAMILY_QUIC));
    apps->quic = (struct quic){.arena = &apps->arena, .cipher = &apps->cipher};
    dtls_init(&apps->dtls, &apps->arena, slot_of);
}

bool apps_foreign(const struct apps *apps) { return apps->foreign || apps->dtls.foreign; }

uint64_t apps_refused(const struct apps *apps)
{
    return apps->reasm.refused + apps->quic.refused + apps->dtls.refused;
}

bool apps_lost(const struct apps *apps) { return apps_foreign(apps) || apps_refused(apps); }

void apps_go_on(struct apps *apps)
{
    apps->foreign = apps->dtls.foreign = apps->quic.unclear = apps->quic.unclear_unknown = false;
    apps->reasm.refused = apps->quic.refused = apps->dtls.refused = 0;
}

void apps_reset(struct apps *apps)
{
    if (!apps->wanted)
        return;
    reasm_reset(&apps->reasm);
    arena_reset(&apps->arena);
    apps->foreign = false;
    apps->quic = (struct quic){.arena = &apps->arena, .cipher = &apps->cipher};
    dtls_reset(&apps->dtls);
}

void apps_free(struct apps *apps)
{
    reasm_reset(&apps->reasm);
    arena_free(&apps->arena);
    arena_free(&apps->scratch);
    row_free(&apps->mute);
    cipher_free(&apps->cipher);
}
