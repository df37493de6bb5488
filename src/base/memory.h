/* The allocator of the library. Every allocation goes through it, so that a test can make the n-th one
 * fail. */
#ifndef FC_BASE_MEMORY_H
#define FC_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether memory has ended. Everything that works on a frame points to one such state and sets it when an
 * allocation fails, and then goes on without the memory; the owner of the state looks at it once a frame and
 * discards the frame's values if it is set. It stays set until the owner clears it. */
struct memory_state {
    bool ended;
};
/* NULL is allowed: nobody asks. */
static inline void memory_ended(struct memory_state *state)
{
    if (state)
        state->ended = true;
}

void *memory_alloc(size_t n);
void *memory_zero(size_t n, size_t size); /* as calloc */
void *memory_grow(void *p, size_t n);     /* as realloc; p stays valid when it fails */
void memory_free(void *p);
char *memory_text(const char *text); /* as strdup */

/* Whether a test makes the next allocation fail; a piece of an arena asks, too, although most need no block.
 */
bool memory_refuse(void);
/* For tests: `countdown` more allocations succeed, and all later ones fail. A negative number: none fails. */
void memory_fail_after(int64_t countdown);
/* For tests: `countdown` more allocations succeed, the next one fails, and all later ones succeed, so that no
 * later failure covers up for one that nobody noticed. */
void memory_fail_once(int64_t countdown);

/* Makes room for at least `need` elements of element_size bytes in a growing array. Returns false when memory
 * ends; the array is then unchanged. */
bool memory_reserve(void **array, size_t *capacity, size_t need, size_t element_size);

#endif
