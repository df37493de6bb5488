/* Link layers: from the number of a link type to an IP header.
 * Invariant: every function either calls the decoder of the next header or records with decode_stop why there
 * is none.
 * Source: tcpdump.org/linktypes.html, IEEE 802.3, 802.1Q, RFC 1661 (PPP), RFC 2516 (PPPoE), RFC 3032 (MPLS),
 * RFC 1042 (SNAP). The numbers and their protocols were compared with `tshark -G decodes` (4.0.17). */
#include "decode/decode.h"

enum {
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_PPP = 9,
    LINK_FDDI = 10,
    LINK_RAW_BSD = 12,
    LINK_RAW_OPENBSD = 14,
    LINK_PPP_HDLC = 50,
    LINK_PPP_ETHER = 51,
    LINK_RAW = 101,
    LINK_CHDLC = 104,
    LINK_WLAN = 105,
    LINK_LOOP = 108,
    LINK_CHDLC_OTHER = 112,
    LINK_SLL = 113,
    LINK_WLAN_RADIOTAP = 127,
    LINK_PPP_PPPD = 166,
    LINK_PPI = 192,
    LINK_PPP_DIRECTION = 204,
    LINK_IP4 = 228,
    LINK_IP6 = 229,
    LINK_NFLOG = 239,
    LINK_SLL2 = 276
};

enum {
    TYPE_IP4 = 0x0800,
    TYPE_ARP = 0x0806,
    TYPE_VLAN = 0x8100,
    TYPE_IP6 = 0x86dd,
    TYPE_MPLS = 0x8847,
    TYPE_MPLS_UP = 0x8848,
    TYPE_PPPOE = 0x8864,
    TYPE_QINQ = 0x88a8,
    TYPE_QINQ_OLD = 0x9100,
    TYPE_PPP = 0x880b,
    TYPE_BRIDGED = 0x6558,
    TYPE_FABRIC_PATH = 0x8903,
    MAX_LENGTH = 1500,
    MIN_TYPE = 1536
};

/* 802.3: the bytes beyond the length are padding. */
static void decode_length(struct packet *p, uint32_t length, struct rd r)
{
    decode_llc(p, length <= rd_left(&r) ? rd_sub(&r, length) : r);
}

/* 802.1Q: tag control 16 bits, type or length 16 */
static void decode_vlan(struct packet *p, struct rd r)
{
    struct layer *layer = decode_layer(p, LAYER_VLAN, &r);
    uint16_t control = rd_u16(&r);
    uint16_t type = rd_u16(&r);
    if (!layer || !rd_ok(&r)) {
        decode_stop(p, decode_failure(&r));
        return;
    }
    p->tag = control & 0xfff;
    if (type <= MAX_LENGTH)
        decode_length(p, type, r);
    else
        decode_ethertype(p, type, r);
}

/* PPPoE session: version and type 8 bits, code 8, session 16, length 16 */
static void decode_pppoe(struct packet *p, struct rd r)
{
    rd_skip(&r, 4);
    uint16_t length = rd_u16(&r);
    if (!rd_ok(&r)) {
        decode_stop(p, decode_failure(&r));
        return;
    }
    decode_ppp(p, length <= rd_left(&r) ? rd_sub(&r, length) : r);
}

void decode_ethertype(struct packet *p, uint16_t type, struct rd r)
{
    switch (type) {
    case TYPE_IP4:
        decode_ip(p, r);
        break;
    case TYPE_IP6:
        decode_ip6(p, r);
        break;
    case TYPE_VLAN:
    case TYPE_QINQ:
    case TYPE_QINQ_OLD:
        decode_vlan(p, r);
        break;
    case TYPE_MPLS:
    case TYPE_MPLS_UP:
        decode_mpls(p, r);
        break;
    case TYPE_PPPOE:
        decode_pppoe(p, r);
        break;
    case TYPE_PPP:
        decode_ppp(p, r);
        break;
    case TYPE_BRIDGED:
        decode_ethernet(p, r);
        break;
    default:
        decode_stop(p, REASON_NOT_IP);
    }
}

/* Cisco FabricPath: the layer that was added as Ethernet is FabricPath's own header, so it is removed again.
 * A tag of 10 bits, a TTL of 6, the Ethernet frame and a frame check sequence of 32 bits follow. */
static void decode_fabric_path(struct packet *p, struct rd r)
{
    p->n_layers--;
    rd_skip(&r, 2);
    if (!rd_ok(&r) || rd_left(&r) < 4)
        decode_stop(p, REASON_MALFORMED);
    else
        decode_ethernet(p, rd_sub(&r, rd_left(&r) - 4));
}

/* Destination 48 bits, source 48, type or length 16 */
void decode_ethernet(struct packet *p, struct rd r)
{
    struct layer *layer = decode_layer(p, LAYER_ETH, &r);
    if (!layer)
        return;
    rd_skip(&r, 12);
    uint16_t type = rd_u16(&r);
    if (!rd_ok(&r))
        decode_stop(p, decode_failure(&r));
    else if (type <= MAX_LENGTH)
        decode_length(p, type, r);
    else if (type == TYPE_FABRIC_PATH)
        decode_fabric_path(p, r);
    else if (type >= MIN_TYPE)
        decode_ethertype(p, type, r);
    else
        decode_stop(p, REASON_NOT_IP);
}

/* LLC: DSAP 8 bits, SSAP 8, control 8 or 16; with SNAP also organisation 24, type 16 */
void decode_llc(struct packet *p, struct rd r)
{
    uint8_t dsap = rd_u8(&r), ssap = rd_u8(&r), control = rd_u8(&r);
    if (!rd_ok(&r)) {
        decode_stop(p, decode_failure(&r));
        return;
    }
    if (dsap == 0xaa && (ssap & 0xfe) == 0xaa && control == 3) {
        uint32_t organisation = rd_u24(&r);
        uint16_t type = rd_u16(&r);
        if (rd_ok(&r) && (organisation == 0 || organisation == 0x0000f8))
            decode_ethertype(p, type, r);
        else
            decode_stop(p, rd_ok(&r) ? REASON_NOT_IP : decode_failure(&r));
    } else if (dsap == 0x06 && control == 3) {
        decode_ip(p, r);
    } else {
        decode_stop(p, REASON_NOT_IP);
    }
}

/* PPP: the address and control bytes (ff 03) may be absent; the protocol may be one byte, which is then
 * odd. */
void decode_ppp(struct packet *p, struct rd r)
{
    if (rd_peek16(&r, 0) == 0xff03)
        rd_skip(&r, 2);
    uint16_t protocol = rd_u8(&r);
    if (!(protocol & 1))
        protocol = (uint16_t)(protocol << 8 | rd_u8(&r));
    if (!rd_ok(&r)) {
        decode_stop(p, decode_failure(&r));
        return;
    }
    if (protocol == 0x0021 || protocol == TYPE_IP4)
        decode_ip(p, r);
    else if (protocol == 0x0057)
        decode_ip6(p, r);
    else if (protocol == 0x0281 || protocol == 0x0283)
        decode_mpls(p, r);
    else
        decode_stop(p, REASON_NOT_IP);
}

static bool is_ethertype(uint16_t type)
{
    return type == TYPE_IP4 || type == TYPE_IP6 || type == TYPE_ARP || type == TYPE_VLAN ||
           type == TYPE_QINQ || type == TYPE_MPLS || type == TYPE_PPPOE;
}

/* The associated channel of MPLS (RFC 5586): flags 16 bits, channel type 16. Wireshark does not look at the
 * first nibble, which should be 1. */
static void decode_channel(struct packet *p, struct rd r)
{
    enum { CHANNEL_IP4 = 0x21, CHANNEL_IP6 = 0x57 };
    rd_skip(&r, 2);
    uint16_t type = rd_u16(&r);
    if (rd_ok(&r) && type == CHANNEL_IP4)
        decode_ip(p, r);
    else if (rd_ok(&r) && type == CHANNEL_IP6)
        decode_ip6(p, r);
    else
        decode_stop(p, REASON_NOT_IP);
}

/* MPLS: labels of 32 bits up to the one with the bottom-of-stack bit. The first nibble behind them shows the
 * protocol, unless the last label announces messages of MPLS itself. */
void decode_mpls(struct packet *p, struct rd r)
{
    enum { GENERIC_CHANNEL = 13 /* RFC 5586 */, OAM_ALERT = 14 /* RFC 3429 */ };
    uint32_t entry;
    do
        entry = rd_u32(&r);
    while (rd_ok(&r) && !(entry & 0x100));
    if (!rd_ok(&r) || rd_left(&r) == 0) {
        decode_stop(p, rd_ok(&r) ? REASON_NOT_IP : decode_failure(&r));
        return;
    }
    if (entry >> 12 == OAM_ALERT) {
        decode_stop(p, REASON_NOT_IP);
        return;
    }
    if (entry >> 12 == GENERIC_CHANNEL) {
        decode_channel(p, r);
        return;
    }
    uint8_t nibble = rd_peek8(&r, 0) >> 4;
    if (nibble == 4 || nibble == 6) {
        decode_ip(p, r);
        return;
    }
    if (nibble == 0 && !is_ethertype(rd_peek16(&r, 12))) /* pseudo-wire control word, RFC 4448 */
        rd_skip(&r, 4);
    decode_ethernet(p, r);
}

/* NULL and LOOP: an address family, for NULL in the byte order of the capturing machine, for LOOP in network
 * order. Some drivers put an EtherType into the last two bytes instead. */
static void decode_null(struct packet *p, struct rd r)
{
    struct rd little = r;
    uint32_t family = rd_u32(&r), swapped = rd_u32_le(&little);
    if (family > 0xffff)
        family = swapped <= 0xffff ? swapped : family & 0xffff;
    if (!rd_ok(&r))
        decode_stop(p, decode_failure(&r));
    else if (family == 2)
        decode_ip(p, r);
    else if (family == 24 || family == 28 || family == 30)
        decode_ip6(p, r);
    else if (family > MAX_LENGTH && family <= 0xffff)
        decode_ethertype(p, (uint16_t)family, r);
    else
        decode_stop(p, REASON_NOT_IP);
}

static void decode_cooked(struct packet *p, uint16_t hardware, uint16_t protocol, struct rd r)
{
    if (!rd_ok(&r))
        decode_stop(p, decode_failure(&r));
    else if (hardware == 824 ||
             hardware == 803) /* netlink, radiotap: this protocol number does not mean IP */
        decode_stop(p, REASON_NOT_IP);
    else if (protocol == 4)
        decode_llc(p, r);
    else if (protocol == 3)
        decode_ethernet(p, r);
    else if (protocol == 7)
        decode_ppp(p, r);
    else if (hardware == 778 && protocol > MAX_LENGTH) /* a GRE device: the protocol number is that of GRE */
        decode_ethertype(p, protocol, r);
    else if (protocol > MAX_LENGTH)
        decode_ethertype(p, protocol, r);
    else
        decode_stop(p, REASON_NOT_IP);
}

/* SLL: packet type 16 bits, hardware type 16, address length 16, address 64, protocol 16 */
static void decode_sll(struct packet *p, struct rd r)
{
    rd_skip(&r, 2);
    uint16_t hardware = rd_u16(&r);
    rd_skip(&r, 10);
    uint16_t protocol = rd_u16(&r);
    decode_cooked(p, hardware, protocol, r);
}

/* SLL2: protocol 16 bits, reserved 16, interface 32, hardware type 16, packet type 8, address length 8,
 * address 64 */
static void decode_sll2(struct packet *p, struct rd r)
{
    uint16_t protocol = rd_u16(&r);
    rd_skip(&r, 6);
    uint16_t hardware = rd_u16(&r);
    rd_skip(&r, 10);
    decode_cooked(p, hardware, protocol, r);
}

/* NFLOG: family 8 bits, version 8, resource 16, then attributes: length 16 and type 16 in the byte order of
 * the capturing machine, value, padded to 4 bytes. Attribute 9 is the packet. */
static void decode_nflog(struct packet *p, struct rd r)
{
    enum { ATTRIBUTE_PACKET = 1, ATTRIBUTE_PAYLOAD = 9 };
    uint16_t hardware_protocol = 0;
    uint8_t family = rd_u8(&r);
    rd_skip(&r, 3);
    /* The first attribute is the packet header (length 8, type 1), so its bytes show the byte order. */
    bool big = rd_peek8(&r, 0) == 0 && rd_peek8(&r, 1) != 0;
    while (rd_ok(&r) && rd_left(&r) >= 4) {
        uint16_t length = big ? rd_u16(&r) : rd_u16_le(&r);
        uint16_t type = big ? rd_u16(&r) : rd_u16_le(&r);
        if (!rd_ok(&r) || length < 4) {
            decode_stop(p, rd_ok(&r) ? REASON_MALFORMED : decode_failure(&r));
            return;
        }
        uint32_t n = (uint32_t)length - 4;
        if ((type & 0x7fff) == ATTRIBUTE_PAYLOAD) {
            struct rd payload = rd_sub(&r, n);
            if (!rd_ok(&payload))
                decode_stop(p, REASON_MALFORMED);
            else if (payload.cap <
                     payload.len) /* Wireshark dissects an attribute only if all of it was captured */
                decode_stop(p, REASON_CUT);
            else if (family == 2)
                decode_ip(p, payload);
            else if (family == 10)
                decode_ip6(p, payload);
            else
                decode_ethertype(p, hardware_protocol, payload);
            return;
        }
        if (type == ATTRIBUTE_PACKET)
            hardware_protocol = rd_peek16(&r, 0);
        uint32_t padded = (n + 3) & ~3u;
        rd_skip(&r, padded < rd_left(&r) ? padded : rd_left(&r));
    }
    decode_stop(p, rd_ok(&r) ? REASON_NOT_IP : decode_failure(&r));
}

/* Cisco HDLC: address 8 bits, control 8, protocol 16 */
static void decode_chdlc(struct packet *p, struct rd r)
{
    rd_skip(&r, 2);
    uint16_t protocol = rd_u16(&r);
    if (rd_ok(&r) && protocol > MAX_LENGTH)
        decode_ethertype(p, protocol, r);
    else
        decode_stop(p, rd_ok(&r) ? REASON_NOT_IP : decode_failure(&r));
}

/* PPP in HDLC-like framing, or Cisco HDLC, on the same link type. The first byte decides: 0f and 8f are Cisco
 * HDLC. */
static void decode_ppp_hdlc(struct packet *p, struct rd r)
{
    uint8_t first = rd_peek8(&r, 0);
    if (first == 0x0f || first == 0x8f)
        decode_chdlc(p, r);
    else
        decode_ppp(p, r);
}

/* FDDI: frame control 8 bits, two addresses of 48, LLC. Only LLC frames (0x50 to 0x57) carry IP. */
static void decode_fddi(struct packet *p, struct rd r)
{
    uint8_t control = rd_u8(&r);
    rd_skip(&r, 12);
    if ((control & 0xf0) == 0x50)
        decode_llc(p, r);
    else
        decode_stop(p, REASON_NOT_IP);
}

/* Radiotap: version 8 bits, pad 8, length 16 and present 32 in little-endian order, more. The field `flags`
 * shows whether a frame check sequence follows. */
static void decode_radiotap(struct packet *p, struct rd r)
{
    struct rd header = r;
    rd_skip(&header, 2);
    uint16_t length = rd_u16_le(&header);
    uint32_t present = rd_u32_le(&header), more = present;
    while (rd_ok(&header) && (more & 0x80000000))
        more = rd_u32_le(&header);
    if ((present & 1) && rd_ok(&header)) { /* TSFT: 64 bits, aligned */
        uint32_t padding = (8 - (header.pos & 7)) & 7;
        rd_skip(&header, padding + 8);
    }
    uint8_t flags = (present & 2) ? rd_u8(&header) : 0;
    if (!rd_skip(&r, length) || length < 8)
        decode_stop(p, REASON_MALFORMED);
    else
        decode_wlan(p, r, (struct wlan_form){.fcs = flags & 0x10, .padded = flags & 0x20});
}

/* PPI: version 8 bits, flags 8, length 16 and link type 32 in little-endian order */
static void decode_ppi(struct packet *p, struct rd r)
{
    struct rd header = r;
    rd_skip(&header, 2);
    uint16_t length = rd_u16_le(&header);
    uint32_t link_type = rd_u32_le(&header);
    if (!rd_ok(&header) || length < 8 || !rd_skip(&r, length) || link_type == LINK_PPI)
        decode_stop(p, REASON_MALFORMED);
    else
        decode_link(p, link_type, r);
}

/* PPP of pppd: a byte for the direction replaces the ff. */
static void decode_pppd(struct packet *p, struct rd r)
{
    rd_skip(&r, 2);
    decode_ppp(p, r);
}

static void decode_plain_wlan(struct packet *p, struct rd r) { decode_wlan(p, r, (struct wlan_form){0}); }

typedef void link_reader(struct packet *p, struct rd r);

/* The decoder of a link type, or NULL if there is none. */
static link_reader *link_reader_find(uint32_t link_type)
{
    switch (link_type) {
    case LINK_ETHERNET:
        return decode_ethernet;
    case LINK_RAW:
    case LINK_RAW_BSD:
    case LINK_RAW_OPENBSD:
        return decode_ip;
    case LINK_IP4:
        return decode_ip4;
    case LINK_IP6:
        return decode_ip6;
    case LINK_NULL:
    case LINK_LOOP:
        return decode_null;
    case LINK_SLL:
        return decode_sll;
    case LINK_SLL2:
        return decode_sll2;
    case LINK_NFLOG:
        return decode_nflog;
    case LINK_PPP:
    case LINK_PPP_HDLC:
    case LINK_PPP_DIRECTION: /* the source has removed the direction byte */
        return decode_ppp_hdlc;
    case LINK_PPP_PPPD:
        return decode_pppd;
    case LINK_PPP_ETHER:
        return decode_pppoe;
    case LINK_CHDLC:
    case LINK_CHDLC_OTHER:
        return decode_chdlc;
    case LINK_FDDI:
        return decode_fddi;
    case LINK_WLAN:
        return decode_plain_wlan;
    case LINK_WLAN_RADIOTAP:
        return decode_radiotap;
    case LINK_PPI:
        return decode_ppi;
    default:
        return NULL;
    }
}

void decode_link(struct packet *p, uint32_t link_type, struct rd r)
{
    link_reader *reader = link_reader_find(link_type);
    if (reader) {
        reader(p, r);
        return;
    }
    p->unknown_link = link_type;
    decode_stop(p, REASON_LINK_TYPE);
}

bool decode_knows(uint32_t link_type) { return link_type != LINK_PPI && link_reader_find(link_type); }
