/* Handshake records of DTLS -> messages (RFC 6347 section 4.2).
 * Invariant: the body of a message is shown once and whole: where it came in one fragment, or at the fragment
 * that ends it.
 * Source: RFC 6347; the records that count as encrypted, and the effect of odd lengths, were observed (tshark
 * 4.0.17). */
#include "field/ids_dtls.h"
#include "field/ids_tls.h"
#include "proto/dtls.h"
#include "proto/tls_cipher.h"

enum { HEADER = 12 };

/* struct { ProtocolVersion server_version; opaque cookie<0..2^8-1>; } HelloVerifyRequest */
static void verify_request_read(struct row *row, struct rd *r)
{
    put_u16(row, F_TLS_HANDSHAKE_VERSION, r);
    tls_cookie_read(row, r);
}

static void dtls_server_hello_read(struct dtls *dtls, struct tls_hand *h, struct rd *body)
{
    tls_body_read(h, body, TLS_SERVER_HELLO);
    dtls->doubt |= tls_cipher_is_plain(h->state->cipher);
}

/* Wireshark shows only the header of the messages of TLS 1.3 and of rare ones. */
static bool dtls_body_read(struct dtls *dtls, struct tls_hand *h, struct rd body, uint8_t type)
{
    tls_set_server(h, type);
    switch (type) {
    case TLS_HELLO_VERIFY:
        verify_request_read(h->row, &body);
        break;
    case TLS_SERVER_HELLO:
        dtls_server_hello_read(dtls, h, &body);
        break;
    case TLS_ENCRYPTED_EXTENSIONS:
    case TLS_KEY_UPDATE:
    case TLS_NEXT_PROTOCOL:
        break;
    default:
        tls_body_read(h, &body, type);
        break;
    }
    dtls->has_ids |= h->state->ids[0].len || h->state->ids[1].len;
    return rd_ok(&body);
}

/* Reads a fragment that is a whole message, or claims to be longer than its message. */
static bool whole_read(struct dtls *dtls, struct tls_hand *h, struct rd *r, const struct dtls_header *header)
{
    struct rd body = rd_sub(r, header->fragment_len);
    bool too_long = header->fragment_len > header->len;
    if (too_long)
        put_label(h->row, F_DTLS_HANDSHAKE_FRAGMENT_LENGTH_TOO_LONG);
    /* Wireshark shows the captured part of a signature, but nothing of other messages that were cut */
    if (header->type != TLS_CERTIFICATE_VERIFY && !rd_need(&body, header->fragment_len))
        return false;
    if (too_long) {
        body.len = header->len;
        body.cap = body.cap < body.len ? body.cap : body.len;
    }
    bool good = dtls_body_read(dtls, h, body, header->type);
    dtls->doubt |=
        too_long && !good; /* experiments have not covered how far beyond its end Wireshark reads */
    return good;
}

/* Reads one message behind its header. */
static bool dtls_message_read(struct dtls *dtls, struct tls_hand *h, struct rd *r,
                              const struct dtls_header *header, const struct dtls_facts *facts)
{
    uint32_t n = header->fragment_len;
    if (!n && header->len && header->fragment_offset) {
        put_label(h->row, F_DTLS_HANDSHAKE_FRAGMENT_LENGTH_ZERO);
        return true;
    }
    if (n > header->len)
        return whole_read(dtls, h, r, header);
    if (header->fragment_offset + n > header->len) {
        put_label(h->row, F_DTLS_HANDSHAKE_FRAGMENT_PAST_END_MSG);
        return rd_skip(r, n < rd_left(r) ? n : rd_left(r));
    }
    if (n == header->len)
        return whole_read(dtls, h, r, header);
    struct rd part = rd_sub(r, n), body;
    bool stop = false;
    if (!rd_need(&part, n))
        return false;
    if (dtls_fragment_push(dtls, h->row, &part, header, facts, &body, &stop))
        return rd_left(&body) == header->len && dtls_body_read(dtls, h, body, header->type);
    return !stop;
}

/* struct { HandshakeType msg_type; uint24 length; uint16 message_seq; uint24 fragment_offset; uint24
 * fragment_length; ... } */
static struct dtls_header dtls_message_header_read(struct row *row, struct rd *r)
{
    struct dtls_header header;
    header.type = put_u8(row, F_TLS_HANDSHAKE_TYPE, r);
    header.len = put_u24(row, F_TLS_HANDSHAKE_LENGTH, r);
    header.number = put_u16(row, F_DTLS_HANDSHAKE_MESSAGE_SEQ, r);
    header.fragment_offset = put_u24(row, F_DTLS_HANDSHAKE_FRAGMENT_OFFSET, r);
    header.fragment_len = put_u24(row, F_DTLS_HANDSHAKE_FRAGMENT_LENGTH, r);
    return header;
}

bool dtls_handshake_read(struct dtls *dtls, struct row *row, struct rd r, uint32_t record_len,
                         const struct dtls_facts *facts)
{
    struct pdu_facts tls_facts = {.frame = facts->frame,
                                  .time_ns = facts->time_ns,
                                  .sport = facts->sport,
                                  .dport = facts->dport,
                                  .direction = facts->direction,
                                  .arena = dtls->arena,
                                  .readers = HANDSHAKE_READERS,
                                  .doubt = &dtls->doubt};
    struct tls_hand h = {row, &facts->path->tls, &tls_facts, dtls_from_server(facts), .datagram = true};
    for (bool first = true; r.pos < record_len; first = false) {
        if (!rd_need(&r, 1))
            return false;
        put_label(row, F_TLS_HANDSHAKE);
        if (!rd_need(&r, HEADER))
            return false;
        uint32_t fragment_len = rd_peek32(&r, HEADER - 4) & 0xffffff;
        if (!tls_is_message(rd_peek8(&r, 0)) || (first && fragment_len > record_len)) /* ciphertext */
            return true;
        struct dtls_header header = dtls_message_header_read(row, &r);
        if (!dtls_message_read(dtls, &h, &r, &header, facts))
            return false;
    }
    return true;
}
