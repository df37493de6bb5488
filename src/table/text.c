/* Values as text, as `tshark -T fields` prints them.
 * Invariant: the length returned is that of the whole text, however little of it fitted.
 * Source: observed, tshark 4.0.17: hexadecimal numbers padded to the width of their type, booleans and labels
 * 1 and 0, five escapes in strings and no other, times with 9 decimals, an empty byte field as a word in
 * angle brackets. */
#include "table/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct text {
    char *out;
    size_t cap, len;
};

static void text_put(struct text *t, const char *bytes, size_t n)
{
    if (t->len < t->cap)
        memcpy(t->out + t->len, bytes, n < t->cap - t->len ? n : t->cap - t->len);
    t->len += n;
}

static void text_char(struct text *t, char c)
{
    if (t->len < t->cap)
        t->out[t->len] = c;
    t->len++;
}

static void text_decimal(struct text *t, uint64_t n, int least)
{
    char digits[20];
    int at = sizeof digits;
    for (; n || least > 0; n /= 10, least--)
        digits[--at] = (char)('0' + n % 10);
    text_put(t, digits + at, sizeof digits - (size_t)at);
}

static void text_hex(struct text *t, uint64_t n, unsigned digits)
{
    while (digits-- > 0)
        text_char(t, "0123456789abcdef"[n >> 4 * digits & 15]);
}

/* ---- one function a kind of value ---- */

static void text_signed(struct text *t, int64_t n)
{
    if (n < 0)
        text_char(t, '-');
    text_decimal(t, n < 0 ? 0 - (uint64_t)n : (uint64_t)n, 1);
}

static void text_unsigned(struct text *t, const struct field *field, uint64_t n, enum fc_text style)
{
    if (field->base != BASE_HEX || (style == FC_TEXT_CLASSIC && field->named)) {
        text_decimal(t, n, 1);
        return;
    }
    text_put(t, "0x", 2);
    text_hex(t, n, field_hex_digits(field->type));
}

static void text_c_char(struct text *t, uint8_t c)
{
    text_char(t, '\'');
    if (c < ' ' || c > '~') {
        text_put(t, "\\x", 2);
        text_hex(t, c, 2);
    } else {
        if (c == '\'' || c == '\\')
            text_char(t, '\\');
        text_char(t, (char)c);
    }
    text_char(t, '\'');
}

static void text_float(struct text *t, double f, int digits)
{
    char buffer[40];
    int n = snprintf(buffer, sizeof buffer, "%.*g", digits, f);
    char *comma = strchr(buffer, ','); /* a host program may have set a locale that writes one */
    if (comma)
        *comma = '.';
    text_put(t, buffer, (size_t)n);
}

enum { NS = 1000000000 };

static void text_seconds(struct text *t, int64_t ns)
{
    uint64_t n = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    if (ns < 0)
        text_char(t, '-');
    text_decimal(t, n / NS, 1);
    text_char(t, '.');
    text_decimal(t, n % NS, 9);
}

/* Day 0 is 1970-01-01. Counts from 0000-03-01, so that the leap day ends a year, in eras of 400 years. */
static void text_date(struct text *t, int64_t day)
{
    static const char months[] = "MarAprMayJunJulAugSepOctNovDecJanFeb";
    day += 719468;
    int64_t era = (day >= 0 ? day : day - 146096) / 146097;
    int64_t of_era = day - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    int64_t of_month = of_year - (153 * month + 2) / 5 + 1;
    text_put(t, months + 3 * month, 3);
    text_char(t, ' ');
    if (of_month < 10)
        text_char(t, ' ');
    text_signed(t, of_month);
    text_put(t, ", ", 2);
    text_signed(t, year + era * 400 + (month >= 10));
}

static void text_time(struct text *t, int64_t ns)
{
    int64_t second = ns / NS - (ns % NS < 0);
    uint64_t fraction = (uint64_t)((ns % NS + NS) % NS);
    int64_t day = (second >= 0 ? second : second - 86399) / 86400;
    uint64_t of_day = (uint64_t)(second - day * 86400);
    text_date(t, day);
    text_char(t, ' ');
    text_decimal(t, of_day / 3600, 2);
    text_char(t, ':');
    text_decimal(t, of_day / 60 % 60, 2);
    text_char(t, ':');
    text_decimal(t, of_day % 60, 2);
    text_char(t, '.');
    text_decimal(t, fraction, 9);
    text_put(t, " UTC", 4);
}

static void text_string(struct text *t, const char *bytes, size_t n)
{
    static const char from[] = "\b\f\n\r\t", to[] = "bfnrt";
    size_t start = 0;
    for (size_t i = 0; i < n; i++) {
        const char *escape = bytes[i] ? strchr(from, bytes[i]) : NULL;
        if (!escape)
            continue;
        text_put(t, bytes + start, i - start);
        text_char(t, '\\');
        text_char(t, to[escape - from]);
        start = i + 1;
    }
    text_put(t, bytes + start, n - start);
}

/* Fields that Wireshark allows to be empty print another word for it. */
static bool text_may_be_empty(const struct field *field)
{
    return field->may_be_empty || !strcmp(field->name, "ipv6.opt.padn");
}

/* The character between two bytes; 0: none. The base may come from a worker or a caller and be any number. */
static char between_bytes(enum field_base base)
{
    switch (base) {
    case BASE_DOT:
        return '.';
    case BASE_DASH:
        return '-';
    case BASE_COLON:
        return ':';
    case BASE_SPACE:
        return ' ';
    default:
        return 0;
    }
}

static void text_bytes(struct text *t, const struct field *field, const uint8_t *bytes, size_t n)
{
    if (!n && text_may_be_empty(field))
        text_put(t, "<none>", 6);
    else if (!n)
        text_put(t, "<MISSING>", 9);
    char between = between_bytes(field->base);
    for (size_t i = 0; i < n; i++) {
        if (i && between)
            text_char(t, between);
        text_hex(t, bytes[i], 2);
    }
}

/* ---- reading Arrow arrays ---- */

static bool array_bit(const void *bits, int64_t i) { return ((const uint8_t *)bits)[i / 8] >> i % 8 & 1; }

static bool array_is_null(const struct ArrowArray *a, int64_t i)
{
    return a->null_count && a->buffers[0] && !array_bit(a->buffers[0], i);
}

static uint64_t array_uint(const void *values, enum field_type type, int64_t i)
{
    switch (field_arrow_format(type)[0]) {
    case 'C':
        return ((const uint8_t *)values)[i];
    case 'S':
        return ((const uint16_t *)values)[i];
    case 'I':
        return ((const uint32_t *)values)[i];
    default:
        return ((const uint64_t *)values)[i];
    }
}

static int64_t array_int(const void *values, enum field_type type, int64_t i)
{
    switch (field_arrow_format(type)[0]) {
    case 'c':
        return ((const int8_t *)values)[i];
    case 's':
        return ((const int16_t *)values)[i];
    case 'i':
        return ((const int32_t *)values)[i];
    default:
        return ((const int64_t *)values)[i];
    }
}

static void text_span(struct text *t, const struct field *field, const struct ArrowArray *a, int64_t i)
{
    bool large = field->type == FT_STRING || field->type == FT_BYTES;
    const int64_t *wide = a->buffers[1];
    const int32_t *narrow = a->buffers[1];
    int64_t start = large ? wide[i] : narrow[i], end = large ? wide[i + 1] : narrow[i + 1];
    const char *bytes = (const char *)a->buffers[2] + start;
    size_t n = (size_t)(end - start);
    if (field->type == FT_BYTES)
        text_bytes(t, field, (const uint8_t *)bytes, n);
    else if (field->type == FT_STRING)
        text_string(t, bytes, n);
    else
        text_put(t, bytes, n);
}

static void text_put_value(struct text *t, const struct field *field, const struct ArrowArray *a, int64_t i,
                           enum fc_text style)
{
    const void *values = a->buffers[1];
    switch (field->type) {
    case FT_NONE:
    case FT_BOOLEAN:
        text_char(t, array_bit(values, i) ? '1' : '0');
        return;
    case FT_CHAR:
        text_c_char(t, (uint8_t)array_uint(values, field->type, i));
        return;
    case FT_INT8:
    case FT_INT16:
    case FT_INT24:
    case FT_INT32:
    case FT_INT64:
        text_signed(t, array_int(values, field->type, i));
        return;
    case FT_FLOAT:
        text_float(t, (double)((const float *)values)[i], 6);
        return;
    case FT_DOUBLE:
        text_float(t, ((const double *)values)[i], 15);
        return;
    case FT_RELATIVE_TIME:
        text_seconds(t, ((const int64_t *)values)[i]);
        return;
    case FT_ABSOLUTE_TIME:
        if (field->base == BASE_NTP && !((const int64_t *)values)[i])
            text_put(t, "NULL", 4);
        else
            text_time(t, ((const int64_t *)values)[i]);
        return;
    case FT_STRING:
    case FT_BYTES:
    case FT_ETHER:
    case FT_IPv4:
    case FT_IPv6:
        text_span(t, field, a, i);
        return;
    default:
        text_unsigned(t, field, array_uint(values, field->type, i), style);
    }
}

size_t text_value(char *out, size_t cap, const struct field *field, const struct ArrowArray *values,
                  int64_t i, enum fc_text style)
{
    struct text t = {.out = out, .cap = cap};
    i += values->offset;
    if (!array_is_null(values, i))
        text_put_value(&t, field, values, i, style);
    return t.len;
}

uint32_t text_rule(const struct field *field)
{
    return (uint32_t)field->type | (uint32_t)field->base << 8 | (uint32_t)field->named << 16 |
           (uint32_t)text_may_be_empty(field) << 17;
}

const char *fc_rule_format(uint32_t rule)
{
    return (rule & 0xff) > FT_FRAMENUM ? NULL : field_arrow_format((enum field_type)(rule & 0xff));
}

size_t fc_rule_text(char *out, size_t cap, uint32_t rule, const struct ArrowArray *values, int64_t i,
                    enum fc_text style)
{
    if ((rule & 0xff) > FT_FRAMENUM)
        return 0;
    struct field field = {.name = "",
                          .type = (enum field_type)(rule & 0xff),
                          .base = (enum field_base)(rule >> 8 & 0xff),
                          .named = rule >> 16 & 1,
                          .may_be_empty = rule >> 17 & 1};
    return text_value(out, cap, &field, values, i, style);
}

size_t fc_value_text(char *out, size_t cap, size_t field, const struct ArrowArray *values, int64_t i,
                     enum fc_text style)
{
    if (field >= field_count())
        return 0;
    return text_value(out, cap, &field_table[field_order()[field]], values, i, style);
}
