/* Handshake messages with keys, certificates and signatures (RFC 5246 section 7.4, RFC 8422, RFC 4279).
 * Invariant: the content of a key exchange message depends on the cipher suite of the ServerHello; without
 * one it has no values.
 * Source: these RFCs; observed (tshark 4.0.17). */
#include "field/ids_tls.h"
#include "field/ids_x509.h"
#include "proto/tls_cipher.h"
#include "proto/x509.h"

/* Reads a vector that is one value. */
static void key_opaque_read(struct row *row, struct rd *r, field_id len_id, field_id id, unsigned prefix)
{
    struct rd body;
    if (!tls_vector(row, r, len_id, prefix, 0, 0xffff, &body))
        return;
    put_span(row, id, &body, rd_left(&body));
    if (!rd_ok(&body))
        r->fail = body.fail;
}

static void signature_read(struct tls_hand *h, struct rd *r)
{
    if (h->state->version == TLS_12)
        tls_signature_algorithm(h->row, r);
    key_opaque_read(h->row, r, F_TLS_HANDSHAKE_SIG_LEN, F_TLS_HANDSHAKE_SIG, 2);
}

/* Reads ServerECDHParams. Returns false for curves without a number, which are not read to their end. */
static bool ecdh_read(struct tls_hand *h, struct rd *r)
{
    enum { NAMED_CURVE = 3 };
    if (put_u8(h->row, F_TLS_HANDSHAKE_SERVER_CURVE_TYPE, r) != NAMED_CURVE)
        return false;
    put_u16(h->row, F_TLS_HANDSHAKE_SERVER_NAMED_CURVE, r);
    key_opaque_read(h->row, r, F_TLS_HANDSHAKE_SERVER_POINT_LEN, F_TLS_HANDSHAKE_SERVER_POINT, 1);
    return rd_ok(r);
}

static bool dh_read(struct tls_hand *h, struct rd *r)
{
    key_opaque_read(h->row, r, F_TLS_HANDSHAKE_P_LEN, F_TLS_HANDSHAKE_P, 2);
    key_opaque_read(h->row, r, F_TLS_HANDSHAKE_G_LEN, F_TLS_HANDSHAKE_G, 2);
    key_opaque_read(h->row, r, F_TLS_HANDSHAKE_YS_LEN, F_TLS_HANDSHAKE_YS, 2);
    return rd_ok(r);
}

/* Wireshark reads the hint only when nothing follows it. */
static void hint_read(struct row *row, struct rd *r)
{
    struct rd look = rd_rest(r);
    uint16_t len = rd_u16(&look);
    if (!rd_ok(&look) || len == rd_left(&look))
        key_opaque_read(row, r, F_TLS_HANDSHAKE_HINT_LEN, F_TLS_HANDSHAKE_HINT, 2);
}

static void server_key_read(struct tls_hand *h, struct rd *r, enum tls_exchange exchange)
{
    if (exchange == EXCHANGE_PSK || exchange == EXCHANGE_RSA_PSK) {
        hint_read(h->row, r);
    } else if (exchange == EXCHANGE_DHE || exchange == EXCHANGE_DH_ANON) {
        if (dh_read(h, r) && exchange == EXCHANGE_DHE)
            signature_read(h, r);
    } else if (exchange == EXCHANGE_ECDHE || exchange == EXCHANGE_ECDH_ANON) {
        if (ecdh_read(h, r) && exchange == EXCHANGE_ECDHE)
            signature_read(h, r);
    } else if (exchange == EXCHANGE_RSA) {
        key_opaque_read(h->row, r, F_TLS_HANDSHAKE_MODULUS_LEN, F_TLS_HANDSHAKE_MODULUS, 2);
        key_opaque_read(h->row, r, F_TLS_HANDSHAKE_EXPONENT_LEN, F_TLS_HANDSHAKE_EXPONENT, 2);
        signature_read(h, r);
    }
}

void tls_server_key_read(struct tls_hand *h, struct rd *r)
{
    enum tls_exchange exchange = tls_cipher_exchange(h->state->cipher);
    server_key_read(h, r, exchange);
    /* Wireshark may read beyond the end of the message, or take it for another message; experiments have not
     * covered J-PAKE. */
    if (!rd_ok(r) || h->state->version == TLS_13 || exchange == EXCHANGE_ECJPAKE)
        tls_doubt(h);
}

static void rsa_secret_read(struct tls_hand *h, struct rd *r)
{
    if (h->state->version == SSL_30)
        put_span(h->row, F_TLS_HANDSHAKE_EPMS, r, rd_left(r)); /* in SSL 3.0 it has no length */
    else
        key_opaque_read(h->row, r, F_TLS_HANDSHAKE_EPMS_LEN, F_TLS_HANDSHAKE_EPMS, 2);
}

void tls_client_key_read(struct tls_hand *h, struct rd *r)
{
    enum tls_exchange exchange = tls_cipher_exchange(h->state->cipher);
    if (exchange == EXCHANGE_PSK || exchange == EXCHANGE_RSA_PSK)
        key_opaque_read(h->row, r, F_TLS_HANDSHAKE_IDENTITY_LEN, F_TLS_HANDSHAKE_IDENTITY, 2);
    if (exchange == EXCHANGE_DHE || exchange == EXCHANGE_DH || exchange == EXCHANGE_DH_ANON)
        key_opaque_read(h->row, r, F_TLS_HANDSHAKE_YC_LEN, F_TLS_HANDSHAKE_YC, 2);
    else if (exchange == EXCHANGE_ECDHE || exchange == EXCHANGE_ECDH_ANON)
        key_opaque_read(h->row, r, F_TLS_HANDSHAKE_CLIENT_POINT_LEN, F_TLS_HANDSHAKE_CLIENT_POINT, 1);
    else if (exchange == EXCHANGE_RSA || exchange == EXCHANGE_RSA_PSK)
        rsa_secret_read(h, r);
    if (exchange == EXCHANGE_ECJPAKE)
        tls_doubt(h);
}

void tls_one_certificate_read(struct row *row, struct rd *r, uint32_t len)
{
    struct rd certificate = rd_sub(r, len);
    struct rd whole = certificate;
    put_span(row, F_TLS_HANDSHAKE_CERTIFICATE, &certificate, len);
    if (rd_ok(&certificate))
        x509_certificate_read(row, whole);
}

/* Returns true for certificates with text that Wireshark converts (T.61) or omits (qualifiers of
 * distinguished names). */
static bool certificate_is_odd(struct rd r)
{
    static const uint8_t attribute[] = {0x06, 0x03, 0x55, 0x04};
    enum { QUALIFIER = 46, T61 = 0x14, HEADER = sizeof attribute + 3 };
    uint32_t n = rd_cap_left(&r);
    const uint8_t *at = rd_bytes(&r, n), *end = at ? at + n : at;
    while (at && end - at > HEADER && (at = memmem(at, (size_t)(end - at), attribute, sizeof attribute)) &&
           end - at > HEADER) {
        if (at[4] == QUALIFIER)
            return true;
        for (const uint8_t *c = at + HEADER; at[5] == T61 && c < end && c < at + HEADER + at[6]; c++)
            if (*c >= 0x80 || *c == '\\')
                return true;
        at += sizeof attribute;
    }
    return false;
}

void tls_certificate_read(struct tls_hand *h, struct rd *r)
{
    struct rd list, one;
    struct row *row = h->row;
    bool tls13 = h->state->version == TLS_13;
    if (tls13)
        key_opaque_read(row, r, F_TLS_HANDSHAKE_CERTIFICATE_REQUEST_CONTEXT_LENGTH,
                        F_TLS_HANDSHAKE_CERTIFICATE_REQUEST_CONTEXT, 1);
    if (!tls_vector(row, r, F_TLS_HANDSHAKE_CERTIFICATES_LENGTH, 3, 0, 0xffffff, &list) || !rd_left(&list))
        return;
    put_label(row, F_TLS_HANDSHAKE_CERTIFICATES);
    while (rd_left(&list) && rd_ok(&list)) {
        if (!tls_vector(row, &list, F_TLS_HANDSHAKE_CERTIFICATE_LENGTH, 3, 1, 0xffffff, &one))
            break;
        if (certificate_is_odd(one))
            tls_doubt(h);
        tls_one_certificate_read(row, &one, rd_left(&one));
        if (tls13)
            tls_extensions_read(h, &list, TLS_CERTIFICATE, NULL);
    }
}

void tls_certificate_request_read(struct tls_hand *h, struct rd *r)
{
    struct rd list;
    struct row *row = h->row;
    if (!tls_vector(row, r, F_TLS_HANDSHAKE_CERT_TYPES_COUNT, 1, 1, 0xff, &list))
        return;
    put_label(row, F_TLS_HANDSHAKE_CERT_TYPES);
    while (rd_left(&list) && rd_ok(&list))
        put_u8(row, F_TLS_HANDSHAKE_CERT_TYPE, &list);
    if (h->state->version == TLS_12 &&
        tls_vector(row, r, F_TLS_HANDSHAKE_SIG_HASH_ALG_LEN, 2, 2, 0xfffe, &list)) {
        put_label(row, F_TLS_HANDSHAKE_SIG_HASH_ALGS);
        while (rd_left(&list) >= 2 && rd_ok(&list))
            tls_signature_algorithm(row, &list);
        tls_vector_end(row, &list);
    }
    if (!tls_vector(row, r, F_TLS_HANDSHAKE_DNAMES_LEN, 2, 0, 0xffff, &list) || !rd_left(&list))
        return;
    put_label(row, F_TLS_HANDSHAKE_DNAMES);
    pdu_doubt(h->facts,
              READER_BIT(READER_X509)); /* experiments have not covered how often Wireshark shows a name */
    while (rd_left(&list) && rd_ok(&list)) {
        struct rd name;
        if (!tls_vector(row, &list, F_TLS_HANDSHAKE_DNAME_LEN, 2, 1, 0xffff, &name))
            break;
        put_label(row, F_TLS_HANDSHAKE_DNAME);
        x509_name_read(row, &name, F_X509IF_RDNSEQUENCE);
    }
}

void tls_certificate_verify_read(struct tls_hand *h, struct rd *r)
{
    if (h->state->version == TLS_12 || h->state->version == TLS_13)
        tls_signature_algorithm(h->row, r);
    key_opaque_read(h->row, r, F_TLS_HANDSHAKE_CLIENT_CERT_VRFY_SIG_LEN, F_TLS_HANDSHAKE_CLIENT_CERT_VRFY_SIG,
                    2);
}

void tls_certificate_status_read(struct tls_hand *h, struct rd *r)
{
    enum { OCSP = 1, OCSP_MULTI = 2 };
    uint8_t type = put_u8(h->row, F_TLS_HANDSHAKE_EXTENSIONS_STATUS_REQUEST_TYPE, r);
    struct rd body, list;
    if (type == OCSP && tls_vector(h->row, r, F_TLS_HANDSHAKE_OCSP_RESPONSE_LEN, 3, 1, 0xffffff, &body))
        ocsp_read(h->row, body);
    if (type != OCSP_MULTI ||
        !tls_vector(h->row, r, F_TLS_HANDSHAKE_OCSP_RESPONSE_LIST_LEN, 3, 0, 0xffffff, &list))
        return;
    while (rd_left(&list) &&
           tls_vector(h->row, &list, F_TLS_HANDSHAKE_OCSP_RESPONSE_LEN, 3, 0, 0xffffff, &body))
        ocsp_read(h->row, body);
}
