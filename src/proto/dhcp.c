/* The message of BOOTP and DHCP: the header, then options.
 * Invariant: an option begins where its predecessor's length says; the first read that fails ends the
 * message. Source: RFC 951; RFC 2131, 2; RFC 2132, 2 and 3; what is shown when: observed, tshark 4.0.17, with
 * messages cut and damaged at every byte. */
#include "proto/dhcp.h"

/* | op | htype | hlen | hops | xid 4 | secs 2 | flags 2 | ciaddr 4 | yiaddr 4 | siaddr 4 | giaddr 4 | chaddr
 * 16 | | sname 64 | file 128 | cookie 4 | options: code, length, value ... | */

enum { ADDRESS_AT = 28, ADDRESS_ROOM = 16, SERVER_ROOM = 64, FILE_ROOM = 128, OPTIONS_AT = 240 };
enum { COOKIE = 0x63825363 };

/* Of a request that lacks its client's address nothing is shown. */
bool dhcp_accepts(const struct rd *r)
{
    enum { REQUEST = 1, HLEN_AT = 2 };
    uint8_t hlen = rd_peek8(r, HLEN_AT);
    return rd_has(r, rd_peek8(r, 0) == REQUEST && hlen ? ADDRESS_AT + hlen : HLEN_AT + 1);
}

/* Clients that send the seconds with their bytes swapped are understood. */
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

/* A length of none or more than there is room for is no address. */
static void hardware_read(struct row *row, struct rd *r, uint8_t type, uint8_t len)
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

static void header_read(struct row *row, struct rd *r)
{
    static const enum field_id addresses[] = {F_DHCP_IP_CLIENT, F_DHCP_IP_YOUR, F_DHCP_IP_SERVER,
                                              F_DHCP_IP_RELAY};
    put_u8(row, F_DHCP_TYPE, r);
    uint8_t type = put_u8(row, F_DHCP_HW_TYPE, r), len = put_u8(row, F_DHCP_HW_LEN, r);
    put_u8(row, F_DHCP_HOPS, r);
    put_u32(row, F_DHCP_ID, r);
    seconds_read(row, r);
    flags_read(row, r);
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        put_u32(row, addresses[i], r);
    hardware_read(row, r, type, len);
    put_text_wire(row, F_DHCP_SERVER, rd_bytes(r, SERVER_ROOM), SERVER_ROOM);
    put_text_wire(row, F_DHCP_FILE, rd_bytes(r, FILE_ROOM), FILE_ROOM);
}

/* What has to be known before anything is read. */
struct overview {
    bool has_type;
    bool has_class; /* of a vendor that may tell how vendor specific information is to be read */
    bool is_cut;    /* the capture ends before the options do: then Wireshark shows less than there is */
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

/* A run of zeros is one option. */
static void padding_read(struct row *row, struct rd *r)
{
    uint32_t n = 0;
    while (rd_has(r, n + 1) && rd_peek8(r, n) == DHCP_PAD)
        n++;
    put_uint(row, F_DHCP_OPTION_TYPE, DHCP_PAD);
    put_span(row, F_DHCP_OPTION_PADDING, r, n);
}

/* The end is shown as an option of type 0. */
static void end_read(struct row *row, struct rd *r)
{
    put_uint(row, F_DHCP_OPTION_TYPE, 0);
    put_u8(row, F_DHCP_OPTION_END, r);
    if (rd_left(r))
        put_span(row, F_DHCP_OPTION_PADDING, r, rd_left(r));
}

static bool option_read(struct row *row, struct rd *r, const struct overview *seen)
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
            padding_read(row, r);
        else if (!option_read(row, r, seen))
            return false;
    }
    return rd_ok(r);
}

bool dhcp_read(struct row *row, struct rd *r)
{
    struct overview seen = look_ahead(*r);
    if (seen.is_cut)
        return false;
    header_read(row, r);
    if (!rd_ok(r))
        return true;
    if (rd_peek32(r, 0) != COOKIE) /* its vendor's own area (RFC 951, 3), or the message ends here */
        return false;
    put_u32(row, F_DHCP_COOKIE, r);
    if (!seen.has_type)
        put_bool(row, F_DHCP_BOOTP, true);
    return options_read(row, r, &seen);
}
