/* Handshake records -> messages (RFC 8446 section 5.1). A message may continue over several records; its
 * values then belong to the record that completes it.
 * Invariant: a fragment belongs to one direction, and is dropped when its message is complete.
 * Source: RFC 8446; the records that count as encrypted were observed (tshark 4.0.17). */
#include <string.h>

#include "field/ids_tls.h"
#include "proto/tls.h"

enum { HEADER = 4, CIPHER_MIN = 16 /* shorter records cannot be encrypted */, PLAIN_MAX = 0x10000 };

bool tls_is_message(uint8_t type)
{
    static const uint32_t known =
        1u << TLS_HELLO_REQUEST | 1u << TLS_CLIENT_HELLO | 1u << TLS_SERVER_HELLO | 1u << TLS_HELLO_VERIFY |
        1u << TLS_NEW_SESSION_TICKET | 1u << TLS_END_OF_EARLY_DATA | 1u << TLS_HELLO_RETRY |
        1u << TLS_ENCRYPTED_EXTENSIONS | 1u << TLS_CERTIFICATE | 1u << TLS_SERVER_KEY_EXCHANGE |
        1u << TLS_CERTIFICATE_REQUEST | 1u << TLS_SERVER_HELLO_DONE | 1u << TLS_CERTIFICATE_VERIFY |
        1u << TLS_CLIENT_KEY_EXCHANGE | 1u << TLS_FINISHED | 1u << TLS_CERTIFICATE_URL |
        1u << TLS_CERTIFICATE_STATUS | 1u << TLS_SUPPLEMENTAL_DATA | 1u << TLS_KEY_UPDATE |
        1u << TLS_COMPRESSED_CERTIFICATE;
    return (type < 32 && known >> type & 1) || type == TLS_NEXT_PROTOCOL;
}

/* Returns true if the content of a record cannot be plain messages. */
static bool is_encrypted(const struct tls_hand *h, const struct rd *r)
{
    if (rd_left(r) < CIPHER_MIN)
        return false;
    if (!rd_peek32(r, 0) && !rd_peek8(r, 4)) /* an explicit nonce that counts from 0 */
        return true;
    if (!tls_is_message(rd_peek8(r, 0)) || (rd_peek32(r, 0) & 0xffffff) >= PLAIN_MAX)
        return true;
    uint32_t changed = h->state->ccs_frame[h->from_server];
    return changed && h->facts->frame > changed;
}

static void ticket_read(struct tls_hand *h, struct rd *r)
{
    struct rd body;
    bool tls13 = h->state->version == TLS_13;
    put_u32(h->row, F_TLS_HANDSHAKE_SESSION_TICKET_LIFETIME_HINT, r);
    if (tls13) {
        put_u32(h->row, F_TLS_HANDSHAKE_SESSION_TICKET_AGE_ADD, r);
        if (tls_vector(h->row, r, F_TLS_HANDSHAKE_SESSION_TICKET_NONCE_LENGTH, 1, 0, 0xff, &body))
            put_span(h->row, F_TLS_HANDSHAKE_SESSION_TICKET_NONCE, &body, rd_left(&body));
    }
    if (tls_vector(h->row, r, F_TLS_HANDSHAKE_SESSION_TICKET_LENGTH, 2, 0, 0xffff, &body))
        put_span(h->row, F_TLS_HANDSHAKE_SESSION_TICKET, &body, rd_left(&body));
    if (tls13 && rd_ok(r) && rd_left(r))
        tls_extensions_read(h, r, TLS_NEW_SESSION_TICKET, NULL);
}

static void next_protocol_read(struct tls_hand *h, struct rd *r)
{
    uint8_t len = put_u8(h->row, F_TLS_HANDSHAKE_NPN_SELECTED_PROTOCOL_LEN, r);
    put_text_wire(h->row, F_TLS_HANDSHAKE_NPN_SELECTED_PROTOCOL, rd_bytes(r, len), len);
    len = put_u8(h->row, F_TLS_HANDSHAKE_NPN_PADDING_LEN, r);
    put_span(h->row, F_TLS_HANDSHAKE_NPN_PADDING, r, len);
}

static void handshake_body_read(struct tls_hand *h, struct rd *r, uint8_t type)
{
    switch (type) {
    case TLS_CLIENT_HELLO:
    case TLS_SERVER_HELLO:
    case TLS_HELLO_RETRY:
        tls_hello_read(h, r, type);
        break;
    case TLS_NEW_SESSION_TICKET:
        ticket_read(h, r);
        break;
    case TLS_ENCRYPTED_EXTENSIONS:
        tls_extensions_read(h, r, type, NULL);
        break;
    case TLS_CERTIFICATE:
        tls_certificate_read(h, r);
        break;
    case TLS_SERVER_KEY_EXCHANGE:
        tls_server_key_read(h, r);
        break;
    case TLS_CERTIFICATE_REQUEST:
        tls_certificate_request_read(h, r);
        break;
    case TLS_CERTIFICATE_VERIFY:
        tls_certificate_verify_read(h, r);
        break;
    case TLS_CLIENT_KEY_EXCHANGE:
        tls_client_key_read(h, r);
        break;
    case TLS_CERTIFICATE_STATUS:
        tls_certificate_status_read(h, r);
        break;
    case TLS_SERVER_HELLO_DONE:
        h->state->may_resume = false;
        break;
    case TLS_FINISHED:
        put_label(h->row, F_TLS_HANDSHAKE_VERIFY_DATA);
        break;
    case TLS_KEY_UPDATE:
        put_u8(h->row, F_TLS_HANDSHAKE_KEY_UPDATE_REQUEST_UPDATE, r);
        break;
    case TLS_NEXT_PROTOCOL:
        next_protocol_read(h, r);
        break;
    default:
        break;
    }
}

void tls_body_read(struct tls_hand *h, struct rd *r, uint8_t type)
{
    h->row->malformed = false;
    handshake_body_read(h, r, type);
    if (h->row->malformed) /* Wireshark's way on behind it depends on the structure around it */
        tls_doubt(h);
}

/* struct { HandshakeType msg_type; uint24 length; ... } Handshake; r covers all of it. */
static bool tls_message_read(struct tls_hand *h, struct rd *r)
{
    uint8_t type = rd_u8(r);
    if (!rd_ok(r))
        return false;
    put_label(h->row, F_TLS_HANDSHAKE);
    put_uint(h->row, F_TLS_HANDSHAKE_TYPE, type);
    uint32_t len = put_u24(h->row, F_TLS_HANDSHAKE_LENGTH, r);
    if (!rd_ok(r))
        return false;
    tls_set_server(h, type);
    struct rd body = rd_sub(r, len < rd_left(r) ? len : rd_left(r));
    tls_body_read(h, &body, type);
    return rd_ok(&body);
}

/* Makes room for n more elements in an array of the conversation's arena; the `used` elements are copied.
 * Returns false when memory ends. */
static bool room_for(struct tls_hand *h, void **array, uint32_t *room, uint32_t used, uint32_t n, size_t size)
{
    if (used + n <= *room)
        return true;
    void *bigger = arena_take(h->facts->arena, 2 * (size_t)(used + n) * size);
    if (!bigger)
        return false;
    if (used)
        memcpy(bigger, *array, used * size);
    if (*room)
        arena_give(h->facts->arena, *array, *room * size);
    *array = bigger;
    *room = 2 * (used + n);
    return true;
}

/* Keeps a part of a message that is not complete yet. */
static void fragment_keep(struct tls_hand *h, struct rd *r)
{
    struct tls_fragment *f = &h->state->fragments[h->facts->direction];
    uint32_t n = rd_left(r);
    const uint8_t *from = rd_bytes(r, n);
    if (n > TLS_WAITING_LIMIT - f->len) {
        tls_doubt(h);
        return;
    }
    if (!from || !n || !room_for(h, (void **)&f->bytes, &f->room, f->len, n, 1) ||
        !room_for(h, (void **)&f->frames, &f->frames_room, f->n_frames, 1, sizeof *f->frames))
        return;
    memcpy(f->bytes + f->len, from, n);
    f->len += n;
    f->frames[f->n_frames++] = h->facts->frame;
    put_label(h->row, F_TLS_HANDSHAKE);
}

/* The number of bytes of the message at r. The number is greater than the bytes that are left if even the
 * length is not complete. */
static uint32_t message_len(const struct rd *r)
{
    return rd_left(r) < HEADER ? HEADER : HEADER + (rd_peek32(r, 0) & 0xffffff);
}

/* Reads the message that the kept parts form. */
static bool kept_read(struct tls_hand *h, struct tls_fragment *f)
{
    uint8_t *copy = arena_alloc(h->row->arena, f->len); /* values outlive the parts */
    if (!copy)
        return false;
    memcpy(copy, f->bytes, f->len);
    put_label(h->row, F_TLS_HANDSHAKE_FRAGMENTS);
    for (uint32_t i = 0; i < f->n_frames; i++)
        put_uint(h->row, F_TLS_HANDSHAKE_FRAGMENT, f->frames[i]);
    put_uint(h->row, F_TLS_HANDSHAKE_FRAGMENT_COUNT, f->n_frames);
    struct rd whole = rd_make(copy, f->len, f->len);
    f->len = f->n_frames = 0;
    return tls_message_read(h, &whole);
}

/* Continues a message that earlier records began. Bytes behind it stay in r. */
static bool fragment_continue(struct tls_hand *h, struct rd *r)
{
    struct tls_fragment *f = &h->state->fragments[h->facts->direction];
    if (!f->len)
        return true;
    uint32_t used = rd_left(r);
    uint8_t start[HEADER] = {0};
    for (uint32_t i = 0; i < HEADER; i++)
        start[i] = i < f->len ? f->bytes[i] : rd_peek8(r, i - f->len);
    bool known = f->len + used >= HEADER;
    uint32_t whole = known ? HEADER + (rd_be32(start) & 0xffffff) : UINT32_MAX;
    if (known && whole - f->len < used)
        used = whole - f->len;
    struct rd part = rd_sub(r, used);
    fragment_keep(h, &part);
    return f->len < whole || kept_read(h, f);
}

static bool messages_read(struct tls_hand *h, struct rd *r)
{
    if (!fragment_continue(h, r))
        return false;
    while (rd_ok(r) && rd_left(r)) {
        if (message_len(r) > rd_left(r)) {
            fragment_keep(h, r);
            return rd_ok(r);
        }
        struct rd message = rd_sub(r, message_len(r));
        if (!tls_message_read(h, &message))
            return false;
    }
    return true;
}

bool tls_handshake_read(struct row *row, struct rd *r, struct tls_state *state, const struct pdu_facts *facts)
{
    struct tls_hand h = {row, state, facts, tls_from_server(state, facts), .datagram = false};
    if (!state->fragments[facts->direction].len && is_encrypted(&h, r)) {
        put_label(row, F_TLS_HANDSHAKE);
        return true;
    }
    return messages_read(&h, r);
}

bool tls_messages_read(struct row *row, struct rd *r, struct tls_state *state, const struct pdu_facts *facts)
{
    struct tls_hand h = {row, state, facts, tls_from_server(state, facts), .datagram = false};
    return messages_read(&h, r);
}
