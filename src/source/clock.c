/* Times of pcapng, converted to nanoseconds since 1970-01-01 UTC.
 *
 * Invariant: the result is exact, rounded towards the past; a frame whose time is beyond the range of int64_t
 * has none. (tshark 4.0.17 overflows at resolutions finer than a nanosecond, and prints seconds beyond the
 * year 2262.) Source: draft-ietf-opsawg-pcapng section 4.2, if_tsresol and if_tsoffset. */
#include <string.h>

#include "source/pcapng.h"

static const uint64_t NS = 1000000000;

static uint64_t power_of_ten(unsigned n)
{
    uint64_t power = 1;
    while (n--)
        power *= 10;
    return power;
}

void clock_prepare(struct source_interface *interface)
{
    unsigned digits = interface->resolution;
    interface->unit = digits <= 9 && interface->offset_s == 0 ? (int64_t)power_of_ten(9 - digits) : 0;
    interface->limit = interface->unit ? (uint64_t)(INT64_MAX / interface->unit) : 0;
}

/* Converts a time to nanoseconds without the offset of its interface, at any resolution. */
static unsigned __int128 scale(uint8_t resolution, uint64_t time)
{
    unsigned n = resolution & 0x7f;
    if (resolution & 0x80)
        return (unsigned __int128)time * NS >> n;
    if (n <= 9)
        return (unsigned __int128)time * power_of_ten(9 - n);
    return n - 9 <= 19 ? time / power_of_ten(n - 9) : 0;
}

int64_t clock_ns(const struct source_interface *interface, uint64_t time)
{
    if (interface->unit && time <= interface->limit)
        return (int64_t)time * interface->unit;
    __int128 ns = (__int128)scale(interface->resolution, time) + (__int128)interface->offset_s * (int64_t)NS;
    if (ns > INT64_MAX)
        return INT64_MAX;
    return ns < INT64_MIN ? INT64_MIN : (int64_t)ns;
}

void clock_set(struct frame *frame, int64_t ns)
{
    frame->time_ns = ns;
    frame->is_time_far = ns == INT64_MAX || ns == INT64_MIN;
    frame->has_time = !frame->is_time_far;
}

void clock_of_journal(struct frame *entry)
{
    static const char key[] = "__REALTIME_TIMESTAMP=";
    uint32_t key_len = sizeof key - 1;
    struct rd r = rd_make(entry->data, entry->cap_len, entry->cap_len);
    const uint8_t *found = memmem(entry->data, entry->cap_len, key, key_len);
    if (!found)
        return;
    rd_skip(&r, (uint32_t)(found - entry->data) + key_len);
    uint64_t micros = 0;
    for (uint8_t c = rd_peek8(&r, 0); c >= '0' && c <= '9' && micros < INT64_MAX / 10000;
         c = rd_peek8(&r, 0)) {
        micros = micros * 10 + (c - '0');
        rd_u8(&r);
    }
    clock_set(entry, micros < INT64_MAX / 1000 ? (int64_t)micros * 1000 : INT64_MAX);
}
