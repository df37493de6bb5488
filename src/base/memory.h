/* Every allocation of the library goes through here, so that a test can make the n-th one fail. */
#ifndef FC_BASE_MEMORY_H
#define FC_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memory_alloc(size_t n);
void *memory_zero(size_t n, size_t size); /* calloc */
void *memory_grow(void *p, size_t n);     /* realloc; p stays valid on failure */
void memory_free(void *p);
char *memory_text(const char *text); /* strdup */

/* For tests: the call that makes `countdown` 0 fails, and every one after it; negative: none fails. */
void memory_fail_after(int64_t countdown);

/* Makes room for at least `need` elements in a growing array; false when memory ends (nothing changed). */
bool memory_reserve(void **array, size_t *capacity, size_t need, size_t element_size);

#endif
