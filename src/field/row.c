/* Growth of a row, and values with bytes of their own in the row's arena: text that was made, or UTF-8 that
 * was mended. Invariant: when memory ends, the memory state of the row's arena is set, and the row keeps the
 * values it has. */
#include "field/row.h"

#include "base/utf8.h"

#include <string.h>

#include "base/memory.h"

enum { FIRST_VALUES = 64 };

static bool row_reserve(struct row *row)
{
    uint32_t capacity = row->capacity ? row->capacity * 2 : FIRST_VALUES;
    struct value *values = memory_grow(row->values, capacity * sizeof *values);
    if (!values)
        return false;
    row->values = values;
    row->capacity = capacity;
    return true;
}

struct value *row_grow(struct row *row)
{
    if (row->n_values == row->capacity && !row_reserve(row)) {
        arena_ended(row->arena);
        return NULL;
    }
    return &row->values[row->n_values++];
}

void row_free(struct row *row)
{
    memory_free(row->values);
    row->values = NULL;
    row->n_values = row->capacity = 0;
}

void put_text_copy(struct row *row, field_id id, const char *text, uint32_t len)
{
    if (!row_wants(row, id))
        return;
    char *copy = arena_alloc(row->arena, len ? len : 1);
    if (!copy)
        return;
    memcpy(copy, text, len);
    put_text(row, id, copy, len);
}

void row_take(struct row *row, const struct row *from)
{
    for (uint32_t i = 0; i < from->n_values; i++) {
        int16_t slot = row->slot_of[from->values[i].slot];
        struct value *v = slot >= 0 ? row_grow(row) : NULL;
        if (!v)
            continue;
        *v = from->values[i];
        v->slot = (uint16_t)slot;
    }
}

struct value *row_slot(struct row *row, uint32_t slot)
{
    struct value *v = row_grow(row);
    if (v)
        *v = (struct value){.slot = (uint16_t)slot, .layer = row->layer};
    return v;
}

void row_slot_utf8(struct row *row, uint32_t slot, const uint8_t *text, uint32_t len)
{
    char *copy = NULL;
    if (!utf8_is_valid(text, len) && !(copy = arena_alloc(row->arena, (size_t)len * 3)))
        return;
    struct value *v = row_slot(row, slot);
    if (!v)
        return;
    v->len = copy ? utf8_mend(copy, text, len) : len;
    v->bytes = copy ? (const uint8_t *)copy : text;
}

void put_text_utf8(struct row *row, field_id id, const uint8_t *text, uint32_t len)
{
    if (text && row_wants(row, id))
        row_slot_utf8(row, (uint32_t)row->slot_of[id], text, len);
}

void put_text_wire(struct row *row, field_id id, const uint8_t *text, uint32_t len)
{
    if (!text || !row_wants(row, id))
        return;
    const uint8_t *nul = len ? memchr(text, 0, len) : NULL;
    uint32_t n = nul ? (uint32_t)(nul - text) : len, at = 0;
    char *copy = arena_alloc(row->arena, n ? (size_t)n * 3 : 1);
    if (!copy)
        return;
    for (uint32_t i = 0; i < n; i++) {
        if (text[i] < 0x80) {
            copy[at++] = (char)text[i];
        } else {
            memcpy(copy + at, "\xef\xbf\xbd", 3);
            at += 3;
        }
    }
    put_text(row, id, copy, at);
}

void put_text_mended(struct row *row, field_id id, const uint8_t *text, uint32_t len)
{
    if (!text || !row_wants(row, id))
        return;
    const uint8_t *end = memchr(text, 0, len);
    len = end ? (uint32_t)(end - text) : len;
    char *copy = NULL;
    if (!utf8_is_valid(text, len) && !(copy = arena_alloc(row->arena, (size_t)len * 3)))
        return;
    put_text(row, id, copy ? copy : (const char *)text, copy ? utf8_mend_subparts(copy, text, len) : len);
}
