/* Numbers in a form for people, and times in the form of RFC 3339. */
#ifndef FC_CLI_UNITS_H
#define FC_CLI_UNITS_H

#include <stddef.h>
#include <stdint.h>

/* Large enough for every text that the functions below write, with its NUL. */
enum { UNIT_TEXT = 48 };

/* 999 -> "999 B", 1234567 -> "1.2 MB": powers of 1000. */
void unit_bytes(char out[UNIT_TEXT], uint64_t bytes);
/* 1234 -> "1234", 123456 -> "123k": at most five characters, for a column. */
void unit_count(char out[UNIT_TEXT], uint64_t count);
/* 1234567 -> "1,234,567". */
void unit_grouped(char out[UNIT_TEXT], uint64_t count);
/* "0 s", "350 us", "12.3 ms", "1.50 s", "2m 05s", "3h 12m", "4d 02h". */
void unit_duration(char out[UNIT_TEXT], int64_t ns);

/* The length of "2024-01-02T03:04:05.123456789Z". Times in int64 nanoseconds are within the years 0000 to
 * 9999. */
enum { UNIT_TIME = 30 };
/* Writes nanoseconds since 1970 as RFC 3339 in UTC, with nine decimals and no NUL. The clock remembers the
 * last second, because times mostly come in order. */
struct unit_clock {
    int64_t second;
    char text[20];
};
void unit_time(char out[UNIT_TIME], struct unit_clock *clock, int64_t ns);
/* Writes seconds with nine decimals, "-0.000123000", and no NUL; returns the length. */
size_t unit_seconds(char out[UNIT_TEXT], int64_t ns);

#endif
