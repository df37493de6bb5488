/* Arithmetic on times. A capture may hold any 64-bit time, so a difference may wrap; it must still be defined
 * in C. */
#ifndef FC_BASE_TIME_H
#define FC_BASE_TIME_H

#include <stdint.h>

/* Nanoseconds from `then` to `now`, modulo 2^64. */
static inline int64_t time_diff(int64_t now, int64_t then)
{
    return (int64_t)((uint64_t)now - (uint64_t)then);
}

#endif
