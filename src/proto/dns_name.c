/* Names in DNS messages: labels and pointers.
 * Invariant: a name has at most DNS_NAME_MAX characters; a remark replaces a longer or endless one. The
 * reader follows at most POINTERS_MAX pointers, whatever the input is.
 * Source: RFC 1035 section 4.1.4; the remarks were observed (tshark 4.0.17). */
#include <string.h>

#include "base/utf8.h"
#include "proto/dns.h"

enum { POINTERS_MAX = 255 };

static void remark(struct dns_name *out, const char *text)
{
    out->len = (uint32_t)strlen(text);
    memcpy(out->text, text, out->len);
}

/* Appends bytes, or only counts them if there is no room. */
static void name_append(struct dns_name *out, const uint8_t *bytes, uint32_t n)
{
    if (out->len + n <= DNS_TEXT_MAX)
        memcpy(out->text + out->len, bytes, n);
    out->len += n;
}

enum {
    NO_TARGET = -1,
    UNKNOWN_LABEL = -2,
    LOOP = -3 /* Wireshark's remark on a pointer that is two bytes ahead */
};
enum { BIT_STRING = 0x41 };

/* Reads labels up to the root or a pointer. Returns the target of the pointer, or one of the values above.
 * Extended labels (RFC 2673) are obsolete, and nothing tells their length. */
static int labels_read(struct dns_name *out, struct rd *r)
{
    for (;;) {
        uint8_t len = rd_u8(r);
        if (!rd_ok(r) || !len)
            return NO_TARGET;
        if (len >= 0xc0) {
            int target = (len & 0x3f) << 8 | rd_u8(r);
            return target == (int)r->pos + 2 ? LOOP : target;
        }
        if (len >= 0x40 && len < 0x80 && len != BIT_STRING)
            return UNKNOWN_LABEL;
        if (len >= 0x40) {
            r->fail = RD_MALFORMED;
            return NO_TARGET;
        }
        const uint8_t *label = rd_bytes(r, len);
        if (!label)
            return NO_TARGET;
        if (out->len)
            name_append(out, (const uint8_t *)".", 1);
        name_append(out, label, len);
    }
}

bool dns_name_read(struct dns_name *out, struct rd *r)
{
    uint32_t start = r->pos;
    out->len = 0;
    int target = labels_read(out, r);
    struct rd far = rd_make(r->data, r->cap, r->len);
    far.fail = r->fail;
    for (int n = 1; target >= 0 && rd_ok(&far); n++) {
        if (n > POINTERS_MAX) {
            remark(out, "<Name contains a pointer that loops>");
            return true;
        }
        far.pos = 0;
        rd_skip(&far, (uint32_t)target);
        target = labels_read(out, &far);
    }
    r->fail = far.fail;
    if (target == UNKNOWN_LABEL) {
        if (far.pos) /* Wireshark then continues behind that label */
            r->pos = far.pos;
        if (r->pos <= start + 1)
            r->fail = RD_MALFORMED;
        remark(out, "<Unknown extended label>");
    } else if (target == LOOP) {
        remark(out, "<Name contains a pointer that loops>");
    } else if (!out->len || (!out->text[0] &&
                             far.pos)) { /* behind a pointer, a NUL as the first character hides the rest */
        remark(out, "<Root>");
    } else if (out->len > DNS_NAME_MAX) {
        remark(out, "<Name too long>");
    }
    return rd_ok(r);
}

void dns_name_put(struct row *row, field_id id, const struct dns_name *name)
{
    char text[4 * DNS_TEXT_MAX];
    if (row_wants(row, id))
        put_text_copy(row, id, text, utf8_escape(text, name->text, name->len));
}
