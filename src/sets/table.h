/* A table of flows: records of one size, found by key and kept in the order in which they were added. Records
 * lie in blocks that never move, so a pointer to a record is valid until it is removed, and no packet costs
 * an allocation. The slots that a key leads to depend on a secret (base/hash.h); the order of records does
 * not.
 *
 * A record begins with struct set_entry, directly followed by its key. */
#ifndef FC_SETS_TABLE_H
#define FC_SETS_TABLE_H

#include <flowcontainer.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

struct set_entry {
    struct set_entry *before, *after; /* in the order of adding; `after` also links free records */
    uint32_t index, hash;
};

struct set_table {
    struct hash_key key;
    uint64_t *slots; /* hash << 32 | index + 1; 0: free */
    uint32_t mask, n;
    uint32_t key_len, record_len, per_block;
    uint8_t **blocks;
    size_t n_blocks, blocks_capacity;
    uint32_t n_made; /* records handed out for the first time */
    struct set_entry *free, *first, *last;
};

/* The record's size includes entry and key. */
FC_MUST_USE bool set_table_init(struct set_table *table, size_t key_len, size_t record_len);
void set_table_free(struct set_table *table);
/* The record with this key, or NULL. */
void *set_table_find(const struct set_table *table, const void *key);
/* Adds a record behind all others. The bytes behind its key are zero. NULL: memory ended. The key must not be
 * in the table. */
void *set_table_add(struct set_table *table, const void *key);
void set_table_remove(struct set_table *table, void *record);
/* Moves a record behind all others, as if it were removed and added. */
void set_table_renew(struct set_table *table, void *record);

#endif
