/* A skip list. Invariant: all pieces up to `edge`, and no others, begin at or before `reached`. */
#include "stream/pieces.h"

uint8_t pieces_levels(const struct pieces *pieces, const struct hash_key *key, uint32_t frame)
{
    uint32_t number[] = {pieces->n, frame};
    uint64_t drawn = hash_bytes(key, number, sizeof number);
    uint8_t n = 1;
    for (; n < PIECES_LEVELS && !(drawn & 3); n++)
        drawn >>= 2;
    return n;
}

struct piece *pieces_last(const struct pieces *pieces, uint64_t offset)
{
    struct piece *last = NULL;
    for (int i = PIECES_LEVELS; i--;)
        for (struct piece *next; (next = last ? last->next[i] : pieces->first[i]) && next->offset <= offset;)
            last = next;
    return last;
}

/* A piece without a gap before it: the pieces behind it may have none now, either. */
static void advance(struct pieces *pieces, struct piece *piece)
{
    if (!pieces->edge || pieces->edge->next[0] == piece)
        pieces->edge = piece;
    for (struct piece *next = piece; next && next->offset <= pieces->reached; next = pieces->edge->next[0]) {
        if (next->offset + next->len > pieces->reached)
            pieces->reached = next->offset + next->len;
        if (next != piece)
            pieces->edge = next;
    }
}

void pieces_insert(struct pieces *pieces, struct piece *piece)
{
    struct piece **level = pieces->first;
    for (int i = PIECES_LEVELS; i--;) {
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
