/* Handshake messages with keys, certificates and signatures (RFC 5246 section 7.4, RFC 8422, RFC 4279).
 * Invariant: the content of a key exchange message depends on the cipher suite of the ServerHello; without
 * one it has no values.
 * Source: these RFCs; observed (tshark 4.0.17). */
#include "field/ids_tls.h"
#include "field/ids_x509.h"
#include "proto/x509.h"

enum kex {
    KEX_NONE,
    KEX_RSA,
    KEX_RSA_EXPORT,
    KEX_DHE,
    KEX_DH,
    KEX_DH_ANON,
    KEX_ECDHE,
    KEX_ECDH,
    KEX_ECDH_ANON,
    KEX_PSK,
    KEX_DHE_PSK,
    KEX_RSA_PSK,
    KEX_ECDHE_PSK,
    KEX_KRB5
};

/* The first and last cipher suite of a range with one key exchange, in the order of their numbers. */
static const struct kex_range {
    uint16_t first, last;
    uint8_t kex;
} kex_ranges[] = {
    {0x0001, 0x0002, KEX_RSA},        {0x0003, 0x0003, KEX_RSA_EXPORT}, {0x0004, 0x0005, KEX_RSA},
    {0x0006, 0x0006, KEX_RSA_EXPORT}, {0x0007, 0x0007, KEX_RSA},        {0x0008, 0x0008, KEX_RSA_EXPORT},
    {0x0009, 0x000a, KEX_RSA},        {0x000b, 0x0010, KEX_DH},         {0x0011, 0x0016, KEX_DHE},
    {0x0017, 0x001b, KEX_DH_ANON},    {0x001e, 0x002b, KEX_KRB5},       {0x002c, 0x002c, KEX_PSK},
    {0x002d, 0x002d, KEX_DHE_PSK},    {0x002e, 0x002e, KEX_RSA_PSK},    {0x002f, 0x002f, KEX_RSA},
    {0x0030, 0x0031, KEX_DH},         {0x0032, 0x0033, KEX_DHE},        {0x0034, 0x0034, KEX_DH_ANON},
    {0x0035, 0x0035, KEX_RSA},        {0x0036, 0x0037, KEX_DH},         {0x0038, 0x0039, KEX_DHE},
    {0x003a, 0x003a, KEX_DH_ANON},    {0x003b, 0x003d, KEX_RSA},        {0x003e, 0x003f, KEX_DH},
    {0x0040, 0x0040, KEX_DHE},        {0x0041, 0x0041, KEX_RSA},        {0x0042, 0x0043, KEX_DH},
    {0x0044, 0x0045, KEX_DHE},        {0x0046, 0x0046, KEX_DH_ANON},    {0x0060, 0x0062, KEX_RSA_EXPORT},
    {0x0063, 0x0063, KEX_DHE},        {0x0064, 0x0064, KEX_RSA_EXPORT}, {0x0065, 0x0067, KEX_DHE},
    {0x0068, 0x0069, KEX_DH},         {0x006a, 0x006b, KEX_DHE},        {0x006c, 0x006d, KEX_DH_ANON},
    {0x0084, 0x0084, KEX_RSA},        {0x0085, 0x0086, KEX_DH},         {0x0087, 0x0088, KEX_DHE},
    {0x0089, 0x0089, KEX_DH_ANON},    {0x008a, 0x008d, KEX_PSK},        {0x008e, 0x0091, KEX_DHE_PSK},
    {0x0092, 0x0095, KEX_RSA_PSK},    {0x0096, 0x0096, KEX_RSA},        {0x0097, 0x0098, KEX_DH},
    {0x0099, 0x009a, KEX_DHE},        {0x009b, 0x009b, KEX_DH_ANON},    {0x009c, 0x009d, KEX_RSA},
    {0x009e, 0x009f, KEX_DHE},        {0x00a0, 0x00a1, KEX_DH},         {0x00a2, 0x00a3, KEX_DHE},
    {0x00a4, 0x00a5, KEX_DH},         {0x00a6, 0x00a7, KEX_DH_ANON},    {0x00a8, 0x00a9, KEX_PSK},
    {0x00aa, 0x00ab, KEX_DHE_PSK},    {0x00ac, 0x00ad, KEX_RSA_PSK},    {0x00ae, 0x00b1, KEX_PSK},
    {0x00b2, 0x00b5, KEX_DHE_PSK},    {0x00b6, 0x00b9, KEX_RSA_PSK},    {0x00ba, 0x00ba, KEX_RSA},
    {0x00bb, 0x00bc, KEX_DH},         {0x00bd, 0x00be, KEX_DHE},        {0x00bf, 0x00bf, KEX_DH_ANON},
    {0x00c0, 0x00c0, KEX_RSA},        {0x00c1, 0x00c2, KEX_DH},         {0x00c3, 0x00c4, KEX_DHE},
    {0x00c5, 0x00c5, KEX_DH_ANON},    {0xc001, 0xc005, KEX_ECDH},       {0xc006, 0xc00a, KEX_ECDHE},
    {0xc00b, 0xc00f, KEX_ECDH},       {0xc010, 0xc014, KEX_ECDHE},      {0xc015, 0xc019, KEX_ECDH_ANON},
    {0xc023, 0xc024, KEX_ECDHE},      {0xc025, 0xc026, KEX_ECDH},       {0xc027, 0xc028, KEX_ECDHE},
    {0xc029, 0xc02a, KEX_ECDH},       {0xc02b, 0xc02c, KEX_ECDHE},      {0xc02d, 0xc02e, KEX_ECDH},
    {0xc02f, 0xc030, KEX_ECDHE},      {0xc031, 0xc032, KEX_ECDH},       {0xc033, 0xc03b, KEX_ECDHE_PSK},
    {0xc03c, 0xc03d, KEX_RSA},        {0xc03e, 0xc041, KEX_DH},         {0xc042, 0xc045, KEX_DHE},
    {0xc046, 0xc047, KEX_DH_ANON},    {0xc048, 0xc049, KEX_ECDHE},      {0xc04a, 0xc04b, KEX_ECDH},
    {0xc04c, 0xc04d, KEX_ECDHE},      {0xc04e, 0xc04f, KEX_ECDH},       {0xc050, 0xc051, KEX_RSA},
    {0xc052, 0xc053, KEX_DHE},        {0xc054, 0xc055, KEX_DH},         {0xc056, 0xc057, KEX_DHE},
    {0xc058, 0xc059, KEX_DH},         {0xc05a, 0xc05b, KEX_DH_ANON},    {0xc05c, 0xc05d, KEX_ECDHE},
    {0xc05e, 0xc05f, KEX_ECDH},       {0xc060, 0xc061, KEX_ECDHE},      {0xc062, 0xc063, KEX_ECDH},
    {0xc064, 0xc065, KEX_PSK},        {0xc066, 0xc067, KEX_DHE_PSK},    {0xc068, 0xc069, KEX_RSA_PSK},
    {0xc06a, 0xc06b, KEX_PSK},        {0xc06c, 0xc06d, KEX_DHE_PSK},    {0xc06e, 0xc06f, KEX_RSA_PSK},
    {0xc070, 0xc071, KEX_ECDHE_PSK},  {0xc072, 0xc073, KEX_ECDHE},      {0xc074, 0xc075, KEX_ECDH},
    {0xc076, 0xc077, KEX_ECDHE},      {0xc078, 0xc079, KEX_ECDH},       {0xc07a, 0xc07b, KEX_RSA},
    {0xc07c, 0xc07d, KEX_DHE},        {0xc07e, 0xc07f, KEX_DH},         {0xc080, 0xc081, KEX_DHE},
    {0xc082, 0xc083, KEX_DH},         {0xc084, 0xc085, KEX_DH_ANON},    {0xc086, 0xc087, KEX_ECDHE},
    {0xc088, 0xc089, KEX_ECDH},       {0xc08a, 0xc08b, KEX_ECDHE},      {0xc08c, 0xc08d, KEX_ECDH},
    {0xc08e, 0xc08f, KEX_PSK},        {0xc090, 0xc091, KEX_DHE_PSK},    {0xc092, 0xc093, KEX_RSA_PSK},
    {0xc094, 0xc095, KEX_PSK},        {0xc096, 0xc097, KEX_DHE_PSK},    {0xc098, 0xc099, KEX_RSA_PSK},
    {0xc09a, 0xc09b, KEX_ECDHE_PSK},  {0xc09c, 0xc09d, KEX_RSA},        {0xc09e, 0xc09f, KEX_DHE},
    {0xc0a0, 0xc0a1, KEX_RSA},        {0xc0a2, 0xc0a3, KEX_DHE},        {0xc0a4, 0xc0a5, KEX_PSK},
    {0xc0a6, 0xc0a7, KEX_DHE_PSK},    {0xc0a8, 0xc0a9, KEX_PSK},        {0xc0aa, 0xc0ab, KEX_DHE_PSK},
    {0xc0ac, 0xc0af, KEX_ECDHE},      {0xcc13, 0xcc14, KEX_ECDHE},      {0xcc15, 0xcc15, KEX_DHE},
    {0xcca8, 0xcca9, KEX_ECDHE},      {0xccaa, 0xccaa, KEX_DHE},        {0xccab, 0xccab, KEX_PSK},
    {0xccac, 0xccac, KEX_ECDHE_PSK},  {0xccad, 0xccad, KEX_DHE_PSK},    {0xccae, 0xccae, KEX_RSA_PSK},
    {0xd001, 0xd003, KEX_ECDHE_PSK},  {0xd005, 0xd005, KEX_ECDHE_PSK},  {0xe410, 0xe411, KEX_RSA},
    {0xe412, 0xe415, KEX_ECDHE},      {0xe416, 0xe417, KEX_PSK},        {0xe418, 0xe419, KEX_ECDHE_PSK},
    {0xe41a, 0xe41b, KEX_RSA_PSK},    {0xe41c, 0xe41d, KEX_DHE_PSK},    {0xe41e, 0xe41f, KEX_DHE},
};

static enum kex kex_of(uint16_t cipher)
{
    size_t low = 0, n = sizeof kex_ranges / sizeof *kex_ranges, high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (kex_ranges[middle].last < cipher)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && kex_ranges[low].first <= cipher ? kex_ranges[low].kex : KEX_NONE;
}

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

/* Experiments have not covered exchanges with pre-shared keys. */
static void note_shared_key(const struct tls_hand *h, enum kex kex)
{
    if (kex == KEX_DHE_PSK || kex == KEX_ECDHE_PSK || kex == KEX_RSA_PSK)
        tls_doubt(h);
}

static void server_key_read(struct tls_hand *h, struct rd *r, enum kex kex)
{
    if (kex == KEX_PSK || kex == KEX_DHE_PSK || kex == KEX_ECDHE_PSK || kex == KEX_RSA_PSK)
        key_opaque_read(h->row, r, F_TLS_HANDSHAKE_HINT_LEN, F_TLS_HANDSHAKE_HINT, 2);
    if (kex == KEX_DHE || kex == KEX_DH_ANON || kex == KEX_DHE_PSK) {
        if (dh_read(h, r) && kex == KEX_DHE)
            signature_read(h, r);
    } else if (kex == KEX_ECDHE || kex == KEX_ECDH_ANON || kex == KEX_ECDHE_PSK) {
        if (ecdh_read(h, r) && kex == KEX_ECDHE)
            signature_read(h, r);
    } else if (kex == KEX_RSA_EXPORT || kex == KEX_RSA) {
        key_opaque_read(h->row, r, F_TLS_HANDSHAKE_MODULUS_LEN, F_TLS_HANDSHAKE_MODULUS, 2);
        key_opaque_read(h->row, r, F_TLS_HANDSHAKE_EXPONENT_LEN, F_TLS_HANDSHAKE_EXPONENT, 2);
        signature_read(h, r);
    }
}

void tls_server_key_read(struct tls_hand *h, struct rd *r)
{
    enum kex kex = kex_of(h->state->cipher);
    note_shared_key(h, kex);
    server_key_read(h, r, kex);
    if (!rd_ok(r) ||
        h->state->version ==
            TLS_13) /* Wireshark may read beyond the end of the message, or take it for another message */
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
    enum kex kex = kex_of(h->state->cipher);
    note_shared_key(h, kex);
    if (kex == KEX_PSK || kex == KEX_DHE_PSK || kex == KEX_ECDHE_PSK || kex == KEX_RSA_PSK)
        key_opaque_read(h->row, r, F_TLS_HANDSHAKE_IDENTITY_LEN, F_TLS_HANDSHAKE_IDENTITY, 2);
    if (kex == KEX_DHE || kex == KEX_DH || kex == KEX_DH_ANON || kex == KEX_DHE_PSK)
        key_opaque_read(h->row, r, F_TLS_HANDSHAKE_YC_LEN, F_TLS_HANDSHAKE_YC, 2);
    else if (kex == KEX_ECDHE || kex == KEX_ECDH || kex == KEX_ECDH_ANON || kex == KEX_ECDHE_PSK)
        key_opaque_read(h->row, r, F_TLS_HANDSHAKE_CLIENT_POINT_LEN, F_TLS_HANDSHAKE_CLIENT_POINT, 1);
    else if (kex == KEX_RSA || kex == KEX_RSA_EXPORT || kex == KEX_RSA_PSK)
        rsa_secret_read(h, r);
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
