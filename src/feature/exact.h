/* Sums of integers without rounding, and quotients of such sums rounded once: the double nearest to the exact
 * value, so that neither the order of the additions nor the number of threads changes a bit. */
#ifndef FC_FEATURE_EXACT_H
#define FC_FEATURE_EXACT_H

#include <stdbool.h>
#include <stdint.h>

/* The sums that a mean and a variance need. Zero-initialise; 2^32 - 1 values at most. */
struct exact_sums {
    uint64_t n;
    int64_t min, max;    /* valid when n > 0 */
    uint64_t sum[2];     /* 128 bits, two's complement, low word first */
    uint64_t squares[3]; /* 192 bits, low word first */
};

static inline void exact_add(struct exact_sums *s, int64_t x)
{
    uint64_t magnitude = x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
    unsigned __int128 square = (unsigned __int128)magnitude * magnitude;
    s->min = !s->n || x < s->min ? x : s->min;
    s->max = !s->n || x > s->max ? x : s->max;
    s->n++;
    unsigned __int128 sum = (unsigned __int128)s->sum[0] + (uint64_t)x;
    s->sum[0] = (uint64_t)sum;
    s->sum[1] += (uint64_t)(sum >> 64) + (x < 0 ? UINT64_MAX : 0);
    unsigned __int128 low = (unsigned __int128)s->squares[0] + (uint64_t)square;
    unsigned __int128 high =
        (unsigned __int128)s->squares[1] + (uint64_t)(square >> 64) + (uint64_t)(low >> 64);
    s->squares[0] = (uint64_t)low;
    s->squares[1] = (uint64_t)high;
    s->squares[2] += (uint64_t)(high >> 64);
}

/* Adds the values of another object. */
void exact_merge(struct exact_sums *into, const struct exact_sums *from);
/* The sum, where it fits into 64 bits; else the nearest int64_t. */
int64_t exact_total(const struct exact_sums *s);
/* The mean of n > 0 values. */
double exact_mean(const struct exact_sums *s);
/* The sample variance (divisor n - 1) of n > 1 values, and its square root in *deviation, each correctly
 * rounded. */
double exact_variance(const struct exact_sums *s, double *deviation);
/* numerator / denominator; the denominator is not 0. */
double exact_ratio(__int128 numerator, uint64_t denominator);

#endif
