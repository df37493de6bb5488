/* Transport parameters of QUIC in a hello (RFC 9000 section 18, RFC 9221, additions of Google and Facebook).
 * Invariant: the values of a parameter lie inside it.
 * Source: these documents; the parameters that Wireshark dissects were observed (tshark 4.0.17). */
#include "field/ids_tls.h"
#include "proto/quic_conn.h"

enum { PARAMETER_GOOGLE_VERSION = 0x4752, PARAMETER_GOOGLE_AGENT = 0x3129 };

static const struct parameter {
    uint16_t type, field;
    uint8_t form; /* type of the value: FT_BYTES, FT_UINT64 (a QUIC varint) or FT_NONE (no value) */
} parameters[] = {
    {0, F_TLS_QUIC_PARAMETER_ORIGINAL_DESTINATION_CONNECTION_ID, FT_BYTES},
    {1, F_TLS_QUIC_PARAMETER_MAX_IDLE_TIMEOUT, FT_UINT64},
    {2, F_TLS_QUIC_PARAMETER_STATELESS_RESET_TOKEN, FT_BYTES},
    {3, F_TLS_QUIC_PARAMETER_MAX_UDP_PAYLOAD_SIZE, FT_UINT64},
    {4, F_TLS_QUIC_PARAMETER_INITIAL_MAX_DATA, FT_UINT64},
    {5, F_TLS_QUIC_PARAMETER_INITIAL_MAX_STREAM_DATA_BIDI_LOCAL, FT_UINT64},
    {6, F_TLS_QUIC_PARAMETER_INITIAL_MAX_STREAM_DATA_BIDI_REMOTE, FT_UINT64},
    {7, F_TLS_QUIC_PARAMETER_INITIAL_MAX_STREAM_DATA_UNI, FT_UINT64},
    {8, F_TLS_QUIC_PARAMETER_INITIAL_MAX_STREAMS_BIDI, FT_UINT64},
    {9, F_TLS_QUIC_PARAMETER_INITIAL_MAX_STREAMS_UNI, FT_UINT64},
    {10, F_TLS_QUIC_PARAMETER_ACK_DELAY_EXPONENT, FT_UINT64},
    {11, F_TLS_QUIC_PARAMETER_MAX_ACK_DELAY, FT_UINT64},
    {14, F_TLS_QUIC_PARAMETER_ACTIVE_CONNECTION_ID_LIMIT, FT_UINT64},
    {15, F_TLS_QUIC_PARAMETER_INITIAL_SOURCE_CONNECTION_ID, FT_BYTES},
    {16, F_TLS_QUIC_PARAMETER_RETRY_SOURCE_CONNECTION_ID, FT_BYTES},
    {0x20, F_TLS_QUIC_PARAMETER_MAX_DATAGRAM_FRAME_SIZE, FT_UINT64},
    {0x3127, F_TLS_QUIC_PARAMETER_GOOGLE_INITIAL_RTT, FT_UINT64},
    {0x312a, F_TLS_QUIC_PARAMETER_GOOGLE_SUPPORT_HANDSHAKE_DONE, FT_NONE},
    {0x312b, F_TLS_QUIC_PARAMETER_GOOGLE_KEY_UPDATE_NOT_YET_SUPPORTED, FT_NONE},
    {0x7158, F_TLS_QUIC_PARAMETER_ENABLE_TIME_STAMP_V2, FT_UINT64},
    {0xff00, F_TLS_QUIC_PARAMETER_FACEBOOK_PARTIAL_RELIABILITY, FT_UINT64},
};

static void google_version_read(struct row *row, struct rd *r)
{
    put_u32(row, F_TLS_QUIC_PARAMETER_GOOGLE_QUIC_VERSION, r);
    if (!rd_left(r))
        return;
    put_u8(row, F_TLS_QUIC_PARAMETER_GOOGLE_SUPPORTED_VERSIONS_LENGTH, r);
    while (rd_ok(r) && rd_left(r) >= 4)
        put_u32(row, F_TLS_QUIC_PARAMETER_GOOGLE_SUPPORTED_VERSION, r);
}

static void parameter_value_read(struct row *row, struct rd *r, uint64_t type)
{
    if (type == PARAMETER_GOOGLE_VERSION)
        google_version_read(row, r);
    if (type == PARAMETER_GOOGLE_AGENT) {
        uint32_t len = rd_left(r);
        put_text_wire(row, F_TLS_QUIC_PARAMETER_GOOGLE_USER_AGENT, rd_bytes(r, len), len);
    }
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++) {
        const struct parameter *p = &parameters[i];
        field_id id = (field_id)p->field;
        if (p->type != type)
            continue;
        if (p->form == FT_NONE) {
            put_label(row, id);
        } else if (p->form == FT_BYTES) {
            put_span(row, id, r, rd_left(r));
        } else {
            uint64_t value = quic_varint(r);
            if (rd_ok(r))
                put_uint(row, id, value);
        }
    }
}

void tls_quic_parameters_read(struct tls_hand *h, struct rd *r)
{
    struct row *row = h->row;
    bool old = quic_version_old(h->state->quic_version);
    if (old)
        put_u16(row, F_TLS_QUIC_LEN, r);
    while (rd_ok(r) && rd_left(r)) {
        uint64_t type = old ? rd_u16(r) : quic_varint(r);
        if (!rd_ok(r))
            return;
        put_uint(row, F_TLS_QUIC_PARAMETER_TYPE, type);
        uint64_t len = old ? rd_u16(r) : quic_varint(r);
        if (!rd_ok(r))
            return;
        put_uint(row, old ? F_TLS_QUIC_PARAMETER_LENGT_OLD : F_TLS_QUIC_PARAMETER_LENGTH, len);
        struct rd value = rd_sub(r, len > UINT32_MAX ? UINT32_MAX : (uint32_t)len), look = value;
        put_span(row, F_TLS_QUIC_PARAMETER_VALUE, &look, rd_left(&look));
        if (rd_ok(&value))
            parameter_value_read(row, &value, type);
    }
}
