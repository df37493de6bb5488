/* OCSP answers that TLS staples, and those of HTTP (RFC 6960 section 4.2.1): finds the timestamps and
 * certificates in them.
 * Invariant: an element of another kind than in the standard ends the part that it is in.
 * Source: RFC 6960, RFC 6962 (timestamps). */
#include "field/ids_x509.h"
#include "proto/x509.h"

/* certID, certStatus, thisUpdate, nextUpdate [0], singleExtensions [1] */
static void single_read(struct row *row, struct rd r)
{
    struct der part;
    struct rd list, one, oid, value;
    while (rd_left(&r) && der_next(&r, &part)) {
        if (part.tag != (DER_CONTEXT_CONSTRUCTED | 1) || !der_take(&part.body, DER_SEQUENCE, &list))
            continue;
        while (der_take(&list, DER_SEQUENCE, &one)) {
            if (!der_take(&one, DER_OID, &oid))
                continue;
            der_take(&one, DER_BOOLEAN, &value);
            if (der_is(&oid, "\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x05", 10) &&
                der_take(&one, DER_OCTET_STRING, &value))
                x509_scts_read(row, value);
        }
    }
}

/* version [0], responderID byName [1] or byKey [2], producedAt, responses */
static void data_read(struct row *row, struct rd r)
{
    struct rd part, list, one;
    der_take(&r, DER_CONTEXT_CONSTRUCTED, &part);
    if (der_take(&r, DER_CONTEXT_CONSTRUCTED | 1, &part))
        x509_name_read(row, &part, F_X509IF_RDNSEQUENCE);
    else
        der_take(&r, DER_CONTEXT_CONSTRUCTED | 2, &part);
    if (!der_take(&r, DER_GENERALIZED_TIME, &part) || !der_take(&r, DER_SEQUENCE, &list)) {
        row->malformed = true;
        return;
    }
    while (der_take(&list, DER_SEQUENCE, &one))
        single_read(row, one);
}

/* tbsResponseData, signatureAlgorithm, signature, certs [0] */
static void basic_read(struct row *row, struct rd r)
{
    struct rd basic, part, list;
    row->malformed |= !x509_is_der(r);
    if (!der_take(&r, DER_SEQUENCE, &basic) || !der_take(&basic, DER_SEQUENCE, &part)) {
        row->malformed = true;
        return;
    }
    data_read(row, part);
    if (!der_take(&basic, DER_SEQUENCE, &part) || !der_take(&basic, DER_BIT_STRING, &part) ||
        !der_take(&basic, DER_CONTEXT_CONSTRUCTED, &part) || !der_take(&part, DER_SEQUENCE, &list))
        return;
    while (rd_peek8(&list, 0) == DER_SEQUENCE) {
        struct rd certificate = list;
        x509_certificate_read(row, certificate);
        if (!der_take(&list, DER_SEQUENCE, &part))
            return;
    }
}

void ocsp_read(struct row *row, struct rd r)
{
    enum { ENUMERATED = 0x0a };
    struct rd response, part, oid;
    row->malformed |= !x509_is_der(r);
    if (!der_take(&r, DER_SEQUENCE, &response) || !der_take(&response, ENUMERATED, &part) ||
        !der_take(&response, DER_CONTEXT_CONSTRUCTED, &part) || !der_take(&part, DER_SEQUENCE, &part) ||
        !der_take(&part, DER_OID, &oid) || !der_take(&part, DER_OCTET_STRING, &part))
        return;
    if (der_is(&oid, "\x2b\x06\x01\x05\x05\x07\x30\x01\x01", 9))
        basic_read(row, part);
}
