/* Numbers in a form for people, and times in the form of RFC 3339.
 *
 * Invariant: nothing here depends on the locale of the process, so output is the same everywhere. Units of
 * bytes are powers of 1000, like those of network speeds. Dates are of the proleptic Gregorian calendar.
 */
#include "units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const int64_t SECOND = 1000000000;

/* At most three significant digits: 1.23, 12.3, 123; for bytes at most one decimal. */
static void scaled(char out[UNIT_TEXT], uint64_t value, const char *const *names, const char *gap)
{
    double x = (double)value;
    size_t i = 0;
    for (; x >= 999.5 && names[i + 1]; i++)
        x /= 1000;
    if (i == 0)
        snprintf(out, UNIT_TEXT, "%" PRIu64 "%s%s", value, gap, names[0]);
    else
        snprintf(out, UNIT_TEXT, "%.*f%s%s", x < 9.95 ? 1 : 0, x, gap, names[i]);
}

void unit_bytes(char out[UNIT_TEXT], uint64_t bytes)
{
    static const char *const names[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB", NULL};
    scaled(out, bytes, names, " ");
}

void unit_count(char out[UNIT_TEXT], uint64_t count)
{
    static const char *const names[] = {"", "k", "M", "G", "T", "P", "E", NULL};
    if (count < 100000)
        snprintf(out, UNIT_TEXT, "%" PRIu64, count);
    else
        scaled(out, count, names, "");
}

void unit_grouped(char out[UNIT_TEXT], uint64_t count)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, count);
    size_t at = 0;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = 0;
}

static void long_duration(char out[UNIT_TEXT], int64_t seconds)
{
    if (seconds < 3600)
        snprintf(out, UNIT_TEXT, "%dm %02ds", (int)(seconds / 60), (int)(seconds % 60));
    else if (seconds < 100 * 3600)
        snprintf(out, UNIT_TEXT, "%dh %02dm", (int)(seconds / 3600), (int)(seconds % 3600 / 60));
    else
        snprintf(out, UNIT_TEXT, "%" PRId64 "d %02dh", seconds / 86400, (int)(seconds % 86400 / 3600));
}

void unit_duration(char out[UNIT_TEXT], int64_t ns)
{
    static const char *const names[] = {"ns", "us", "ms", "s"};
    if (ns <= 0) {
        snprintf(out, UNIT_TEXT, "0 s");
        return;
    }
    if (ns >= 100 * SECOND) {
        long_duration(out, ns / SECOND);
        return;
    }
    double x = (double)ns;
    size_t i = 0;
    for (; x >= 999.5 && i < 3; i++)
        x /= 1000;
    snprintf(out, UNIT_TEXT, "%.*f %s", i == 0 || x >= 99.95 ? 0 : x < 9.995 ? 2 : 1, x, names[i]);
}

/* Howard Hinnant's days-to-civil algorithm: years start in March, eras have 400 years. */
static void civil_date(int64_t days, int *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

static void decimals(char *out, uint64_t value, size_t n)
{
    for (size_t i = n; i-- > 0; value /= 10)
        out[i] = (char)('0' + value % 10);
}

/* Nine digits, three at a time: the processor runs three short chains of divisions in parallel, but one long
 * chain step by step. */
static void billionths(char out[9], uint32_t value)
{
    uint32_t thousands = value / 1000, parts[] = {thousands / 1000, thousands % 1000, value % 1000};
    for (int i = 0; i < 3; i++) {
        out[3 * i] = (char)('0' + parts[i] / 100);
        out[3 * i + 1] = (char)('0' + parts[i] / 10 % 10);
        out[3 * i + 2] = (char)('0' + parts[i] % 10);
    }
}

static void clock_set(struct unit_clock *clock, int64_t second)
{
    int64_t days = second / 86400 - (second % 86400 < 0);
    int64_t of_day = second - days * 86400;
    int year, month, day;
    civil_date(days, &year, &month, &day);
    memcpy(clock->text, "yyyy-mm-ddThh:mm:ss", 20);
    decimals(clock->text, (uint64_t)year, 4);
    decimals(clock->text + 5, (uint64_t)month, 2);
    decimals(clock->text + 8, (uint64_t)day, 2);
    decimals(clock->text + 11, (uint64_t)(of_day / 3600), 2);
    decimals(clock->text + 14, (uint64_t)(of_day / 60 % 60), 2);
    decimals(clock->text + 17, (uint64_t)(of_day % 60), 2);
    clock->second = second;
}

void unit_time(char out[UNIT_TIME], struct unit_clock *clock, int64_t ns)
{
    int64_t second = ns / SECOND - (ns % SECOND < 0);
    if (second != clock->second || !clock->text[0])
        clock_set(clock, second);
    memcpy(out, clock->text, 19);
    out[19] = '.';
    billionths(out + 20, (uint32_t)(ns - second * SECOND));
    out[29] = 'Z';
}

size_t unit_seconds(char out[UNIT_TEXT], int64_t ns)
{
    uint64_t size = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    int len = snprintf(out, UNIT_TEXT, "%s%" PRIu64 ".%09d", ns < 0 ? "-" : "", size / (uint64_t)SECOND,
                       (int)(size % (uint64_t)SECOND));
    return (size_t)len;
}
