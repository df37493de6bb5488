/* The values of fields that a flow keeps for its row. Of a field that stands as its first value (`first`), a
 * flow keeps one value; of a field that stands as a set, it keeps each value once. So its memory is
 * proportional to what its row tells. */
#ifndef FC_TABLE_SEEN_H
#define FC_TABLE_SEEN_H

#include "base/hash.h"
#include "base/log.h"
#include "field/row.h"
#include "table/wanted.h"

/* How many values of a field the columns need. Where they differ, the smallest enumerator holds. */
enum seen_need { SEEN_ALL, SEEN_DISTINCT, SEEN_FIRST };

struct seen_plan {
    uint8_t *needs; /* enum seen_need, by slot; NULL: every field needs all its values */
    size_t n_fields;
    const enum field_type *types; /* by slot; borrowed */
    struct hash_key keys[2];
};
/* For the level of flows. FC_MEMORY. */
FC_MUST_USE enum fc_status seen_plan_make(struct seen_plan *plan, const struct wanted *wanted,
                                          const enum field_type *types);
void seen_plan_free(struct seen_plan *plan);

/* 128 bits of a value and its field, under two secret keys: two different values share them with a
 * probability of 2^-128, whatever the capture holds. */
struct seen_mark {
    uint64_t words[2]; /* both 0: free */
};

/* The values that a flow has kept. Zero-initialise it. Its memory is in the arena of seen_sift. */
struct seen {
    uint64_t *firsts; /* a bit for each slot that has its first value */
    struct seen_mark *marks;
    size_t n_marks, capacity;
};

/* The values of fields that a flow keeps. Zero-initialise it. */
struct kept_values {
    struct log log; /* table/values.h */
    struct seen seen;
};

/* Removes from the row the values that the flow need not keep. When memory ends, the arena's memory state is
 * set, and the row means nothing. */
void seen_sift(struct seen *seen, const struct seen_plan *plan, struct row *row, struct arena *arena);
/* Gives the memory back, for other flows; *seen means nothing afterwards. */
void seen_give(struct seen *seen, const struct seen_plan *plan, struct arena *arena);

#endif
