/* UDP payload to the protocols above UDP. Each protocol, or group of protocols that share their fields, is a
 * row of one array, and is asked for every datagram while its fields are asked for. Invariant: which protocol
 * gets a datagram depends on the capture alone. If both ports have owners, the lower port decides. Source:
 * observed, tshark 4.0.17: messages and other bytes between all ports of `tshark -G decodes`. */
#include "apps/udp.h"

#include "apps/apps.h"
#include "apps/conversation.h"
#include "apps/dtls.h"
#include "apps/payload.h"
#include "apps/quic.h"
#include "flow/recognise.h"
#include "proto/datagrams.h"
#include "proto/dns.h"
#include "proto/http.h"

enum { UDP_HEADER = 8 };

/* ---- DNS, mDNS and LLMNR, which the examiner has found ---- */

static bool names_take(struct apps *apps, struct row *row, const struct examined *x, int i)
{
    static const uint8_t protocols[] = {[DNS_PLAIN] = P_DNS, [DNS_MDNS] = P_MDNS, [DNS_LLMNR] = P_LLMNR};
    bool some = false;
    for (int n = 0; n < x->n_names; n++) {
        const struct name_message *m = &x->names[n];
        if (m->layer != i)
            continue;
        struct rd r = m->message;
        struct dns_facts facts = {.kind = (enum dns_kind)m->kind, .match = m->match};
        dns_read(row, &r, &facts);
        apps_show(apps, (enum filter_protocol)protocols[m->kind]);
        some = true;
    }
    return some;
}

/* ---- SSDP: a message of HTTP in a datagram ---- */

static bool ssdp_take(struct apps *apps, struct row *row, const struct examined *x, int i)
{
    const struct layer *layer = &x->packet.layers[i];
    const struct transport *t = &x->transports[i];
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    if (!t->has_ref || layer->kind != LAYER_UDP || recognise_udp(layer) != UDP_SSDP ||
        !rd_skip(&r, UDP_HEADER))
        return false;
    struct app_conv *conv = conversation_of(apps, t->ref.conv);
    struct http_state *state = conv ? conversation_state(apps, conv, &http_protocol) : NULL;
    struct pdu_facts facts = {.frame = x->packet.frame->number,
                              .time_ns = x->packet.frame->time_ns,
                              .arena = &apps->arena,
                              .readers = apps->readers,
                              .doubt = &apps->doubt};
    if (!state)
        return false;
    http_message_read(row, &r, state, &facts);
    apps_show(apps, P_SSDP);
    return true;
}

/* ---- protocols that are found by their ports alone ---- */

/* The protocol whose fields the owner of a port puts, read here or not. */
static const struct datagram_protocol *protocol_of(struct port port)
{
    if (port.holds == HOLDS_NTP)
        return &ntp_protocol;
    return port.holds == HOLDS_DHCP ? &dhcp_protocol : datagram_protocol_of(port.owner);
}

static uint32_t readers_of(struct port port)
{
    const struct datagram_protocol *protocol = protocol_of(port);
    return protocol ? protocol->readers : 0;
}

/* Returns the protocol that gets a datagram, or NULL. *doubts: the readers of the protocols that may get it
 * instead, because an owner takes some datagrams and refuses others. */
static const struct datagram_protocol *owner_of(const struct conv *conv, uint32_t *doubts)
{
    uint16_t a = conv->side[0].port, b = conv->side[1].port, low_port = port_lower(a, b);
    struct port low = port_udp(low_port), high = port_udp(port_higher(a, b));
    bool by_low = low_port && low.owner != OWNER_NONE;
    struct port port = by_low ? low : high;
    *doubts = 0;
    if (by_low && low.owner != OWNER_DNS && !protocol_of(low))
        *doubts = readers_of(high);
    if (port.owner == OWNER_UNREAD && protocol_of(port))
        *doubts = readers_of(port) | readers_of(high);
    return datagram_protocol_of(port.owner);
}

static bool owned_take(struct apps *apps, struct row *row, const struct examined *x, int i)
{
    const struct transport *t = &x->transports[i];
    struct rd r;
    if (!t->has_ref || !payload_of_datagram(&x->packet.layers[i], &r))
        return false;
    uint32_t doubts;
    const struct datagram_protocol *protocol = owner_of(t->ref.conv, &doubts);
    bool shown = protocol && (!protocol->accepts || protocol->accepts(&r));
    if (shown) {
        apps->shown |= apps->names[protocol->owner];
        doubts |= protocol->read(row, &r) ? 0 : protocol->readers;
    }
    apps->doubt |= (apps->readers & doubts) != 0;
    return shown;
}

/* ---- all of them ---- */

enum {
    NAMES = READER_BIT(READER_DNS),
    QUIC_AND_TLS = READER_BIT(READER_QUIC) | HANDSHAKE_READERS,
    /* QUIC keeps these from a conversation that it has claimed. */
    MAY_BE_QUIC = QUIC_AND_TLS | READER_BIT(READER_DNS) | READER_BIT(READER_HTTP)
};

static const struct {
    uint32_t readers; /* it is asked if fields of one of these are asked for */
    /* Returns true if Wireshark shows the datagram as this protocol's. */
    bool (*take)(struct apps *apps, struct row *row, const struct examined *x, int layer);
} datagram_readers[] = {
    {NAMES, names_take},       {READER_BIT(READER_HTTP), ssdp_take}, {MAY_BE_QUIC, apps_quic},
    {QUIC_AND_TLS, apps_dtls}, {DATAGRAM_READERS, owned_take},
};

void apps_udp(struct apps *apps, struct row *row, const struct examined *x, int i)
{
    const struct conv *conv = x->transports[i].has_ref ? x->transports[i].ref.conv : NULL;
    bool by_quic = conv && conv->quic && conv->quic->claimed && x->packet.layers[i].kind == LAYER_UDP;
    bool shown = false;
    for (size_t n = 0; n < sizeof datagram_readers / sizeof *datagram_readers; n++)
        if (apps->readers & datagram_readers[n].readers)
            shown |= datagram_readers[n].take(apps, row, x, i);
    apps->doubt |= by_quic && shown; /* QUIC's by the conversation, another protocol's by port or looks */
}
