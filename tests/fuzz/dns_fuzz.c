/* The input as a DNS message of each kind, with every field wanted. */
#include <stdlib.h>
#include <string.h>

#include "proto/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int16_t slots[F_COUNT];
    struct arena arena = {0};
    struct row row = {.slot_of = slots, .arena = &arena};
    if (size < 2 || size > 65535)
        return 0;
    for (int i = 0; i < F_COUNT; i++)
        slots[i] = (int16_t)i;
    struct dns_facts facts = {.kind = (enum dns_kind)(1 + data[0] % 3)};
    uint32_t len = (uint32_t)size - 2, cap = len - (data[1] < len ? data[1] : 0);
    uint8_t *copy =
        malloc(cap ? cap : 1); /* a copy of exact length, so that the sanitizer sees every overrun */
    memcpy(copy, data + 2, cap);
    struct rd r = rd_make(copy, cap, len);
    dns_read(&row, &r, &facts);
    row_free(&row);
    arena_free(&arena);
    free(copy);
    return 0;
}
