/* Extensions of hellos and of later messages (RFC 8446 section 4.2, RFC 6066, 7301, 7627, 8422, 8449, 8879,
 * and drafts that browsers use).
 * Invariant: the values of an extension lie inside it.
 * Source: these documents; the extensions that Wireshark dissects, and its treatment of the others, were
 * observed (tshark 4.0.17). */
#include <string.h>

#include "field/ids_dtls.h"
#include "field/ids_tls.h"
#include "proto/tls.h"

enum {
    EXT_SERVER_NAME = 0,
    EXT_MAX_FRAGMENT_LENGTH = 1,
    EXT_STATUS_REQUEST = 5,
    EXT_CERT_TYPE = 9,
    EXT_SUPPORTED_GROUPS = 10,
    EXT_POINT_FORMATS = 11,
    EXT_SRP = 12,
    EXT_SIGNATURE_ALGORITHMS = 13,
    EXT_USE_SRTP = 14,
    EXT_HEARTBEAT = 15,
    EXT_ALPN = 16,
    EXT_STATUS_REQUEST_V2 = 17,
    EXT_SCT = 18,
    EXT_CLIENT_CERT_TYPE = 19,
    EXT_SERVER_CERT_TYPE = 20,
    EXT_PADDING = 21,
    EXT_ENCRYPT_THEN_MAC = 22,
    EXT_MASTER_SECRET = 23,
    EXT_COMPRESS_CERTIFICATE = 27,
    EXT_RECORD_SIZE_LIMIT = 28,
    EXT_DELEGATED_CREDENTIALS = 34,
    EXT_KEY_SHARE_OLD = 40,
    EXT_PSK = 41,
    EXT_EARLY_DATA = 42,
    EXT_VERSIONS = 43,
    EXT_COOKIE = 44,
    EXT_PSK_MODES = 45,
    EXT_OID_FILTERS = 48,
    EXT_POST_HANDSHAKE_AUTH = 49,
    EXT_SIGNATURE_ALGORITHMS_CERT = 50,
    EXT_KEY_SHARE = 51,
    EXT_CONNECTION_ID_DRAFT = 53,
    EXT_CONNECTION_ID = 54,
    EXT_QUIC = 57,
    EXT_NPN = 13172,
    EXT_ALPS = 17513,
    EXT_RENEGOTIATION = 65281,
    EXT_QUIC_DRAFT = 65445,
    EXT_ESNI = 65486
};

enum list_size { LIST_U8 = 1, LIST_U16 = 2 };

/* Reads numbers behind a length prefix. `label` is put once if the list is there; F_COUNT: no label. */
static void numbers_read(struct row *row, struct rd *r, field_id len_id, field_id label, field_id id,
                         unsigned prefix, enum list_size size, struct tls_ja3 *ja3, int part)
{
    struct rd list;
    if (!tls_vector(row, r, len_id, prefix, size, prefix == 1 ? 0xff : 0xffff, &list))
        return;
    if (label != F_COUNT)
        put_label(row, label);
    while (rd_left(&list) >= (uint32_t)size && rd_ok(&list)) {
        uint16_t value = size == LIST_U8 ? put_u8(row, id, &list) : put_u16(row, id, &list);
        if (rd_ok(&list))
            ja3_add(ja3, part, value);
    }
    tls_vector_end(row, &list);
}

static void groups_read(struct row *row, struct rd *r, struct tls_ja3 *ja3)
{
    numbers_read(row, r, F_TLS_HANDSHAKE_EXTENSIONS_SUPPORTED_GROUPS_LENGTH,
                 F_TLS_HANDSHAKE_EXTENSIONS_SUPPORTED_GROUPS, F_TLS_HANDSHAKE_EXTENSIONS_SUPPORTED_GROUP, 2,
                 LIST_U16, ja3, JA3_GROUPS);
}

static void formats_read(struct row *row, struct rd *r, struct tls_ja3 *ja3)
{
    numbers_read(row, r, F_TLS_HANDSHAKE_EXTENSIONS_EC_POINT_FORMATS_LENGTH,
                 F_TLS_HANDSHAKE_EXTENSIONS_EC_POINT_FORMATS, F_TLS_HANDSHAKE_EXTENSIONS_EC_POINT_FORMAT, 1,
                 LIST_U8, ja3, JA3_FORMATS);
}

static void text_read(struct row *row, struct rd *r, field_id len_id, field_id id, unsigned prefix)
{
    struct rd text;
    if (!tls_vector(row, r, len_id, prefix, 0, 0xffff, &text))
        return;
    uint32_t len = rd_left(&text);
    put_text_wire(row, id, rd_bytes(&text, len), len);
}

/* struct { NameType name_type; opaque HostName<1..2^16-1>; } ServerName; ServerName list<1..2^16-1>; */
static void server_name_read(struct row *row, struct rd *r)
{
    struct rd list;
    if (!rd_left(r) ||
        !tls_vector(row, r, F_TLS_HANDSHAKE_EXTENSIONS_SERVER_NAME_LIST_LEN, 2, 1, 0xffff, &list))
        return;
    while (rd_left(&list) && rd_ok(&list)) {
        put_u8(row, F_TLS_HANDSHAKE_EXTENSIONS_SERVER_NAME_TYPE, &list);
        text_read(row, &list, F_TLS_HANDSHAKE_EXTENSIONS_SERVER_NAME_LEN,
                  F_TLS_HANDSHAKE_EXTENSIONS_SERVER_NAME, 2);
    }
}

static void extension_alpn_read(struct row *row, struct rd *r)
{
    struct rd list;
    if (!tls_vector(row, r, F_TLS_HANDSHAKE_EXTENSIONS_ALPN_LEN, 2, 2, 0xffff, &list))
        return;
    put_label(row, F_TLS_HANDSHAKE_EXTENSIONS_ALPN_LIST);
    while (rd_left(&list) && rd_ok(&list))
        text_read(row, &list, F_TLS_HANDSHAKE_EXTENSIONS_ALPN_STR_LEN, F_TLS_HANDSHAKE_EXTENSIONS_ALPN_STR,
                  1);
}

static void alps_read(struct row *row, struct rd *r)
{
    struct rd list;
    if (!tls_vector(row, r, F_TLS_HANDSHAKE_EXTENSIONS_ALPS_LEN, 2, 2, 0xffff, &list))
        return;
    put_label(row, F_TLS_HANDSHAKE_EXTENSIONS_ALPS_ALPN_LIST);
    while (rd_left(&list) && rd_ok(&list))
        text_read(row, &list, F_TLS_HANDSHAKE_EXTENSIONS_ALPS_ALPN_STR_LEN,
                  F_TLS_HANDSHAKE_EXTENSIONS_ALPS_ALPN_STR, 1);
}

static void npn_read(struct row *row, struct rd *r)
{
    while (rd_left(r) && rd_ok(r))
        text_read(row, r, F_TLS_HANDSHAKE_EXTENSIONS_NPN_STR_LEN, F_TLS_HANDSHAKE_EXTENSIONS_NPN, 1);
}

static void status_request_read(struct row *row, struct rd *r)
{
    struct rd skipped;
    if (!rd_left(r) || put_u8(row, F_TLS_HANDSHAKE_EXTENSIONS_STATUS_REQUEST_TYPE, r) != 1)
        return;
    tls_vector(row, r, F_TLS_HANDSHAKE_EXTENSIONS_STATUS_REQUEST_RESPONDER_IDS_LEN, 2, 0, 0xffff, &skipped);
    tls_vector(row, r, F_TLS_HANDSHAKE_EXTENSIONS_STATUS_REQUEST_EXTS_LEN, 2, 0, 0xffff, &skipped);
}

static void status_requests_read(struct row *row, struct rd *r)
{
    struct rd list, item;
    if (!tls_vector(row, r, F_TLS_HANDSHAKE_EXTENSIONS_STATUS_REQUEST_LIST_LEN, 2, 1, 0xffff, &list))
        return;
    while (rd_left(&list) && rd_ok(&list)) {
        uint8_t type = put_u8(row, F_TLS_HANDSHAKE_EXTENSIONS_STATUS_REQUEST_TYPE, &list);
        struct rd skipped;
        if (!tls_vector(row, &list, F_TLS_HANDSHAKE_EXTENSIONS_STATUS_REQUEST_LEN, 2, 0, 0xffff, &item) ||
            !type)
            break;
        tls_vector(row, &item, F_TLS_HANDSHAKE_EXTENSIONS_STATUS_REQUEST_RESPONDER_IDS_LEN, 2, 0, 0xffff,
                   &skipped);
        tls_vector(row, &item, F_TLS_HANDSHAKE_EXTENSIONS_STATUS_REQUEST_EXTS_LEN, 2, 0, 0xffff, &skipped);
    }
}

static void signature_algorithms_read(struct row *row, struct rd *r)
{
    struct rd list;
    if (!tls_vector(row, r, F_TLS_HANDSHAKE_SIG_HASH_ALG_LEN, 2, 2, 0xfffe, &list))
        return;
    put_label(row, F_TLS_HANDSHAKE_SIG_HASH_ALGS);
    while (rd_left(&list) >= 2 && rd_ok(&list))
        tls_signature_algorithm(row, &list);
    tls_vector_end(row, &list);
}

static void key_share_entry_read(struct row *row, struct rd *r)
{
    struct rd key;
    put_u16(row, F_TLS_HANDSHAKE_EXTENSIONS_KEY_SHARE_GROUP, r);
    if (tls_vector(row, r, F_TLS_HANDSHAKE_EXTENSIONS_KEY_SHARE_KEY_EXCHANGE_LENGTH, 2, 1, 0xffff, &key))
        put_span(row, F_TLS_HANDSHAKE_EXTENSIONS_KEY_SHARE_KEY_EXCHANGE, &key, rd_left(&key));
}

static void key_share_read(struct row *row, struct rd *r, uint8_t message)
{
    struct rd list;
    if (message == TLS_SERVER_HELLO) {
        key_share_entry_read(row, r);
    } else if (message == TLS_HELLO_RETRY) {
        put_u16(row, F_TLS_HANDSHAKE_EXTENSIONS_KEY_SHARE_SELECTED_GROUP, r);
    } else if (message == TLS_CLIENT_HELLO &&
               tls_vector(row, r, F_TLS_HANDSHAKE_EXTENSIONS_KEY_SHARE_CLIENT_LENGTH, 2, 0, 0xffff, &list)) {
        while (rd_left(&list) >= 4 && rd_ok(&list))
            key_share_entry_read(row, &list);
        tls_vector_end(row, &list);
    }
}

static void psk_read(struct row *row, struct rd *r, uint8_t message)
{
    struct rd list;
    if (message == TLS_SERVER_HELLO)
        put_u16(row, F_TLS_HANDSHAKE_EXTENSIONS_PSK_IDENTITY_SELECTED, r);
    if (message != TLS_CLIENT_HELLO ||
        !tls_vector(row, r, F_TLS_HANDSHAKE_EXTENSIONS_PSK_IDENTITIES_LENGTH, 2, 7, 0xffff, &list))
        return;
    while (rd_left(&list) && rd_ok(&list)) {
        tls_bytes_read(row, &list, F_TLS_HANDSHAKE_EXTENSIONS_PSK_IDENTITY_IDENTITY_LENGTH,
                       F_TLS_HANDSHAKE_EXTENSIONS_PSK_IDENTITY_IDENTITY, 2);
        put_u32(row, F_TLS_HANDSHAKE_EXTENSIONS_PSK_IDENTITY_OBFUSCATED_TICKET_AGE, &list);
    }
    if (tls_vector(row, r, F_TLS_HANDSHAKE_EXTENSIONS_PSK_BINDERS_LEN, 2, 33, 0xffff, &list))
        put_label(row, F_TLS_HANDSHAKE_EXTENSIONS_PSK_BINDERS);
}

static void extension_versions_read(struct row *row, struct rd *r, uint8_t message)
{
    if (message == TLS_CLIENT_HELLO)
        numbers_read(row, r, F_TLS_HANDSHAKE_EXTENSIONS_SUPPORTED_VERSIONS_LEN, F_COUNT,
                     F_TLS_HANDSHAKE_EXTENSIONS_SUPPORTED_VERSION, 1, LIST_U16, NULL, 0);
    else if (message == TLS_SERVER_HELLO || message == TLS_HELLO_RETRY)
        put_u16(row, F_TLS_HANDSHAKE_EXTENSIONS_SUPPORTED_VERSION, r);
}

static void esni_read(struct row *row, struct rd *r, uint8_t message)
{
    if (message == TLS_ENCRYPTED_EXTENSIONS)
        put_span(row, F_TLS_ESNI_NONCE, r, 16);
    if (message != TLS_CLIENT_HELLO)
        return;
    put_u16(row, F_TLS_ESNI_SUITE, r);
    key_share_entry_read(row, r);
    tls_bytes_read(row, r, F_TLS_ESNI_RECORD_DIGEST_LENGTH, F_TLS_ESNI_RECORD_DIGEST, 2);
    tls_bytes_read(row, r, F_TLS_ESNI_ENCRYPTED_SNI_LENGTH, F_TLS_ESNI_ENCRYPTED_SNI, 2);
}

static void cert_types_read(struct row *row, struct rd *r, uint8_t message)
{
    struct rd list;
    if (message != TLS_CLIENT_HELLO) {
        put_u8(row, F_TLS_HANDSHAKE_CERT_TYPE_TYPE, r);
        return;
    }
    if (!tls_vector(row, r, F_TLS_HANDSHAKE_CERT_TYPE_TYPES_LEN, 1, 0, 0xff, &list))
        return;
    put_label(row, F_TLS_HANDSHAKE_CERT_TYPE_TYPES);
    while (rd_left(&list) && rd_ok(&list))
        put_u8(row, F_TLS_HANDSHAKE_CERT_TYPE_TYPE, &list);
}

/* RFC 5764 section 4.1.1: SRTP profiles and a master key identifier. */
static void srtp_read(struct row *row, struct rd *r)
{
    uint16_t len = put_u16(row, F_DTLS_USE_SRTP_PROTECTION_PROFILES_LENGTH, r);
    for (uint32_t i = 0; i < len && rd_ok(r); i += 2)
        put_u16(row, F_DTLS_USE_SRTP_PROTECTION_PROFILE, r);
    uint8_t mki_len = put_u8(row, F_DTLS_USE_SRTP_MKI_LENGTH, r);
    if (mki_len)
        put_span(row, F_DTLS_USE_SRTP_MKI, r, mki_len);
}

/* RFC 9146 section 3: the connection ID that the peer must send. */
static void connection_id_read(struct tls_hand *h, struct rd *r)
{
    uint8_t len = put_u8(h->row, F_DTLS_CONNECTION_ID_LENGTH, r);
    const uint8_t *bytes = rd_bytes(r, len);
    if (!bytes || !len)
        return;
    put_bytes(h->row, F_DTLS_CONNECTION_ID, bytes, len);
    struct tls_id *id = &h->state->ids[h->facts->direction];
    uint8_t *copy = arena_take(h->facts->arena, len);
    if (!copy)
        return;
    memcpy(copy, bytes, len);
    if (id->len)
        arena_give(h->facts->arena, id->bytes, id->len);
    *id = (struct tls_id){copy, len};
}

static void other_extension_read(struct tls_hand *h, struct rd *r, uint16_t type)
{
    struct rd skipped;
    if (type == EXT_OID_FILTERS) { /* Wireshark shows its length under the name of the length of the modes */
        tls_vector(h->row, r, F_TLS_EXTENSION_PSK_KE_MODES_LENGTH, 2, 0, 0xffff, &skipped);
        return;
    }
    if (h->datagram && type == EXT_USE_SRTP) {
        srtp_read(h->row, r);
        return;
    }
    if (h->datagram && (type == EXT_CONNECTION_ID || type == EXT_CONNECTION_ID_DRAFT)) {
        connection_id_read(h, r);
        return;
    }
    if (type == EXT_QUIC || type == EXT_QUIC_DRAFT)
        tls_quic_parameters_read(h, r);
    else
        put_span(h->row, F_TLS_HANDSHAKE_EXTENSION_DATA, r, rd_left(r));
}

/* RFC 8879 3. */
static void compress_certificate_read(struct row *row, struct rd *r)
{
    numbers_read(row, r, F_TLS_COMPRESS_CERTIFICATE_ALGORITHMS_LENGTH, F_COUNT,
                 F_TLS_COMPRESS_CERTIFICATE_ALGORITHM, 1, LIST_U16, NULL, 0);
}

/* RFC 8446 4.2.9. */
static void psk_modes_read(struct row *row, struct rd *r)
{
    numbers_read(row, r, F_TLS_EXTENSION_PSK_KE_MODES_LENGTH, F_COUNT, F_TLS_EXTENSION_PSK_KE_MODE, 1,
                 LIST_U8, NULL, 0);
}

/* Reads the data of one extension. */
static void extension_read(struct tls_hand *h, struct rd *r, uint16_t type, uint8_t message,
                           struct tls_ja3 *ja3)
{
    struct row *row = h->row;
    switch (type) {
    case EXT_SERVER_NAME:
        server_name_read(row, r);
        break;
    case EXT_MAX_FRAGMENT_LENGTH:
        put_u8(row, F_TLS_HANDSHAKE_MAX_FRAGMENT_LENGTH, r);
        break;
    case EXT_STATUS_REQUEST:
        if (message == TLS_CLIENT_HELLO)
            status_request_read(row, r);
        break;
    case EXT_STATUS_REQUEST_V2:
        if (message == TLS_CLIENT_HELLO)
            status_requests_read(row, r);
        break;
    case EXT_SUPPORTED_GROUPS:
        groups_read(row, r, ja3);
        break;
    case EXT_POINT_FORMATS:
        formats_read(row, r, ja3);
        break;
    case EXT_SRP:
        text_read(row, r, F_TLS_HANDSHAKE_EXTENSIONS_SRP_LEN, F_TLS_HANDSHAKE_EXTENSIONS_SRP_USERNAME, 1);
        break;
    case EXT_SIGNATURE_ALGORITHMS:
    case EXT_SIGNATURE_ALGORITHMS_CERT:
    case EXT_DELEGATED_CREDENTIALS:
        signature_algorithms_read(row, r);
        break;
    case EXT_HEARTBEAT:
        put_u8(row, F_TLS_HANDSHAKE_EXTENSION_HEARTBEAT_MODE, r);
        break;
    case EXT_ALPN:
        extension_alpn_read(row, r);
        break;
    case EXT_SCT:
        if (message == TLS_SERVER_HELLO || message == TLS_CERTIFICATE)
            tls_scts_read(row, r);
        break;
    case EXT_CERT_TYPE:
    case EXT_CLIENT_CERT_TYPE:
    case EXT_SERVER_CERT_TYPE:
        cert_types_read(row, r, message);
        break;
    case EXT_PADDING:
        put_span(row, F_TLS_HANDSHAKE_EXTENSIONS_PADDING_DATA, r, rd_left(r));
        break;
    case EXT_COMPRESS_CERTIFICATE:
        compress_certificate_read(row, r);
        break;
    case EXT_RECORD_SIZE_LIMIT:
        put_u16(row, F_TLS_RECORD_SIZE_LIMIT, r);
        break;
    case EXT_KEY_SHARE_OLD:
    case EXT_KEY_SHARE:
        key_share_read(row, r, message);
        break;
    case EXT_PSK:
        psk_read(row, r, message);
        break;
    case EXT_EARLY_DATA:
        h->state->early_data |= message == TLS_CLIENT_HELLO;
        if (message == TLS_NEW_SESSION_TICKET)
            put_u32(row, F_TLS_EARLY_DATA_MAX_EARLY_DATA_SIZE, r);
        break;
    case EXT_VERSIONS:
        extension_versions_read(row, r, message);
        break;
    case EXT_COOKIE:
        tls_bytes_read(row, r, F_TLS_HANDSHAKE_EXTENSIONS_COOKIE_LEN, F_TLS_HANDSHAKE_EXTENSIONS_COOKIE, 2);
        break;
    case EXT_PSK_MODES:
        psk_modes_read(row, r);
        break;
    case EXT_NPN:
        npn_read(row, r);
        break;
    case EXT_ALPS:
        alps_read(row, r);
        break;
    case EXT_RENEGOTIATION:
        tls_bytes_read(row, r, F_TLS_HANDSHAKE_EXTENSIONS_RENEG_INFO_LEN,
                       F_TLS_HANDSHAKE_EXTENSIONS_RENEG_INFO, 1);
        break;
    case EXT_ESNI:
        esni_read(row, r, message);
        break;
    case EXT_ENCRYPT_THEN_MAC:
    case EXT_MASTER_SECRET:
    case EXT_POST_HANDSHAKE_AUTH:
        break;
    default:
        other_extension_read(h, r, type);
        break;
    }
}

/* Returns true for extensions whose content Wireshark shows but this file does not read. */
static bool is_unread(const struct tls_hand *h, uint16_t type)
{
    enum {
        USE_SRTP = 14,
        CERTIFICATE_AUTHORITIES = 47,
        CONNECTION_ID_OLD = 53,
        CONNECTION_ID = 54,
        TICKET_INFO = 46
    };
    return type == CERTIFICATE_AUTHORITIES ||
           (!h->datagram &&
            (type == USE_SRTP || type == CONNECTION_ID_OLD || type == CONNECTION_ID || type == TICKET_INFO));
}

void tls_extensions_read(struct tls_hand *h, struct rd *r, uint8_t message, struct tls_ja3 *ja3)
{
    struct rd list;
    if (!tls_vector(h->row, r, F_TLS_HANDSHAKE_EXTENSIONS_LENGTH, 2, 0, 0xffff, &list)) {
        if (rd_left(r))
            tls_doubt(h);
        if (ja3)
            ja3->ended = true;
        return;
    }
    while (rd_left(&list) >= 4 && rd_ok(&list)) {
        struct rd body;
        if (h->datagram &&
            4u + rd_peek16(&list, 2) > rd_left(&list) + rd_left(r)) { /* beyond the end of the message */
            r->fail = RD_MALFORMED;
            return;
        }
        uint16_t type = put_u16(h->row, F_TLS_HANDSHAKE_EXTENSION_TYPE, &list);
        if (!tls_vector(h->row, &list, F_TLS_HANDSHAKE_EXTENSION_LEN, 2, 0, 0xffff, &body)) {
            tls_doubt(h);
            break;
        }
        if (is_unread(h, type))
            tls_doubt(h);
        ja3_add(ja3, JA3_EXTENSIONS, type);
        extension_read(h, &body, type, message, ja3);
        if (!rd_ok(&body)) {
            tls_doubt(h); /* Wireshark's way on behind an extension that is too short depends on its kind */
            r->fail = body.fail;
            return;
        }
        tls_vector_end(h->row, &body);
    }
    tls_vector_end(h->row, &list);
}
