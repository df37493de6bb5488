/* ClientHello, ServerHello and HelloRetryRequest (RFC 8446 section 4.1, RFC 5246 section 7.4.1).
 * Invariant: the version is set before the values of the ServerHello are put, because some depend on it.
 * Source: these RFCs; observed (tshark 4.0.17). */
#include <string.h>

#include "field/ids_dtls.h"
#include "field/ids_tls.h"
#include "proto/dtls.h"
#include "proto/tls_cipher.h"

enum { RANDOM_LEN = 32, EXTENSION_VERSIONS = 43 };

/* SHA-256 of "HelloRetryRequest": the random of a ServerHello that is a HelloRetryRequest. */
static const uint8_t retry_random[RANDOM_LEN] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

/* Before TLS 1.3, the first four bytes of the random were a time. */
static void random_read(struct tls_hand *h, struct rd *r)
{
    struct rd parts = rd_rest(r);
    put_span(h->row, F_TLS_HANDSHAKE_RANDOM, r, RANDOM_LEN);
    if (!rd_ok(r) || h->state->version == TLS_13)
        return;
    uint32_t seconds = rd_u32(&parts);
    if (rd_ok(&parts))
        put_int(h->row, F_TLS_HANDSHAKE_RANDOM_TIME, (int64_t)seconds * 1000000000);
    put_span(h->row, F_TLS_HANDSHAKE_RANDOM_BYTES, &parts, RANDOM_LEN - 4);
}

static void session_id_read(struct tls_hand *h, struct rd *r)
{
    uint8_t len = put_u8(h->row, F_TLS_HANDSHAKE_SESSION_ID_LENGTH, r);
    const uint8_t *id = rd_bytes(r, len);
    if (!id)
        return;
    if (len > 32)
        put_label(h->row, F_TLS_HANDSHAKE_SESSION_ID_LENGTH_ERROR);
    if (len)
        put_bytes(h->row, F_TLS_HANDSHAKE_SESSION_ID, id, len);
}

/* opaque cookie<0..32> */
bool tls_cookie_read(struct row *row, struct rd *r)
{
    struct rd cookie;
    if (!tls_vector(row, r, F_DTLS_HANDSHAKE_COOKIE_LENGTH, 1, 0, 32, &cookie))
        return false;
    if (rd_left(&cookie))
        put_span(row, F_DTLS_HANDSHAKE_COOKIE, &cookie, rd_left(&cookie));
    return true;
}

static void tls_client_hello_read(struct tls_hand *h, struct rd *r)
{
    struct tls_ja3 ja3;
    struct rd list, again = rd_rest(r);
    ja3_begin(&ja3, h->row, true, rd_left(r));
    uint16_t version = put_u16(h->row, F_TLS_HANDSHAKE_VERSION, r);
    random_read(h, r);
    session_id_read(h, r);
    if (h->datagram && !tls_cookie_read(h->row, r))
        return;
    if (!rd_ok(r) || !tls_vector(h->row, r, F_TLS_HANDSHAKE_CIPHER_SUITES_LENGTH, 2, 2, 0xfffe, &list))
        return;
    put_label(h->row, F_TLS_HANDSHAKE_CIPHERSUITES);
    while (rd_left(&list) >= 2 && rd_ok(&list))
        ja3_add(&ja3, JA3_CIPHERS, put_u16(h->row, F_TLS_HANDSHAKE_CIPHERSUITE, &list));
    tls_vector_end(h->row, &list);
    if (!tls_vector(h->row, r, F_TLS_HANDSHAKE_COMP_METHODS_LENGTH, 1, 1, 0xff, &list))
        return;
    put_label(h->row, F_TLS_HANDSHAKE_COMP_METHODS);
    while (rd_left(&list) && rd_ok(&list))
        put_u8(h->row, F_TLS_HANDSHAKE_COMP_METHOD, &list);
    h->state->early_data = false;
    if (rd_left(r))
        tls_extensions_read(h, r, TLS_CLIENT_HELLO, &ja3);
    if (rd_ok(r))
        ja3_put(&ja3, h->row, true, version);
    if (rd_ok(r))
        ja4_read(h->row, again, h->datagram ? 'd' : h->state->quic_version ? 'q' : 't');
    if (h->state->early_data && !h->datagram) /* early data follow at once, and belong to TLS 1.3 */
        h->state->version = TLS_13;
}

/* The version that the ServerHello chooses; in TLS 1.3 it is in an extension. */
static uint16_t chosen_version(struct rd r, bool *retry)
{
    uint16_t version = rd_u16(&r);
    const uint8_t *random = rd_bytes(&r, RANDOM_LEN);
    *retry = false;
    if (!random || version != TLS_12)
        return version;
    *retry = !memcmp(random, retry_random, RANDOM_LEN);
    rd_skip(&r, rd_u8(&r));
    rd_skip(&r, 3);
    if (!rd_has(&r, 2))
        return version;
    uint16_t all = rd_u16(&r);
    struct rd extensions = rd_sub(&r, all < rd_left(&r) ? all : rd_left(&r));
    while (rd_has(&extensions, 4)) {
        uint16_t type = rd_u16(&extensions), len = rd_u16(&extensions);
        if (type == EXTENSION_VERSIONS && len == 2)
            return rd_u16(&extensions);
        rd_skip(&extensions, len);
    }
    return version;
}

static void set_version(struct tls_hand *h, uint16_t version)
{
    if (h->datagram)
        dtls_set_version(h->state, version);
    else
        tls_set_version(h->state, version);
}

static void tls_server_hello_read(struct tls_hand *h, struct rd *r)
{
    struct tls_ja3 ja3;
    bool retry;
    ja3_begin(&ja3, h->row, false, rd_left(r));
    h->state->may_resume = true;
    set_version(h, chosen_version(rd_rest(r), &retry));
    uint16_t version = put_u16(h->row, F_TLS_HANDSHAKE_VERSION, r);
    bool early_draft = h->state->draft && h->state->draft < 22;
    random_read(h, r);
    if (!early_draft)
        session_id_read(h, r);
    h->state->cipher = put_u16(h->row, F_TLS_HANDSHAKE_CIPHERSUITE, r);
    if (rd_ok(r))
        ja3_add(&ja3, JA3_CIPHERS, h->state->cipher);
    if (rd_ok(r) && tls_cipher_is_plain(h->state->cipher))
        pdu_doubt(h->facts, APP_READERS);
    if (!early_draft)
        put_u8(h->row, F_TLS_HANDSHAKE_COMP_METHOD, r);
    if (!rd_ok(r))
        return;
    if (rd_left(r))
        tls_extensions_read(h, r, retry ? TLS_HELLO_RETRY : TLS_SERVER_HELLO, &ja3);
    if (rd_ok(r))
        ja3_put(&ja3, h->row, false, version);
}

/* Drafts of TLS 1.3 before 22: version, since draft 19 a cipher suite, extensions. */
static void hello_retry_read(struct tls_hand *h, struct rd *r)
{
    struct rd look = *r;
    set_version(h, rd_u16(&look));
    uint16_t version = put_u16(h->row, F_TLS_HANDSHAKE_VERSION, r);
    bool has_cipher = h->datagram ? version >> 8 != 0x7f || (version & 0xff) >= 19 : h->state->draft >= 19;
    if (has_cipher)
        put_u16(h->row, F_TLS_HANDSHAKE_CIPHERSUITE, r);
    if (rd_ok(r) && rd_left(r))
        tls_extensions_read(h, r, TLS_HELLO_RETRY, NULL);
}

void tls_hello_read(struct tls_hand *h, struct rd *r, uint8_t message)
{
    if (message == TLS_CLIENT_HELLO)
        tls_client_hello_read(h, r);
    else if (message == TLS_SERVER_HELLO)
        tls_server_hello_read(h, r);
    else
        hello_retry_read(h, r);
}
