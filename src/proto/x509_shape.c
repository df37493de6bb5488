/* Checks whether a certificate follows the standards. Behind many errors Wireshark continues in ways that
 * experiments have not covered, so an irregular certificate is handed over to libwireshark.
 * Invariant: nothing is put into a row here.
 * Source: X.690, RFC 5280 section 4.1. */
#include "proto/x509.h"

enum { DEEPEST = 16, CLASS = 0xc0, CONSTRUCTED = 0x20 };
enum { DER_NULL = 0x05, DER_ENUMERATED = 0x0a, DER_NUMERIC = 0x12, DER_VISIBLE = 0x1a };

static bool ends(const struct rd *r) { return rd_ok(r) && !rd_left(r); }

static bool is_time_element(const struct rd *r, uint32_t n_digits)
{
    return rd_left(r) == n_digits + 1 && der_digits(r, n_digits) && rd_peek8(r, n_digits) == 'Z';
}

static bool is_primitive(const struct der *e)
{
    uint32_t len = rd_left(&e->body);
    switch (e->tag) {
    case DER_BOOLEAN:
        return len == 1;
    case DER_NULL:
        return !len;
    case DER_INTEGER:
    case DER_ENUMERATED:
        return len > 0;
    case DER_OID:
        return len > 0 && !(rd_peek8(&e->body, len - 1) & 0x80);
    case DER_BIT_STRING:
        return len > 0 && rd_peek8(&e->body, 0) < 8;
    case DER_UTC_TIME:
        return is_time_element(&e->body, 12);
    case DER_GENERALIZED_TIME:
        return is_time_element(&e->body, 14);
    default:
        return e->tag == DER_OCTET_STRING || e->tag == DER_UTF8 || e->tag == DER_NUMERIC ||
               e->tag == DER_PRINTABLE || e->tag == DER_TELETEX || e->tag == DER_IA5 ||
               e->tag == DER_VISIBLE || e->tag == DER_UNIVERSAL || e->tag == DER_BMP;
    }
}

/* Returns true if the bytes are elements to the end, and so are the contents of the elements. */
static bool are_elements(struct rd r, unsigned depth)
{
    struct der e;
    while (rd_ok(&r) && rd_left(&r)) {
        if (!der_next(&r, &e))
            return false;
        bool context = (e.tag & CLASS) == DER_CONTEXT;
        if (e.tag & CONSTRUCTED
                ? depth == DEEPEST || (!context && e.tag != DER_SEQUENCE && e.tag != DER_SET) ||
                      !are_elements(e.body, depth + 1)
                : !context && !is_primitive(&e))
            return false;
    }
    return rd_ok(&r);
}

bool x509_is_der(struct rd r) { return rd_cap_left(&r) < rd_left(&r) || are_elements(r, 0); }

static bool is_attribute(struct rd r)
{
    struct rd oid;
    struct der value;
    return der_take(&r, DER_OID, &oid) && der_next(&r, &value) && ends(&r) &&
           x509_suits_attribute(&oid, value.tag);
}

static bool take_name(struct rd *r)
{
    struct rd names, set, attribute;
    if (!der_take(r, DER_SEQUENCE, &names))
        return false;
    while (der_take(&names, DER_SET, &set)) {
        while (der_take(&set, DER_SEQUENCE, &attribute))
            if (!is_attribute(attribute))
                return false;
        if (!ends(&set))
            return false;
    }
    return ends(&names);
}

static bool take_algorithm(struct rd *r, struct rd *oid)
{
    struct rd sequence;
    return der_take(r, DER_SEQUENCE, &sequence) && der_take(&sequence, DER_OID, oid);
}

static bool take_validity(struct rd *r)
{
    struct rd times;
    struct der first, second;
    return der_take(r, DER_SEQUENCE, &times) && der_next(&times, &first) && der_next(&times, &second) &&
           ends(&times) && (first.tag == DER_UTC_TIME || first.tag == DER_GENERALIZED_TIME) &&
           (second.tag == DER_UTC_TIME || second.tag == DER_GENERALIZED_TIME);
}

/* An RSA key contains two numbers (RFC 8017 A.1.1), which Wireshark reads. */
static bool take_key(struct rd *r)
{
    struct rd info, oid, bits;
    if (!der_take(r, DER_SEQUENCE, &info) || !take_algorithm(&info, &oid) ||
        !der_take(&info, DER_BIT_STRING, &bits) || !ends(&info))
        return false;
    rd_skip(&bits, 1);
    struct rd content = rd_rest(&bits);
    return !der_is(&oid, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", 9) || are_elements(content, 0);
}

/* An extension of X.509 or PKIX contains one DER element; others are not examined. */
static bool is_extension(struct rd r)
{
    struct rd oid, part;
    struct der value;
    if (!der_take(&r, DER_OID, &oid))
        return false;
    der_take(&r, DER_BOOLEAN, &part);
    if (!der_take(&r, DER_OCTET_STRING, &part) || !ends(&r))
        return false;
    bool known = rd_peek16(&oid, 0) == 0x551d || rd_peek32(&oid, 0) == 0x2b060105;
    struct rd look = part;
    return !known || (are_elements(part, 0) && der_next(&look, &value) && ends(&look));
}

static bool take_extensions(struct rd *r)
{
    struct rd part, list, one;
    if (!der_take(r, DER_CONTEXT_CONSTRUCTED | 3, &part))
        return true;
    if (!der_take(&part, DER_SEQUENCE, &list) || !ends(&part))
        return false;
    while (der_take(&list, DER_SEQUENCE, &one))
        if (!is_extension(one))
            return false;
    return ends(&list);
}

static bool is_signed_part(struct rd r)
{
    struct rd part, number, oid;
    if (der_take(&r, DER_CONTEXT_CONSTRUCTED, &part) &&
        !(der_take(&part, DER_INTEGER, &number) && ends(&part)))
        return false;
    if (!der_take(&r, DER_INTEGER, &number) || !take_algorithm(&r, &oid) || !take_name(&r) ||
        !take_validity(&r) || !take_name(&r) || !take_key(&r))
        return false;
    der_take(&r, DER_CONTEXT | 1, &part);
    der_take(&r, DER_CONTEXT | 2, &part);
    return take_extensions(&r) && ends(&r);
}

bool x509_is_regular(struct rd r)
{
    struct rd certificate, part, oid, bits;
    if (rd_cap_left(&r) < rd_left(&r)) /* Wireshark shows the captured part */
        return true;
    return der_take(&r, DER_SEQUENCE, &certificate) && are_elements(certificate, 0) &&
           der_take(&certificate, DER_SEQUENCE, &part) && is_signed_part(part) &&
           take_algorithm(&certificate, &oid) && der_take(&certificate, DER_BIT_STRING, &bits) &&
           ends(&certificate);
}
