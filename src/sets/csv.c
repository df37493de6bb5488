/* Rows as text. */
#include "sets/csv.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "sets/bits.h"

enum { NUMBER_CAP = 64 };

void set_buffer_free(struct set_buffer *b)
{
    memory_free(b->data);
    *b = (struct set_buffer){0};
}

static char *room(struct set_buffer *b, size_t n)
{
    return memory_reserve((void **)&b->data, &b->cap, b->len + n, 1) ? b->data + b->len : NULL;
}

static bool put(struct set_buffer *b, const char *text, size_t n)
{
    char *to = room(b, n);
    if (!to)
        return false;
    memcpy(to, text, n);
    b->len += n;
    return true;
}

static bool put_text(struct set_buffer *b, const char *text) { return put(b, text, strlen(text)); }

static bool put_integer(struct set_buffer *b, int64_t value)
{
    char text[NUMBER_CAP];
    return put(b, text, (size_t)snprintf(text, sizeof text, "%" PRId64, value));
}

static bool put_real(struct set_buffer *b, const struct set_csv *csv, double value)
{
    char text[SET_NUMBER_CAP];
    return put(b, text, csv->real(text, value));
}

/* A list as Python prints it, in quotes because of its commas. */
static bool put_list(struct set_buffer *b, const struct set_value *v)
{
    bool good = put_text(b, "\"[");
    for (uint32_t i = 0; good && i < v->n; i++)
        good = (!i || put_text(b, ", ")) && put_integer(b, v->list[i]);
    return good && put_text(b, "]\"");
}

static bool put_bits(struct set_buffer *b, const struct set_value *v, char separator)
{
    char *to = room(b, (size_t)v->n * 3);
    if (!to)
        return false;
    char *begin = to;
    for (uint32_t i = v->first; i < (uint32_t)v->first + v->n; i++) {
        int8_t bit;
        set_bits_unpack(&bit, v->run, i, 1);
        if (i > v->first)
            *to++ = separator;
        if (bit < 0)
            *to++ = '-';
        *to++ = bit ? '1' : '0';
    }
    b->len += (size_t)(to - begin);
    return true;
}

static bool put_value(struct set_buffer *b, const struct set_csv *csv, const struct set_value *v)
{
    switch ((enum set_kind)v->kind) {
    case SET_INTEGER:
        return put_integer(b, v->integer);
    case SET_REAL:
        return put_real(b, csv, v->real);
    case SET_TEXT:
        return put(b, v->text, v->n);
    case SET_LIST:
        return put_list(b, v);
    case SET_BITS:
        return put_bits(b, v, csv->separator);
    case SET_NULL:
        break;
    }
    return put_text(b, csv->null);
}

static bool put_names(struct set_buffer *b, const struct set_pick *pick, char separator)
{
    char number[NUMBER_CAP];
    bool good = true;
    if (!pick->column || !pick->column->count)
        return put_text(b, pick->head);
    for (uint32_t i = 0; good && i < pick->column->count; i++) {
        snprintf(number, sizeof number, "_%" PRIu32, i);
        good = (!i || put(b, &separator, 1)) && put_text(b, pick->head) && put_text(b, number);
    }
    return good;
}

bool set_csv_head(struct set_buffer *b, const struct set_layout *layout)
{
    const struct set_csv *csv = layout->family->csv;
    bool good = !csv->zeek || put_text(b, "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n"
                                          "#unset_field\t-\n#path\tconn\n#fields\t");
    for (size_t i = 0; good && i < layout->n_picks; i++)
        good = (!i || put(b, &csv->separator, 1)) && put_names(b, &layout->picks[i], csv->separator);
    if (csv->zeek) {
        good = good && put_text(b, "\n#types");
        for (size_t i = 0; good && i < layout->n_picks; i++)
            good = put(b, &csv->separator, 1) &&
                   put_text(b, layout->picks[i].column ? layout->picks[i].column->type : "string");
    }
    return good && put_text(b, "\n");
}

/* The name of a capture, in quotes where a reader of CSV needs them. */
static bool put_capture(struct set_buffer *b, const char *name, char separator)
{
    const char special[] = {'"', '\n', '\r', separator, 0};
    if (separator != ',' || !strpbrk(name, special))
        return put_text(b, name);
    bool good = put(b, "\"", 1);
    for (; good && *name; name++)
        good = (*name != '"' || put(b, "\"", 1)) && put(b, name, 1);
    return good && put(b, "\"", 1);
}

bool set_csv_row(struct set_buffer *b, const struct set_layout *layout, const char *capture,
                 const struct set_value *values)
{
    const struct set_csv *csv = layout->family->csv;
    bool good = true;
    for (size_t i = 0; good && i < layout->n_picks; i++) {
        const struct set_pick *pick = &layout->picks[i];
        good = (!i || put(b, &csv->separator, 1)) && (pick->column ? put_value(b, csv, &values[pick->value])
                                                                   : put_capture(b, capture, csv->separator));
    }
    return good && put_text(b, "\n");
}

/* ---- JSON ---- */

static bool json_text(struct set_buffer *b, const char *text, size_t n)
{
    char escape[8];
    bool good = put(b, "\"", 1);
    for (size_t i = 0; good && i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            good = put(b, "\\", 1) && put(b, text + i, 1);
        else if (c < ' ')
            good = put(b, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", c));
        else
            good = put(b, text + i, 1);
    }
    return good && put(b, "\"", 1);
}

static bool json_list(struct set_buffer *b, const struct set_value *v)
{
    bool good = put(b, "[", 1);
    for (uint32_t i = 0; good && i < v->n; i++)
        good = (!i || put(b, ",", 1)) && put_integer(b, v->list[i]);
    return good && put(b, "]", 1);
}

static bool json_real(struct set_buffer *b, double value)
{
    char text[SET_NUMBER_CAP];
    return isfinite(value) ? put(b, text, set_number_json(text, value)) : put_text(b, "null");
}

static bool json_value(struct set_buffer *b, const struct set_value *v)
{
    switch ((enum set_kind)v->kind) {
    case SET_INTEGER:
        return put_integer(b, v->integer);
    case SET_REAL:
        return json_real(b, v->real);
    case SET_TEXT:
        return json_text(b, v->text, v->n);
    case SET_LIST:
        return json_list(b, v);
    default:
        return put_text(b, "null");
    }
}

/* "name": behind the members before it. */
static bool json_name(struct set_buffer *b, const char *name, bool *first)
{
    bool good = (*first || put(b, ",", 1)) && json_text(b, name, strlen(name)) && put(b, ":", 1);
    *first = false;
    return good;
}

static bool json_bits(struct set_buffer *b, const struct set_pick *pick, const struct set_value *v,
                      bool *first)
{
    char name[NUMBER_CAP + 32];
    bool good = true;
    for (uint32_t i = 0; good && i < v->n; i++) {
        int8_t bit;
        set_bits_unpack(&bit, v->run, v->first + i, 1);
        snprintf(name, sizeof name, "%s_%" PRIu32, pick->name, i);
        good = json_name(b, name, first) && put_integer(b, bit);
    }
    return good;
}

bool set_json_row(struct set_buffer *b, const struct set_layout *layout, const char *capture,
                  const struct set_value *values)
{
    bool first = true, good = put(b, "{", 1);
    for (size_t i = 0; good && i < layout->n_picks; i++) {
        const struct set_pick *pick = &layout->picks[i];
        const struct set_value *v = pick->column ? &values[pick->value] : NULL;
        const struct set_value null = {.kind = SET_NULL};
        if (v && v->undefined && layout->nulls)
            v = &null;
        if (v && v->kind == SET_NULL && layout->family->csv->zeek)
            continue;
        if (v && v->kind == SET_BITS)
            good = json_bits(b, pick, v, &first);
        else
            good = json_name(b, pick->name, &first) &&
                   (v ? json_value(b, v) : json_text(b, capture, strlen(capture)));
    }
    return good && put_text(b, "}\n");
}
