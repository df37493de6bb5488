/* IPv4 security options: basic (RFC 791 and RFC 1108), extended (RFC 1108) and CIPSO (FIPS 188).
 * Invariant: the values of an option lie inside it.
 * Source: these documents; how Wireshark tells the two basic forms apart, and how it writes categories, was
 * observed (tshark 4.0.17). */
#include <stdio.h>

#include "field/ids_ip.h"
#include "proto/ip.h"

/* ---- basic security ---- */

enum { RFC791_LEN = 9, TAG_BITMAP = 1, TAG_LIST = 2, TAG_RANGES = 5, TAG_LOCAL = 128, CATEGORIES_CAP = 512 };

/* The levels of RFC 791. Any other value means that the option is that of RFC 1108. */
static bool is_rfc791_level(uint16_t level)
{
    static const uint16_t levels[] = {0,      0xf135, 0x789a, 0xbc4d, 0x5e26, 0xaf13, 0xd788, 0x6bc5,
                                      0x35e2, 0x9af1, 0x4d78, 0x24bd, 0x135e, 0x89af, 0xc4d6, 0xe26b};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (levels[i] == level)
            return true;
    return false;
}

static void rfc791_read(struct row *row, struct rd *r)
{
    put_u16(row, F_IP_OPT_SEC_RFC791_SEC, r);
    put_u16(row, F_IP_OPT_SEC_RFC791_COMP, r);
    put_text_utf8(row, F_IP_OPT_SEC_RFC791_HR, rd_bytes(r, 2), 2);
    put_text_utf8(row, F_IP_OPT_SEC_RFC791_TCC, rd_bytes(r, 3), 3);
}

static void authorities(struct row *row, uint8_t flags, bool first)
{
    put_uint(row, F_IP_OPT_SEC_PROT_AUTH_FLAGS, flags);
    if (first) {
        put_bool(row, F_IP_OPT_SEC_PROT_AUTH_GENSER, flags >> 7 & 1);
        put_bool(row, F_IP_OPT_SEC_PROT_AUTH_SIOP_ESI, flags >> 6 & 1);
        put_bool(row, F_IP_OPT_SEC_PROT_AUTH_SCI, flags >> 5 & 1);
        put_bool(row, F_IP_OPT_SEC_PROT_AUTH_NSA, flags >> 4 & 1);
        put_bool(row, F_IP_OPT_SEC_PROT_AUTH_DOE, flags >> 3 & 1);
    }
    put_uint(row, F_IP_OPT_SEC_PROT_AUTH_UNASSIGNED, flags >> 1 & (first ? 3 : 0x7f));
    put_bool(row, F_IP_OPT_SEC_PROT_AUTH_FTI, flags & 1);
}

void ip4_security_read(struct row *row, struct rd *r)
{
    if (rd_left(r) == RFC791_LEN && rd_has(r, 2) && is_rfc791_level(rd_peek16(r, 0))) {
        rfc791_read(row, r);
        return;
    }
    put_u8(row, F_IP_OPT_SEC_CL, r);
    bool first = true, more = true;
    while (more && rd_left(r)) {
        uint8_t flags = rd_u8(r);
        if (!rd_ok(r))
            return;
        authorities(row, flags, first);
        more = flags & 1;
        if (more != (rd_left(r) > 0))
            put_label(row, F_IP_OPT_LEN_INVALID);
        first = false;
    }
}

void ip4_extended_security_read(struct row *row, struct rd *r)
{
    put_u8(row, F_IP_OPT_EXT_SEC_ADD_SEC_INFO_FORMAT_CODE, r);
    if (rd_ok(r) && rd_left(r))
        put_span(row, F_IP_OPT_EXT_SEC_ADD_SEC_INFO, r, rd_left(r));
}

/* ---- CIPSO ---- */

/* The text of the categories so far. No option is long enough to exceed it; the text would be cut. */
struct categories {
    char text[CATEGORIES_CAP];
    uint32_t len;
};

static void categories_add(struct categories *c, unsigned high, unsigned low)
{
    char item[24];
    const char *comma = c->len ? "," : "";
    int n = high == low ? snprintf(item, sizeof item, "%s%u", comma, high)
                        : snprintf(item, sizeof item, "%s%u-%u", comma, high, low);
    for (int i = 0; i < n && c->len < sizeof c->text; i++)
        c->text[c->len++] = item[i];
}

static void categories_bitmap(struct categories *c, struct rd *r)
{
    for (unsigned byte_at = 0; rd_ok(r) && rd_left(r); byte_at++) {
        uint8_t bits = rd_u8(r);
        for (unsigned i = 0; i < 8; i++)
            if (bits >> (7 - i) & 1)
                categories_add(c, byte_at * 8 + i, byte_at * 8 + i);
    }
}

static void categories_ranges(struct categories *c, struct rd *r)
{
    while (rd_ok(r) && rd_left(r) >= 2) {
        unsigned high = rd_u16(r);
        unsigned low = rd_left(r) >= 2 ? rd_u16(r) : 0;
        categories_add(c, high, low);
    }
}

static bool cipso_level_read(struct row *row, struct rd *r, uint8_t tag)
{
    struct categories c = {.len = 0};
    if (rd_left(r) < 2) {
        put_label(row, F_IP_CIPSO_MALFORMED);
        return false;
    }
    rd_skip(r, 1);
    put_u8(row, F_IP_CIPSO_SENSITIVITY_LEVEL, r);
    if (tag == TAG_BITMAP)
        categories_bitmap(&c, r);
    else if (tag == TAG_RANGES)
        categories_ranges(&c, r);
    else
        while (rd_ok(r) && rd_left(r) >= 2) {
            unsigned category = rd_u16(r);
            categories_add(&c, category, category);
        }
    if (rd_ok(r) && c.len)
        put_text_copy(row, F_IP_CIPSO_CATEGORIES, c.text, c.len);
    return rd_ok(r);
}

/* Reads one tag. Returns false if Wireshark shows nothing more of this option. */
static bool cipso_tag_read(struct row *row, struct rd *r)
{
    uint8_t tag = put_u8(row, F_IP_CIPSO_TAG_TYPE, r);
    if (!tag)
        return rd_ok(r);
    uint8_t len = rd_left(r) ? rd_u8(r) : 0;
    if (len < 2 || len - 2u > rd_left(r)) {
        put_label(row, F_IP_CIPSO_MALFORMED);
        return false;
    }
    struct rd body = rd_sub(r, len - 2u);
    if (tag == TAG_BITMAP || tag == TAG_LIST || tag == TAG_RANGES)
        return cipso_level_read(row, &body, tag);
    if (tag < TAG_LOCAL)
        put_span(row, F_IP_CIPSO_TAG_DATA, &body, rd_left(&body));
    return rd_ok(r) && rd_ok(&body);
}

void ip4_cipso_read(struct row *row, struct rd *r)
{
    put_u32(row, F_IP_CIPSO_DOI, r);
    while (rd_ok(r) && rd_left(r))
        if (!cipso_tag_read(row, r))
            return;
}
