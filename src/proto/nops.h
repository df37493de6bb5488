/* Four no-operation options that fill a 32-bit word: a router that removes an option leaves them. Observed
 * for IPv4 and for TCP (tshark 4.0.17): other options do not end a run, but the boundary of a word does. */
#ifndef FC_PROTO_NOPS_H
#define FC_PROTO_NOPS_H

#include <stdbool.h>
#include <stdint.h>

/* Counts the no-operation at byte `at` of the options. Returns true for the fourth one. */
static inline bool nops_count(unsigned *count, uint32_t at)
{
    *count = *count && at % 4 == 0 ? 0 : *count + 1;
    return *count == 4;
}

#endif
