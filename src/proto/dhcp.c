/* The message of BOOTP and DHCP: the header, then options.
 * Invariant: an option begins where the length of the option before it ends; the first read that fails ends
 * the message.
 * Source: RFC 951; RFC 2131 section 2; RFC 2132 sections 2 and 3; the conditions of the fields were observed
 * on messages that were cut and damaged at every byte (tshark 4.0.17). */
#include "proto/dhcp.h"

#include "field/ids_dhcp.h"
#include "proto/datagrams.h"

/* op | htype | hlen | hops | xid 4 | secs 2 | flags 2 | ciaddr 4 | yiaddr 4 | siaddr 4 | giaddr 4 | chaddr 16
 * | sname 64 | file 128 | cookie 4 | options: code, length, value ... (in bytes) */

enum { ADDRESS_AT = 28, ADDRESS_ROOM = 16, SERVER_ROOM = 64, FILE_ROOM = 128, OPTIONS_AT = 240 };
enum { COOKIE = 0x63825363 };

/* Returns true if Wireshark shows the message at all. It shows nothing of a request that does not contain its
 * client's whole hardware address. */
static bool dhcp_accepts(const struct rd *r)
{
    enum { REQUEST = 1, HLEN_AT = 2 };
    uint8_t hlen = rd_peek8(r, HLEN_AT);
    return rd_has(r, rd_peek8(r, 0) == REQUEST && hlen ? ADDRESS_AT + hlen : HLEN_AT + 1);
}

/* Some clients send the seconds with the two bytes swapped; Wireshark detects that. */
static void seconds_read(struct row *row, struct rd *r)
{
    uint16_t seconds = rd_u16(r);
    if (rd_ok(r))
        put_uint(row, F_DHCP_SECS, seconds > 0xff && !(seconds & 0xff) ? seconds >> 8 : seconds);
}

static void flags_read(struct row *row, struct rd *r)
{
    uint16_t flags = put_u16(row, F_DHCP_FLAGS, r);
    if (!rd_ok(r))
        return;
    put_bool(row, F_DHCP_FLAGS_BC, flags >> 15);
    put_uint(row, F_DHCP_FLAGS_RESERVED, flags & 0x7fff);
}

/* A length of 0, or above the size of the field, gives no address. */
static void dhcp_address_read(struct row *row, struct rd *r, uint8_t type, uint8_t len)
{
    enum { ETHERNET = 1, IEEE_802 = 6, MAC_LEN = 6 };
    struct rd room = *r;
    rd_skip(r, ADDRESS_ROOM);
    if (!len || len > ADDRESS_ROOM)
        return;
    if ((type == ETHERNET || type == IEEE_802) && len == MAC_LEN) {
        put_span(row, F_DHCP_HW_MAC_ADDR, &room, MAC_LEN);
    } else {
        struct rd whole = room;
        put_span(row, F_DHCP_HW_ADDR, &whole, ADDRESS_ROOM);
        rd_bytes(&room, len);
    }
    if (len < ADDRESS_ROOM)
        put_span(row, F_DHCP_HW_ADDR_PADDING, &room, ADDRESS_ROOM - len);
}

static void dhcp_header_read(struct row *row, struct rd *r)
{
    static const field_id addresses[] = {F_DHCP_IP_CLIENT, F_DHCP_IP_YOUR, F_DHCP_IP_SERVER, F_DHCP_IP_RELAY};
    put_u8(row, F_DHCP_TYPE, r);
    uint8_t type = put_u8(row, F_DHCP_HW_TYPE, r), len = put_u8(row, F_DHCP_HW_LEN, r);
    put_u8(row, F_DHCP_HOPS, r);
    put_u32(row, F_DHCP_ID, r);
    seconds_read(row, r);
    flags_read(row, r);
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        put_u32(row, addresses[i], r);
    dhcp_address_read(row, r, type, len);
    put_text_wire(row, F_DHCP_SERVER, rd_bytes(r, SERVER_ROOM), SERVER_ROOM);
    put_text_wire(row, F_DHCP_FILE, rd_bytes(r, FILE_ROOM), FILE_ROOM);
}

/* The facts about the options that the reader needs before it starts. */
struct overview {
    bool has_type;
    bool has_class; /* a vendor class, which may determine how vendor specific information is read */
    bool is_cut;    /* the captured bytes end before the options do; Wireshark then shows only a part */
};

static struct overview look_ahead(struct rd r)
{
    struct overview seen = {false, false, false};
    rd_bytes(&r, OPTIONS_AT);
    while (rd_ok(&r) && rd_left(&r)) {
        uint8_t code = rd_u8(&r);
        if (code == DHCP_END)
            break;
        if (code == DHCP_PAD)
            continue;
        uint8_t len = rd_u8(&r);
        if (!rd_bytes(&r, len))
            break;
        seen.has_type |= code == DHCP_MESSAGE_TYPE;
        seen.has_class |= code == DHCP_VENDOR_CLASS;
    }
    seen.is_cut = r.fail == RD_CUT;
    return seen;
}

/* Wireshark shows a run of zeros as one option. */
static void dhcp_padding_read(struct row *row, struct rd *r)
{
    uint32_t n = 0;
    while (rd_has(r, n + 1) && rd_peek8(r, n) == DHCP_PAD)
        n++;
    put_uint(row, F_DHCP_OPTION_TYPE, DHCP_PAD);
    put_span(row, F_DHCP_OPTION_PADDING, r, n);
}

/* Wireshark shows the end as an option of type 0. */
static void end_read(struct row *row, struct rd *r)
{
    put_uint(row, F_DHCP_OPTION_TYPE, 0);
    put_u8(row, F_DHCP_OPTION_END, r);
    if (rd_left(r))
        put_span(row, F_DHCP_OPTION_PADDING, r, rd_left(r));
}

static bool dhcp_one_option_read(struct row *row, struct rd *r, const struct overview *seen)
{
    enum { HEAD = 2 };
    if (!rd_need(r, HEAD))
        return true;
    uint8_t code = put_u8(row, F_DHCP_OPTION_TYPE, r), len = put_u8(row, F_DHCP_OPTION_LENGTH, r);
    const uint8_t *bytes = rd_bytes(r, len);
    if (!bytes)
        return true;
    put_bytes(row, F_DHCP_OPTION_VALUE, bytes, len);
    if (code == DHCP_VENDOR_SPECIFIC && seen->has_class)
        return false;
    struct rd value = rd_make(bytes, len, len);
    return dhcp_option_read(row, &value, code);
}

static bool options_read(struct row *row, struct rd *r, const struct overview *seen)
{
    while (rd_ok(r) && rd_left(r)) {
        uint8_t code = rd_peek8(r, 0);
        if (!rd_has(r, 1))
            return false;
        if (code == DHCP_END) {
            end_read(row, r);
            return true;
        }
        if (code == DHCP_PAD)
            dhcp_padding_read(row, r);
        else if (!dhcp_one_option_read(row, r, seen))
            return false;
    }
    return rd_ok(r);
}

static bool dhcp_read(struct row *row, struct rd *r)
{
    struct overview seen = look_ahead(*r);
    if (seen.is_cut)
        return false;
    dhcp_header_read(row, r);
    if (!rd_ok(r))
        return true;
    if (rd_peek32(r, 0) !=
        COOKIE) /* the area is the vendor's own (RFC 951 section 3), or the message ends here */
        return false;
    put_u32(row, F_DHCP_COOKIE, r);
    if (!seen.has_type)
        put_bool(row, F_DHCP_BOOTP, true);
    return options_read(row, r, &seen);
}

const struct datagram_protocol dhcp_protocol = {.name = "dhcp",
                                                .readers = READER_BIT(READER_DHCP),
                                                .owner = OWNER_DHCP,
                                                .accepts = dhcp_accepts,
                                                .read = dhcp_read};
