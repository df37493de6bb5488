/* The bytes of kept packets -> pieces. Invariant: a packet that no matrix takes costs a comparison a matrix,
 * and a piece holds what its matrix shows, not more. */
#include "look/excerpt.h"
#include "look/mask.h"
#include "walk/inner.h"

struct pieces *bytes_begin(const struct query *q, struct arena *arena)
{
    struct pieces *pieces = arena_alloc(arena, q->n_matrices * sizeof *pieces);
    if (pieces)
        memset(pieces, 0, q->n_matrices * sizeof *pieces);
    return pieces;
}

void bytes_take(struct pieces *pieces, const struct query *q, const struct packet *packet,
                const struct layer *layer, struct arena *arena)
{
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
    }
}
