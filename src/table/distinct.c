/* One of each value of a list. Short lists are compared one by one; from FEW elements on they are hashed,
 * with open addressing and at most half of the slots taken. Invariant: two slots never hold equal elements,
 * and elements are never taken out, for only the newest one is ever taken back, before it is in the table. */
#include "table/distinct.h"

#include "base/memory.h"

enum { FEW = 16, FIRST_SLOTS = 64 };
#define FREE_SLOT (-1)

static uint64_t element_hash(const struct distinct *d, const struct column *item, int64_t i)
{
    uint8_t bit;
    struct column_bytes b = column_bytes(item, i, &bit);
    return b.len ? hash_bytes(&d->key, b.data, b.len) : 0;
}

static bool are_same(const struct column *item, int64_t i, int64_t j)
{
    uint8_t bits[2];
    struct column_bytes a = column_bytes(item, i, &bits[0]), b = column_bytes(item, j, &bits[1]);
    return a.len == b.len && (!a.len || !memcmp(a.data, b.data, a.len));
}

/* The slot of an element equal to element i, or the free one where it belongs. */
static int64_t *find_slot(const struct distinct *d, const struct column *item, int64_t i)
{
    size_t at = element_hash(d, item, i) & (d->n_slots - 1);
    while (d->slots[at] != FREE_SLOT && !are_same(item, d->slots[at], i))
        at = (at + 1) & (d->n_slots - 1);
    return &d->slots[at];
}

/* A table of the elements from start up to `last`. */
static bool fill(struct distinct *d, const struct column *item, int64_t start, int64_t last)
{
    size_t need = (size_t)(last - start + 1) * 2;
    if (d->n_slots < need) {
        size_t n = d->n_slots ? d->n_slots : FIRST_SLOTS;
        while (n < need)
            n *= 2;
        int64_t *slots = memory_alloc(n * sizeof *slots);
        if (!slots)
            return false;
        if (!d->n_slots)
            hash_key_make(&d->key);
        memory_free(d->slots);
        d->slots = slots;
        d->n_slots = n;
    }
    memset(d->slots, 0xff, d->n_slots * sizeof *d->slots); /* FREE_SLOT */
    for (int64_t i = start; i < last; i++)
        *find_slot(d, item, i) = i;
    d->filled = true;
    return true;
}

static bool keep_among_few(struct column *item, int64_t start, int64_t last)
{
    for (int64_t i = start; i < last; i++)
        if (are_same(item, i, last)) {
            column_take_back(item);
            break;
        }
    return true;
}

bool distinct_keep(struct distinct *d, struct column *item, int64_t start)
{
    int64_t last = item->length - 1;
    if (last - start < FEW)
        return keep_among_few(item, start, last);
    if ((!d->filled || d->n_slots < (size_t)(last - start + 1) * 2) && !fill(d, item, start, last))
        return false;
    int64_t *slot = find_slot(d, item, last);
    if (*slot == FREE_SLOT)
        *slot = last;
    else
        column_take_back(item);
    return true;
}

void distinct_free(struct distinct *d)
{
    memory_free(d->slots);
    *d = (struct distinct){0};
}
