/* Quotients and square roots of integers of up to 256 bits, rounded once. Invariant: a result is made of a
 * quotient of at least 62 bits whose lowest bit says whether anything was cut off, so that the conversion to
 * 53 bits rounds as the exact value would. */
#include "feature/exact.h"

#include <math.h>

typedef unsigned __int128 u128;

enum { WORDS = 6 };

/* An unsigned integer, low word first. */
struct wide {
    uint64_t words[WORDS];
};

static int bits_of_word(uint64_t word) { return word ? 64 - __builtin_clzll(word) : 0; }

static void words_add(uint64_t *into, const uint64_t *from, int n)
{
    uint64_t carry = 0;
    for (int i = 0; i < n; i++) {
        u128 sum = (u128)into[i] + from[i] + carry;
        into[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
}

static int wide_bits(const struct wide *a)
{
    for (int i = WORDS - 1; i >= 0; i--)
        if (a->words[i])
            return 64 * i + bits_of_word(a->words[i]);
    return 0;
}

/* a * b, where b's product fits. */
static struct wide wide_times(const uint64_t *a, int n, uint64_t b)
{
    struct wide out = {{0}};
    uint64_t carry = 0;
    for (int i = 0; i < n; i++) {
        u128 product = (u128)a[i] * b + carry;
        out.words[i] = (uint64_t)product;
        carry = (uint64_t)(product >> 64);
    }
    out.words[n] = carry;
    return out;
}

static void wide_subtract(struct wide *a, const struct wide *b)
{
    uint64_t borrow = 0;
    for (int i = 0; i < WORDS; i++) {
        u128 difference = (u128)a->words[i] - b->words[i] - borrow;
        a->words[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> 64) & 1;
    }
}

/* a * 2^n, of which the caller knows that it fits. */
static struct wide wide_left(const struct wide *a, int n)
{
    struct wide out = {{0}};
    int words = n / 64, bits = n % 64;
    for (int i = WORDS - 1; i >= words; i--) {
        out.words[i] = a->words[i - words] << bits;
        if (bits && i > words)
            out.words[i] |= a->words[i - words - 1] >> (64 - bits);
    }
    return out;
}

/* The whole part of a / 2^n; *cut becomes true when the rest is not 0. */
static struct wide wide_right(const struct wide *a, int n, bool *cut)
{
    struct wide out = {{0}};
    int words = n / 64, bits = n % 64;
    for (int i = 0; i < WORDS - words; i++) {
        out.words[i] = a->words[i + words] >> bits;
        if (bits && i + words + 1 < WORDS)
            out.words[i] |= a->words[i + words + 1] << (64 - bits);
    }
    for (int i = 0; i < words; i++)
        *cut |= a->words[i] != 0;
    *cut |= bits && a->words[words] << (64 - bits);
    return out;
}

/* a / b in place; the remainder. */
static uint64_t wide_divide(struct wide *a, uint64_t b)
{
    uint64_t rest = 0;
    for (int i = (wide_bits(a) + 63) / 64 - 1; i >= 0; i--) {
        u128 part = (u128)rest << 64 | a->words[i];
        a->words[i] = (uint64_t)(part / b);
        rest = (uint64_t)(part % b);
    }
    return rest;
}

/* The double nearest to a * 2^exponent, where a has 64 bits at least; `more`: a lacks a fraction that was cut
 * off. */
static double wide_double(const struct wide *a, bool more, int exponent)
{
    int shift = wide_bits(a) - 64;
    struct wide top = wide_right(a, shift, &more);
    return ldexp((double)(top.words[0] | more), shift + exponent);
}

static double wide_quotient(const struct wide *a, uint64_t b)
{
    enum { ENOUGH = 66 };
    int shift = bits_of_word(b) + ENOUGH - wide_bits(a);
    shift = shift > 0 ? shift : 0;
    struct wide q = wide_left(a, shift);
    bool rest = wide_divide(&q, b) != 0;
    return wide_double(&q, rest, -shift);
}

/* The largest integer with a square of at most x; x < 2^126. */
static uint64_t whole_root(u128 x)
{
    double estimate = sqrt((double)x);
    uint64_t root = (uint64_t)estimate;
    if (!root)
        return 0;
    root = (uint64_t)((root + x / root) / 2);
    while ((u128)root * root > x)
        root--;
    while ((u128)(root + 1) * (root + 1) <= x)
        root++;
    return root;
}

/* The square root of a / b. */
static double wide_root(const struct wide *a, uint64_t b)
{
    enum { BITS = 122 }; /* of the quotient, so that its root has 61 */
    bool cut = false;
    int shift = (BITS - (wide_bits(a) - bits_of_word(b))) & ~1;
    struct wide q = shift >= 0 ? wide_left(a, shift) : wide_right(a, -shift, &cut);
    cut |= wide_divide(&q, b) != 0;
    u128 square = (u128)q.words[1] << 64 | q.words[0];
    uint64_t root = whole_root(square);
    cut |= (u128)root * root != square;
    return ldexp((double)(root << 1 | cut), -shift / 2 - 1);
}

void exact_merge(struct exact_sums *into, const struct exact_sums *from)
{
    if (!from->n)
        return;
    if (!into->n || from->min < into->min)
        into->min = from->min;
    if (!into->n || from->max > into->max)
        into->max = from->max;
    into->n += from->n;
    words_add(into->sum, from->sum, 2);
    words_add(into->squares, from->squares, 3);
}

static __int128 sum_of(const struct exact_sums *s) { return (__int128)((u128)s->sum[1] << 64 | s->sum[0]); }

int64_t exact_total(const struct exact_sums *s)
{
    __int128 sum = sum_of(s);
    return sum > INT64_MAX ? INT64_MAX : sum < INT64_MIN ? INT64_MIN : (int64_t)sum;
}

double exact_ratio(__int128 numerator, uint64_t denominator)
{
    const __int128 exact = (__int128)1
                           << 53; /* integers below it are doubles, and one division rounds once */
    if (numerator < exact && numerator > -exact && denominator < (uint64_t)exact)
        return (double)(int64_t)numerator / (double)denominator;
    u128 magnitude = numerator < 0 ? -(u128)numerator : (u128)numerator;
    struct wide a = {{(uint64_t)magnitude, (uint64_t)(magnitude >> 64)}};
    double quotient = wide_quotient(&a, denominator);
    return numerator < 0 ? -quotient : quotient;
}

double exact_mean(const struct exact_sums *s) { return exact_ratio(sum_of(s), s->n); }

double exact_variance(const struct exact_sums *s, double *deviation)
{
    __int128 sum = sum_of(s);
    u128 magnitude = sum < 0 ? -(u128)sum : (u128)sum;
    uint64_t words[2] = {(uint64_t)magnitude, (uint64_t)(magnitude >> 64)};
    struct wide low = wide_times(words, 2, words[0]), high = wide_times(words, 2, words[1]);
    struct wide square = wide_left(&high, 64);
    words_add(square.words, low.words, WORDS);
    struct wide a = wide_times(s->squares, 3, s->n);
    wide_subtract(&a, &square);
    uint64_t b = s->n * (s->n - 1);
    if (!wide_bits(&a)) {
        *deviation = 0;
        return 0;
    }
    *deviation = wide_root(&a, b);
    return wide_quotient(&a, b);
}
