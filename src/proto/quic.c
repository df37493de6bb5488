/* Datagrams -> packets -> headers (RFC 9000 section 17, RFC 9369).
 * Invariant: a datagram belongs to the connection of its first packet; bytes behind it without the same
 * destination ID are padding.
 * Source: these RFCs; the datagrams that Wireshark recognises, and the fields of packets that it cannot
 * decrypt, were observed (tshark 4.0.17). */
#include "proto/quic.h"

#include <string.h>

#include "base/optional.h"
#include "field/ids_quic.h"
#include "proto/quic_conn.h"

enum {
    LEAST = 13,       /* least bytes of a datagram that is recognised */
    LEAST_SHORT = 21, /* the same for a datagram that begins with a short header */
    RETRY_TAG = 16
};

/* The packet that is being read, and its datagram. */
struct packet {
    struct quic *quic;
    struct row *row;
    const struct quic_facts *facts;
    struct quic_conn *conn;
    bool from_server;
    struct quic_head head;
};

static enum quic_type quic_type_of(uint8_t first, uint32_t version)
{
    if (!(first & 0x80))
        return QUIC_SHORT;
    if (!version)
        return QUIC_NEGOTIATION;
    uint8_t bits = first >> 4 & 3;
    return (enum quic_type)(version == QUIC_V2 ? (bits + 3) & 3 : bits);
}

/* Reads the part of the header that all versions share. */
static bool head_read(struct rd *r, struct quic_head *head, uint8_t short_len)
{
    uint8_t first = rd_u8(r);
    head->version = first & 0x80 ? rd_u32(r) : 0;
    head->type = quic_type_of(first, head->version);
    head->dcid = quic_cid_read(r, first & 0x80 ? rd_u8(r) : short_len);
    head->scid = first & 0x80 ? quic_cid_read(r, rd_u8(r)) : (struct quic_cid){0};
    return rd_ok(r);
}

bool quic_recognises(const struct quic *quic, const struct rd *r)
{
    struct rd look = *r;
    uint8_t first = rd_u8(&look);
    if (!rd_has(r, LEAST))
        return false;
    if (!(first & 0x80))
        return rd_has(r, LEAST_SHORT) && quic_short_known(quic, r);
    if (!quic_version_known(rd_u32(&look)))
        return false;
    uint8_t dcid_len = rd_u8(&look);
    rd_skip(&look, dcid_len);
    uint8_t scid_len = rd_u8(&look);
    return rd_ok(&look) && dcid_len <= QUIC_CID_MAX && scid_len <= QUIC_CID_MAX;
}

/* Returns the number of bytes of the packet at r; its header was read. 0: not known. */
static uint32_t packet_len(const struct rd *r, enum quic_type type)
{
    struct rd look = *r;
    if (type == QUIC_SHORT || type == QUIC_RETRY || type == QUIC_NEGOTIATION)
        return rd_left(r);
    rd_skip(&look, 5);
    rd_skip(&look, rd_u8(&look));
    rd_skip(&look, rd_u8(&look));
    if (type == QUIC_INITIAL) {
        uint64_t token = quic_varint(&look);
        rd_skip(&look, token < UINT32_MAX ? (uint32_t)token : UINT32_MAX);
    }
    uint64_t len = quic_varint(&look);
    if (!rd_ok(&look))
        return 0;
    return len < rd_left(&look) ? look.pos - r->pos + (uint32_t)len : rd_left(r);
}

/* The versions that the server offers; a part of a version at the end is ignored. */
static void negotiation_read(struct row *row, struct rd *r)
{
    while (rd_ok(r) && rd_left(r) >= 4)
        put_u32(row, F_QUIC_SUPPORTED_VERSION, r);
}

static void retry_read(struct row *row, struct rd *r)
{
    uint32_t token = rd_left(r) > RETRY_TAG ? rd_left(r) - RETRY_TAG : 0;
    put_span(row, F_QUIC_RETRY_TOKEN, r, token);
    put_span(row, F_QUIC_RETRY_INTEGRITY_TAG, r, rd_left(r));
}

/* Reads version and connection IDs; r is behind the first byte. */
static void ids_read(struct row *row, struct rd *r)
{
    put_u32(row, F_QUIC_VERSION, r);
    uint8_t len = put_u8(row, F_QUIC_DCIL, r);
    if (len)
        put_span(row, F_QUIC_DCID, r, len);
    len = put_u8(row, F_QUIC_SCIL, r);
    if (len)
        put_span(row, F_QUIC_SCID, r, len);
}

static void remaining_put(struct row *row, struct rd *r)
{
    if (rd_cap_left(r))
        put_span(row, F_QUIC_REMAINING_PAYLOAD, r, rd_cap_left(r));
}

/* The number nearest to the expected one that has these low bits (RFC 9000 A.3). */
static uint64_t whole_number(uint64_t largest, uint32_t low, unsigned bytes)
{
    uint64_t expected = largest + 1, window = 1ull << 8 * bytes, half = window / 2;
    uint64_t candidate = (expected & ~(window - 1)) | low;
    if (candidate + half <= expected && candidate < (1ull << 62) - window)
        return candidate + window;
    return candidate > expected + half && candidate >= window ? candidate - window : candidate;
}

/* The direction of the server is 1, and the TLS version is always 1.3. */
static void tls_begin(struct tls_state *tls, uint32_t version)
{
    tls->version = TLS_13;
    tls->quic_version = version;
    tls->server = 1;
    tls->has_server = true;
}

/* Returns true if an Initial that cannot be decrypted belongs to a connection that began before the capture,
 * so that no handshake is missed. */
static bool began_before(const struct packet *p)
{
    bool sure_keys = p->head.version == QUIC_V1 || p->head.version == QUIC_V2;
    return sure_keys && p->head.version == p->conn->version && !p->conn->was_opened;
}

/* Decrypts an Initial and reads its frames. Returns false if Wireshark stops reading the datagram here. */
static bool payload_open(struct packet *p, const struct rd *packet, struct rd *payload, uint8_t first,
                         uint64_t number)
{
    struct quic_conn *conn = p->conn;
    const struct quic_keys *keys = &conn->keys[p->from_server];
    uint32_t header_len = (uint32_t)(payload->data + payload->pos - packet->data - packet->pos),
             len = rd_left(payload);
    struct rd header = *packet;
    const uint8_t *sealed = rd_bytes(payload, len), *protected = rd_bytes(&header, header_len);
    uint8_t iv[AES_IV_LEN],
        *clear = sealed && len > AES_TAG_LEN ? arena_alloc(p->row->arena, len + header_len) : NULL;
    if (!sealed || !protected || len <= AES_TAG_LEN) {
        put_label(p->row, F_QUIC_DECRYPTION_FAILED);
        return true;
    }
    if (!clear)
        return false;
    uint8_t *aad = clear + len;
    memcpy(aad, protected, header_len);
    memcpy(iv, keys->iv, sizeof iv);
    aad[0] = first;
    for (unsigned i = 0; i < 8; i++)
        iv[AES_IV_LEN - 1 - i] ^= (uint8_t)(number >> 8 * i);
    for (unsigned i = 0; i <= (first & 3u); i++)
        aad[header_len - 1 - i] = (uint8_t)(number >> 8 * i);
    len -= AES_TAG_LEN;
    if (!aes_gcm_open(p->quic->cipher, clear, keys->key, iv, aad, header_len, sealed, len)) {
        p->quic->unclear |= !began_before(p);
        p->quic->unclear_unknown = true;
        put_label(p->row, F_QUIC_DECRYPTION_FAILED);
        return true;
    }
    struct rd frames = rd_make(clear, len, len);
    conn->was_opened = true;
    if (number > conn->largest[p->from_server])
        conn->largest[p->from_server] = number;
    tls_begin(&p->facts->path->tls, p->head.version);
    if (p->head.version == QUIC_Q050)
        return true;
    if (p->head.version == QUIC_T050 || p->head.version == QUIC_T051)
        return quic_google_read(p->quic, p->row, &frames, p->from_server, p->facts);
    return quic_frames_read(p->quic, p->row, &frames, conn, p->from_server, p->facts);
}

/* Reads token and length, which precede the packet number. */
static void lengths_read(struct row *row, struct rd *r, enum quic_type type)
{
    if (type == QUIC_INITIAL) {
        uint64_t token = quic_varint(r);
        if (rd_ok(r))
            put_uint(row, F_QUIC_TOKEN_LENGTH, token);
        if (token && token <= rd_left(r))
            put_span(row, F_QUIC_TOKEN, r, (uint32_t)token);
    }
    uint64_t len = quic_varint(r);
    if (rd_ok(r))
        put_uint(row, F_QUIC_LENGTH, len);
}

/* The position of the packet number, from the first byte of the packet. */
static uint32_t number_at(const struct rd *r, enum quic_type type)
{
    struct rd look = *r;
    rd_skip(&look, 5);
    rd_skip(&look, rd_u8(&look));
    rd_skip(&look, rd_u8(&look));
    if (type == QUIC_INITIAL)
        rd_skip(&look, (uint32_t)quic_varint(&look));
    quic_varint(&look);
    return look.pos - r->pos;
}

static bool long_read(struct packet *p, struct rd *r)
{
    struct row *row = p->row;
    struct rd whole = rd_rest(r);
    uint8_t first = rd_peek8(r, 0);
    uint32_t low = 0;
    bool opened = p->head.type == QUIC_INITIAL && p->conn && p->conn->has_keys;
    put_uint(row, F_QUIC_HEADER_FORM, 1);
    if (opened && !quic_header_open(p->quic->cipher, &p->conn->keys[p->from_server], &whole,
                                    number_at(&whole, p->head.type), &first, &low))
        return false;
    rd_skip(r, 1);
    if (p->head.type == QUIC_NEGOTIATION) {
        put_uint(row, F_QUIC_VN_UNUSED, first & 0x7f);
    } else {
        if (p->head.type != QUIC_RETRY)
            put_bool(row, F_QUIC_FIXED_BIT, first >> 6 & 1);
        bool v2 = p->head.version == QUIC_V2;
        put_uint(row, v2 ? F_QUIC_LONG_PACKET_TYPE_V2 : F_QUIC_LONG_PACKET_TYPE, first >> 4 & 3);
    }
    if (opened) {
        put_uint(row, F_QUIC_LONG_RESERVED, first >> 2 & 3);
        put_uint(row, F_QUIC_PACKET_NUMBER_LENGTH, first & 3);
    }
    ids_read(row, r);
    if (p->head.type == QUIC_NEGOTIATION || p->head.type == QUIC_RETRY) {
        p->head.type == QUIC_RETRY ? retry_read(row, r) : negotiation_read(row, r);
        return true;
    }
    lengths_read(row, r, p->head.type);
    if (!opened) {
        put_label(row, F_QUIC_DECRYPTION_FAILED);
        remaining_put(row, r);
        return true;
    }
    unsigned n = (first & 3u) + 1;
    uint64_t number = whole_number(p->conn->largest[p->from_server], low, n);
    rd_skip(r, n);
    put_uint(row, F_QUIC_PACKET_NUMBER, number);
    if (rd_cap_left(r)) {
        struct rd payload = *r;
        put_span(row, F_QUIC_PAYLOAD, &payload, rd_cap_left(r));
    }
    return payload_open(p, &whole, r, first, number);
}

static bool short_read(struct packet *p, struct rd *r)
{
    uint8_t first = rd_u8(r);
    put_uint(p->row, F_QUIC_HEADER_FORM, 0);
    put_label(p->row, F_QUIC_SHORT);
    put_bool(p->row, F_QUIC_FIXED_BIT, first >> 6 & 1);
    put_bool(p->row, F_QUIC_SPIN_BIT, first >> 5 & 1);
    if (p->conn && p->head.dcid.len)
        put_span(p->row, F_QUIC_DCID, r, p->head.dcid.len);
    if (p->conn && !p->conn->gave_up) {
        put_label(p->row, F_QUIC_DECRYPTION_FAILED);
        p->conn->gave_up = p->facts->path->tls.cipher;
    }
    remaining_put(p->row, r);
    return rd_ok(r);
}

/* The length of the ID in a short header: that of the side that gets the packet, whichever ID found the
 * connection. */
static uint8_t short_len(const struct packet *p)
{
    if (!p->conn)
        return 0;
    return p->from_server ? p->conn->client.len : p->conn->server.len;
}

/* Returns true if another packet of the datagram begins here. Puts a label on padding. */
static bool goes_on(struct packet *p, const struct rd *r)
{
    struct rd look = *r;
    struct quic_cid dcid = p->head.dcid;
    if (!head_read(&look, &p->head, short_len(p)))
        return false;
    if ((p->head.type == QUIC_SHORT && !p->conn) || quic_cid_equal(&dcid, &p->head.dcid))
        return true;
    put_label(p->row, F_QUIC_COALESCED_PADDING_DATA);
    return false;
}

static bool packet_read(struct packet *p, struct rd *r)
{
    uint32_t len = packet_len(r, p->head.type);
    if (!len)
        return false;
    struct rd packet = rd_sub(r, len);
    put_uint(p->row, F_QUIC_PACKET_LENGTH, len);
    if (p->head.type == QUIC_INITIAL && p->conn && !p->from_server && p->conn->wants_keys)
        p->conn->wants_keys = !quic_keys_make(p->quic->cipher, p->conn);
    return p->head.type == QUIC_SHORT ? short_read(p, &packet) : long_read(p, &packet);
}

void quic_read(struct quic *quic, struct row *row, struct rd *r, const struct quic_facts *facts)
{
    struct packet p = {.quic = quic, .row = row, .facts = facts};
    struct rd look = *r;
    facts->path->claimed = true;
    bool is_short = !(rd_peek8(r, 0) & 0x80);
    if (is_short && !rd_has(r, LEAST_SHORT))
        return;
    if (is_short)
        p.conn = quic_connect_short(quic, r, facts, &p.from_server);
    if (!head_read(&look, &p.head, short_len(&p))) {
        quic->unclear = true;
        return;
    }
    if (!is_short)
        p.conn = quic_connect(quic, &p.head, facts, &p.from_server);
    if (p.conn)
        put_uint(row, F_QUIC_CONNECTION_NUMBER, p.conn->number);
    else
        put_label(row, F_QUIC_CONNECTION_UNKNOWN);
    quic->unclear_unknown |= !p.conn;
    quic->unclear |= !HAS_CRYPTO;
    while (packet_read(&p, r) && rd_left(r) && goes_on(&p, r))
        continue;
}
