/* Statistics that need all values at once: quartiles, shape, number of different values, entropy. */
#ifndef FC_FEATURE_ORDER_H
#define FC_FEATURE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct order {
    double quartiles[3];    /* 25 %, 50 %, 75 %; linear between ranks: h = (n - 1) p */
    double skewness;        /* of the population: m3 / m2^1.5 */
    double excess_kurtosis; /* of the population: m4 / m2^2 - 3 */
    bool has_shape;         /* false: all values are equal (m2 = 0), and the two above are not defined */
    uint32_t n_distinct;    /* different values */
};

/* Ascending; scratch has room for n values. */
void order_sort(int64_t *values, int64_t *scratch, size_t n);
/* Of n > 0 sorted values. */
void order_make(struct order *out, const int64_t *sorted, size_t n);

/* Shannon's entropy, in bits, of the frequencies of n sorted values; 0 when n is 0. */
double order_entropy(const int64_t *sorted, size_t n);

#endif
