/* TLS records (RFC 8446 5.1, RFC 5246 6.2, RFC 6101): header, alerts, change of cipher, application data, heartbeats.
 * Invariant: a record's values come from inside the record. Source beside the RFCs: observed, tshark 4.0.17. */
#include "proto/tls.h"

enum { HEADER = 5, RECORD_MAX = 16384 + 2048 };

static bool is_version(uint16_t version)
{
    return version >= SSL_30 && version <= TLS_13;
}

static bool is_content(uint8_t type)
{
    return type >= TLS_CHANGE_CIPHER_SPEC && type <= TLS_HEARTBEAT;
}

/* struct { ContentType type; ProtocolVersion legacy_record_version; uint16 length; ... } TLSPlaintext; */
static bool tls_recognises(const struct rd *r, const struct pdu_facts *facts)
{
    (void)facts;
    uint8_t type = rd_peek8(r, 0);
    uint16_t version = rd_peek16(r, 1), len = rd_peek16(r, 3);
    return rd_has(r, HEADER) && (type == TLS_HANDSHAKE || type == TLS_APP_DATA) && version >= SSL_30 &&
           version <= TLS_12 && len && len < RECORD_MAX;
}

static int64_t tls_length(void *context, const struct rd *r, const struct pdu_facts *facts)
{
    (void)context;
    (void)facts;
    if (rd_left(r) < HEADER)
        return PDU_ONE_MORE;
    if (!is_content(rd_peek8(r, 0)) || !is_version(rd_peek16(r, 1)))
        return PDU_STOP;
    return HEADER + rd_peek16(r, 3);
}

static void tls_read(struct row *row, struct rd *r, void *context, const struct pdu_facts *facts)
{
    struct tls_state *state = context;
    (void)facts;
    uint8_t type = rd_u8(r);
    if (!rd_ok(r))
        return;
    bool opaque = state->version == TLS_13 && type == TLS_APP_DATA;
    put_label(row, F_TLS_RECORD);
    put_uint(row, opaque ? F_TLS_RECORD_OPAQUE_TYPE : F_TLS_RECORD_CONTENT_TYPE, type);
    put_u16(row, F_TLS_RECORD_VERSION, r);
    put_u16(row, F_TLS_RECORD_LENGTH, r);
}

static const uint16_t tls_ports[] = {324,  443,  465,  636,  802,  853,  993,  995,   1300,  2221,  2443,  3249, 3250,
                                     3251, 3252, 3496, 5061, 5671, 5684, 5868, 8883, 11207, 19999, 27017, 0};
static const char *const tls_fields[] = {"tls.", NULL};

const struct protocol tls_protocol = {.name = "tls",
                                      .fields = tls_fields,
                                      .ports = tls_ports,
                                      .state_len = sizeof(struct tls_state),
                                      .recognises = tls_recognises,
                                      .length = tls_length,
                                      .read = tls_read};
