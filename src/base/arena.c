/* Bump allocation. Blocks double from 4 KiB to 1 MiB, so a small capture stays small and a large one makes
 * few calls to malloc. Invariant: `next` is aligned to 8 and `left` bytes behind it are free. */
#include "base/arena.h"

enum { FIRST_BLOCK = 4096, LAST_BLOCK = 1 << 20 };

struct arena_block {
    struct arena_block *older;
    size_t size;
    uint64_t data[];
};

static bool arena_grow(struct arena *arena, size_t n)
{
    size_t size = arena->block ? arena->block->size * 2 : FIRST_BLOCK;
    if (size > LAST_BLOCK)
        size = LAST_BLOCK;
    if (size < n)
        size = n;
    struct arena_block *block = memory_alloc(sizeof *block + size + ARENA_SLACK);
    if (!block) {
        memory_ended(arena->memory);
        return false;
    }
    *block = (struct arena_block){.older = arena->block, .size = size};
    arena->block = block;
    arena->next = (uint8_t *)block->data;
    arena->left = size;
    return true;
}

void *arena_alloc(struct arena *arena, size_t n)
{
    n = (n + 7) & ~(size_t)7;
    if (n > arena->left && !arena_grow(arena, n))
        return NULL;
    void *p = arena->next;
    arena->next += n;
    arena->left -= n;
    return p;
}

void arena_reset(struct arena *arena)
{
    struct arena_block *keep = arena->block;
    if (!keep)
        return;
    struct arena_block *older = keep->older;
    while (older) {
        struct arena_block *next = older->older;
        memory_free(older);
        older = next;
    }
    keep->older = NULL;
    arena->next = (uint8_t *)keep->data;
    arena->left = keep->size;
}

void arena_free(struct arena *arena)
{
    while (arena->block) {
        struct arena_block *older = arena->block->older;
        memory_free(arena->block);
        arena->block = older;
    }
    *arena = (struct arena){.memory = arena->memory};
}
