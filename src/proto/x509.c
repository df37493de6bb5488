/* Certificates (RFC 5280 section 4.1): their fields, in the order of the certificate.
 * Invariant: values lie inside their element; an element of another kind than in the standard ends the part
 * that it is in.
 * Source: RFC 5280; names of alternatives and numbers of choices were observed (tshark 4.0.17). */
#include <stdio.h>

#include "field/ids_x509.h"
#include "proto/x509.h"

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
        put_uint(row, F_X509AF_EXTENSIONS, der_count(part));
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
