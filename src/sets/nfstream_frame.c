/* The packet that NFStream finds in a frame: the innermost IP packet below tags, labels, IP in IP, GTP-U,
 * CAPWAP and TZSP. Where it reads beyond the captured bytes, this reader sees zeros. Invariant: the checks
 * are the original's, also those that look wrong, because they decide which frames it drops. */
#include "base/rd.h"
#include "sets/nfstream.h"

enum {
    LEAST_FRAME = 28,
    IP4 = 0x0800,
    IP6 = 0x86dd,
    VLAN = 0x8100,
    MPLS = 0x8847,
    MPLS_MULTICAST = 0x8848,
    PPPOE = 0x8864,
    MOST_LLC = 1500,
    LEAST_ETHERTYPE = 1536,
    SNAP_SAP = 0xaa,
    SPANNING_TREE_SAP = 0x42,
    HDLC_UNICAST = 0x0f,
    HDLC_BROADCAST = 0x8f,
    GTP_PORT = 2152,
    GTP_DATA = 255,
    CAPWAP_PORT = 5247,
    TZSP_PORT = 37008,
    WLAN_HEADER = 24,
    LLC_HEADER = 8,
    TUNNEL_GTP = 1, /* values of the column tunnel_id */
    TUNNEL_CAPWAP = 2,
    TUNNEL_TZSP = 3,
    PROTO_IPIP = 4,
    PROTO_TCP = 6,
    PROTO_UDP = 17,
    PROTO_IP6IN4 = 41,
    PROTO_ICMP = 1,
    PROTO_ICMP6 = 58
};

struct walk {
    struct rd r;   /* over the whole frame; its position does not move */
    int64_t at;    /* of the present header */
    unsigned kind; /* Ethernet type */
    struct nfstream_packet *packet;
};

static unsigned u8(const struct walk *w, int64_t at) { return rd_peek8(&w->r, (uint32_t)at); }
static unsigned u16(const struct walk *w, int64_t at) { return u8(w, at) << 8 | u8(w, at + 1); }
static int64_t captured(const struct walk *w) { return w->r.cap; }

static void link_addresses(struct walk *w, int64_t dst, int64_t src)
{
    for (int i = 0; i < 6; i++) {
        w->packet->dst_mac[i] = (uint8_t)u8(w, dst + i);
        w->packet->src_mac[i] = (uint8_t)u8(w, src + i);
    }
}

/* The Ethernet header at w->at. */
static bool ethernet(struct walk *w)
{
    int64_t at = w->at;
    link_addresses(w, at, at + 6);
    unsigned type = u16(w, at + 12);
    w->at = at + 14;
    if (type >= LEAST_ETHERTYPE) {
        w->kind = type;
    } else if (type && type <= MOST_LLC) {
        if (u8(w, at + 14) == SNAP_SAP || u8(w, at + 15) == SNAP_SAP) {
            w->kind = u8(w, at + 20) | u8(w, at + 21) << 8; /* the original does not turn these bytes */
            w->at += 8;
        } else if (u8(w, at + 14) == SPANNING_TREE_SAP || u8(w, at + 15) == SPANNING_TREE_SAP) {
            return false;
        }
    }
    return true;
}

/* The link header at w->at. */
static bool link_header(struct walk *w, uint32_t link_type)
{
    int64_t at = w->at;
    unsigned version = u8(w, at) >> 4;
    switch (link_type) {
    case 1:
        return ethernet(w);
    case 101: /* raw IP, in the numbers of several systems */
    case 12:
    case 14:
        w->kind = version == 4 ? IP4 : version == 6 ? IP6 : 0;
        return true;
    case 50: /* PPP in frames of HDLC */
        w->kind = u16(w, at + 2);
        w->at = at + 4;
        return true;
    case 9:     /* PPP */
    case 104: { /* Cisco HDLC, which the original recognises by its address, always that of the whole frame */
        bool hdlc = u8(w, 0) == HDLC_UNICAST || u8(w, 0) == HDLC_BROADCAST;
        w->kind = u16(w, hdlc ? at + 2 : at);
        w->at = at + (hdlc ? 4 : 2);
        return true;
    }
    case 113: /* Linux cooked */
        w->kind = u16(w, at + 14);
        w->at = at + 16;
        return true;
    case 0: /* null and loop */
        w->kind = !u16(w, at) && u16(w, at + 2) == 2 ? IP4 : IP6;
        w->at = at + 4;
        return true;
    case 228:
        w->kind = IP4;
        return true;
    case 229:
        w->kind = IP6;
        return true;
    default:
        return false;
    }
}

static bool labels(struct walk *w)
{
    if (w->at + 4 >= captured(w))
        return false;
    bool bottom = u8(w, w->at + 2) & 1;
    w->kind = IP4;
    for (w->at += 4; !bottom && w->at + 4 < captured(w); w->at += 4)
        bottom = u8(w, w->at + 2) & 1;
    return true;
}

static bool tag(struct walk *w)
{
    if (w->at + 4 >= captured(w))
        return false;
    do {
        w->packet->vlan = u16(w, w->at) & 0xfff;
        w->kind = u16(w, w->at + 2);
        w->at += 4;
    } while (w->kind == VLAN && w->at + 4 < captured(w));
    return true;
}

static bool tags_and_labels(struct walk *w)
{
    for (;;) {
        switch (w->kind) {
        case VLAN:
            if (!tag(w))
                return false;
            break;
        case MPLS:
        case MPLS_MULTICAST:
            if (!labels(w))
                return false;
            break;
        case PPPOE:
            w->kind = IP4;
            w->at += 8;
            break;
        default:
            return true;
        }
    }
}

/* What an IPv6 packet carries behind its extension headers. */
struct carried {
    int64_t at, length;
    unsigned protocol;
};

static bool is_extension(unsigned protocol)
{
    return protocol == 0 || protocol == 43 || protocol == 44 || protocol == 60 || protocol == 135 ||
           protocol == 59;
}

/* `left`: captured bytes, as the original counts them. */
static bool extensions(const struct walk *w, int64_t left, struct carried *c)
{
    while (left > 1 && is_extension(c->protocol)) {
        bool fragment = c->protocol == 44;
        int64_t n = fragment ? 8 : (int64_t)u8(w, c->at + 1) * 8 + 8, taken = fragment ? 5 : n;
        if (c->protocol == 59 || c->length < n || left < taken || (fragment && u16(w, c->at + 2) >> 3))
            return false;
        left -= taken;
        c->protocol = u8(w, c->at);
        c->length -= n;
        c->at += n;
    }
    return true;
}

/* The IPv6 packet at w->at; false: cut short, or a later fragment. */
static bool ip6(const struct walk *w, struct carried *c)
{
    int64_t length = u16(w, w->at + 4), left = captured(w) - w->at - 40;
    *c = (struct carried){w->at + 40, length, u8(w, w->at + 6)};
    return left >= length && extensions(w, left, c);
}

static bool is_ip_in_ip(unsigned protocol) { return protocol == PROTO_IPIP || protocol == PROTO_IP6IN4; }

/* Goes to the innermost IP packet. *length is that of its header (version 4) or of its payload (6); *protocol
 * stays that of the header before where the Ethernet type is not that of IPv4. */
static bool ip_headers(struct walk *w, int64_t *length, unsigned *protocol)
{
    unsigned fragment = 0;
    for (;;) {
        if (captured(w) < w->at + 20)
            return false;
        if (w->kind == IP4)
            fragment = u16(w, w->at + 6);
        struct carried c;
        switch (u8(w, w->at) >> 4) {
        case 4:
            *length = (u8(w, w->at) & 15) * 4;
            c.protocol = u8(w, w->at + 9);
            if (is_ip_in_ip(c.protocol) && *length) {
                w->at += *length;
                continue;
            }
            if (w->kind == IP4)
                *protocol = c.protocol;
            return !(fragment & 0x1fff);
        case 6:
            if (!ip6(w, &c))
                return false;
            *length = c.length;
            *protocol = c.protocol;
            if (!is_ip_in_ip(c.protocol))
                return true;
            w->at = c.at;
            continue;
        default:
            return false;
        }
    }
}

/* The end of GTP-U's extension headers, or -1. */
static int64_t gtp_extensions(const struct walk *w, int64_t at)
{
    while (at < captured(w)) {
        int64_t n = (int64_t)u8(w, at) << 2;
        at += n;
        if (at >= captured(w) || n == 0)
            return -1;
        if (u8(w, at - 1) == 0)
            break;
    }
    return at;
}

/* How the reading goes on behind a header of UDP. */
enum inside { INSIDE_NOTHING, INSIDE_CUT, INSIDE_LAST, INSIDE_IP, INSIDE_LINK };

static enum inside gtp(struct walk *w, int64_t at)
{
    unsigned flags = u8(w, at);
    if (at + 8 >= captured(w) || flags >> 5 != 1 || u8(w, at + 1) != GTP_DATA)
        return INSIDE_NOTHING;
    int64_t inner = at + 8 + (flags & 7 ? 4 : 0);
    if (flags & 4)
        inner = gtp_extensions(w, inner);
    if (inner < 0 || inner >= captured(w))
        return INSIDE_NOTHING;
    w->packet->tunnel = TUNNEL_GTP;
    w->at = inner;
    unsigned version = u8(w, inner) >> 4;
    bool whole = (version == 4 && captured(w) >= inner + 20) || (version == 6 && captured(w) >= inner + 40);
    return whole ? INSIDE_LAST : INSIDE_CUT;
}

/* RFC 5415: the preamble, the length of the header, then a frame of IEEE 802.11. The original takes every
 * frame as data with an LLC header, so that some values of management frames look like IP. */
static enum inside capwap(struct walk *w, int64_t at)
{
    if (at + 1 >= captured(w) || u8(w, at) & 15)
        return INSIDE_NOTHING;
    int64_t frame = at + ((u8(w, at + 1) & 0xf8) >> 1);
    int64_t ip = frame + WLAN_HEADER + LLC_HEADER;
    if (ip >= captured(w))
        return INSIDE_NOTHING;
    w->packet->tunnel = TUNNEL_CAPWAP;
    link_addresses(w, frame + 16, frame + 10); /* the third and the second address */
    w->kind = u16(w, ip - 2);
    w->at = ip;
    return INSIDE_IP;
}

/* Version, type, protocol and one tag, behind which the original expects a frame of the capture's link type.
 * Tags 0 and 1 have one byte; the length in any other tag is that of the whole tag for the original. */
static enum inside tzsp(struct walk *w, int64_t at)
{
    w->packet->tunnel = TUNNEL_TZSP;
    if (captured(w) < at + 4)
        return INSIDE_CUT;
    if (captured(w) == at + 4 || u8(w, at) != 1 || u8(w, at + 1) || u16(w, at + 2) != 1)
        return INSIDE_NOTHING;
    w->at = at + 4 + (u8(w, at + 4) <= 1 ? 1 : u8(w, at + 5));
    return INSIDE_LINK;
}

/* Goes into the tunnel that the datagram at `udp` holds. */
static enum inside tunnel(struct walk *w, int64_t udp)
{
    if (captured(w) < udp + 8)
        return INSIDE_CUT;
    unsigned from = u16(w, udp), to = u16(w, udp + 2);
    if (from == GTP_PORT || to == GTP_PORT)
        return gtp(w, udp + 8);
    if (from == TZSP_PORT || to == TZSP_PORT)
        return tzsp(w, udp + 8);
    if (from == CAPWAP_PORT || to == CAPWAP_PORT)
        return capwap(w, udp + 8);
    return INSIDE_NOTHING;
}

static void ports(struct nfstream_packet *p, const struct walk *w, int64_t at)
{
    p->sport = (uint16_t)u16(w, at);
    p->dport = (uint16_t)u16(w, at + 2);
}

static void transport(struct nfstream_packet *p, const struct walk *w, const struct carried *c)
{
    int64_t payload = 0, length = c->length;
    p->protocol = (uint8_t)c->protocol;
    if (c->protocol == PROTO_TCP && length >= 20) {
        ports(p, w, c->at);
        payload = length - 4 * (int64_t)(u8(w, c->at + 12) >> 4);
        p->flags = (uint8_t)u8(w, c->at + 13);
    } else if (c->protocol == PROTO_UDP && length >= 8) {
        ports(p, w, c->at);
        payload = length - 8;
    } else if (c->protocol == PROTO_ICMP || c->protocol == PROTO_ICMP6) {
        payload = length - 8;
    } else {
        length = 0;
    }
    p->sizes[2] = (uint16_t)length;
    p->sizes[3] = (uint16_t)(payload > 0 ? payload : 0);
}

static void addresses(struct nfstream_packet *p, const struct walk *w, int64_t at, int n)
{
    for (int i = 0; i < n; i++) {
        p->src[i] = (uint8_t)u8(w, at + i);
        p->dst[i] = (uint8_t)u8(w, at + n + i);
    }
}

/* The second look at the packet, which fills in the values. */
static bool packet(struct nfstream_packet *p, const struct walk *w)
{
    int64_t at = w->at, size = (captured(w) - at) & 0xffff, total;
    struct carried c;
    p->version = (uint8_t)(u8(w, at) >> 4);
    if (p->version == 4) {
        int64_t header = (u8(w, at) & 15) * 4;
        total = u16(w, at + 2);
        c = (struct carried){at + header, (total - header) & 0xffff, u8(w, at + 9)};
        if (size < 20 || header > size)
            return false;
        addresses(p, w, at + 12, 4);
    } else {
        total = u16(w, at + 4);
        c = (struct carried){at + 40, total, u8(w, at + 6)};
        if (size < 40 + total || !extensions(w, size - 40, &c) || c.at - at > size)
            return false;
        addresses(p, w, at + 8, 16);
    }
    if ((total > size ? total : size) < c.at - at + c.length)
        return false;
    p->sizes[1] = (uint16_t)(total + (p->version == 6 ? 40 : 0));
    transport(p, w, &c);
    return true;
}

bool nfstream_decode(struct nfstream_packet *out, const struct set_view *view)
{
    int64_t ns = view->time_ns, length;
    unsigned protocol = 0;
    *out = (struct nfstream_packet){.time_ms = ns / 1000000 - (ns % 1000000 < 0)};
    struct walk w = {.r = rd_make(view->data, view->cap_len, view->cap_len), .packet = out};
    if (view->cap_len < LEAST_FRAME || !link_header(&w, view->link_type) || !tags_and_labels(&w))
        return false;
    for (;;) {
        if (!ip_headers(&w, &length, &protocol))
            return false;
        enum inside inside = protocol == PROTO_UDP ? tunnel(&w, w.at + length) : INSIDE_NOTHING;
        if (inside == INSIDE_CUT ||
            (inside == INSIDE_LINK && (!link_header(&w, view->link_type) || !tags_and_labels(&w))))
            return false;
        if (inside == INSIDE_NOTHING || inside == INSIDE_LAST)
            break;
    }
    out->sizes[0] = (uint16_t)view->len;
    return packet(out, &w);
}
