/* Allocation, with a countdown for tests of memory that ends. The countdown is always compiled in: it is one
 * predictable branch beside a call of malloc, and so the tests run the code that ships. */
#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static _Atomic int64_t countdown = -1;
static _Atomic bool fails_once;

bool memory_refuse(void)
{
    if (atomic_load_explicit(&countdown, memory_order_relaxed) < 0)
        return false;
    int64_t left = atomic_fetch_sub_explicit(&countdown, 1, memory_order_relaxed);
    if (left > 0)
        return false;
    bool once = atomic_load_explicit(&fails_once, memory_order_relaxed);
    atomic_store_explicit(&countdown, once ? -1 : 0, memory_order_relaxed);
    return !once || left == 0;
}

void memory_fail_after(int64_t n)
{
    atomic_store(&fails_once, false);
    atomic_store(&countdown, n);
}

void memory_fail_once(int64_t n)
{
    atomic_store(&fails_once, true);
    atomic_store(&countdown, n);
}

void *memory_alloc(size_t n) { return memory_refuse() ? NULL : malloc(n ? n : 1); }

void *memory_zero(size_t n, size_t size)
{
    return memory_refuse() ? NULL : calloc(n ? n : 1, size ? size : 1);
}

void *memory_grow(void *p, size_t n) { return memory_refuse() ? NULL : realloc(p, n ? n : 1); }

void memory_free(void *p) { free(p); }

char *memory_text(const char *text)
{
    size_t n = strlen(text) + 1;
    char *copy = memory_alloc(n);
    return copy ? memcpy(copy, text, n) : NULL;
}

bool memory_reserve(void **array, size_t *capacity, size_t need, size_t element_size)
{
    if (need <= *capacity)
        return true;
    size_t n = *capacity ? *capacity * 2 : 16;
    if (n < need)
        n = need;
    if (n > SIZE_MAX / element_size)
        return false;
    void *grown = memory_grow(*array, n * element_size);
    if (!grown)
        return false;
    *array = grown;
    *capacity = n;
    return true;
}
