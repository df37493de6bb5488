/* The table of flows. Slots are probed one after the other; removing moves later records of a run back, so
 * that no slot is ever marked as deleted. */
#include "sets/table.h"

#include <string.h>

#include "base/memory.h"

enum { FIRST_SLOTS = 1024, BLOCK_BYTES = 1 << 17 };

static void *key_of(struct set_entry *entry) { return entry + 1; }

static struct set_entry *entry_at(const struct set_table *t, uint32_t index)
{
    return (struct set_entry *)(t->blocks[index / t->per_block] +
                                (size_t)(index % t->per_block) * t->record_len);
}

bool set_table_init(struct set_table *t, size_t key_len, size_t record_len)
{
    *t = (struct set_table){.key_len = (uint32_t)key_len, .record_len = (uint32_t)((record_len + 15) & ~15u)};
    t->per_block = BLOCK_BYTES / t->record_len ? BLOCK_BYTES / t->record_len : 1;
    t->mask = FIRST_SLOTS - 1;
    hash_key_make(&t->key);
    t->slots = memory_zero(FIRST_SLOTS, sizeof *t->slots);
    return t->slots != NULL;
}

void set_table_free(struct set_table *t)
{
    for (size_t i = 0; i < t->n_blocks; i++)
        memory_free(t->blocks[i]);
    memory_free(t->blocks);
    memory_free(t->slots);
    *t = (struct set_table){0};
}

static uint32_t hash_of(const struct set_table *t, const void *key)
{
    return (uint32_t)(hash_bytes(&t->key, key, t->key_len) >> 32);
}

void *set_table_find(const struct set_table *t, const void *key)
{
    uint32_t hash = hash_of(t, key);
    for (uint32_t at = hash & t->mask; t->slots[at]; at = (at + 1) & t->mask) {
        if (t->slots[at] >> 32 != hash)
            continue;
        struct set_entry *entry = entry_at(t, (uint32_t)t->slots[at] - 1);
        if (!memcmp(key_of(entry), key, t->key_len))
            return entry;
    }
    return NULL;
}

static void slot_put(uint64_t *slots, uint32_t mask, uint64_t value)
{
    uint32_t at = (uint32_t)(value >> 32) & mask;
    while (slots[at])
        at = (at + 1) & mask;
    slots[at] = value;
}

static bool slots_grow(struct set_table *t)
{
    if (t->mask >= UINT32_MAX / 2)
        return false;
    uint32_t mask = t->mask * 2 + 1;
    uint64_t *slots = memory_zero((size_t)mask + 1, sizeof *slots);
    if (!slots)
        return false;
    for (uint32_t i = 0; i <= t->mask; i++)
        if (t->slots[i])
            slot_put(slots, mask, t->slots[i]);
    memory_free(t->slots);
    t->slots = slots;
    t->mask = mask;
    return true;
}

static struct set_entry *record_take(struct set_table *t)
{
    struct set_entry *entry = t->free;
    if (entry) {
        t->free = entry->after;
        return entry;
    }
    if (t->n_made == t->n_blocks * t->per_block) {
        if (!memory_reserve((void **)&t->blocks, &t->blocks_capacity, t->n_blocks + 1, sizeof *t->blocks))
            return NULL;
        uint8_t *block = memory_alloc((size_t)t->per_block * t->record_len);
        if (!block)
            return NULL;
        t->blocks[t->n_blocks++] = block;
    }
    entry = entry_at(t, t->n_made);
    entry->index = t->n_made++;
    return entry;
}

static void link_last(struct set_table *t, struct set_entry *entry)
{
    entry->before = t->last;
    entry->after = NULL;
    *(t->last ? &t->last->after : &t->first) = entry;
    t->last = entry;
}

static void unlink_entry(struct set_table *t, struct set_entry *entry)
{
    *(entry->before ? &entry->before->after : &t->first) = entry->after;
    *(entry->after ? &entry->after->before : &t->last) = entry->before;
}

void *set_table_add(struct set_table *t, const void *key)
{
    if (t->n >= t->mask / 2 && !slots_grow(t))
        return NULL;
    struct set_entry *entry = record_take(t);
    if (!entry)
        return NULL;
    uint32_t index = entry->index;
    memset(entry, 0, t->record_len);
    entry->index = index;
    entry->hash = hash_of(t, key);
    memcpy(key_of(entry), key, t->key_len);
    slot_put(t->slots, t->mask, (uint64_t)entry->hash << 32 | (entry->index + 1));
    link_last(t, entry);
    t->n++;
    return entry;
}

/* Empties a slot. A record further along the run moves into it, unless its own place lies behind the slot. */
static void slot_clear(struct set_table *t, uint32_t hole)
{
    for (uint32_t at = (hole + 1) & t->mask; t->slots[at]; at = (at + 1) & t->mask) {
        uint32_t home = (uint32_t)(t->slots[at] >> 32) & t->mask;
        if (((at - home) & t->mask) < ((at - hole) & t->mask))
            continue;
        t->slots[hole] = t->slots[at];
        hole = at;
    }
    t->slots[hole] = 0;
}

void set_table_remove(struct set_table *t, void *record)
{
    struct set_entry *entry = record;
    uint32_t at = entry->hash & t->mask;
    while ((uint32_t)t->slots[at] != entry->index + 1)
        at = (at + 1) & t->mask;
    slot_clear(t, at);
    unlink_entry(t, entry);
    entry->after = t->free;
    t->free = entry;
    t->n--;
}

void set_table_renew(struct set_table *t, void *record)
{
    unlink_entry(t, record);
    link_last(t, record);
}
