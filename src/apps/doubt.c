/* Frames that may hold fields asked for where nothing here reads them: carriers below and beside TCP.
 * Invariant: a frame is noted no later than the first one whose values libwireshark would know and this
 * library not. Source: `tshark -G decodes`, and observed, tshark 4.0.17. */
#include "apps/doubt.h"

#include "apps/apps.h"
#include "base/ports.h"
#include "proto/signs.h"

static bool udp_holds(const struct apps *apps, const struct layer *layer)
{
    enum { HEADER = 8 };
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    uint16_t source = rd_u16(&r), destination = rd_u16(&r);
    uint8_t a = port_udp(source).holds, b = port_udp(destination).holds;
    rd_skip(&r, HEADER - 4);
    if (!rd_ok(&r) || !rd_left(&r) || port_pair_is_dns(source, destination))
        return false;
    if (a == HOLDS_PACKETS || b == HOLDS_PACKETS || sign_proxy(r) || sign_mirror(&r))
        return true;
    if (!(apps->readers & (HANDSHAKE_READERS | READER_BIT(READER_HTTP))))
        return false;
    if (apps->readers & HANDSHAKE_READERS && (a == HOLDS_EAP || b == HOLDS_EAP) && sign_radius(r))
        return true;
    return (a == HOLDS_CARRIER || b == HOLDS_CARRIER) && sign_inside(r, apps->readers);
}

/* NTP over TCP. */
static bool tcp_holds(const struct apps *apps, const struct layer *layer)
{
    if (!(apps->readers & READER_BIT(READER_NTP)))
        return false;
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    uint16_t source = rd_u16(&r), destination = rd_u16(&r);
    return (port_tcp(source).holds == HOLDS_NTP || port_tcp(destination).holds == HOLDS_NTP) &&
           layer->len > (uint32_t)(rd_peek8(&r, 8) >> 4) * 4;
}

/* SCTP carries the protocols of TCP's ports under the same ports, or under payload identifiers. On other
 * ports the bytes of its chunks decide. */
static bool sctp_holds(const struct apps *apps, const struct layer *layer)
{
    enum { HEADER = 12, CHUNK = 4, DATA = 0, DATA_HEADER = 16, PPI_SSH = 45, PPI_DTLS = 47 };
    bool unread[2];
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    uint16_t source = rd_u16(&r), destination = rd_u16(&r);
    rd_skip(&r, HEADER - 4);
    if (!rd_has(&r, DATA_HEADER) || rd_peek8(&r, 0) != DATA)
        return false;
    uint32_t identifier = rd_peek32(&r, 12);
    return protocol_of_port(source, &unread[0]) || protocol_of_port(destination, &unread[1]) ||
           port_udp(source).owner == OWNER_DTLS || port_udp(destination).owner == OWNER_DTLS ||
           identifier == PPI_SSH || identifier == PPI_DTLS || sign_inside(r, apps->readers);
}

/* IP protocols that hold packets: minimal encapsulation, compressed payload, register messages of PIM, layer
 * 2 over IP. */
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

/* EtherTypes that hold packets behind a header that is not decoded here: BATMAN, TRILL, MACsec, provider
 * backbones, metadata and VN tags of Cisco, HSR, E-tags, service chains. */
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

/* Link types and link protocols. They also carry EAP. */
static bool link_holds(const struct apps *apps, const struct packet *p)
{
    if (p->reason == REASON_LINK_TYPE || is_wrapped(p))
        return true;
    if (p->has_ip || !p->frame->interface || p->frame->opaque || !(apps->readers & HANDSHAKE_READERS))
        return false;
    return sign_eap_frame(rd_make(p->frame->data, p->frame->cap_len, p->frame->len));
}

bool doubt_secrets(const struct source *source)
{
    for (size_t i = 0; i < source_n_blobs(source); i++)
        if (source_blob(source, i)->type)
            return true;
    return false;
}

void doubt_frame(struct apps *apps, const struct examined *x, const struct source *source)
{
    const struct packet *p = &x->packet;
    if (apps->doubt)
        return;
    apps->doubt =
        doubt_secrets(source) || link_holds(apps, p) ||
        (apps->readers & READER_BIT(READER_DNS) && (x->unclear_names || x->n_names >= MAX_NAME_MESSAGES - 1));
    for (int i = 0; i < p->n_layers && !apps->doubt; i++)
        apps->doubt = layer_holds(apps, p, i);
}
