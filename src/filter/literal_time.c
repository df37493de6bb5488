/* Points in time as a filter writes them: ISO 8601, or "Sep 13, 2020 12:26:40.5".
 * Invariant: only forms that were compared with Wireshark are read. A time without a zone is in the zone of
 * the process, as in Wireshark.
 * Source: man page wireshark-filter; observed (tshark 4.0.17). */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "filter/tree.h"

enum { NS = 1000000000 };

/* Reads ".5" as 500000000 ns; the fraction may be absent. Returns false if it has no digits, or more than
 * 9. */
static bool read_fraction(const char **s, int64_t *ns)
{
    int digits = 0;
    *ns = 0;
    if (**s != '.')
        return true;
    for ((*s)++; **s >= '0' && **s <= '9' && digits < 10; (*s)++, digits++)
        *ns = *ns * 10 + (**s - '0');
    if (!digits || digits > 9)
        return false;
    for (; digits < 9; digits++)
        *ns *= 10;
    return true;
}

/* Reads "", "Z", "UTC", " UTC", "+01:00" or "+0100". *east is in seconds east of Greenwich; *local: no zone
 * was given. */
static bool read_zone(const char *s, int *east, bool *local)
{
    int hours, minutes, used = 0;
    *east = 0;
    *local = !*s;
    if (!*s || !strcmp(s, "Z") || !strcmp(s, " UTC") || !strcmp(s, "UTC"))
        return true;
    if (*s != '+' && *s != '-')
        return false;
    bool read = (sscanf(s + 1, "%2d:%2d%n", &hours, &minutes, &used) == 2 && used == 5) ||
                (sscanf(s + 1, "%2d%2d%n", &hours, &minutes, &used) == 2 && used == 4);
    if (!read || s[1 + used] || hours < 0 || hours > 14 || minutes < 0 || minutes > 59)
        return false;
    *east = (hours * 60 + minutes) * (*s == '-' ? -60 : 60);
    return true;
}

static bool is_plausible(const struct tm *tm)
{
    return tm->tm_year >= 70 && tm->tm_year < 200 && tm->tm_mon >= 0 && tm->tm_mon < 12 && tm->tm_mday >= 1 &&
           tm->tm_mday <= 28 + 3 && tm->tm_hour >= 0 && tm->tm_hour < 24 && tm->tm_min >= 0 &&
           tm->tm_min < 60 && tm->tm_sec >= 0 && tm->tm_sec < 60;
}

/* Converts the fields to nanoseconds. mktime turns the 31st of June into the 1st of July; such a date is
 * refused. */
static bool time_finish(int64_t *out, struct tm *tm, int64_t ns, int east, bool local)
{
    if (!is_plausible(tm))
        return false;
    struct tm given = *tm;
    tm->tm_isdst = -1;
    time_t seconds = local ? mktime(tm) : timegm(tm);
    if (tm->tm_mday != given.tm_mday || seconds == (time_t)-1)
        return false;
    *out = ((int64_t)seconds - east) * NS + ns;
    return true;
}

/* Reads "2020-09-13", "2020-09-13 12:26" or "2020-09-13T12:26:40.5Z". */
static bool read_iso(const char *s, int64_t *out)
{
    struct tm tm = {0};
    int used = 0, east;
    int64_t ns = 0;
    bool local;
    if (strspn(s, "0123456789") != 4 ||
        sscanf(s, "%4d-%2d-%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &used) != 3 || used != 10)
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon--;
    s += used;
    if (!*s)
        return time_finish(out, &tm, 0, 0, true);
    if (*s != 'T' && *s != ' ')
        return false;
    if (strspn(++s, "0123456789") != 2 || sscanf(s, "%2d:%2d%n", &tm.tm_hour, &tm.tm_min, &used) != 2 ||
        used != 5)
        return false;
    s += used;
    if (*s == ':') {
        if (strspn(s + 1, "0123456789") != 2 || sscanf(s, ":%2d%n", &tm.tm_sec, &used) != 1 || used != 3)
            return false;
        s += used;
        if (!read_fraction(&s, &ns))
            return false;
    }
    return read_zone(s, &east, &local) && time_finish(out, &tm, ns, east, local);
}

/* Reads "Sep 13, 2020 12:26:40.5", with or without " UTC". */
static bool read_month(const char *s, int64_t *out)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm tm = {0};
    int used = 0, east;
    int64_t ns = 0;
    bool local;
    char name[4];
    if (sscanf(s, "%3[A-Za-z] %2d, %4d %2d:%2d:%2d%n", name, &tm.tm_mday, &tm.tm_year, &tm.tm_hour,
               &tm.tm_min, &tm.tm_sec, &used) != 6)
        return false;
    const char *found = strlen(name) == 3 ? strstr(months, name) : NULL;
    if (!found || (found - months) % 3)
        return false;
    tm.tm_mon = (int)(found - months) / 3;
    tm.tm_year -= 1900;
    s += used;
    if (!read_fraction(&s, &ns) || (*s && strcmp(s, " UTC")))
        return false;
    return read_zone(s, &east, &local) && time_finish(out, &tm, ns, east, local);
}

bool literal_time(int64_t *ns, const char *text) { return read_iso(text, ns) || read_month(text, ns); }
