/* SSL 2.0 records, and the three messages of its handshake that are not encrypted. Its ClientHello also
 * begins sessions of SSL 3.0 and TLS 1.0 (RFC 5246 E.2).
 * Invariant: a record with an implausible message has no values except its version.
 * Source: the SSL 2.0 draft of 1995; the bytes that count as such a record were observed (tshark 4.0.17). */
#include "field/ids_tls.h"
#include "proto/tls.h"

enum { ERROR = 0, CLIENT_HELLO = 1, CLIENT_MASTER_KEY = 2, SERVER_HELLO = 4, LAST_MESSAGE = 8 };

static uint32_t ssl2_header_len(const struct rd *r) { return rd_peek8(r, 0) & 0x80 ? 2 : 3; }

bool ssl2_recognises(const struct rd *r)
{
    uint8_t message = rd_peek8(r, 2);
    return rd_peek8(r, 0) & 0x80 && (message == ERROR || message == CLIENT_HELLO ||
                                     message == CLIENT_MASTER_KEY || message == SERVER_HELLO);
}

bool ssl2_is_hello(const struct rd *r)
{
    return rd_peek8(r, 0) == 0x80 && rd_peek8(r, 2) == CLIENT_HELLO && rd_peek8(r, 3) == 3;
}

int64_t ssl2_length(const struct rd *r)
{
    uint32_t header = ssl2_header_len(r);
    if (rd_left(r) < header)
        return PDU_ONE_MORE;
    return header + (rd_peek16(r, 0) & (header == 2 ? 0x7fff : 0x3fff));
}

static bool is_ssl_version(uint16_t version)
{
    return version == SSL_20 || (version >= SSL_30 && version <= TLS_12);
}

/* Returns true if the message at r is plausible. */
static bool makes_sense(const struct rd *r)
{
    switch (rd_peek8(r, 0)) {
    case CLIENT_HELLO:
        return is_ssl_version(rd_peek16(r, 1));
    case SERVER_HELLO:
        return is_ssl_version(rd_peek16(r, 3));
    case CLIENT_MASTER_KEY:
        return (uint32_t)rd_peek16(r, 4) + rd_peek16(r, 6) + rd_peek16(r, 8) <= rd_left(r);
    default:
        return false;
    }
}

/* The number of bytes that makes_sense reads. */
static uint32_t checked_len(uint8_t message)
{
    return message == CLIENT_HELLO ? 3 : message == SERVER_HELLO ? 5 : message == CLIENT_MASTER_KEY ? 10 : 1;
}

static void specs_read(struct row *row, struct rd *r, uint32_t len)
{
    if (!rd_ok(r))
        return;
    struct rd list = rd_sub(r, len < rd_left(r) ? len : rd_left(r));
    put_label(row, F_TLS_HANDSHAKE_CIPHERSUITES);
    while (rd_left(&list) >= 3 && rd_ok(&list))
        put_u24(row, F_TLS_HANDSHAKE_CIPHERSPEC, &list);
    r->fail = list.fail;
}

/* Labels bytes that have no value here. Wireshark labels them even if they were not captured. */
static void ssl2_opaque_read(struct row *row, struct rd *r, field_id label, uint32_t len)
{
    if (len && rd_ok(r))
        put_label(row, label);
    rd_bytes(r, len);
}

static void ssl2_client_hello_read(struct row *row, struct rd *r)
{
    put_u16(row, F_TLS_HANDSHAKE_VERSION, r);
    uint16_t specs = put_u16(row, F_TLS_HANDSHAKE_CIPHER_SPEC_LEN, r);
    uint16_t id = put_u16(row, F_TLS_HANDSHAKE_SESSION_ID_LENGTH, r);
    uint16_t challenge = put_u16(row, F_TLS_HANDSHAKE_CHALLENGE_LENGTH, r);
    specs_read(row, r, specs);
    if (id)
        put_span(row, F_TLS_HANDSHAKE_SESSION_ID, r, id);
    ssl2_opaque_read(row, r, F_TLS_HANDSHAKE_CHALLENGE, challenge);
}

static void master_key_read(struct row *row, struct rd *r)
{
    put_u24(row, F_TLS_HANDSHAKE_CIPHERSPEC, r);
    uint16_t clear = put_u16(row, F_TLS_HANDSHAKE_CLEAR_KEY_LENGTH, r);
    uint16_t encrypted = put_u16(row, F_TLS_HANDSHAKE_ENCRYPTED_KEY_LENGTH, r);
    uint16_t argument = put_u16(row, F_TLS_HANDSHAKE_KEY_ARG_LENGTH, r);
    ssl2_opaque_read(row, r, F_TLS_HANDSHAKE_CLEAR_KEY_DATA, clear);
    ssl2_opaque_read(row, r, F_TLS_HANDSHAKE_ENCRYPTED_KEY, encrypted);
    ssl2_opaque_read(row, r, F_TLS_HANDSHAKE_KEY_ARG, argument);
}

static void ssl2_server_hello_read(struct row *row, struct rd *r)
{
    uint8_t hit = rd_u8(r);
    if (rd_ok(r))
        put_bool(row, F_TLS_HANDSHAKE_SESSION_ID_HIT, hit);
    put_u8(row, F_TLS_HANDSHAKE_CERT_TYPE, r);
    put_u16(row, F_TLS_HANDSHAKE_VERSION, r);
    uint16_t certificate = put_u16(row, F_TLS_HANDSHAKE_CERTIFICATE_LENGTH, r);
    uint16_t specs = put_u16(row, F_TLS_HANDSHAKE_CIPHER_SPEC_LEN, r);
    uint16_t id = put_u16(row, F_TLS_HANDSHAKE_CONNECTION_ID_LENGTH, r);
    if (certificate)
        tls_one_certificate_read(row, r, certificate);
    specs_read(row, r, specs);
    ssl2_opaque_read(row, r, F_TLS_HANDSHAKE_CONNECTION_ID, id);
}

bool ssl2_read(struct row *row, struct rd *r, struct tls_state *state, const struct pdu_facts *facts)
{
    if (r->cap < r->len) /* experiments have not covered records that were cut */
        pdu_doubt(facts, HANDSHAKE_READERS);
    uint32_t header = ssl2_header_len(r);
    uint16_t len = rd_u16(r) & (header == 2 ? 0x7fff : 0x3fff);
    bool escape = header == 3 && rd_ok(r) && r->data[0] & 0x40;
    uint8_t padding = header == 3 ? rd_u8(r) : 0;
    if (!len) /* Wireshark then reads the bytes behind it */
        pdu_doubt(facts, HANDSHAKE_READERS);
    if (!rd_need(r, 1))
        return false;
    uint8_t message = rd_peek8(r, 0);
    if (!state->version && message >= CLIENT_MASTER_KEY && message <= LAST_MESSAGE)
        state->version = SSL_20;
    put_label(row, F_TLS_RECORD);
    if (!rd_need(r, checked_len(message)))
        return false;
    put_uint(row, F_TLS_RECORD_VERSION, SSL_20);
    if (!makes_sense(r))
        return true;
    put_uint(row, F_TLS_RECORD_LENGTH, len);
    if (escape)
        put_bool(row, F_TLS_RECORD_IS_ESCAPE, true);
    if (padding)
        put_uint(row, F_TLS_RECORD_PADDING_LENGTH, padding);
    put_u8(row, F_TLS_HANDSHAKE_TYPE, r);
    row->malformed = false;
    if (message == CLIENT_HELLO)
        ssl2_client_hello_read(row, r);
    else if (message == CLIENT_MASTER_KEY)
        master_key_read(row, r);
    else
        ssl2_server_hello_read(row, r);
    pdu_doubt(facts, row->malformed ? HANDSHAKE_READERS : 0);
    return rd_ok(r);
}
