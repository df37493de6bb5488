/* Numbers as a person reads them, and times as RFC 3339 has them. */
#ifndef FC_CLI_UNITS_H
#define FC_CLI_UNITS_H

#include <stddef.h>
#include <stdint.h>

/* Big enough for whatever the functions below write, terminating NUL included. */
enum { UNIT_TEXT = 48 };

/* 999 -> "999 B", 1234567 -> "1.2 MB": powers of 1000. */
void unit_bytes(char out[UNIT_TEXT], uint64_t bytes);
/* 1234 -> "1234", 123456 -> "123k": at most five characters, for a column. */
void unit_count(char out[UNIT_TEXT], uint64_t count);
/* 1234567 -> "1,234,567". */
void unit_grouped(char out[UNIT_TEXT], uint64_t count);
/* "0 s", "350 us", "12.3 ms", "1.50 s", "2m 05s", "3h 12m", "4d 02h". */
void unit_duration(char out[UNIT_TEXT], int64_t ns);

/* Length of "2024-01-02T03:04:05.123456789Z" for the years 0000 to 9999, which int64 nanoseconds cannot
 * leave. */
enum { UNIT_TIME = 30 };
/* Nanoseconds since 1970 as RFC 3339, UTC, always nine decimals; no NUL. Remembers the last second, since
 * times come in order. */
struct unit_clock {
    int64_t second;
    char text[20];
};
void unit_time(char out[UNIT_TIME], struct unit_clock *clock, int64_t ns);
/* Seconds with nine decimals: "-0.000123000"; returns the length, no NUL. */
size_t unit_seconds(char out[UNIT_TEXT], int64_t ns);

#endif
