/* Growing a row, and values whose bytes it has to keep itself: text that is made, or mended UTF-8.
 * Invariant: a row that ran out of memory says so and keeps the values it has. */
#include "field/row.h"

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
        row->out_of_memory = true;
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

void put_text_copy(struct row *row, enum field_id id, const char *text, uint32_t len)
{
    if (!row_wants(row, id))
        return;
    char *copy = arena_alloc(row->arena, len ? len : 1);
    if (!copy) {
        row->out_of_memory = true;
        return;
    }
    memcpy(copy, text, len);
    put_text(row, id, copy, len);
}

/* Length of the valid character at text, or 0 (Unicode 15, table 3-7). */
static uint32_t utf8_length(const uint8_t *text, uint32_t left)
{
    uint8_t first = text[0];
    if (first < 0x80)
        return 1;
    uint32_t n = first >= 0xc2 && first <= 0xdf   ? 2
                 : (first & 0xf0) == 0xe0         ? 3
                 : first >= 0xf0 && first <= 0xf4 ? 4
                                                  : 0;
    if (!n || n > left)
        return 0;
    uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (text[1] < low || text[1] > high)
        return 0;
    for (uint32_t i = 2; i < n; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

static uint32_t utf8_mend(char *out, const uint8_t *text, uint32_t len)
{
    uint32_t written = 0;
    for (uint32_t at = 0; at < len;) {
        uint32_t n = utf8_length(text + at, len - at);
        memcpy(out + written, n ? (const char *)text + at : "\xef\xbf\xbd", n ? n : 3);
        written += n ? n : 3;
        at += n ? n : 1;
    }
    return written;
}

struct value *row_slot(struct row *row, uint32_t slot)
{
    struct value *v = row_grow(row);
    if (v)
        *v = (struct value){.slot = slot};
    return v;
}

void row_slot_utf8(struct row *row, uint32_t slot, const uint8_t *text, uint32_t len)
{
    uint32_t valid = 0, n = 1;
    while (valid < len && n) {
        n = utf8_length(text + valid, len - valid);
        valid += n;
    }
    char *copy = valid < len ? arena_alloc(row->arena, (size_t)len * 3) : NULL;
    if (valid < len && !copy) {
        row->out_of_memory = true;
        return;
    }
    struct value *v = row_slot(row, slot);
    if (!v)
        return;
    v->len = copy ? utf8_mend(copy, text, len) : len;
    v->bytes = copy ? (const uint8_t *)copy : text;
}

void put_text_utf8(struct row *row, enum field_id id, const uint8_t *text, uint32_t len)
{
    if (text && row_wants(row, id))
        row_slot_utf8(row, (uint32_t)row->slot_of[id], text, len);
}
