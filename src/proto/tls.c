/* TLS records (RFC 8446 section 5.1, RFC 5246 section 6.2, RFC 6101): header, alerts, change of cipher,
 * application data, heartbeats.
 * Invariant: the values of a record lie inside it.
 * Source: these RFCs; observed (tshark 4.0.17). */
#include "proto/tls.h"
#include "field/ids_tls.h"

enum { HEADER = 5, RECORD_MAX = 16384 + 2048, PLAIN_ALERT = 2 };

static bool tls_is_version(uint16_t version) { return version >= SSL_30 && version <= TLS_12; }
static bool tls_is_content(uint8_t type) { return type >= TLS_CHANGE_CIPHER_SPEC && type <= TLS_CID; }

static bool tls_recognises(const struct rd *r, const struct pdu_facts *facts)
{
    (void)facts;
    uint8_t type = rd_peek8(r, 0);
    uint16_t version = rd_peek16(r, 1), len = rd_peek16(r, 3);
    return rd_has(r, HEADER) && (type == TLS_HANDSHAKE || type == TLS_APP_DATA) && version >= SSL_30 &&
           version <= TLS_12 && len && len < RECORD_MAX;
}

/* Text on a port of TLS belongs to another protocol, unless it is too short for a record header. */
static bool tls_accepts(const void *context, const struct rd *r, const struct pdu_facts *facts)
{
    (void)context;
    (void)facts;
    if (rd_left(r) < HEADER)
        return true;
    for (uint32_t i = 0; i < 4; i++)
        if (rd_peek8(r, i) < ' ' || rd_peek8(r, i) > '~')
            return true;
    return false;
}

/* With a version up to TLS 1.2, all bytes of a session are records. Before the version is known, and in TLS
 * 1.3, the first bytes of each record decide. */
static bool is_settled(const struct tls_state *state) { return state->version && state->version != TLS_13; }

/* Returns true for bytes in the form of SSL 2.0; the bytes of a record header are there. */
static bool is_ssl2(const struct tls_state *state, const struct rd *r)
{
    return state->version == SSL_20 || (is_settled(state) ? ssl2_is_hello(r) : ssl2_recognises(r));
}

static int64_t tls_length(void *context, const struct rd *r, const struct pdu_facts *facts)
{
    struct tls_state *state = context;
    if (state->version == SSL_20)
        return ssl2_length(r);
    if (rd_left(r) < HEADER)
        return facts->may_wait ? PDU_ONE_MORE : PDU_STOP;
    if (is_ssl2(state, r))
        return ssl2_length(r);
    int64_t len = HEADER + rd_peek16(r, 3);
    if (tls_is_content(rd_peek8(r, 0)) && (is_settled(state) || tls_is_version(rd_peek16(r, 1)))) {
        bool open = r->cap < r->len && len > rd_left(r) && !facts->may_wait;
        return open ? PDU_STOP : len;
    }
    if (tls_is_content(rd_peek8(r, 0)) || !is_settled(state))
        return PDU_STOP;
    return len < rd_left(r) ? len : rd_left(r);
}

static bool is_app_data(const struct rd *r) { return rd_has(r, HEADER) && rd_peek8(r, 0) == TLS_APP_DATA; }

static bool tls_alert_read(struct row *row, struct rd *r)
{
    if (!rd_need(r, 1))
        return false;
    put_label(row, F_TLS_ALERT_MESSAGE);
    if (rd_left(r) == PLAIN_ALERT) {
        put_u8(row, F_TLS_ALERT_MESSAGE_LEVEL, r);
        put_u8(row, F_TLS_ALERT_MESSAGE_DESC, r);
    }
    return rd_ok(r);
}

/* RFC 6520: type, payload length, payload, padding. */
static bool tls_heartbeat_read(struct row *row, struct rd *r)
{
    enum { PADDING = 16, TYPES = 2 };
    uint8_t type = rd_peek8(r, 0);
    uint32_t len = rd_peek16(r, 1);
    put_label(row, F_TLS_HEARTBEAT_MESSAGE);
    if (!type || type > TYPES || rd_left(r) < 3 + PADDING)
        return true;
    put_u8(row, F_TLS_HEARTBEAT_MESSAGE_TYPE, r);
    put_u16(row, F_TLS_HEARTBEAT_MESSAGE_PAYLOAD_LENGTH, r);
    if (len + PADDING > rd_left(r)) {
        put_label(row, F_TLS_HEARTBEAT_MESSAGE_PAYLOAD_LENGTH_INVALID);
        len = rd_left(r);
        put_span(row, F_TLS_HEARTBEAT_MESSAGE_PAYLOAD, r, len);
        return rd_ok(r);
    }
    put_span(row, F_TLS_HEARTBEAT_MESSAGE_PAYLOAD, r, len);
    put_span(row, F_TLS_HEARTBEAT_MESSAGE_PADDING, r, rd_left(r));
    return rd_ok(r);
}

static bool tls_change_read(struct row *row, struct tls_state *state, const struct pdu_facts *facts)
{
    put_label(row, F_TLS_CHANGE_CIPHER_SPEC);
    if (state->version == TLS_13) /* it has no meaning there */
        return true;
    bool from_server = tls_from_server(state, facts);
    if (from_server && state->may_resume) {
        put_label(row, F_TLS_RESUMED);
        state->may_resume = false;
    }
    if (!state->ccs_frame[from_server])
        state->ccs_frame[from_server] = facts->frame;
    return true;
}

/* Until the version is negotiated, the version of record headers counts, except for a ClientHello. */
static void tls_note_version(struct tls_state *state, uint8_t type, uint8_t message, uint16_t version)
{
    if (state->version)
        return;
    bool hello = message == TLS_CLIENT_HELLO || message == TLS_HELLO_VERIFY;
    if (type != TLS_HANDSHAKE || (tls_is_message(message) && !hello))
        tls_set_version(state, version);
}

static bool tls_read(struct row *row, struct rd *r, void *context, const struct pdu_facts *facts)
{
    struct tls_state *state = context;
    if (is_ssl2(state, r))
        return ssl2_read(row, r, state, facts);
    if (rd_has(r, 1) && !tls_is_content(rd_peek8(r, 0))) {
        if (row_wants(row, F_TLS_IGNORED_UNKNOWN_RECORD)) /* experiments have not covered how often Wireshark
                                                             shows it if segments were lost */
            pdu_doubt(facts, TLS_READERS);
        put_label(row, F_TLS_IGNORED_UNKNOWN_RECORD);
        return true;
    }
    if (!rd_need(r, HEADER))
        return false;
    uint8_t type = rd_u8(r);
    bool opaque = state->version == TLS_13 && type == TLS_APP_DATA;
    put_label(row, F_TLS_RECORD);
    put_uint(row, opaque ? F_TLS_RECORD_OPAQUE_TYPE : F_TLS_RECORD_CONTENT_TYPE, type);
    uint16_t version = put_u16(row, F_TLS_RECORD_VERSION, r);
    put_u16(row, F_TLS_RECORD_LENGTH, r);
    if (!rd_left(r)) /* experiments have not covered records without content */
        pdu_doubt(facts, HANDSHAKE_READERS);
    if (!rd_need(r, 1))
        return false;
    tls_note_version(state, type, rd_peek8(r, 0), version);
    if (!rd_need(r, rd_left(r))) /* Wireshark shows only the header of a record that was cut */
        return false;
    switch (type) {
    case TLS_CHANGE_CIPHER_SPEC:
        return tls_change_read(row, state, facts);
    case TLS_ALERT:
        return tls_alert_read(row, r);
    case TLS_HANDSHAKE:
        return tls_handshake_read(row, r, state, facts);
    case TLS_APP_DATA:
        put_span(row, F_TLS_APP_DATA, r, rd_left(r));
        return rd_ok(r);
    case TLS_HEARTBEAT:
        return tls_heartbeat_read(row, r);
    default:
        return true;
    }
}

const struct protocol tls_protocol = {.name = "tls",
                                      .readers = READER_BIT(READER_TLS) | READER_BIT(READER_X509),
                                      .owner = OWNER_TLS,
                                      .state_len = sizeof(struct tls_state),
                                      .accepts = tls_accepts,
                                      .recognises = tls_recognises,
                                      .length = tls_length,
                                      .is_payload = is_app_data,
                                      .read = tls_read,
                                      .forget = tls_state_forget};
