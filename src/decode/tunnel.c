/* Tunnels over IP and UDP.
 * Invariant: a packet with a transport header stays kept, whatever its tunnel contains, because decode_stop
 * has no effect behind such a header.
 * Source: RFC 2784 and 2890 (GRE), RFC 2637 (PPTP), RFC 7348 (VXLAN), RFC 8926 (GENEVE), 3GPP TS 29.281
 * (GTP-U), RFC 2661 (L2TP), RFC 4380 (Teredo). The ports of the tunnels were observed (tshark 4.0.17); if
 * both ports of a datagram are registered, the lower one decides. */
#include "base/ports.h"
#include "base/rules.h"
#include "decode/decode.h"

/* ERSPAN: without a sequence number it is type I, which has no header. Otherwise a version of 4 bits: 1 is
 * type II (8 bytes), 2 is type III (12 bytes, and 8 more if the lowest bit is set). An Ethernet frame
 * follows. */
static void decode_erspan(struct packet *p, bool numbered, struct rd r)
{
    uint8_t version = rd_peek8(&r, 0) >> 4;
    if (numbered && version == 1)
        rd_skip(&r, 8);
    else if (numbered && version == 2)
        rd_skip(&r, 12 + (rd_peek8(&r, 11) & 1u) * 8);
    else if (numbered)
        return;
    if (rd_ok(&r) && rd_left(&r))
        decode_ethernet(p, rd_rest(&r));
}

static void decode_gre_payload(struct packet *p, uint16_t protocol, bool numbered, struct rd r)
{
    enum { ERSPAN_2 = 0x88be, ERSPAN_3 = 0x22eb, WCCP = 0x883e, ARUBA_FIRST = 0x8200, ARUBA_LAST = 0x8370 };
    if (protocol == ERSPAN_2 || protocol == ERSPAN_3) {
        decode_erspan(p, numbered, r);
    } else if (protocol == WCCP) {
        if (rd_peek8(&r, 0) >> 4 != 4) /* the redirect header of version 2 */
            rd_skip(&r, 4);
        decode_ip4(p, rd_rest(&r));
    } else if (protocol >= ARUBA_FIRST && protocol <= ARUBA_LAST && (protocol & 15) == 0) {
        decode_wlan(p, r, (struct wlan_form){0});
    } else {
        decode_ethertype(p, protocol, r);
    }
}

/* GRE: flags 13 bits, version 3, protocol 16, then the fields that the flags announce. Version 1 is PPTP. */
void decode_gre(struct packet *p, struct rd r)
{
    enum { CHECKSUM = 0x8000, ROUTING = 0x4000, KEY = 0x2000, SEQUENCE = 0x1000, ACKNOWLEDGE = 0x0080 };
    uint16_t flags = rd_u16(&r);
    uint16_t protocol = rd_u16(&r);
    if (flags & (CHECKSUM | ROUTING))
        rd_skip(&r, 4);
    if (flags & KEY)
        rd_skip(&r, 4);
    if (flags & SEQUENCE)
        rd_skip(&r, 4);
    if ((flags & 7) == 1 && (flags & ACKNOWLEDGE))
        rd_skip(&r, 4);
    if (flags & ROUTING) {
        uint8_t length = 1;
        while (rd_ok(&r) &&
               length) { /* address family 16 bits, offset 8, length 8; an entry of zeros ends the list */
            uint16_t family = rd_u16(&r);
            rd_skip(&r, 1);
            length = rd_u8(&r);
            rd_skip(&r, length);
            if (family == 0)
                break;
        }
    }
    if (rd_ok(&r) && rd_left(&r))
        decode_gre_payload(p, protocol, flags & SEQUENCE, rd_rest(&r));
}

/* VXLAN: flags 8 bits, reserved 24, network 24, reserved 8 */
static void decode_vxlan(struct packet *p, struct rd r)
{
    rd_skip(&r, 8);
    if (rd_ok(&r) && rd_left(&r))
        decode_ethernet(p, rd_rest(&r));
}

/* VXLAN-GPE: as VXLAN, with the next protocol in the fourth byte. */
static void decode_vxlan_gpe(struct packet *p, struct rd r)
{
    enum { NEXT_IP4 = 1, NEXT_IP6 = 2, NEXT_ETHERNET = 3 };
    uint8_t next = rd_peek8(&r, 3);
    rd_skip(&r, 8);
    if (!rd_ok(&r) || rd_left(&r) == 0)
        return;
    if (next == NEXT_IP4)
        decode_ip(p, rd_rest(&r));
    else if (next == NEXT_IP6)
        decode_ip6(p, rd_rest(&r));
    else if (next == NEXT_ETHERNET)
        decode_ethernet(p, rd_rest(&r));
}

/* GENEVE: version 2 bits, option length 6, flags 8, protocol 16, network 24, reserved 8, options */
static void decode_geneve(struct packet *p, struct rd r)
{
    uint8_t first = rd_u8(&r);
    rd_skip(&r, 1);
    uint16_t protocol = rd_u16(&r);
    rd_skip(&r, 4);
    rd_skip(&r, (first & 0x3fu) * 4);
    if (rd_ok(&r) && rd_left(&r) && first >> 6 == 0)
        decode_ethertype(p, protocol, rd_rest(&r));
}

/* GTP-U: version 3 bits, PT 1, reserved 1, E S PN 3, type 8, length 16, TEID 32; 4 more bytes if E, S or PN
 * is set; then extension headers (length in units of 4 bytes, content, next type) as long as the next type is
 * not 0. */
static void decode_gtpu(struct packet *p, struct rd r)
{
    enum { MESSAGE_GPDU = 255 };
    uint8_t flags = rd_u8(&r), type = rd_u8(&r);
    uint16_t length = rd_u16(&r);
    rd_skip(&r, 4);
    if (!rd_ok(&r) || flags >> 5 != 1 || !(flags & 0x10) || type != MESSAGE_GPDU)
        return;
    if (length < rd_left(&r))
        r = rd_sub(&r, length);
    if (flags & 7) {
        rd_skip(&r, 3);
        uint8_t next = rd_u8(&r);
        while (rd_ok(&r) && next && (flags & 4)) {
            uint32_t words = rd_u8(&r);
            if (words == 0 || !rd_skip(&r, words * 4 - 2))
                return;
            next = rd_u8(&r);
        }
    }
    if (!rd_ok(&r) || rd_left(&r) == 0)
        return;
    uint8_t version = rd_peek8(&r, 0) >> 4;
    if (version == 4)
        decode_ip4(p, rd_rest(&r));
    else if (version == 6)
        decode_ip6(p, rd_rest(&r));
}

/* L2TP: flags and version 16 bits (T 8000: control, L 4000: length, S 0800: sequence, O 0200: offset), then
 * the fields that the flags announce */
static void decode_l2tp(struct packet *p, struct rd r)
{
    uint16_t flags = rd_u16(&r);
    if (!rd_ok(&r) || (flags & 0x000f) != 2 || (flags & 0x8000))
        return;
    if (flags & 0x4000)
        rd_skip(&r, 2);
    rd_skip(&r, 4);
    if (flags & 0x0800)
        rd_skip(&r, 4);
    if (flags & 0x0200) {
        uint16_t offset = rd_u16(&r);
        rd_skip(&r, offset);
    }
    if (rd_ok(&r) && rd_left(&r))
        decode_ppp(p, rd_rest(&r));
}

/* Teredo: an optional authentication (0001) and an optional origin indication (0000) before an IPv6 packet */
static void decode_teredo(struct packet *p, struct rd r)
{
    if (rd_peek16(&r, 0) == 1 && rd_has(&r, 4)) {
        uint32_t client = rd_peek8(&r, 2), value = rd_peek8(&r, 3);
        rd_skip(&r, 4 + client + value + 9);
    }
    if (rd_has(&r, 8) && rd_peek16(&r, 0) == 0)
        rd_skip(&r, 8);
    if (rd_ok(&r) && rd_left(&r) >= 40 && rd_cap_left(&r) >= 2 && rd_peek8(&r, 0) >> 4 == 6)
        decode_ip6(p, rd_rest(&r));
}

/* LISP data (RFC 6830 section 5.1): flags 8 bits, nonce or map version 24, instance and locator bits 32, an
 * IP packet */
static void decode_lisp(struct packet *p, struct rd r)
{
    rd_skip(&r, 8);
    if (rd_ok(&r) && rd_left(&r))
        decode_ip(p, rd_rest(&r));
}

/* LISP control (RFC 6830 section 6.1.8): only messages of type 8 carry a packet, behind 32 bits. */
static void decode_lisp_control(struct packet *p, struct rd r)
{
    enum { ENCAPSULATED = 8 };
    if (rd_peek8(&r, 0) >> 4 != ENCAPSULATED || !rd_skip(&r, 4) || !rd_left(&r))
        return;
    decode_ip(p, rd_rest(&r));
}

/* CAPWAP data (RFC 5415 section 4.3): preamble 8 bits, header length 5 (in units of 4 bytes), radio 5,
 * binding 5, T F L W M K and reserved 9, fragment 32, ... With T the payload is an 802.11 frame, whose frame
 * control Cisco sends with its two bytes swapped; otherwise it is an Ethernet frame. */
static void decode_capwap_data(struct packet *p, struct rd r)
{
    enum { DTLS = 1, NATIVE = 0x100, FRAGMENT = 0x80, KEEP_ALIVE = 0x08, BINDING_WLAN = 1 };
    uint32_t word = rd_u32(&r);
    uint32_t length = (word >> 19 & 31) * 4;
    if (!rd_ok(&r) || (word >> 24 & 15) == DTLS || length < 8 || (word & (FRAGMENT | KEEP_ALIVE)))
        return;
    rd_skip(&r, length - 4);
    if (!rd_ok(&r) || !rd_left(&r))
        return;
    if (!(word & NATIVE))
        decode_ethernet(p, rd_rest(&r));
    else if ((word >> 9 & 31) == BINDING_WLAN)
        decode_wlan(p, rd_rest(&r), (struct wlan_form){.swapped = true});
}

/* The owner of a port, by the last rule of the query that names it, else by Wireshark's table. */
static uint8_t owner_of(const struct packet *p, uint16_t port)
{
    const struct decode_rules *rules = p->frame->rules;
    for (size_t i = rules ? rules->n_ports : 0; i-- > 0;)
        if (port >= rules->ports[i].first && port <= rules->ports[i].last)
            return rules->ports[i].owner;
    return (uint8_t)port_udp(port).owner;
}

static bool decode_port(struct packet *p, uint16_t port, struct rd r)
{
    switch (owner_of(p, port)) {
    case OWNER_VXLAN:
        decode_vxlan(p, r);
        return true;
    case OWNER_VXLAN_GPE:
        decode_vxlan_gpe(p, r);
        return true;
    case OWNER_GENEVE:
        decode_geneve(p, r);
        return true;
    case OWNER_GTPU:
        decode_gtpu(p, r);
        return true;
    case OWNER_L2TP:
        decode_l2tp(p, r);
        return true;
    case OWNER_TEREDO:
        decode_teredo(p, r);
        return true;
    case OWNER_GRE:
        decode_gre(p, r);
        return true;
    case OWNER_LISP:
        decode_lisp(p, r);
        return true;
    case OWNER_LISP_CONTROL:
        decode_lisp_control(p, r);
        return true;
    case OWNER_CAPWAP_DATA:
        decode_capwap_data(p, r);
        return true;
    case OWNER_MPLS:
        decode_mpls(p, r);
        return true;
    default:
        return false;
    }
}

void decode_udp_tunnel(struct packet *p, uint16_t sport, uint16_t dport, struct rd r)
{
    if (!decode_port(p, port_lower(sport, dport), r))
        decode_port(p, port_higher(sport, dport), r);
}
