/* DTLS records (RFC 6347 section 4.1, RFC 9146 section 4): header, alerts, change of cipher, application
 * data, heartbeats.
 * Invariant: records follow each other by their lengths, but the content of a record may be read beyond its
 * end, up to the end of the datagram, as in Wireshark.
 * Source: these RFCs; observed (tshark 4.0.17). */
#include "proto/dtls.h"

#include <string.h>

#include "field/ids_dtls.h"
#include "field/ids_tls.h"

enum { RECORD_MAX = 16384 + 2048 };

static bool dtls_is_version(uint16_t version)
{
    return version == DTLS_10 || version == DTLS_12 || version == DTLS_OPENSSL;
}

static bool dtls_is_content(uint8_t type) { return type >= TLS_CHANGE_CIPHER_SPEC && type <= TLS_CID; }

/* Returns true if this connection ID is next; r then moves behind it. */
static bool id_take(struct rd *r, const struct tls_id *id)
{
    if (!id || !id->len || !rd_has(r, id->len) || memcmp(r->data + r->pos, id->bytes, id->len))
        return false;
    return rd_skip(r, id->len);
}

bool dtls_recognises(const struct dtls *dtls, const struct rd *r, const struct tls_id *id)
{
    struct rd rest = *r;
    if (!rd_has(&rest, 3))
        return false;
    while (rd_left(&rest)) {
        if (!rd_has(&rest, 3)) /* if it was cut, it may be DTLS; otherwise it is too short */
            return rest.cap < rest.len;
        uint8_t type = rd_peek8(&rest, 0);
        if (!dtls_is_content(type) || !dtls_is_version(rd_peek16(&rest, 1)))
            return false;
        if (!rd_has(&rest, DTLS_HEADER))
            return rd_left(&rest) >= DTLS_HEADER;
        rd_skip(&rest, DTLS_HEADER - 2);
        if (type == TLS_CID && !id_take(&rest, id) && dtls->has_ids)
            return true; /* it may be the ID of another path; dtls_read decides */
        if (!rd_skip(&rest, rd_u16(&rest)))
            return false;
    }
    return true;
}

/* Until the version is negotiated, the version of record headers counts, except for a ClientHello and for
 * ciphertext. */
static void dtls_note_version(struct tls_state *state, uint8_t type, uint8_t message, uint16_t version)
{
    if (!state->version &&
        (type != TLS_HANDSHAKE || (tls_is_message(message) && message != TLS_CLIENT_HELLO)))
        dtls_set_version(state, version);
}

static bool is_alert(uint8_t level, uint8_t description)
{
    static const uint8_t known[] = {0,  1,   10,  20,  21,  22,  30,  40,  41,  42,  43,  44,
                                    45, 46,  47,  48,  49,  50,  51,  60,  70,  71,  80,  86,
                                    90, 100, 109, 110, 111, 112, 113, 114, 115, 116, 120, 121};
    return (level == 1 || level == 2) && memchr(known, description, sizeof known);
}

static bool dtls_alert_read(struct row *row, struct rd r)
{
    put_label(row, F_TLS_ALERT_MESSAGE);
    if (!rd_need(&r, 2))
        return false;
    if (is_alert(rd_peek8(&r, 0), rd_peek8(&r, 1))) {
        put_u8(row, F_TLS_ALERT_MESSAGE_LEVEL, &r);
        put_u8(row, F_TLS_ALERT_MESSAGE_DESC, &r);
    }
    return true;
}

/* RFC 6520: type, payload length, payload, padding. */
static bool dtls_heartbeat_read(struct row *row, struct rd r, uint32_t record_len)
{
    enum { HEAD = 3, PADDING = 16, TYPES = 2 };
    put_label(row, F_TLS_HEARTBEAT_MESSAGE);
    if (!rd_need(&r, HEAD))
        return false;
    uint8_t type = rd_peek8(&r, 0);
    uint32_t len = rd_peek16(&r, 1);
    bool fits = record_len < HEAD + PADDING || len + HEAD + PADDING <= record_len;
    if (!type || type > TYPES || !fits)
        return true;
    put_u8(row, F_TLS_HEARTBEAT_MESSAGE_TYPE, &r);
    put_u16(row, F_TLS_HEARTBEAT_MESSAGE_PAYLOAD_LENGTH, &r);
    put_span(row, F_TLS_HEARTBEAT_MESSAGE_PAYLOAD, &r, len);
    if (HEAD + len > record_len)
        return false;
    put_span(row, F_TLS_HEARTBEAT_MESSAGE_PADDING, &r, record_len - HEAD - len);
    return rd_ok(&r);
}

static bool dtls_change_read(struct row *row, const struct dtls_facts *facts)
{
    struct tls_state *state = &facts->path->tls;
    put_label(row, F_TLS_CHANGE_CIPHER_SPEC);
    if (dtls_from_server(facts) && state->may_resume) {
        put_label(row, F_TLS_RESUMED);
        state->may_resume = false;
    }
    return true;
}

static bool content_read(struct dtls *dtls, struct row *row, struct rd r, uint8_t type, uint32_t len,
                         const struct dtls_facts *facts)
{
    switch (type) {
    case TLS_CHANGE_CIPHER_SPEC:
        return dtls_change_read(row, facts);
    case TLS_ALERT:
        return dtls_alert_read(row, r);
    case TLS_HANDSHAKE:
        return dtls_handshake_read(dtls, row, r, len, facts);
    case TLS_APP_DATA:
        put_span(row, F_TLS_APP_DATA, &r, len);
        return rd_ok(&r);
    case TLS_HEARTBEAT:
        return dtls_heartbeat_read(row, r, len);
    default:
        put_span(row, F_DTLS_ENC_CONTENT, &r, len);
        return rd_ok(&r);
    }
}

static bool id_stands(struct rd r, const struct tls_id *id)
{
    enum { AT = 11 };
    return rd_skip(&r, AT) && id_take(&r, id);
}

/* struct { ContentType type; ProtocolVersion version; uint16 epoch; uint48 sequence_number; [opaque cid[]]
 * uint16 length; ... } */
static bool dtls_record_read(struct dtls *dtls, struct row *row, struct rd *r, const struct dtls_facts *facts)
{
    uint8_t type = rd_peek8(r, 0);
    if (!rd_has(r, DTLS_HEADER) || !dtls_is_content(type) || !dtls_is_version(rd_peek16(r, 1)))
        return false;
    bool has_id = type == TLS_CID && dtls->has_ids;
    const struct tls_id *id = &facts->path->tls.ids[1 - facts->direction];
    bool was_cut = type == TLS_CID && r->cap < r->len;
    if ((has_id && !id_stands(*r, id)) ||
        was_cut) { /* the length that Wireshark takes for the connection ID is not known */
        dtls->doubt = true;
        return false;
    }
    put_label(row, F_TLS_RECORD);
    put_u8(row, type == TLS_CID ? F_DTLS_RECORD_SPECIAL_TYPE : F_TLS_RECORD_CONTENT_TYPE, r);
    uint16_t version = put_u16(row, F_TLS_RECORD_VERSION, r);
    put_u16(row, F_DTLS_RECORD_EPOCH, r);
    uint64_t high = rd_u16(r);
    put_uint(row, F_DTLS_RECORD_SEQUENCE_NUMBER, high << 32 | rd_u32(r));
    if (type == TLS_CID)
        put_span(row, F_DTLS_RECORD_CONNECTION_ID, r, has_id ? id->len : 0);
    uint16_t len = put_u16(row, F_TLS_RECORD_LENGTH, r);
    if (!rd_need(r, 1)) /* even of an empty record */
        return false;
    dtls_note_version(&facts->path->tls, type, rd_peek8(r, 0), version);
    if (len > RECORD_MAX || (!len && type < TLS_APP_DATA))
        put_label(row, F_DTLS_RECORD_LENGTH_INVALID);
    return content_read(dtls, row, rd_rest(r), type, len, facts) && rd_skip(r, len);
}

void dtls_read(struct dtls *dtls, struct row *row, struct rd *r, const struct dtls_facts *facts)
{
    if (row->slot_of == dtls->slot_of) {
        row->own_slots = row->slot_of;
        row->slot_of = dtls->slots;
    }
    while (rd_left(r) && dtls_record_read(dtls, row, r, facts)) {
    }
    if (row->own_slots)
        row->slot_of = row->own_slots;
    row->own_slots = NULL;
}

void dtls_init(struct dtls *dtls, struct arena *arena, const int16_t *slot_of)
{
    *dtls = (struct dtls){.arena = arena, .slot_of = slot_of};
    memcpy(dtls->slots, slot_of, sizeof dtls->slots);
    for (int id = 0; id < F_COUNT; id++)
        if (field_table[id].reader == READER_TLS)
            dtls->slots[id] = -1;
    for (int id = 0; id < F_COUNT; id++) {
        field_id twin =
            field_table[id].reader == READER_DTLS ? field_find(field_table[id].name + 1) : F_COUNT;
        if (twin != F_COUNT) /* of dtls.x it is tls.x */
            dtls->slots[twin] = slot_of[id];
    }
}

void dtls_reset(struct dtls *dtls)
{
    dtls->has_ids = dtls->doubt = false;
    dtls->refused = 0;
}
