/* A skip list. Invariant: all pieces up to `edge`, and no others, begin at or before `reached`. */
#include "stream/waiting.h"

uint8_t waiting_levels(const struct waiting *pieces, const struct hash_key *key, uint32_t frame)
{
    uint32_t number[] = {pieces->n, frame};
    uint64_t drawn = hash_bytes(key, number, sizeof number);
    uint8_t n = 1;
    for (; n < WAITING_LEVELS && !(drawn & 3); n++)
        drawn >>= 2;
    return n;
}

struct waiting_piece *waiting_last(const struct waiting *pieces, uint64_t offset)
{
    struct waiting_piece *last = NULL;
    for (int i = WAITING_LEVELS; i--;)
        for (struct waiting_piece *next;
             (next = last ? last->next[i] : pieces->first[i]) && next->offset <= offset;)
            last = next;
    return last;
}

/* A piece without a gap before it: the pieces behind it may have none now, either. */
static void advance(struct waiting *pieces, struct waiting_piece *piece)
{
    if (!pieces->edge || pieces->edge->next[0] == piece)
        pieces->edge = piece;
    for (struct waiting_piece *next = piece; next && next->offset <= pieces->reached;
         next = pieces->edge->next[0]) {
        if (next->offset + next->len > pieces->reached)
            pieces->reached = next->offset + next->len;
        if (next != piece)
            pieces->edge = next;
    }
}

void waiting_insert(struct waiting *pieces, struct waiting_piece *piece)
{
    struct waiting_piece **level = pieces->first;
    for (int i = WAITING_LEVELS; i--;) {
        while (level[i] && level[i]->offset <= piece->offset)
            level = level[i]->next;
        if (i < piece->n_levels) {
            piece->next[i] = level[i];
            level[i] = piece;
        }
    }
    pieces->n++;
    if (piece->offset <= pieces->reached)
        advance(pieces, piece);
}
