/* Doubles as text. */
#include "sets/number.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DIGITS = 17, FEWEST_TRIED = 15 };

/* 0.d1d2d3... times 10^point, without zeros at the end but for the first digit. */
struct decimal {
    char digits[MOST_DIGITS];
    int n, point;
};

/* The same of a whole number: most values of these tables are such. */
static struct decimal decimal_of_whole(uint64_t value)
{
    char text[MOST_DIGITS];
    struct decimal d = {.n = 0};
    int at = MOST_DIGITS;
    for (; at == MOST_DIGITS || value; value /= 10)
        text[--at] = (char)('0' + value % 10);
    d.point = d.n = MOST_DIGITS - at;
    memcpy(d.digits, text + at, (size_t)d.n);
    while (d.n > 1 && d.digits[d.n - 1] == '0')
        d.n--;
    return d;
}

/* The digits of a finite value that is not negative. A decimal of up to 15 digits that gives the value is
 * also the beginning of its first 15 digits, so fewer than 15 need not be tried. */
static struct decimal decimal_of(double value)
{
    char text[64];
    if (value < 1e15 && value == floor(value))
        return decimal_of_whole((uint64_t)value);
    for (int n = FEWEST_TRIED; n <= MOST_DIGITS; n++) {
        snprintf(text, sizeof text, "%.*e", n - 1, value);
        if (n == MOST_DIGITS || strtod(text, NULL) == value)
            break;
    }
    struct decimal d = {.n = 0};
    const char *p = text;
    for (; *p && *p != 'e'; p++)
        if (*p >= '0' && *p <= '9' && d.n < MOST_DIGITS)
            d.digits[d.n++] = *p;
    d.point = value == 0 || !*p ? 1 : atoi(p + 1) + 1;
    while (d.n > 1 && d.digits[d.n - 1] == '0')
        d.n--;
    return d;
}

static size_t put(char *out, const char *text)
{
    size_t n = strlen(text);
    memcpy(out, text, n);
    return n;
}

/* Without an exponent, and with at least one digit on each side of the point. */
static size_t put_plain(char *out, const struct decimal *d)
{
    char *p = out;
    int i = 0;
    if (d->point <= 0)
        *p++ = '0';
    for (; i < d->point; i++)
        *p++ = i < d->n ? d->digits[i] : '0';
    *p++ = '.';
    for (int zero = d->point; zero < 0; zero++)
        *p++ = '0';
    if (i >= d->n)
        *p++ = '0';
    for (; i < d->n; i++)
        *p++ = d->digits[i];
    return (size_t)(p - out);
}

size_t set_number_java(char out[SET_NUMBER_CAP], double value)
{
    if (isnan(value))
        return put(out, "NaN");
    size_t n = signbit(value) ? put(out, "-") : 0;
    value = fabs(value);
    if (isinf(value))
        return n + put(out + n, "Infinity");
    struct decimal d = decimal_of(value);
    if (value == 0 || (value >= 1e-3 && value < 1e7))
        return n + put_plain(out + n, &d);
    struct decimal mantissa = d;
    mantissa.point = 1;
    n += put_plain(out + n, &mantissa);
    return n + (size_t)snprintf(out + n, SET_NUMBER_CAP - n, "E%d", d.point - 1);
}

size_t set_number_python(char out[SET_NUMBER_CAP], double value)
{
    if (isnan(value))
        return put(out, "nan");
    size_t n = signbit(value) ? put(out, "-") : 0;
    value = fabs(value);
    if (isinf(value))
        return n + put(out + n, "inf");
    struct decimal d = decimal_of(value);
    if (d.point > -4 && d.point <= 16)
        return n + put_plain(out + n, &d);
    struct decimal mantissa = d;
    mantissa.point = 1;
    size_t digits = put_plain(out + n, &mantissa);
    n += d.n == 1 ? 1 : digits; /* 1e-05, not 1.0e-05 */
    return n + (size_t)snprintf(out + n, SET_NUMBER_CAP - n, "e%c%02d", d.point < 1 ? '-' : '+',
                                abs(d.point - 1));
}

size_t set_number_json(char out[SET_NUMBER_CAP], double value)
{
    size_t n = signbit(value) ? put(out, "-") : 0;
    struct decimal d = decimal_of(fabs(value));
    if (d.point > -6 && d.point <= 21)
        return n + put_plain(out + n, &d);
    struct decimal mantissa = d;
    mantissa.point = 1;
    size_t digits = put_plain(out + n, &mantissa);
    n += d.n == 1 ? 1 : digits;
    return n + (size_t)snprintf(out + n, SET_NUMBER_CAP - n, "e%d", d.point - 1);
}

size_t set_number_fixed(char out[SET_NUMBER_CAP], double value)
{
    enum { DECIMALS = 6 };
    if (!isfinite(value) || fabs(value) > 1e18)
        return 0;
    int n = snprintf(out, SET_NUMBER_CAP, "%.*f", DECIMALS, value);
    size_t whole = out[0] == '-';
    while (out[whole] >= '0' && out[whole] <= '9')
        whole++;
    out[whole] = '.'; /* the locale's point may be another character, or several */
    memmove(out + whole + 1, out + n - DECIMALS, DECIMALS);
    return whole + 1 + DECIMALS;
}
