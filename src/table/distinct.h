/* Keeps one of each value in a list that is being made. */
#ifndef FC_TABLE_DISTINCT_H
#define FC_TABLE_DISTINCT_H

#include "base/hash.h"
#include "table/column.h"

/* Zero-initialise; one for each column of lists. */
struct distinct {
    struct hash_key key; /* made with the first slots */
    int64_t *slots;      /* hash table of indices of elements, or FREE_SLOT; used for long lists alone */
    size_t n_slots;
    bool filled; /* it has the elements of the list that is being made */
};

/* `item` holds the elements of lists; the one being made begins at `start`, and its last element was put just
 * now. Takes that back where an earlier element is equal. False when memory ends. */
FC_MUST_USE bool distinct_keep(struct distinct *distinct, struct column *item, int64_t start);
/* The list is complete. */
static inline void distinct_end(struct distinct *distinct) { distinct->filled = false; }
void distinct_free(struct distinct *distinct);

#endif
