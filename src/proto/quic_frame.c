/* Frames of Initial packets (RFC 9000 section 19).
 * Invariant: the values of a frame lie inside the decrypted packet. A frame that must not be in an Initial is
 * shown by its type, and the rest of the packet is not read.
 * Source: RFC 9000; Wireshark's treatment of undefined types was observed (tshark 4.0.17). */
#include "field/ids_quic.h"
#include "proto/quic_conn.h"

enum {
    FRAME_PADDING = 0,
    FRAME_PING = 1,
    FRAME_ACK = 2,
    FRAME_ACK_ECN = 3,
    FRAME_CRYPTO = 6,
    FRAME_CLOSE = 0x1c,
    FRAME_CLOSE_APP = 0x1d,
    FRAME_LAST_DEFINED = 0x1e,
    FRAME_DATAGRAM = 0x30,
    FRAME_DATAGRAM_LEN = 0x31,
    FRAME_MULTIPATH = 0x40,
    FRAME_MULTIPATH_LAST = 0x46,
    FRAME_IMMEDIATE_ACK = 0xac,
    FRAME_ACK_FREQUENCY = 0xaf,
    FRAME_TIME_STAMP = 0x2f5,
    ERROR_TLS = 0x100 /* with the alert in the last byte */
};

/* Returns true for the frames of other packets, and for those of extensions that Wireshark knows. */
static bool is_defined(uint64_t type)
{
    return type <= FRAME_LAST_DEFINED || type == FRAME_DATAGRAM || type == FRAME_DATAGRAM_LEN ||
           (type >= FRAME_MULTIPATH && type <= FRAME_MULTIPATH_LAST) || type == FRAME_IMMEDIATE_ACK ||
           type == FRAME_ACK_FREQUENCY || type == FRAME_TIME_STAMP;
}

static uint64_t put_varint(struct row *row, field_id id, struct rd *r)
{
    uint64_t value = quic_varint(r);
    if (rd_ok(r))
        put_uint(row, id, value);
    return value;
}

static void quic_padding_read(struct row *row, struct rd *r)
{
    uint32_t n = 1;
    while (rd_has(r, 1) && !rd_peek8(r, 0)) {
        rd_skip(r, 1);
        n++;
    }
    put_uint(row, F_QUIC_PADDING_LENGTH, n);
}

static void ack_read(struct row *row, struct rd *r, bool ecn)
{
    put_varint(row, F_QUIC_ACK_LARGEST_ACKNOWLEDGED, r);
    put_varint(row, F_QUIC_ACK_ACK_DELAY, r);
    uint64_t ranges = put_varint(row, F_QUIC_ACK_ACK_RANGE_COUNT, r);
    put_varint(row, F_QUIC_ACK_FIRST_ACK_RANGE, r);
    for (uint64_t i = 0; i < ranges && rd_ok(r); i++) {
        put_varint(row, F_QUIC_ACK_GAP, r);
        put_varint(row, F_QUIC_ACK_ACK_RANGE, r);
    }
    if (!ecn)
        return;
    put_varint(row, F_QUIC_ACK_ECT0_COUNT, r);
    put_varint(row, F_QUIC_ACK_ECT1_COUNT, r);
    put_varint(row, F_QUIC_ACK_ECN_CE_COUNT, r);
}

static void close_read(struct row *row, struct rd *r, bool app)
{
    uint64_t code = put_varint(row, app ? F_QUIC_CC_ERROR_CODE_APP : F_QUIC_CC_ERROR_CODE, r);
    if (!app) {
        if (rd_ok(r) && (code & ~0xffull) == ERROR_TLS)
            put_uint(row, F_QUIC_CC_ERROR_CODE_TLS_ALERT, code & 0xff);
        put_varint(row, F_QUIC_CC_FRAME_TYPE, r);
    }
    uint64_t len = put_varint(row, F_QUIC_CC_REASON_PHRASE_LENGTH, r);
    if (!rd_ok(r) || !len)
        return;
    uint32_t n = len > UINT32_MAX ? UINT32_MAX : (uint32_t)len;
    put_text_wire(row, F_QUIC_CC_REASON_PHRASE, rd_bytes(r, n), n);
}

static bool crypto_read(struct quic *quic, struct row *row, struct rd *r, struct quic_conn *conn,
                        bool from_server, const struct quic_facts *facts)
{
    uint64_t offset = put_varint(row, F_QUIC_CRYPTO_OFFSET, r),
             len = put_varint(row, F_QUIC_CRYPTO_LENGTH, r);
    if (!rd_ok(r) || len > rd_left(r))
        return false;
    struct rd data = rd_sub(r, (uint32_t)len);
    put_label(row, F_QUIC_CRYPTO_CRYPTO_DATA);
    return quic_stream_push(quic, row, &data, offset, conn, from_server, facts);
}

bool quic_frames_read(struct quic *quic, struct row *row, struct rd *r, struct quic_conn *conn,
                      bool from_server, const struct quic_facts *facts)
{
    while (rd_ok(r) && rd_left(r)) {
        uint64_t type = quic_varint(r);
        if (!rd_ok(r))
            break;
        put_label(row, F_QUIC_FRAME);
        put_uint(row, F_QUIC_FRAME_TYPE, type);
        if (type == FRAME_PADDING)
            quic_padding_read(row, r);
        else if (type == FRAME_ACK || type == FRAME_ACK_ECN)
            ack_read(row, r, type == FRAME_ACK_ECN);
        else if (type == FRAME_CLOSE || type == FRAME_CLOSE_APP)
            close_read(row, r, type == FRAME_CLOSE_APP);
        else if (type == FRAME_CRYPTO && !crypto_read(quic, row, r, conn, from_server, facts))
            return false;
        else if (type != FRAME_PING && type != FRAME_CRYPTO && is_defined(type)) {
            quic->unclear = true; /* frames that must not be in an Initial */
            return true;
        } else if (type > FRAME_LAST_DEFINED)
            put_label(row, F_QUIC_FT_UNKNOWN);
    }
    return rd_ok(r);
}
