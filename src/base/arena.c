/* Bump allocation. Blocks double from 4 KiB to 1 MiB, so a small capture stays small and a large one makes
 * few calls to malloc. Invariant: `next` is aligned to 8 and `left` bytes behind it are free. */
#include "base/arena.h"

#include "base/spill.h"

enum { FIRST_BLOCK = 4096, LAST_BLOCK = 1 << 20 };

struct arena_block {
    struct arena_block *older;
    size_t size;
    uint64_t data[];
};

static size_t block_len(size_t size) { return sizeof(struct arena_block) + size + ARENA_SLACK; }

static bool arena_grow(struct arena *arena, size_t n)
{
    size_t size = arena->block ? arena->block->size * 2 : FIRST_BLOCK;
    if (size > LAST_BLOCK)
        size = LAST_BLOCK;
    if (size < n)
        size = n;
    struct arena_block *block = spill_take(arena->spill, block_len(size));
    if (!block)
        return false;
    *block = (struct arena_block){.older = arena->block, .size = size};
    arena->block = block;
    arena->next = (uint8_t *)block->data;
    arena->left = size;
    return true;
}

void *arena_alloc(struct arena *arena, size_t n)
{
    n = (n + 7) & ~(size_t)7;
    if (memory_refuse() || (n > arena->left && !arena_grow(arena, n))) {
        memory_ended(arena->memory);
        return NULL;
    }
    void *p = arena->next;
    arena->next += n;
    arena->left -= n;
    return p;
}

/* ---- pieces that are given back ---- */

/* Classes are 16 bytes apart up to SMALL, and then eight between two powers of two. */
enum { STEP = 16, SMALL = 128, PARTS = 8, N_SMALL = SMALL / STEP, N_DOUBLINGS = 40 };
enum { N_CLASSES = N_SMALL + PARTS * N_DOUBLINGS };

/* The class of a piece of n bytes, and its size. */
static size_t class_of(size_t n, size_t *size)
{
    if (n <= SMALL) {
        size_t class = n ? (n - 1) / STEP : 0;
        *size = (class + 1) * STEP;
        return class;
    }
    unsigned doubling = 63 - (unsigned)__builtin_clzll((n - 1) / SMALL);
    size_t step = ((size_t)SMALL << doubling) / PARTS, base = (size_t)SMALL << doubling;
    size_t part = (n - 1 - base) / step;
    *size = base + (part + 1) * step;
    return N_SMALL + PARTS * doubling + part;
}

size_t arena_size(size_t n)
{
    size_t size;
    (void)class_of(n, &size);
    return size;
}

void *arena_take(struct arena *arena, size_t n)
{
    size_t size, class = class_of(n, &size);
    void **unused = arena->unused ? arena->unused[class] : NULL;
    if (!unused)
        return arena_alloc(arena, size);
    arena->unused[class] = *unused;
    return unused;
}

static bool make_lists(struct arena *arena)
{
    arena->unused = arena_alloc(arena, N_CLASSES * sizeof *arena->unused);
    for (size_t i = 0; arena->unused && i < N_CLASSES; i++)
        arena->unused[i] = NULL;
    return arena->unused != NULL;
}

void arena_give(struct arena *arena, void *piece, size_t n)
{
    size_t size, class = class_of(n, &size);
    if (!arena->unused && !make_lists(arena))
        return;
    void **link = piece;
    *link = arena->unused[class];
    arena->unused[class] = link;
}

void arena_reset(struct arena *arena)
{
    struct arena_block *keep = arena->block;
    arena->unused = NULL;
    if (!keep)
        return;
    struct arena_block *older = keep->older;
    while (older) {
        struct arena_block *next = older->older;
        spill_give(arena->spill, older, block_len(older->size));
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
        spill_give(arena->spill, arena->block, block_len(arena->block->size));
        arena->block = older;
    }
    *arena = (struct arena){.memory = arena->memory, .spill = arena->spill};
}
