/* The table of fields as data, and the search for a field by its name.
 * Invariant: fields.def is sorted by name and ids ascend with it (a unit test says so), so the search is
 * binary. Digits of hexadecimal numbers: observed, tshark 4.0.17 (`-T fields` pads to the width of the type).
 */
#include "field/field.h"

#include <ctype.h>
#include <string.h>

#include "base/optional.h"
#include "field/ids_all.h"

enum { ONE = true, MANY = false, AT_ONCE = false, LOOKS_AHEAD = true };
/* Wireshark has the field since then; the native engine answers it for every release. */
#define EARLY(first) EVERY_RELEASE

const struct field field_table[F_COUNT] = {
#define FIELD(id, name, reader, type, base, named, many, ahead, releases, unit, description)                 \
    [F_##id] = {name, unit, description, type, base, named, many, false, ahead, READER_##reader, releases},
#include "field/fields.def"
#undef FIELD
};

static const uint16_t order[] = {
#define FIELD(id, ...) F_##id,
#include "field/fields.def"
#undef FIELD
};
enum { N_FIELDS = sizeof order / sizeof *order };

size_t field_count(void) { return N_FIELDS; }

const uint16_t *field_order(void) { return order; }

field_id field_find(const char *name)
{
    size_t from = 0, to = N_FIELDS;
    while (from < to) {
        size_t middle = (from + to) / 2;
        int difference = strcmp(name, field_table[order[middle]].name);
        if (!difference)
            return order[middle];
        if (difference < 0)
            to = middle;
        else
            from = middle + 1;
    }
    return F_COUNT;
}

uint32_t field_readers(const int16_t *slot_of)
{
    uint32_t readers = 0;
    for (size_t i = 0; i < N_FIELDS; i++)
        if (slot_of[order[i]] >= 0)
            readers |= READER_BIT(field_table[order[i]].reader);
    return readers;
}

/* ---- names near to a mistyped one ---- */

enum { NAME_CAP = 80 };

/* The case of letters makes no difference between names. */
static bool is_same_letter(char a, char b) { return tolower((unsigned char)a) == tolower((unsigned char)b); }

/* Edits (insert, delete, replace, swap neighbours) that lead from a to b; both shorter than NAME_CAP. */
static unsigned edit_distance(const char *a, const char *b)
{
    unsigned rows[3][NAME_CAP + 1];
    unsigned *before = rows[0], *last = rows[1], *now = rows[2];
    size_t n = strlen(b);
    for (size_t j = 0; j <= n; j++)
        last[j] = before[j] = (unsigned)j;
    for (size_t i = 0; a[i]; i++) {
        now[0] = (unsigned)i + 1;
        for (size_t j = 0; j < n; j++) {
            unsigned best = last[j] + !is_same_letter(a[i], b[j]);
            best = last[j + 1] + 1 < best ? last[j + 1] + 1 : best;
            best = now[j] + 1 < best ? now[j] + 1 : best;
            if (i && j && is_same_letter(a[i], b[j - 1]) && is_same_letter(a[i - 1], b[j]) &&
                before[j - 1] + 1 < best)
                best = before[j - 1] + 1;
            now[j + 1] = best;
        }
        unsigned *free_row = before;
        before = last, last = now, now = free_row;
    }
    return last[n];
}

/* Small is near; NAME_CAP is one edit. A name that holds what was typed is near too, the nearer when it is a
 * whole part of it ("ttl" means "ip.ttl"), and the shorter the nearer. */
static unsigned name_distance(const char *typed, const char *name)
{
    unsigned distance = edit_distance(typed, name) * NAME_CAP, n = (unsigned)strlen(name);
    const char *inside = strlen(typed) > 2 ? strstr(name, typed) : NULL;
    if (!inside)
        return distance;
    char after = inside[strlen(typed)];
    bool is_part = (inside == name || inside[-1] == '.') && (!after || after == '.');
    unsigned most = is_part ? n / 2 : 2 * NAME_CAP + n;
    return distance > most ? most : distance;
}

void field_search_begin(struct field_search *s, const char *typed, size_t most)
{
    size_t length = strlen(typed);
    *s = (struct field_search){.typed = typed,
                               .length = length,
                               .limit = length / 3 > 2 ? (unsigned)(length / 3) : 2,
                               .most = most < FIELD_NEAREST_MOST ? most : FIELD_NEAREST_MOST};
    if (!length || length >= NAME_CAP)
        s->most = 0;
}

/* No name whose length differs by more is near, unless it holds what was typed. */
static bool may_be_near(const struct field_search *s, const char *name)
{
    size_t n = strlen(name), difference = n > s->length ? n - s->length : s->length - n;
    return n < NAME_CAP && (difference <= s->limit || strstr(name, s->typed));
}

void field_search_take(struct field_search *s, const char *name)
{
    if (!s->most || !may_be_near(s, name))
        return;
    unsigned distance = name_distance(s->typed, name), limit = (s->limit + 1) * NAME_CAP - 1;
    size_t at = s->found;
    while (at && s->distances[at - 1] > distance)
        at--;
    if (distance > limit || at >= s->most)
        return;
    s->found += s->found < s->most;
    for (size_t i = s->found - 1; i > at; i--) {
        s->distances[i] = s->distances[i - 1];
        s->names[i] = s->names[i - 1];
    }
    s->distances[at] = distance;
    s->names[at] = name;
}

size_t field_nearest(const char **out, size_t n, const char *name)
{
    struct field_search search;
    field_search_begin(&search, name, n);
    for (size_t i = 0; i < N_FIELDS; i++)
        field_search_take(&search, field_table[order[i]].name);
    memcpy(out, search.names, search.found * sizeof *out);
    return search.found;
}

/* ---- types ---- */

static const struct {
    const char *name, *arrow;
    unsigned hex_digits;
} types[] = {
    [FT_NONE] = {"FT_NONE", "b", 0},
    [FT_BOOLEAN] = {"FT_BOOLEAN", "b", 0},
    [FT_CHAR] = {"FT_CHAR", "C", 2},
    [FT_UINT8] = {"FT_UINT8", "C", 2},
    [FT_UINT16] = {"FT_UINT16", "S", 4},
    [FT_UINT24] = {"FT_UINT24", "I", 6},
    [FT_UINT32] = {"FT_UINT32", "I", 8},
    [FT_UINT40] = {"FT_UINT40", "L", 10},
    [FT_UINT48] = {"FT_UINT48", "L", 12},
    [FT_UINT56] = {"FT_UINT56", "L", 14},
    [FT_UINT64] = {"FT_UINT64", "L", 16},
    [FT_INT8] = {"FT_INT8", "c", 2},
    [FT_INT16] = {"FT_INT16", "s", 4},
    [FT_INT24] = {"FT_INT24", "i", 6},
    [FT_INT32] = {"FT_INT32", "i", 8},
    [FT_INT64] = {"FT_INT64", "l", 16},
    [FT_FLOAT] = {"FT_FLOAT", "f", 0},
    [FT_DOUBLE] = {"FT_DOUBLE", "g", 0},
    [FT_ABSOLUTE_TIME] = {"FT_ABSOLUTE_TIME", "tsn:UTC", 0},
    [FT_RELATIVE_TIME] = {"FT_RELATIVE_TIME", "tDn", 0},
    [FT_STRING] = {"FT_STRING", "U", 0},
    [FT_BYTES] = {"FT_BYTES", "Z", 0},
    [FT_ETHER] = {"FT_ETHER", "u", 0},
    [FT_IPv4] = {"FT_IPv4", "u", 0},
    [FT_IPv6] = {"FT_IPv6", "u", 0},
    [FT_FRAMENUM] = {"FT_FRAMENUM", "I", 0},
};

const char *field_type_name(enum field_type type) { return types[type].name; }

const char *field_arrow_format(enum field_type type) { return types[type].arrow; }

unsigned field_hex_digits(enum field_type type) { return types[type].hex_digits; }

bool field_is_left_out(field_id id)
{
    static const char *const fingerprints[] = {".ja3", ".ja3s", ".ja4", ".ja4_r", ".hassh", ".hasshserver"};
    if (HAS_CRYPTO)
        return false;
    if (field_table[id].reader == READER_QUIC)
        return true;
    const char *last = strrchr(field_table[id].name, '.');
    for (size_t i = 0; last && i < sizeof fingerprints / sizeof *fingerprints; i++)
        if (!strcmp(last, fingerprints[i]))
            return true;
    return false;
}
