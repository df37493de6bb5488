/* Pieces of bytes that wait for others, in the order of their offsets, and at equal offsets of their arrival.
 * Where the next piece belongs is found in a time that grows with the logarithm of their number, and the end
 * of the bytes without a gap is known at all times. */
#ifndef FC_STREAM_WAITING_H
#define FC_STREAM_WAITING_H

#include <stdbool.h>

#include "base/hash.h"

/* A quarter of the pieces of each level is in the next one, so this serves 4^6 pieces well. */
enum { WAITING_LEVELS = 6 };

struct waiting_piece {
    uint64_t offset;
    uint32_t len, frame;
    uint8_t n_levels;
    struct waiting_piece *next[]; /* by level; level 0 has all pieces. The piece's bytes lie behind */
};

/* Zero-initialise, and set `reached` to the offset from which on bytes are missing. */
struct waiting {
    struct waiting_piece *first[WAITING_LEVELS];
    struct waiting_piece *edge; /* the last piece without a gap before it; NULL: there is none */
    uint64_t reached;           /* its end, or that of an earlier piece which goes further */
    uint32_t n;
};

/* The number of levels for the next piece: it is drawn, so that nobody can choose offsets that are slow. */
uint8_t waiting_levels(const struct waiting *pieces, const struct hash_key *key, uint32_t frame);
static inline size_t waiting_size(uint8_t n_levels, uint32_t len)
{
    return sizeof(struct waiting_piece) + n_levels * sizeof(struct waiting_piece *) + len;
}
static inline uint8_t *waiting_bytes(const struct waiting_piece *piece)
{
    return (uint8_t *)(piece->next + piece->n_levels);
}
/* The last piece whose offset is at most this one; NULL: there is none. */
struct waiting_piece *waiting_last(const struct waiting *pieces, uint64_t offset);
/* Puts a piece into its place. Its offset, length and number of levels are set. */
void waiting_insert(struct waiting *pieces, struct waiting_piece *piece);
/* Whether a gap is before some piece. */
static inline bool waiting_has_gap(const struct waiting *pieces)
{
    return pieces->edge ? pieces->edge->next[0] : pieces->first[0];
}

#endif
