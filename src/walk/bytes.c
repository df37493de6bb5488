/* The bytes of kept packets -> pieces. Invariant: a piece holds the bytes that its matrix shows, and no
 * others. */
#include "look/excerpt.h"
#include "look/mask.h"
#include "walk/inner.h"

struct pieces *bytes_begin(const struct query *q, struct arena *arena)
{
    struct pieces *pieces = arena_take(arena, q->n_matrices * sizeof *pieces);
    if (pieces)
        memset(pieces, 0, q->n_matrices * sizeof *pieces);
    return pieces;
}

bool bytes_take(struct pieces *pieces, const struct query *q, const struct packet *packet,
                const struct layer *layer, struct arena *arena)
{
    bool is_full = true;
    for (size_t i = 0; i < q->n_matrices; i++) {
        const struct fc_bytes *asked = &q->matrices[i].asked;
        if (pieces[i].n >= asked->packets)
            continue;
        struct rd r = excerpt(packet, layer, asked->start);
        uint32_t n = r.cap < asked->length ? r.cap : asked->length;
        const uint8_t *bytes = rd_bytes(&r, n);
        uint8_t *copy = pieces_add(&pieces[i], arena, bytes, n, r.cap);
        if (copy)
            mask_bytes(copy, bytes, n, packet, asked->mask);
        is_full = is_full && pieces[i].n >= asked->packets;
    }
    return is_full;
}

void bytes_give(struct pieces *pieces, const struct query *q, struct arena *arena)
{
    for (size_t i = 0; i < q->n_matrices; i++)
        pieces_give(&pieces[i], arena, q->matrices[i].asked.length);
    arena_give(arena, pieces, q->n_matrices * sizeof *pieces);
}
