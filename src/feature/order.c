/* Statistics of a sorted sequence. Invariant: differences from the mean are taken of integers (n x - sum,
 * which is n times the difference), so that values far from 0 that are close to each other lose no digits.
 * Definitions: docs/features.md. */
#include "feature/order.h"

#include <math.h>
#include <string.h>

#include "feature/exact.h"

enum { FEW = 48, DIGITS = 8, BUCKETS = 256 };

static void sort_few(int64_t *values, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        int64_t value = values[i];
        size_t at = i;
        for (; at && values[at - 1] > value; at--)
            values[at] = values[at - 1];
        values[at] = value;
    }
}

/* One pass of a radix sort by the byte at `shift`, stable. The sign bit is flipped: negative values come
 * first. */
static void sort_by_byte(int64_t *out, const int64_t *in, size_t n, int shift)
{
    size_t starts[BUCKETS] = {0}, at = 0;
    for (size_t i = 0; i < n; i++)
        starts[((uint64_t)in[i] ^ (uint64_t)INT64_MIN) >> shift & 0xff]++;
    for (int i = 0; i < BUCKETS; i++) {
        size_t count = starts[i];
        starts[i] = at;
        at += count;
    }
    for (size_t i = 0; i < n; i++)
        out[starts[((uint64_t)in[i] ^ (uint64_t)INT64_MIN) >> shift & 0xff]++] = in[i];
}

void order_sort(int64_t *values, int64_t *scratch, size_t n)
{
    if (n <= FEW) {
        sort_few(values, n);
        return;
    }
    uint64_t varying = 0; /* bytes that all values share need no pass */
    for (size_t i = 1; i < n; i++)
        varying |= (uint64_t)values[i] ^ (uint64_t)values[0];
    int64_t *in = values, *out = scratch;
    for (int digit = 0; digit < DIGITS; digit++) {
        if (!(varying >> 8 * digit & 0xff))
            continue;
        sort_by_byte(out, in, n, 8 * digit);
        int64_t *full = out;
        out = in;
        in = full;
    }
    if (in != values)
        memcpy(values, in, n * sizeof *values);
}

static double quartile(const int64_t *sorted, size_t n, unsigned percent)
{
    uint64_t rank = (uint64_t)(n - 1) * percent;
    size_t at = (size_t)(rank / 100);
    int64_t low = sorted[at], high = sorted[at + 1 < n ? at + 1 : at];
    return exact_ratio((__int128)low * 100 + ((__int128)high - low) * (int)(rank % 100), 100);
}

/* A sum of doubles with the error of each addition carried along (Neumaier 1974). */
struct careful {
    double sum, error;
};

static void careful_add(struct careful *s, double x)
{
    double sum = s->sum + x;
    s->error += fabs(s->sum) >= fabs(x) ? (s->sum - sum) + x : (x - sum) + s->sum;
    s->sum = sum;
}

/* Runs of equal values. */
struct runs {
    const int64_t *sorted;
    size_t n, at;
};

static bool runs_next(struct runs *runs, int64_t *value, size_t *count)
{
    if (runs->at == runs->n)
        return false;
    size_t from = runs->at;
    *value = runs->sorted[from];
    while (runs->at < runs->n && runs->sorted[runs->at] == *value)
        runs->at++;
    *count = runs->at - from;
    return true;
}

static void order_shape(struct order *out, const int64_t *sorted, size_t n)
{
    struct careful powers[3] = {{0}};
    struct runs runs = {.sorted = sorted, .n = n};
    __int128 sum = 0;
    int64_t value;
    size_t count;
    for (size_t i = 0; i < n; i++)
        sum += sorted[i];
    while (runs_next(&runs, &value, &count)) {
        double d = (double)((__int128)value * (int64_t)n - sum), square = d * d;
        careful_add(&powers[0], square * (double)count);
        careful_add(&powers[1], square * d * (double)count);
        careful_add(&powers[2], square * square * (double)count);
    }
    double m2 = (powers[0].sum + powers[0].error) / (double)n;
    double m3 = (powers[1].sum + powers[1].error) / (double)n;
    double m4 = (powers[2].sum + powers[2].error) / (double)n;
    out->skewness = m3 / (m2 * sqrt(m2));
    out->excess_kurtosis = m4 / (m2 * m2) - 3;
}

void order_make(struct order *out, const int64_t *sorted, size_t n)
{
    struct runs runs = {.sorted = sorted, .n = n};
    int64_t value;
    size_t count;
    *out = (struct order){.has_shape = sorted[0] != sorted[n - 1]};
    for (unsigned i = 0; i < 3; i++)
        out->quartiles[i] = quartile(sorted, n, 25 * (i + 1));
    while (runs_next(&runs, &value, &count))
        out->n_distinct++;
    if (out->has_shape)
        order_shape(out, sorted, n);
}

double order_entropy(const int64_t *sorted, size_t n)
{
    struct runs runs = {.sorted = sorted, .n = n};
    struct careful entropy = {0};
    int64_t value;
    size_t count;
    while (runs_next(&runs, &value, &count)) {
        double share = (double)count / (double)n;
        careful_add(&entropy, -share * log2(share));
    }
    return entropy.sum + entropy.error + 0.0; /* 0.0: one value alone gives -0 */
}
