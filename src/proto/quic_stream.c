/* Bytes of CRYPTO frames -> handshake messages. Bytes in order are read at once. After a gap, all later bytes
 * wait until the gap is filled, and are then read as one piece.
 * Invariant: a byte is read once.
 * Source: observed (tshark 4.0.17). */
#include <string.h>

#include "field/ids_quic.h"
#include "proto/quic_conn.h"

bool quic_handshake_read(struct quic *quic, struct row *row, struct rd *r, bool from_server,
                         const struct quic_facts *facts)
{
    struct pdu_facts tls_facts = {.frame = facts->frame,
                                  .time_ns = facts->time_ns,
                                  .sport = facts->src.port,
                                  .dport = facts->dst.port,
                                  .direction = from_server,
                                  .arena = quic->arena,
                                  .readers = HANDSHAKE_READERS,
                                  .doubt = &quic->unclear};
    quic->has_handshake = true;
    quic->unclear |=
        facts->path->tls.fragments[!from_server].len; /* half a message of the other direction waits */
    return tls_messages_read(row, r, &facts->path->tls, &tls_facts);
}

/* Keeps a copy of a piece. Returns false if it is beyond the limit, or was kept already. */
static bool crypto_keep(struct quic *quic, struct quic_stream *s, struct rd *r, uint64_t offset,
                        uint32_t frame)
{
    uint32_t n = rd_left(r);
    const struct waiting_piece *before = waiting_last(&s->pieces, offset);
    if (before && before->offset == offset && before->frame == frame)
        return false;
    if (!quic->n_slots) /* no connection has an ID, so the key is not made yet */
        hash_key_make(&quic->hash_key);
    uint8_t n_levels = waiting_levels(&s->pieces, &quic->hash_key, frame);
    uint32_t size = (uint32_t)waiting_size(n_levels, n);
    if (s->held + size > QUIC_CRYPTO_LIMIT) {
        quic->refused++;
        return false;
    }
    struct waiting_piece *piece = arena_take(quic->arena, size);
    if (!piece)
        return false;
    *piece = (struct waiting_piece){.offset = offset, .len = n, .frame = frame, .n_levels = n_levels};
    const uint8_t *bytes = rd_bytes(r, n);
    if (bytes)
        memcpy(waiting_bytes(piece), bytes, n);
    if (!s->pieces.n)
        s->pieces.reached = s->next;
    waiting_insert(&s->pieces, piece);
    s->held += size;
    return true;
}

/* Joins all pieces; the first piece that has a byte counts. */
static bool crypto_join(struct row *row, struct quic_stream *s, struct rd *out)
{
    uint32_t len = (uint32_t)(s->pieces.reached - s->next), n = 0;
    uint8_t *bytes = arena_alloc(row->arena, len ? len : 1);
    if (!bytes)
        return false;
    for (const struct waiting_piece *p = s->pieces.first[0]; p; p = p->next[0]) {
        put_uint(row, F_QUIC_CRYPTO_FRAGMENT, p->frame);
        uint64_t have = p->offset - s->next;
        for (uint32_t i = have < n ? (uint32_t)(n - have) : 0; i < p->len; i++)
            bytes[n++] = waiting_bytes(p)[i];
    }
    *out = rd_make(bytes, n, n);
    return true;
}

void quic_stream_forget(struct quic *quic, struct quic_stream *s)
{
    for (struct waiting_piece *p = s->pieces.first[0], *next; p; p = next) {
        next = p->next[0];
        arena_give(quic->arena, p, waiting_size(p->n_levels, p->len));
    }
    s->pieces = (struct waiting){0};
    s->held = 0;
}

static bool pieces_read(struct quic *quic, struct row *row, struct quic_conn *conn, bool from_server,
                        const struct quic_facts *facts)
{
    struct quic_stream *s = &conn->streams[from_server];
    struct rd whole;
    if (waiting_has_gap(&s->pieces) || !crypto_join(row, s, &whole))
        return true;
    put_label(row, F_QUIC_CRYPTO_FRAGMENTS);
    put_uint(row, F_QUIC_CRYPTO_FRAGMENT_COUNT, s->pieces.n);
    s->next = s->pieces.reached;
    quic_stream_forget(quic, s);
    return quic_handshake_read(quic, row, &whole, from_server, facts);
}

bool quic_stream_push(struct quic *quic, struct row *row, struct rd *r, uint64_t offset,
                      struct quic_conn *conn, bool from_server, const struct quic_facts *facts)
{
    struct quic_stream *s = &conn->streams[from_server];
    uint64_t end = offset + rd_left(r);
    if (end <= s->next) {
        put_label(row, F_QUIC_RETRANSMISSION);
        return true;
    }
    if (offset < s->next) {
        put_label(row, F_QUIC_OVERLAP);
        rd_skip(r, (uint32_t)(s->next - offset));
        offset = s->next;
    }
    if (offset == s->next && !s->pieces.n) {
        s->next = end;
        struct rd rest = rd_rest(r);
        return quic_handshake_read(quic, row, &rest, from_server, facts);
    }
    struct rd rest = rd_rest(r);
    if (row_wants(row, F_QUIC_OVERLAP) ||
        row_wants(row, F_QUIC_RETRANSMISSION)) /* Wireshark shows both for pieces that wait, too */
        quic->unclear = true;
    return !crypto_keep(quic, s, &rest, offset, facts->frame) ||
           pieces_read(quic, row, conn, from_server, facts);
}
