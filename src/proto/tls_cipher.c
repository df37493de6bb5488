/* tls_ciphers.def as a sorted table. Invariant: rows ascend by their last suite; rows of the same suites for
 * different releases are neighbours (a unit test says so). Only rows of the release that the native engine
 * reproduces are found. */
#include "proto/tls_cipher.h"

#include <stddef.h>

#include "base/release.h"

enum { ENCRYPTED = false, PLAIN = true };

static const struct cipher_row {
    uint16_t first, last;
    uint8_t exchange;
    bool is_plain;
    struct release_range releases;
} rows[] = {
#define CIPHERS(first, last, exchange, payload, releases)                                                    \
    {first, last, EXCHANGE_##exchange, payload, releases},
#include "proto/tls_ciphers.def"
};
enum { N_ROWS = sizeof rows / sizeof *rows };

/* The row of the suite, or NULL. */
static const struct cipher_row *row_of(uint16_t suite)
{
    size_t low = 0, high = N_ROWS;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (rows[middle].last < suite)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < N_ROWS && rows[low].first <= suite; low++)
        if (release_in(rows[low].releases, RELEASE_NATIVE))
            return &rows[low];
    return NULL;
}

enum tls_exchange tls_cipher_exchange(uint16_t suite)
{
    const struct cipher_row *row = row_of(suite);
    return row ? row->exchange : EXCHANGE_NONE;
}

bool tls_cipher_is_plain(uint16_t suite)
{
    const struct cipher_row *row = row_of(suite);
    return row && row->is_plain;
}
