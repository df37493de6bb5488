/* Four no-operation options that fill a 32-bit word: what a router leaves that has blanked an option out.
 * Observed, tshark 4.0.17, for IPv4 and TCP alike: other options do not end a run, a word's boundary does. */
#ifndef FC_PROTO_NOPS_H
#define FC_PROTO_NOPS_H

#include <stdbool.h>
#include <stdint.h>

/* Counts the no-operation at byte `at` of the options; true when it is the fourth. */
static inline bool nops_count(unsigned *count, uint32_t at)
{
    *count = *count && at % 4 == 0 ? 0 : *count + 1;
    return *count == 4;
}

#endif
