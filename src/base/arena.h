/* Memory that is given back all at once: bump allocation from blocks that grow. A piece from arena_take may
 * also be given back alone; the arena then uses it for later pieces of about its size. */
#ifndef FC_BASE_ARENA_H
#define FC_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"

struct arena_block;
struct spill;

struct arena {
    struct arena_block *block; /* the newest; it links to the older ones */
    uint8_t *next;
    size_t left;
    struct memory_state *memory; /* set when an allocation fails; NULL: only the caller is told */
    struct spill *spill; /* gives the blocks (base/spill.h); NULL: they are ordinary memory. Set it while the
                            arena is empty */
    void **unused;       /* pieces that were given back, by class; lies in the arena; NULL: there are none */
};

/* So many bytes behind any piece may be read, though they mean nothing: loads of 8 bytes need no check of the
 * piece's end. */
enum { ARENA_SLACK = 8 };

/* n bytes, aligned to 8, not zeroed. NULL when memory ends; arena->memory is then set. */
void *arena_alloc(struct arena *arena, size_t n);
/* The same for a piece that may be given back: arena_size(n) bytes. */
void *arena_take(struct arena *arena, size_t n);
/* Gives back a piece that arena_take made for n bytes, or for any other number of the same arena_size. */
void arena_give(struct arena *arena, void *piece, size_t n);
/* The bytes that arena_take(n) really gives: at most an eighth more than n, or 15 bytes. */
size_t arena_size(size_t n);
/* Takes back all pieces and keeps the largest block for reuse. */
void arena_reset(struct arena *arena);
/* Gives all blocks back; the arena can be used again. */
void arena_free(struct arena *arena);
/* Sets arena->memory for an allocation elsewhere that served the same frame; the arena may be NULL. */
static inline void arena_ended(struct arena *arena) { memory_ended(arena ? arena->memory : NULL); }

#endif
