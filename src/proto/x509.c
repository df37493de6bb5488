/* Certificates (RFC 5280 section 4.1): their fields, in the order of the certificate.
 * Invariant: values lie inside their element; an element of another kind than in the standard ends the part
 * that it is in.
 * Source: RFC 5280; names of alternatives and numbers of choices were observed (tshark 4.0.17). */
#include <stdio.h>

#include "field/ids_x509.h"
#include "proto/x509.h"

/* ---- names ---- */

/* DirectoryString, a CHOICE of X.520: its number in Wireshark, and the field of its text. */
static void directory_string_read(struct row *row, const struct der *value)
{
    static const struct {
        uint8_t tag, choice;
        field_id id;
    } kinds[] = {{DER_TELETEX, 0, F_X509SAT_TELETEXSTRING},
                 {DER_PRINTABLE, 1, F_X509SAT_PRINTABLESTRING},
                 {DER_UNIVERSAL, 2, F_COUNT},
                 {DER_BMP, 3, F_COUNT},
                 {DER_UTF8, 4, F_X509SAT_UTF8STRING}};
    struct rd text = value->body;
    uint32_t len = rd_left(&text);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].tag != value->tag)
            continue;
        put_uint(row, F_X509SAT_DIRECTORYSTRING, kinds[i].choice);
        if (kinds[i].id == F_X509SAT_UTF8STRING)
            put_text_utf8(row, kinds[i].id, rd_bytes(&text, len), len);
        else if (kinds[i].id != F_COUNT)
            put_text_wire(row, kinds[i].id, rd_bytes(&text, len), len);
    }
}

/* Attributes with a DirectoryString as value, by the last byte of 2.5.4.x. The value of countryName has
 * another type. */
static bool is_directory_string(const struct rd *oid)
{
    static const uint8_t known[] = {2,  3,  4,  7,  8,  9,  10, 11, 12, 13, 15,
                                    17, 18, 19, 41, 42, 43, 44, 46, 51, 54, 65};
    if (der_is(oid, "\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x01", 11) ||
        der_is(oid, "\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x02", 11))
        return true;
    return rd_left(oid) == 3 && rd_peek16(oid, 0) == 0x5504 && memchr(known, rd_peek8(oid, 2), sizeof known);
}

static bool is_country(const struct rd *oid)
{
    return der_is(oid, "\x55\x04\x06", 3) || der_is(oid, "\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x03", 11);
}

bool x509_suits_attribute(const struct rd *oid, uint8_t tag)
{
    if (is_directory_string(oid))
        return tag == DER_UTF8 || tag == DER_PRINTABLE || tag == DER_TELETEX || tag == DER_UNIVERSAL ||
               tag == DER_BMP;
    bool postal_address =
        der_is(oid, "\x55\x04\x10", 3); /* X.520 defines several strings, but certificates have one */
    return !postal_address && (!is_country(oid) || tag == DER_PRINTABLE);
}

static void attribute_read(struct row *row, struct rd attribute)
{
    struct rd oid;
    struct der value;
    if (!der_take(&attribute, DER_OID, &oid))
        return;
    if (!der_next(&attribute, &value))
        return;
    if (is_directory_string(&oid)) {
        directory_string_read(row, &value);
    } else if (is_country(&oid)) {
        uint32_t len = rd_left(&value.body);
        put_text_wire(row, F_X509SAT_COUNTRYNAME, rd_bytes(&value.body, len), len);
    }
}

static uint32_t count_elements(struct rd r)
{
    struct der element;
    uint32_t n = 0;
    while (rd_left(&r) && der_next(&r, &element))
        n++;
    return n;
}

void x509_name_read(struct row *row, struct rd *r, field_id sequence)
{
    struct rd names, set, attribute;
    if (!der_take(r, DER_SEQUENCE, &names))
        return;
    put_uint(row, sequence, count_elements(names));
    while (der_take(&names, DER_SET, &set)) {
        put_uint(row, F_X509IF_RDNSEQUENCE_ITEM, count_elements(set));
        while (der_take(&set, DER_SEQUENCE, &attribute)) {
            put_label(row, F_X509IF_RELATIVEDISTINGUISHEDNAME_ITEM_ELEMENT);
            attribute_read(row, attribute);
        }
    }
}

/* ---- times ---- */

static unsigned two(const struct rd *r, uint32_t at)
{
    return (unsigned)(rd_peek8(r, at) - '0') * 10u + (unsigned)(rd_peek8(r, at + 1) - '0');
}

/* Days since 1970-01-01 in the Gregorian calendar. */
static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400;
    int64_t of_year = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void time_read(struct row *row, const struct der *time, field_id id)
{
    const struct rd *r = &time->body;
    char text[32];
    if (time->tag == DER_UTC_TIME) {
        put_uint(row, id, 0);
        if (rd_left(r) != 13 || !der_digits(r, 12))
            return;
        int len =
            snprintf(text, sizeof text, "%02u%02u-%02u-%02u %02u:%02u:%02u (UTC)", two(r, 0) < 50 ? 20 : 19,
                     two(r, 0), two(r, 2), two(r, 4), two(r, 6), two(r, 8), two(r, 10));
        put_text_copy(row, F_X509AF_UTCTIME, text, (uint32_t)len);
    } else if (time->tag == DER_GENERALIZED_TIME) {
        put_uint(row, id, 1);
        if (rd_left(r) != 15 || !der_digits(r, 14))
            return;
        int64_t days = days_of(two(r, 0) * 100 + two(r, 2), two(r, 4), two(r, 6));
        int64_t seconds = ((days * 24 + two(r, 8)) * 60 + two(r, 10)) * 60 + two(r, 12);
        put_int(row, F_X509AF_GENERALIZEDTIME, seconds * 1000000000);
    }
}

static void validity_read(struct row *row, struct rd *r)
{
    struct rd validity;
    struct der time;
    if (!der_take(r, DER_SEQUENCE, &validity))
        return;
    put_label(row, F_X509AF_VALIDITY_ELEMENT);
    if (der_next(&validity, &time))
        time_read(row, &time, F_X509AF_NOTBEFORE);
    if (der_next(&validity, &time))
        time_read(row, &time, F_X509AF_NOTAFTER);
}

/* ---- the certificate ---- */

/* Puts a BIT STRING without its count of unused bits. */
static void bits_read(struct row *row, struct rd bits, field_id id)
{
    rd_skip(&bits, 1);
    put_span(row, id, &bits, rd_left(&bits));
}

static void key_read(struct row *row, struct rd *r)
{
    struct rd info, part;
    if (!der_take(r, DER_SEQUENCE, &info))
        return;
    put_label(row, F_X509AF_SUBJECTPUBLICKEYINFO_ELEMENT);
    if (der_take(&info, DER_SEQUENCE, &part))
        put_label(row, F_X509AF_ALGORITHM_ELEMENT);
    if (der_take(&info, DER_BIT_STRING, &part))
        bits_read(row, part, F_X509AF_SUBJECTPUBLICKEY);
}

static void signed_read(struct row *row, struct rd r)
{
    struct rd part;
    put_label(row, F_X509AF_SIGNEDCERTIFICATE_ELEMENT);
    if (der_take(&r, DER_CONTEXT_CONSTRUCTED, &part) && der_take(&part, DER_INTEGER, &part)) {
        uint8_t version = rd_u8(&part);
        put_int(row, F_X509AF_VERSION, version);
    }
    if (!der_take(&r, DER_INTEGER, &part))
        return;
    put_span(row, F_X509AF_SERIALNUMBER, &part, rd_left(&part));
    if (!der_take(&r, DER_SEQUENCE, &part))
        return;
    put_label(row, F_X509AF_SIGNATURE_ELEMENT);
    put_uint(row, F_X509AF_ISSUER, 0);
    x509_name_read(row, &r, F_X509IF_RDNSEQUENCE);
    validity_read(row, &r);
    put_uint(row, F_X509AF_SUBJECT, 0);
    x509_name_read(row, &r, F_X509AF_RDNSEQUENCE);
    key_read(row, &r);
    der_take(&r, DER_CONTEXT | 1, &part);
    der_take(&r, DER_CONTEXT | 2, &part);
    if (der_take(&r, DER_CONTEXT_CONSTRUCTED | 3, &part) && der_take(&part, DER_SEQUENCE, &part)) {
        put_uint(row, F_X509AF_EXTENSIONS, count_elements(part));
        x509_extensions_read(row, &part);
    }
}

void x509_certificate_read(struct row *row, struct rd r)
{
    struct rd certificate, part;
    row->malformed |= !x509_is_regular(r);
    if (!der_take(&r, DER_SEQUENCE, &certificate) || !der_take(&certificate, DER_SEQUENCE, &part))
        return;
    signed_read(row, part);
    if (der_take(&certificate, DER_SEQUENCE, &part))
        put_label(row, F_X509AF_ALGORITHMIDENTIFIER_ELEMENT);
    if (der_take(&certificate, DER_BIT_STRING, &part))
        bits_read(row, part, F_X509AF_ENCRYPTED);
}
