/* The Ethernet header, and the bytes behind the packet that it carries: padding, trailer, frame check
 * sequence.
 * Invariant: these bytes are shown only if the length of the carried packet was captured and is plausible.
 * Source: IEEE 802.3; the division of the bytes was observed on frames with every length of trailer (tshark
 * 4.0.17): zeros that fill the frame up to 60 bytes are padding, and the last 4 bytes of frames with 64 and
 * more are a check sequence. */
#include "field/ids_eth.h"
#include "field/ids_vlan.h"
#include "proto/ip.h"

enum {
    ETHERTYPE_IP4 = 0x0800,
    ETHERTYPE_ARP = 0x0806,
    ETHERTYPE_VLAN = 0x8100,
    ETHERTYPE_VLAN_OLD = 0x9100,
    ETHERTYPE_SERVICE = 0x88a8,
    ETHERTYPE_IP6 = 0x86dd,
    ETHERTYPE_LLDP = 0x88cc,
    ETHERTYPE_MPLS = 0x8847,
    ETHERTYPE_MPLS_UPSTREAM = 0x8848,
    HEADER_LEN = 14,
    COOKED_LEN = 16,
    COOKED_2_LEN = 20,
    LENGTH_MAX = 1500,
    ETHERTYPE_MIN = 0x600,
    FRAME_MIN = 60, /* without check sequence; shorter frames are padded to it */
    FRAME_MIN_FCS = 64,
    FCS_LEN = 4
};

/* The protocol that the trailer belongs to. Trailers of a service tag and of a cooked capture have no field
 * here. */
enum owner { OWNER_ETH, OWNER_VLAN, OWNER_OTHER };

static bool is_tag(uint16_t type)
{
    return type == ETHERTYPE_VLAN || type == ETHERTYPE_VLAN_OLD || type == ETHERTYPE_SERVICE;
}

static uint32_t ip6_length(struct rd r)
{
    uint32_t payload = rd_peek16(&r, 4);
    bool hop_by_hop = !rd_peek8(&r, 6);
    rd_skip(&r, 40);
    if (!payload && hop_by_hop)
        payload = ip6_jumbo(r);
    return payload < UINT32_MAX - 40 ? 40 + payload : UINT32_MAX;
}

/* LLDP: elements of type 7 bits and length 9, until one of type 0. */
static uint32_t lldp_length(struct rd r)
{
    while (rd_has(&r, 2)) {
        uint16_t head = rd_u16(&r);
        if (!rd_skip(&r, head & 0x1ff) || !(head >> 9))
            return rd_ok(&r) ? r.pos : UINT32_MAX;
    }
    return UINT32_MAX;
}

/* Returns the number of bytes that the packet of this EtherType occupies, or all of r. */
static uint32_t packet_length(struct rd r, uint16_t type)
{
    r = rd_rest(&r);
    uint32_t all = rd_left(&r), len = all;
    if (type == ETHERTYPE_IP4 && rd_peek8(&r, 0) >> 4 == 4 && rd_has(&r, 4)) {
        uint32_t header = (rd_peek8(&r, 0) & 15) * 4u, total = rd_peek16(&r, 2);
        len = header >= 20 && total >= header ? total : all;
    } else if (((type == ETHERTYPE_IP4 || type == ETHERTYPE_IP6) && rd_peek8(&r, 0) >> 4 == 6) &&
               rd_has(&r, 7)) {
        len = ip6_length(r);
    } else if (type == ETHERTYPE_LLDP) {
        len = lldp_length(r);
    } else if (type == ETHERTYPE_ARP && rd_has(&r, 6)) {
        len = 8 + 2 * (uint32_t)(rd_peek8(&r, 4) + rd_peek8(&r, 5));
    }
    return len < all ? len : all;
}

/* Steps over VLAN tags and MPLS labels. *type becomes the EtherType behind them; a length field stays as it
 * is. */
static void step_over_tags(struct rd *r, uint16_t *type, enum owner *owner)
{
    while (is_tag(*type) && rd_has(r, 4)) {
        *owner = *type == ETHERTYPE_SERVICE ? OWNER_OTHER : OWNER_VLAN;
        rd_skip(r, 2);
        *type = rd_u16(r);
    }
    if (*type != ETHERTYPE_MPLS && *type != ETHERTYPE_MPLS_UPSTREAM)
        return;
    bool bottom = false;
    while (!bottom && rd_has(r, 4))
        bottom = rd_u32(r) >> 8 & 1;
    *type = rd_peek8(r, 0) >> 4 == 4 ? ETHERTYPE_IP4 : rd_peek8(r, 0) >> 4 == 6 ? ETHERTYPE_IP6 : 0xffff;
}

/* Returns a reader over the bytes behind the carried packet. It is empty if there are none or the end of the
 * packet is not known. */
static struct rd leftover(struct rd r, uint16_t type, enum owner *owner)
{
    step_over_tags(&r, &type, owner);
    uint32_t used = type <= LENGTH_MAX ? (type < rd_left(&r) ? type : rd_left(&r)) : packet_length(r, type);
    rd_skip(&r, used);
    return rd_rest(&r);
}

static bool all_zero(struct rd r, uint32_t n)
{
    const uint8_t *p = rd_bytes(&r, n);
    for (uint32_t i = 0; p && i < n; i++)
        if (p[i])
            return false;
    return p;
}

static void eth_padding(struct row *row, struct rd *rest, uint32_t before)
{
    uint32_t missing = before < FRAME_MIN ? FRAME_MIN - before : 0;
    if (!missing || rd_left(rest) < missing || !rd_has(rest, missing))
        return;
    if (all_zero(*rest, missing))
        put_span(row, F_ETH_PADDING, rest, missing);
    else
        put_label(row, F_ETH_PADDING_BAD);
}

/* Puts the bytes behind the packet. r is behind the link header, whose EtherType or length is `type`. */
static void put_leftover(struct row *row, const struct rd *r, uint32_t header_len, uint16_t type,
                         enum owner owner, bool may_have_fcs)
{
    struct rd rest = leftover(*r, type, &owner);
    uint32_t frame_len = rd_left(r) + header_len;
    if (!rd_left(&rest) ||
        rd_cap_left(&rest) <
            rd_left(&rest)) /* there are none, or they were cut: Wireshark then shows none of them */
        return;
    eth_padding(row, &rest, frame_len - rd_left(&rest));
    bool fcs = owner == OWNER_ETH && may_have_fcs && frame_len >= FRAME_MIN_FCS && rd_left(&rest) >= FCS_LEN;
    uint32_t trailer = rd_left(&rest) - (fcs ? FCS_LEN : 0);
    const uint8_t *bytes = rd_bytes(&rest, trailer);
    if (trailer && owner != OWNER_OTHER)
        put_bytes(row, owner == OWNER_VLAN ? F_VLAN_TRAILER : F_ETH_TRAILER, bytes, trailer);
    if (fcs) {
        put_u32(row, F_ETH_FCS, &rest);
        put_uint(row, F_ETH_FCS_STATUS, 2);
    }
}

/* A check sequence that the capture file announces is at the very end, and does not belong to the bytes
 * behind the packet. */
static void put_promised_fcs(struct row *row, struct rd *r)
{
    struct rd fcs = *r;
    rd_skip(&fcs, rd_left(r) - FCS_LEN);
    if (rd_has(&fcs, FCS_LEN)) {
        put_u32(row, F_ETH_FCS, &fcs);
        put_uint(row, F_ETH_FCS_STATUS, 2);
    }
    r->len -= FCS_LEN;
    if (r->cap > r->len)
        r->cap = r->len;
}

static bool wants_leftover(const struct row *row)
{
    return row_wants(row, F_ETH_PADDING) || row_wants(row, F_ETH_PADDING_BAD) ||
           row_wants(row, F_ETH_TRAILER) || row_wants(row, F_ETH_FCS) || row_wants(row, F_ETH_FCS_STATUS) ||
           row_wants(row, F_VLAN_TRAILER);
}

/* ---- header ---- */

struct address_fields {
    field_id address, text, oui, local, group;
};

static void put_text_ether(struct row *row, field_id id, const char *text, size_t len)
{
    put_text_copy(row, id, text, (uint32_t)len);
}

static void eth_address(struct row *row, const uint8_t *address, const struct address_fields *f)
{
    char text[ADDRESS_TEXT_CAP];
    uint32_t oui = (uint32_t)address[0] << 16 | (uint32_t)address[1] << 8 | address[2];
    put_bytes(row, f->address, address, 6);
    put_bytes(row, F_ETH_ADDR, address, 6);
    put_uint(row, f->oui, oui);
    put_uint(row, F_ETH_ADDR_OUI, oui);
    put_bool(row, f->local, oui >> 17 & 1);
    put_bool(row, F_ETH_LG, oui >> 17 & 1);
    put_bool(row, f->group, oui >> 16 & 1);
    put_bool(row, F_ETH_IG, oui >> 16 & 1);
    if (!row_wants(row, f->text) && !row_wants(row, F_ETH_ADDR_RESOLVED))
        return;
    size_t len = address_ether(text, address);
    put_text_ether(row, f->text, text, len);
    put_text_ether(row, F_ETH_ADDR_RESOLVED, text, len);
}

void eth_read(struct row *row, struct rd *r, const struct eth_facts *facts)
{
    static const struct address_fields destination = {F_ETH_DST, F_ETH_DST_RESOLVED, F_ETH_DST_OUI,
                                                      F_ETH_DST_LG, F_ETH_DST_IG};
    static const struct address_fields source = {F_ETH_SRC, F_ETH_SRC_RESOLVED, F_ETH_SRC_OUI, F_ETH_SRC_LG,
                                                 F_ETH_SRC_IG};
    const uint8_t *header = rd_bytes(r, HEADER_LEN);
    if (!header)
        return;
    uint16_t type = rd_be16(header + 12);
    eth_address(row, header, &destination);
    eth_address(row, header + 6, &source);
    if (header[6] & 1)
        put_label(row, F_ETH_SRC_NOT_GROUP);
    if (type > LENGTH_MAX && type < ETHERTYPE_MIN) {
        put_uint(row, F_ETH_INVALID_LENTYPE, type);
        put_label(row, F_ETH_INVALID_LENTYPE_EXPERT);
        return;
    }
    put_uint(row, type && type <= LENGTH_MAX ? F_ETH_LEN : F_ETH_TYPE, type);
    if (type && type <= LENGTH_MAX && type > rd_left(r))
        put_label(row, F_ETH_LEN_PAST_END);
    if (!type || !wants_leftover(row))
        return;
    struct rd rest = *r;
    if (facts->fcs_len == FCS_LEN && rd_left(r) >= FCS_LEN)
        put_promised_fcs(row, &rest);
    put_leftover(row, &rest, HEADER_LEN, type, OWNER_ETH, facts->fcs_len < 0);
}

void cooked_read(struct row *row, struct rd *r, bool version_2)
{
    const uint8_t *header = rd_bytes(r, version_2 ? COOKED_2_LEN : COOKED_LEN);
    if (header && wants_leftover(row))
        put_leftover(row, r, version_2 ? COOKED_2_LEN : COOKED_LEN, rd_be16(header + (version_2 ? 0 : 14)),
                     OWNER_OTHER, false);
}
