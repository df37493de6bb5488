/* Names of Wireshark's releases. Invariant: enum release is in the order of time. */
#include "base/release.h"

#include <stdio.h>

static const struct {
    unsigned major, minor;
    const char *name;
} releases[N_RELEASES] = {[RELEASE_4_0] = {4, 0, "4.0"},
                          [RELEASE_4_2] = {4, 2, "4.2"},
                          [RELEASE_4_4] = {4, 4, "4.4"},
                          [RELEASE_4_6] = {4, 6, "4.6"}};

const char *release_name(enum release release) { return releases[release].name; }

enum release release_of(const char *version)
{
    unsigned major = 0, minor = 0, found = RELEASE_FIRST;
    if (sscanf(version, "%3u.%3u", &major, &minor) != 2)
        return RELEASE_FIRST;
    for (unsigned i = RELEASE_FIRST; i < N_RELEASES; i++)
        if (major > releases[i].major || (major == releases[i].major && minor >= releases[i].minor))
            found = i;
    return (enum release)found;
}

void release_range_text(char *out, size_t cap, struct release_range range)
{
    const char *since = releases[range.since].name, *until = releases[range.until].name;
    if (range.until == RELEASE_LAST)
        snprintf(out, cap, "Wireshark %s and later", since);
    else if (range.since == RELEASE_FIRST)
        snprintf(out, cap, "Wireshark up to %s", until);
    else if (range.since == range.until)
        snprintf(out, cap, "Wireshark %s alone", since);
    else
        snprintf(out, cap, "Wireshark %s to %s", since, until);
}
