/* Invariant: a value leaves the row only if the flow's log already has an equal value of its field (or any
 * value, of a field that needs its first one alone). */
#include "table/seen.h"

#include "base/memory.h"

enum { WORD = 64, FIRST_MARKS = 8 };

static enum seen_need need_of(const struct wanted_column *column)
{
    return column->values == FC_VALUES_FIRST ? SEEN_FIRST
           : column->values == FC_VALUES_SET ? SEEN_DISTINCT
                                             : SEEN_ALL;
}

enum fc_status seen_plan_make(struct seen_plan *plan, const struct wanted *wanted,
                              const enum field_type *types)
{
    bool saves = false;
    *plan = (struct seen_plan){.n_fields = wanted->n_fields, .types = types};
    uint8_t *needs = memory_alloc(wanted->n_fields);
    if (!needs)
        return FC_MEMORY;
    memset(needs, SEEN_FIRST, wanted->n_fields);
    for (size_t i = 0; i < wanted->n_columns; i++) {
        const struct wanted_column *column = &wanted->columns[i];
        if (column->source == WANTED_FIELD && need_of(column) < needs[column->index])
            needs[column->index] = (uint8_t)need_of(column);
    }
    for (size_t slot = 0; slot < wanted->n_fields; slot++)
        saves |= needs[slot] != SEEN_ALL;
    if (saves) {
        plan->needs = needs;
        hash_key_make(&plan->keys[0]);
        hash_key_make(&plan->keys[1]);
    } else {
        memory_free(needs);
    }
    return FC_OK;
}

void seen_plan_free(struct seen_plan *plan)
{
    memory_free(plan->needs);
    plan->needs = NULL;
}

/* ---- the first value ---- */

static size_t firsts_len(const struct seen_plan *plan)
{
    return (plan->n_fields + WORD - 1) / WORD * sizeof(uint64_t);
}

static bool first_is_new(struct seen *seen, const struct seen_plan *plan, uint16_t slot, struct arena *arena)
{
    if (!seen->firsts) {
        if (!(seen->firsts = arena_take(arena, firsts_len(plan))))
            return false;
        memset(seen->firsts, 0, firsts_len(plan));
    }
    uint64_t bit = UINT64_C(1) << slot % WORD, *word = &seen->firsts[slot / WORD];
    bool is_new = !(*word & bit);
    *word |= bit;
    return is_new;
}

/* ---- values that differ ---- */

static size_t value_len(enum field_type type, const struct value *v)
{
    switch (type) {
    case FT_ETHER:
        return 6;
    case FT_IPv6:
        return 16;
    case FT_BYTES:
    case FT_STRING:
        return v->len;
    default:
        return 0;
    }
}

static bool has_bytes(enum field_type type)
{
    return type == FT_ETHER || type == FT_IPv6 || type == FT_BYTES || type == FT_STRING;
}

static struct seen_mark mark_of(const struct seen_plan *plan, const struct value *v)
{
    enum field_type type = plan->types[v->slot];
    struct seen_mark mark;
    for (int i = 0; i < 2; i++) {
        const struct hash_key *key = &plan->keys[i];
        uint64_t hash = has_bytes(type) ? hash_bytes(key, v->bytes, value_len(type, v)) : v->u;
        uint64_t parts[2] = {v->slot, hash};
        mark.words[i] = hash_bytes(key, parts, sizeof parts);
    }
    mark.words[0] |= !mark.words[0] && !mark.words[1];
    return mark;
}

/* The place of the mark, or the free place where it belongs. */
static struct seen_mark *find(struct seen_mark *marks, size_t capacity, struct seen_mark mark)
{
    for (size_t at = mark.words[0] & (capacity - 1);; at = (at + 1) & (capacity - 1)) {
        struct seen_mark *there = &marks[at];
        bool is_free = !there->words[0] && !there->words[1];
        if (is_free || (there->words[0] == mark.words[0] && there->words[1] == mark.words[1]))
            return there;
    }
}

static void give_marks(struct seen *seen, struct arena *arena)
{
    if (seen->marks)
        arena_give(arena, seen->marks, seen->capacity * sizeof *seen->marks);
}

static bool grow(struct seen *seen, struct arena *arena)
{
    size_t capacity = seen->capacity ? 2 * seen->capacity : FIRST_MARKS;
    struct seen_mark *marks = arena_take(arena, capacity * sizeof *marks);
    if (!marks)
        return false;
    memset(marks, 0, capacity * sizeof *marks);
    for (size_t i = 0; i < seen->capacity; i++)
        if (seen->marks[i].words[0] || seen->marks[i].words[1])
            *find(marks, capacity, seen->marks[i]) = seen->marks[i];
    give_marks(seen, arena);
    seen->marks = marks;
    seen->capacity = capacity;
    return true;
}

static bool differs(struct seen *seen, const struct seen_plan *plan, const struct value *v,
                    struct arena *arena)
{
    if (2 * seen->n_marks >= seen->capacity && !grow(seen, arena))
        return false;
    struct seen_mark mark = mark_of(plan, v), *there = find(seen->marks, seen->capacity, mark);
    if (there->words[0] || there->words[1])
        return false;
    *there = mark;
    seen->n_marks++;
    return true;
}

void seen_sift(struct seen *seen, const struct seen_plan *plan, struct row *row, struct arena *arena)
{
    uint32_t kept = 0;
    if (!plan->needs)
        return;
    for (uint32_t i = 0; i < row->n_values; i++) {
        const struct value *v = &row->values[i];
        uint8_t need = plan->needs[v->slot];
        if (need == SEEN_ALL ||
            (need == SEEN_FIRST ? first_is_new(seen, plan, v->slot, arena) : differs(seen, plan, v, arena)))
            row->values[kept++] = *v;
    }
    row->n_values = kept;
}

void seen_give(struct seen *seen, const struct seen_plan *plan, struct arena *arena)
{
    give_marks(seen, arena);
    if (seen->firsts)
        arena_give(arena, seen->firsts, firsts_len(plan));
}
