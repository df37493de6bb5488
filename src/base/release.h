/* Releases of Wireshark. A table of facts about Wireshark (fields, ports, cipher suites) says in one column
 * for which releases a row holds: EVERY_RELEASE, SINCE(4_2), UNTIL(4_0) or FROM_TO(4_2, 4_4). */
#ifndef FC_BASE_RELEASE_H
#define FC_BASE_RELEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum release {
    RELEASE_4_0,
    RELEASE_4_2,
    RELEASE_4_4,
    RELEASE_4_6,
    N_RELEASES,
    RELEASE_FIRST = RELEASE_4_0,
    RELEASE_LAST = N_RELEASES - 1,
    RELEASE_NATIVE = RELEASE_4_0 /* the release that the native engine reproduces */
};

/* The first and the last release for which a row holds; earlier releases than RELEASE_FIRST do not count. */
struct release_range {
    uint8_t since, until;
};

#define FROM_TO(first, last) {RELEASE_##first, RELEASE_##last}
#define SINCE(first) {RELEASE_##first, RELEASE_LAST}
#define UNTIL(last) {RELEASE_FIRST, RELEASE_##last}
#define EVERY_RELEASE {RELEASE_FIRST, RELEASE_LAST}

static inline bool release_in(struct release_range range, enum release release)
{
    return range.since <= release && release <= range.until;
}

/* "4.0" */
const char *release_name(enum release release);
/* The release of a version such as "4.0.17" or "4.3.0": the last one that is not newer than the version, and
 * RELEASE_FIRST for older versions and for text that is no version. */
enum release release_of(const char *version);
/* The range in words, for a message, into out: "Wireshark 4.2 and later", "Wireshark up to 4.2". Always
 * ends with a NUL; 48 bytes are enough. */
void release_range_text(char *out, size_t cap, struct release_range range);

#endif
