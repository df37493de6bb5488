/* The first bytes of some packets of a flow, which wait in an arena until the flow is written. */
#ifndef FC_BASE_PIECES_H
#define FC_BASE_PIECES_H

#include <stddef.h>
#include <string.h>

#include "base/arena.h"

struct piece {
    struct piece *next;
    uint32_t length; /* bytes that the packet had; a piece may hold fewer */
    uint8_t bytes[];
};

/* In the order of the packets. Zeroed: none. */
struct pieces {
    struct piece *first, *last;
    uint32_t n;
};

/* Appends a copy of the first n of `length` bytes and returns where it lies; NULL when memory ends. */
static inline uint8_t *pieces_add(struct pieces *pieces, struct arena *arena, const uint8_t *bytes,
                                  uint32_t n, uint32_t length)
{
    struct piece *piece = arena_take(arena, offsetof(struct piece, bytes) + n);
    if (!piece)
        return NULL;
    piece->next = NULL;
    piece->length = length;
    if (n)
        memcpy(piece->bytes, bytes, n);
    if (pieces->last)
        pieces->last->next = piece;
    else
        pieces->first = piece;
    pieces->last = piece;
    pieces->n++;
    return piece->bytes;
}

/* Gives the arena back the pieces, which hold at most `most` bytes each. */
static inline void pieces_give(struct pieces *pieces, struct arena *arena, uint32_t most)
{
    for (struct piece *piece = pieces->first, *next; piece; piece = next) {
        uint32_t n = piece->length < most ? piece->length : most;
        next = piece->next;
        arena_give(arena, piece, offsetof(struct piece, bytes) + n);
    }
    *pieces = (struct pieces){0};
}

#endif
