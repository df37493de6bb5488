/* Values of options, and suggestions for mistyped options.
 *
 * Invariant: a value is refused unless all of it is understood; the message names valid values.
 */
#include "value.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "say.h"

int opt_choice(int *out, const char *option, const char *text, const struct opt_choice *choices, size_t n)
{
    char names[128] = "";
    for (size_t i = 0; i < n; i++) {
        if (strcmp(text, choices[i].name) == 0) {
            *out = choices[i].value;
            return 0;
        }
        strcat(strcat(names, i == 0 ? "" : i + 1 < n ? ", " : " or "), choices[i].name);
    }
    return say_usage("%s must be %s, not \"%s\"", option, names, text);
}

int opt_number(uint64_t *out, const char *option, const char *text, uint64_t max)
{
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || value > max)
        return say_usage("%s takes a whole number from 0 to %llu, not \"%s\"", option,
                         (unsigned long long)max, text);
    *out = value;
    return 0;
}

static double seconds_of(const char *unit)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"", 1}, {"s", 1}, {"ms", 1e-3}, {"m", 60}, {"min", 60}, {"h", 3600}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(unit, units[i].name) == 0)
            return units[i].seconds;
    return 0;
}

int opt_duration(int64_t *out, const char *option, const char *text)
{
    char *end = NULL;
    double value = strtod(text, &end);
    double ns = value * seconds_of(end) * 1e9;
    bool number = *text >= '0' && *text <= '9';
    if (!number || !(ns >= 1) || ns > 9e18)
        return say_usage("%s takes a time such as 30, 30s, 500ms, 5m or 1h, not \"%s\"", option, text);
    *out = (int64_t)ns;
    return 0;
}

int opt_size(uint64_t *out, const char *option, const char *text)
{
    static const char units[] = "KMGT";
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    const char *unit = *end ? strchr(units, *end & ~0x20) : NULL;
    unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
    bool ends = unit ? !end[1] : !*end;
    if (*text < '0' || *text > '9' || !ends || errno || !value || value > UINT64_MAX >> shift)
        return say_usage("%s takes a size such as 300M or 1G, not \"%s\"", option, text);
    *out = (uint64_t)value << shift;
    return 0;
}

bool opt_is_preference(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    size_t len = strspn(text, letters);
    bool is_table = strncmp(text, "uat:", 4) == 0;
    return is_table || (len && text[len] == ':' && *text != '.' && memchr(text, '.', len));
}

/* Levenshtein's distance: how many letters must be changed, added or removed. Only two rows of the table are
 * kept. */
static size_t distance(const char *a, const char *b)
{
    size_t row[64];
    size_t n = strlen(b);
    if (n >= 64)
        return SIZE_MAX;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t corner = row[0]++;
        for (size_t j = 0; j < n; j++) {
            size_t change = corner + (a[i] != b[j]);
            size_t step = (row[j] < row[j + 1] ? row[j] : row[j + 1]) + 1;
            corner = row[j + 1];
            row[j + 1] = change < step ? change : step;
        }
    }
    return row[n];
}

/* A name that begins with the given text is preferred, then the name with the fewest changes: at most two,
 * and fewer than its letters. */
const char *opt_nearest(const char *name)
{
    size_t best = strlen(name) < 3 ? strlen(name) : 3;
    const char *nearest = NULL;
    for (size_t i = 0; i < OPT_N_ROWS; i++) {
        if (!OPT_ROWS[i].name)
            continue;
        if (*name && strncmp(OPT_ROWS[i].name, name, strlen(name)) == 0)
            return OPT_ROWS[i].name;
        size_t d = distance(name, OPT_ROWS[i].name);
        if (d < best) {
            best = d;
            nearest = OPT_ROWS[i].name;
        }
    }
    return nearest;
}

const char *opt_nearest_of(const char *text, const char *const *words, size_t n)
{
    const char *nearest = NULL;
    for (size_t i = 0, best = 3; i < n; i++) {
        size_t d = distance(text, words[i]);
        if (d < best) {
            best = d;
            nearest = words[i];
        }
    }
    return nearest;
}
