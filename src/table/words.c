/* Words of dictionary columns. Invariant: every word stands once in a batch's dictionary, as pandas insists.
 * A few words (protocols, reasons) are compared one by one; many (captures of a large folder) are hashed,
 * with open addressing and at most half of the slots taken. Words never leave, so there is nothing to delete.
 */
#include "base/memory.h"
#include "table/column.h"

enum { FEW = 8, FIRST_SLOTS = 64, FREE = -1 };

static bool word_is(const struct column *words, int32_t i, const char *word, size_t len)
{
    const int32_t *offsets = (const int32_t *)words->offsets.data;
    bool same_length = (size_t)(offsets[i + 1] - offsets[i]) == len;
    return same_length && (!len || !memcmp(words->data.data + offsets[i], word, len));
}

/* FNV-1a. */
static uint32_t word_hash(const uint8_t *bytes, size_t len)
{
    uint32_t hash = 2166136261;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ bytes[i]) * 16777619;
    return hash ^ hash >> 15;
}

/* The slot of the word, or the free one where it belongs. */
static int32_t *word_slot(const struct column *c, const char *word, size_t len)
{
    uint32_t mask = c->n_word_slots - 1, at = word_hash((const uint8_t *)word, len) & mask;
    while (c->word_slots[at] != FREE && !word_is(c->words, c->word_slots[at], word, len))
        at = (at + 1) & mask;
    return &c->word_slots[at];
}

static bool words_hash_again(struct column *c, uint32_t n_slots)
{
    int32_t *slots = memory_alloc(n_slots * sizeof *slots);
    if (!slots)
        return false;
    memory_free(c->word_slots);
    c->word_slots = slots;
    c->n_word_slots = n_slots;
    memset(slots, 0xff, n_slots * sizeof *slots); /* FREE */
    const int32_t *offsets = (const int32_t *)c->words->offsets.data;
    for (int32_t i = 0; i < c->words->length; i++) {
        size_t len = (size_t)(offsets[i + 1] - offsets[i]);
        *word_slot(c, (const char *)c->words->data.data + offsets[i], len) = i;
    }
    return true;
}

static int32_t word_add(struct column *c, const char *word, size_t len)
{
    bool ok = c->words->length < 1 << 30 && column_put_bytes(c->words, word, len);
    return ok ? (int32_t)(c->words->length - 1) : -1;
}

static int32_t word_among_few(struct column *c, const char *word, size_t len)
{
    for (int32_t i = 0; i < c->words->length; i++)
        if (word_is(c->words, i, word, len))
            return i;
    return word_add(c, word, len);
}

int32_t column_word(struct column *c, const char *word)
{
    size_t len = strlen(word);
    uint32_t n = (uint32_t)c->words->length;
    if (n < FEW)
        return word_among_few(c, word, len);
    /* With FEW words the table may be one of the batch before; nothing else asks so often that it would
     * matter. */
    if (n == FEW && !words_hash_again(c, FIRST_SLOTS))
        return -1;
    if (n >= c->n_word_slots / 2 && !words_hash_again(c, c->n_word_slots * 2))
        return -1;
    int32_t *slot = word_slot(c, word, len);
    if (*slot == FREE)
        *slot = word_add(c, word, len);
    return *slot;
}

bool column_put_word(struct column *c, const char *word)
{
    if (!word)
        return column_put_null(c);
    if (word != c->last_word) {
        c->last_index = column_word(c, word);
        if (c->last_index < 0)
            return false;
        c->last_word = word;
    }
    return column_put32(c, (uint32_t)c->last_index);
}
