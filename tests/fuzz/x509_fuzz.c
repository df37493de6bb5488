/* The input as a certificate and as an OCSP answer; every value that comes out is read. */
#include <stdlib.h>

#include "proto/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int16_t slots[F_COUNT];
    struct arena arena = {0};
    for (int i = 0; i < F_COUNT; i++)
        slots[i] = (int16_t)i;
    struct row row = {.slot_of = slots, .arena = &arena};
    struct rd r = rd_make(data, (uint32_t)size, (uint32_t)size);
    x509_certificate_read(&row, r);
    ocsp_read(&row, r);
    volatile uint64_t sum = 0;
    for (uint32_t i = 0; i < row.n_values; i++) {
        enum field_type type = field_table[row.values[i].slot].type;
        bool bytes = type == FT_BYTES || type == FT_STRING || type == FT_IPv6;
        for (uint32_t j = 0; bytes && j < row.values[i].len; j++)
            sum += row.values[i].bytes[j];
    }
    (void)sum;
    row_free(&row);
    arena_free(&arena);
    return 0;
}
