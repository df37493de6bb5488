/* Building columns. Invariant: `length` counts the values, and each buffer's `len` covers at least them; of
 * fixed width columns `len` is brought up to date when more room is asked for. Validity exists from the first
 * null on. Source: the Arrow columnar format, arrow.apache.org/docs/format/Columnar.html. */
#include "table/column.h"

#include <stdlib.h>

#include "base/memory.h"

enum { ALIGNMENT = 64, FIRST_BUFFER = 192 };

static uint8_t *buffer_align(void *memory)
{
    return (uint8_t *)(((uintptr_t)memory + ALIGNMENT - 1) & ~(uintptr_t)(ALIGNMENT - 1));
}

bool buffer_grow(struct buffer *b, size_t more)
{
    if (more > SIZE_MAX / 4 || b->cap > SIZE_MAX / 4)
        return false;
    size_t cap = b->cap ? b->cap * 2 : FIRST_BUFFER;
    if (cap < b->len + more)
        cap = b->len + more;
    size_t was = b->memory ? (size_t)(b->data - (uint8_t *)b->memory) : 0;
    uint8_t *memory = memory_grow(b->memory, cap + ALIGNMENT);
    if (!memory)
        return false;
    uint8_t *data = buffer_align(memory);
    if (b->memory && data != memory + was)
        memmove(data, memory + was, b->cap);
    *b = (struct buffer){.data = data, .len = b->len, .cap = cap, .memory = memory};
    return true;
}

void buffer_free(struct buffer *b)
{
    memory_free(b->memory);
    *b = (struct buffer){0};
}

static uint32_t column_width(const char *format)
{
    switch (format[0]) {
    case 'w':
        return (uint32_t)strtoul(format + 2, NULL, 10);
    case '+':
        return (uint32_t)strtoul(format + 3, NULL, 10);
    case 'c':
    case 'C':
        return 1;
    case 's':
    case 'S':
        return 2;
    case 'i':
    case 'I':
    case 'f':
        return 4;
    default: /* l L g, timestamps, durations */
        return 8;
    }
}

static enum column_kind column_kind(const char *format)
{
    switch (format[0]) {
    case 'b':
        return COLUMN_BITS;
    case 'u':
        return COLUMN_TEXT;
    case 'U':
    case 'Z':
        return COLUMN_LARGE;
    case '+':
        return format[1] == 'l' ? COLUMN_LIST : format[1] == 'w' ? COLUMN_FIXED_LIST : COLUMN_STRUCT;
    default:
        return COLUMN_FIXED;
    }
}

void column_init(struct column *column, const char *name, const char *format)
{
    *column = (struct column){.name = name, .format = format, .kind = column_kind(format)};
    if (column->kind == COLUMN_FIXED || column->kind == COLUMN_FIXED_LIST)
        column->width = column_width(format);
}

struct column *column_children(struct column *column, uint32_t n)
{
    column->children = memory_zero(n, sizeof *column->children);
    column->n_children = column->children ? n : 0;
    return column->children;
}

bool column_init_items(struct column *column, const char *name, const char *format, const char *item_format)
{
    column_init(column, name, format);
    struct column *item = column_children(column, 1);
    if (!item)
        return false;
    column_init(item, "item", item_format);
    return true;
}

bool column_init_list(struct column *column, const char *name, const char *item_format)
{
    return column_init_items(column, name, "+l", item_format);
}

bool column_init_values(struct column *column, const char *name, const char *value_format)
{
    if (!column_init_list(column, name, "+s"))
        return false;
    struct column *pair = column_children(column->children, 2);
    if (!pair)
        return false;
    column_init(&pair[0], "packet", "I");
    column_init(&pair[1], "value", value_format);
    return true;
}

bool column_init_dictionary(struct column *column, const char *name)
{
    column_init(column, name, "i");
    column->words = memory_zero(1, sizeof *column->words);
    if (!column->words)
        return false;
    column_init(column->words, "", "u");
    return true;
}

void column_free(struct column *column)
{
    buffer_free(&column->validity);
    buffer_free(&column->offsets);
    buffer_free(&column->data);
    for (uint32_t i = 0; i < column->n_children; i++)
        column_free(&column->children[i]);
    memory_free(column->children);
    if (column->words)
        column_free(column->words);
    memory_free(column->words);
    memory_free(column->word_slots);
    *column = (struct column){0};
}

bool column_put_bool(struct column *c, bool value)
{
    size_t byte = (size_t)c->length / 8;
    unsigned bit = (unsigned)c->length % 8;
    c->data.len = byte;
    if (!buffer_room(&c->data, 1))
        return false;
    if (!bit)
        c->data.data[byte] = 0;
    c->data.data[byte] |= (uint8_t)(value << bit);
    c->length++;
    return true;
}

/* Ends the value at `end` of the child or of data. The first offset is 0, whatever is put first. */
static bool column_put_offset(struct column *c, uint64_t end)
{
    size_t at = (size_t)c->length + 1;
    if (c->kind == COLUMN_LARGE) {
        c->offsets.len = at * 8;
        if (!buffer_room(&c->offsets, 8))
            return false;
        int64_t *offsets = (int64_t *)c->offsets.data;
        offsets[0] = 0;
        offsets[at] = (int64_t)end;
    } else {
        c->offsets.len = at * 4;
        if (end > INT32_MAX || !buffer_room(&c->offsets, 4))
            return false;
        int32_t *offsets = (int32_t *)c->offsets.data;
        offsets[0] = 0;
        offsets[at] = (int32_t)end;
    }
    c->length++;
    return true;
}

bool column_put_text_here(struct column *c, size_t len)
{
    c->data.len += len;
    return column_put_offset(c, c->data.len);
}

bool column_put_bytes(struct column *c, const void *bytes, size_t len)
{
    if (!buffer_room(&c->data, len))
        return false;
    if (len)
        memcpy(c->data.data + c->data.len, bytes, len);
    return column_put_text_here(c, len);
}

bool column_put_list(struct column *c) { return column_put_offset(c, (uint64_t)c->children->length); }

static uint64_t column_offset(const struct column *c, int64_t i)
{
    if (!c->length)
        return 0;
    return c->kind == COLUMN_LARGE ? (uint64_t)((const int64_t *)c->offsets.data)[i]
                                   : (uint64_t)((const int32_t *)c->offsets.data)[i];
}

int64_t column_list_start(const struct column *c) { return (int64_t)column_offset(c, c->length); }

struct column_bytes column_bytes(const struct column *c, int64_t i, uint8_t *bit)
{
    if (c->kind == COLUMN_BITS) {
        *bit = c->data.data[i / 8] >> i % 8 & 1;
        return (struct column_bytes){bit, 1};
    }
    if (c->kind == COLUMN_FIXED)
        return (struct column_bytes){c->data.data + (size_t)i * c->width, c->width};
    uint64_t from = column_offset(c, i);
    return (struct column_bytes){c->data.data + from, (size_t)(column_offset(c, i + 1) - from)};
}

void column_take_back(struct column *c)
{
    int64_t last = c->length - 1;
    if (c->kind == COLUMN_BITS)
        c->data.data[last / 8] &= (uint8_t)~(1U << last % 8);
    else if (c->kind != COLUMN_FIXED)
        c->data.len = (size_t)column_offset(c, last);
    c->length = last;
}

/* Brings validity up to `length` values, all new ones valid. */
static bool column_know(struct column *c, int64_t length)
{
    size_t have = ((size_t)c->n_known + 7) / 8, need = ((size_t)length + 7) / 8;
    c->validity.len = have;
    if (need > have) {
        if (!buffer_room(&c->validity, need - have))
            return false;
        memset(c->validity.data + have, 0xff, need - have);
    }
    c->n_known = length;
    return true;
}

bool column_set_null(struct column *c, int64_t i)
{
    if (c->n_known <= i && !column_know(c, i + 1))
        return false;
    c->validity.data[i / 8] &= (uint8_t)~(1U << i % 8);
    c->n_nulls++;
    return true;
}

static bool column_put_blank(struct column *c)
{
    switch (c->kind) {
    case COLUMN_BITS:
        return column_put_bool(c, false);
    case COLUMN_FIXED:
        if (!column_room(c, 1))
            return false;
        memset(c->data.data + (size_t)c->length++ * c->width, 0, c->width);
        return true;
    case COLUMN_LIST:
        return column_put_list(c);
    case COLUMN_STRUCT:
        c->length++;
        return true;
    default:
        return column_put_bytes(c, NULL, 0);
    }
}

bool column_put_null(struct column *c) { return column_put_blank(c) && column_set_null(c, c->length - 1); }
