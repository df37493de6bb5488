/* Reassembles handshake messages of DTLS from fragments (RFC 6347 section 4.2.3).
 * Invariant: of fragments with the same bytes the first one counts. A message is reassembled once, and shown
 * only if the fragment that makes it whole is also the one that ends it.
 * Source: RFC 6347; the last rule was observed (tshark 4.0.17). */
#include <string.h>

#include "field/ids_dtls.h"
#include "proto/dtls.h"

/* Returns the message of the fragment, and makes it if it is new. Returns NULL beyond the limit, or when
 * memory ends. */
static struct dtls_message *fragment_message(struct dtls *dtls, const struct dtls_header *header,
                                             const struct dtls_facts *facts)
{
    struct dtls_path *path = facts->path;
    struct dtls_message *m = path->messages;
    while (m && (m->number != header->number || m->direction != facts->direction))
        m = m->next;
    if (m)
        return m;
    if (path->held + sizeof *m > DTLS_HELD_LIMIT) {
        dtls->refused++;
        return NULL;
    }
    if (!(m = arena_take(dtls->arena, sizeof *m)))
        return NULL;
    *m = (struct dtls_message){
        .next = path->messages, .len = header->len, .number = header->number, .direction = facts->direction};
    path->held += (uint32_t)sizeof *m;
    path->messages = m;
    return m;
}

/* Keeps a copy of a fragment. */
static bool dtls_piece_keep(struct dtls *dtls, struct dtls_message *m, const uint8_t *bytes,
                            const struct dtls_header *header, const struct dtls_facts *facts)
{
    uint32_t n = header->fragment_len;
    if (facts->path->held + n + sizeof(struct dtls_piece) > DTLS_HELD_LIMIT) {
        dtls->refused++;
        return false;
    }
    struct dtls_piece *piece = arena_take(dtls->arena, sizeof *piece + n), **at = &m->pieces;
    if (!piece)
        return false;
    uint8_t *copy = (uint8_t *)(piece + 1);
    memcpy(copy, bytes, n);
    while (*at && (*at)->offset <= header->fragment_offset)
        at = &(*at)->next;
    *piece = (struct dtls_piece){
        .next = *at, .offset = header->fragment_offset, .len = n, .frame = facts->frame, .bytes = copy};
    *at = piece;
    facts->path->held += n + (uint32_t)sizeof *piece;
    return true;
}

/* Returns true if the fragments leave no gap. */
static bool message_is_whole(const struct dtls_message *m)
{
    uint32_t have = 0;
    for (const struct dtls_piece *p = m->pieces; p && p->offset <= have; p = p->next)
        if (p->offset + p->len > have)
            have = p->offset + p->len;
    return have >= m->len;
}

/* Puts a fragment and its faults; `bytes` holds the `have` bytes of earlier fragments. */
static void piece_put(struct row *row, const struct dtls_message *m, const struct dtls_piece *p,
                      const uint8_t *bytes, uint32_t have)
{
    bool overlap = p->len && p->offset<have, too_long = p->offset + p->len> m->len;
    uint32_t n = overlap ? have - p->offset : 0;
    bool conflict = overlap && memcmp(bytes + p->offset, p->bytes, n < p->len ? n : p->len) != 0;
    put_uint(row, conflict || too_long ? F_DTLS_FRAGMENT_ERROR : F_DTLS_FRAGMENT, p->frame);
    if (overlap)
        put_bool(row, F_DTLS_FRAGMENT_OVERLAP, true);
    if (conflict)
        put_bool(row, F_DTLS_FRAGMENT_OVERLAP_CONFLICTS, true);
    if (too_long)
        put_bool(row, F_DTLS_FRAGMENT_TOO_LONG_FRAGMENT, true);
}

/* Joins the fragments. Returns false when memory ends. */
static bool dtls_pieces_join(struct row *row, const struct dtls_message *m, struct rd *out)
{
    uint32_t have = 0, n_pieces = 0;
    uint8_t *bytes = arena_alloc(row->arena, m->len ? m->len : 1);
    if (!bytes)
        return false;
    put_label(row, F_DTLS_FRAGMENTS);
    for (const struct dtls_piece *p = m->pieces; p; p = p->next, n_pieces++) {
        piece_put(row, m, p, bytes, have);
        while (have < m->len && have >= p->offset && have - p->offset < p->len) {
            bytes[have] = p->bytes[have - p->offset];
            have++;
        }
    }
    put_uint(row, F_DTLS_FRAGMENT_COUNT, n_pieces);
    put_uint(row, F_DTLS_REASSEMBLED_LENGTH, m->len);
    *out = rd_make(bytes, m->len, m->len);
    return true;
}

static void pieces_forget(struct dtls *dtls, struct dtls_path *path, struct dtls_message *m)
{
    for (struct dtls_piece *p = m->pieces, *next; p; p = next) {
        next = p->next;
        path->held -= p->len + (uint32_t)sizeof *p;
        arena_give(dtls->arena, p, sizeof *p + p->len);
    }
    m->pieces = NULL;
}

void dtls_path_forget(struct dtls *dtls, struct dtls_path *path)
{
    for (struct dtls_message *m = path->messages, *next; m; m = next) {
        next = m->next;
        pieces_forget(dtls, path, m);
        arena_give(dtls->arena, m, sizeof *m);
    }
    tls_state_forget(&path->tls, dtls->arena);
    *path = (struct dtls_path){0};
}

bool dtls_fragment_push(struct dtls *dtls, struct row *row, struct rd *part, const struct dtls_header *header,
                        const struct dtls_facts *facts, struct rd *out, bool *stop)
{
    const uint8_t *bytes = rd_bytes(part, header->fragment_len);
    struct dtls_message *m = fragment_message(dtls, header, facts);
    *stop = m && m->whole; /* Wireshark stops reading at a repeated fragment */
    if (!m || m->whole || !bytes || !dtls_piece_keep(dtls, m, bytes, header, facts))
        return false;
    if (m->len != header->len)
        put_label(row, F_DTLS_MSG_LEN_DIFF_FRAGMENT);
    m->whole = message_is_whole(m);
    if (!m->whole)
        return false;
    bool shown = header->fragment_offset + header->fragment_len == m->len && dtls_pieces_join(row, m, out);
    pieces_forget(dtls, facts->path, m);
    return shown;
}
