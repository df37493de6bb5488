/* Rows as text. */
#include "sets/csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

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
    for (uint32_t i = 0; i < v->n; i++) {
        if (i)
            *to++ = separator;
        if (v->bits[i] < 0)
            *to++ = '-';
        *to++ = v->bits[i] ? '1' : '0';
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

static bool put_names(struct set_buffer *b, const struct set_column *column, char separator)
{
    char number[NUMBER_CAP];
    bool good = true;
    for (uint32_t i = 0; good && i < column->count; i++) {
        snprintf(number, sizeof number, "_%" PRIu32, i);
        good = (!i || put(b, &separator, 1)) && put_text(b, column->name) && put_text(b, number);
    }
    return good;
}

bool set_csv_head(struct set_buffer *b, const struct set *set)
{
    char separator = set->family->csv->separator;
    bool good =
        !set->family->csv->zeek || put_text(b, "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n"
                                               "#unset_field\t-\n#path\tconn\n#fields\t");
    for (size_t i = 0; good && i < set->n_columns; i++) {
        const struct set_column *column = &set->columns[i];
        good = (!i || put(b, &separator, 1)) &&
               (column->count ? put_names(b, column, separator) : put_text(b, column->name));
    }
    if (set->family->csv->zeek) {
        good = good && put_text(b, "\n#types");
        for (size_t i = 0; good && i < set->n_columns; i++)
            good = put(b, &separator, 1) && put_text(b, set->columns[i].type);
    }
    return good && put_text(b, "\n");
}

bool set_csv_row(struct set_buffer *b, const struct set *set, const struct set_value *values)
{
    char separator = set->family->csv->separator;
    bool good = true;
    for (size_t i = 0; good && i < set->n_columns; i++)
        good = (!i || put(b, &separator, 1)) && put_value(b, set->family->csv, &values[i]);
    return good && put_text(b, "\n");
}
