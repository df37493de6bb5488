/* Frames that may hold fields asked for where nothing here reads them: carriers below and beside TCP.
 * Invariant: a frame is noted no later than the first whose values libwireshark would tell and this engine
 * not. Source: `tshark -G decodes` and observed, tshark 4.0.17. */
#include "apps/apps.h"
#include "flow/recognise.h"
#include "proto/foreign.h"

enum {
    ISAKMP = 500,
    ISAKMP_NAT = 4500,
    KERBEROS = 88,
    LDAP = 389,
    SIP = 5060,
    COAP = 5683,
    L2TP = 1701,
    OPENVPN = 1194,
    PANA = 716,
    TZSP = 37008,
    JMIRROR = 30030,
    BATMAN = 4305,
    PEEKREMOTE = 5000,
    SFLOW = 6343,
    LWAPP = 12222,
    REMOTE_DESKTOP = 3389,
    ACDR = 925
};

static bool is_radius(uint16_t port)
{
    return port == 1645 || port == 1646 || port == 1700 || port == 1812 || port == 1813 || port == 3799;
}

/* Ports of protocols whose messages hold certificates, TLS handshakes or text. */
static bool is_carrier(uint16_t port)
{
    return port == ISAKMP || port == ISAKMP_NAT || port == KERBEROS || port == LDAP || port == SIP ||
           port == COAP || port == L2TP || port == PANA;
}

/* Ports of protocols that hold whole packets, which are not taken apart here. */
static bool is_mirror(uint16_t port)
{
    return port == TZSP || port == JMIRROR || port == BATMAN || port == PEEKREMOTE || port == SFLOW ||
           port == LWAPP || port == LWAPP + 1 || port == OPENVPN || port == ACDR || port == REMOTE_DESKTOP;
}

static bool udp_holds(const struct apps *apps, const struct layer *layer)
{
    enum { HEADER = 8 };
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    uint16_t source = rd_u16(&r), destination = rd_u16(&r);
    rd_skip(&r, HEADER - 4);
    if (!rd_ok(&r) || !rd_left(&r) || recognise_dns_ports(source, destination))
        return false;
    if (is_mirror(source) || is_mirror(destination) || foreign_proxy(r) || foreign_mirror(&r))
        return true;
    if (!(apps->families & (FAMILY_HANDSHAKES | FAMILY_HTTP)))
        return false;
    if (apps->families & FAMILY_HANDSHAKES && (is_radius(source) || is_radius(destination)) &&
        foreign_radius(r))
        return true;
    return (is_carrier(source) || is_carrier(destination)) && foreign_holds(r, apps->families);
}

/* NTP over TCP. */
static bool tcp_holds(const struct apps *apps, const struct layer *layer)
{
    enum { NTP = 123 };
    if (!(apps->families & FAMILY_NTP))
        return false;
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    uint16_t source = rd_u16(&r), destination = rd_u16(&r);
    return (source == NTP || destination == NTP) && layer->len > (uint32_t)(rd_peek8(&r, 8) >> 4) * 4;
}

/* Ports and payload identifiers under which SCTP carries what TCP does; else what its chunks look like. */
static bool sctp_holds(const struct apps *apps, const struct layer *layer)
{
    enum { HEADER = 12, CHUNK = 4, DATA = 0, DATA_HEADER = 16, PPI_SSH = 45, PPI_DTLS = 47 };
    bool foreign[2];
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    uint16_t source = rd_u16(&r), destination = rd_u16(&r);
    rd_skip(&r, HEADER - 4);
    if (!rd_has(&r, DATA_HEADER) || rd_peek8(&r, 0) != DATA)
        return false;
    uint32_t identifier = rd_peek32(&r, 12);
    return protocol_of_port(source, &foreign[0]) || protocol_of_port(destination, &foreign[1]) ||
           dtls_owns(source) || dtls_owns(destination) || identifier == PPI_SSH || identifier == PPI_DTLS ||
           foreign_holds(r, apps->families);
}

/* IP protocols that hold packets: minimal encapsulation, compression, PIM's register, layer 2 over IP. */
static bool is_packet_carrier(uint8_t protocol, struct rd r)
{
    enum { MINIMAL = 55, PIM = 103, COMPRESSED = 108, LAYER_2 = 115, PIM_REGISTER = 1 };
    if (protocol == PIM)
        return (rd_peek8(&r, 0) & 15) == PIM_REGISTER;
    return protocol == MINIMAL || protocol == COMPRESSED || protocol == LAYER_2;
}

static bool layer_holds(const struct apps *apps, const struct packet *p, int i)
{
    const struct layer *layer = &p->layers[i];
    switch (layer->kind) {
    case LAYER_UDP:
    case LAYER_UDPLITE:
        return udp_holds(apps, layer);
    case LAYER_TCP:
        return tcp_holds(apps, layer);
    case LAYER_SCTP:
        return sctp_holds(apps, layer);
    case LAYER_IP4:
    case LAYER_IP6: {
        struct rd r = rd_make(layer->data, layer->cap, layer->len);
        rd_skip(&r, layer->kind == LAYER_IP6 ? 40u : (rd_peek8(&r, 0) & 15u) * 4);
        return i == p->n_layers - 1 && is_packet_carrier(layer->number, r);
    }
    default:
        return false;
    }
}

/* EtherTypes that hold packets behind a header which is not taken apart here: BATMAN, TRILL, MACsec, provider
 * backbones, Cisco's metadata and VN tags, HSR, E-tags, service chains. */
static bool is_wrapped(const struct packet *p)
{
    static const uint16_t types[] = {0x4305, 0x22f3, 0x88e5, 0x88e7, 0x8909, 0x8926, 0x892f, 0x893f, 0x894f};
    if (!p->n_layers ||
        (p->layers[p->n_layers - 1].kind != LAYER_ETH && p->layers[p->n_layers - 1].kind != LAYER_VLAN))
        return false;
    const struct layer *last = &p->layers[p->n_layers - 1];
    struct rd r = rd_make(last->data, last->cap, last->len);
    uint16_t type = rd_peek16(&r, last->kind == LAYER_ETH ? 12 : 2);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i] == type)
            return true;
    return false;
}

/* Link types and link protocols, by which EAP comes too. */
static bool link_holds(const struct apps *apps, const struct packet *p)
{
    if (p->reason == REASON_LINK_TYPE || is_wrapped(p))
        return true;
    if (p->has_ip || !p->frame->interface || p->frame->opaque || !(apps->families & FAMILY_HANDSHAKES))
        return false;
    return foreign_eap_frame(rd_make(p->frame->data, p->frame->cap_len, p->frame->len));
}

bool apps_secrets(const struct source *source)
{
    for (size_t i = 0; i < source_n_blobs(source); i++)
        if (source_blob(source, i)->type)
            return true;
    return false;
}

void apps_note(struct apps *apps, const struct examined *x, const struct source *source)
{
    const struct packet *p = &x->packet;
    if (apps->foreign)
        return;
    apps->foreign =
        apps_secrets(source) || link_holds(apps, p) ||
        (apps->families & FAMILY_DNS && (x->unclear_names || x->n_names >= MAX_NAME_MESSAGES - 1));
    for (int i = 0; i < p->n_layers && !apps->foreign; i++)
        apps->foreign = layer_holds(apps, p, i);
}
