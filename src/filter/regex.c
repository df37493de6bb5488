/* Regular expressions of `matches`: PCRE2, on bytes, without regard to case.
 * Invariant: a compiled pattern is read-only; match data belong to one thread.
 * Source: PCRE2's documentation; its options in Wireshark were observed (UTF is refused, a dot does not match
 * a line feed; tshark 4.0.17). */
#include "base/optional.h"
#include "filter/code.h"

#ifndef FC_NO_PCRE2
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

void *regex_compile(const char *pattern, uint32_t len, struct problem *problem)
{
    int error;
    PCRE2_SIZE offset;
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)pattern, len, PCRE2_CASELESS | PCRE2_NEVER_UTF, &error, &offset, NULL);
    if (!code) {
        char text[256];
        pcre2_get_error_message(error, (PCRE2_UCHAR *)text, sizeof text);
        problem_bad(problem, -1, "Regex compilation error: %s.", text);
        return NULL;
    }
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); /* without a JIT compiler, PCRE2 interprets the pattern */
    return code;
}

void regex_free(void *regex)
{
    if (regex)
        pcre2_code_free(regex);
}

/* No caller needs groups, so one pair of offsets is enough. */
void *regex_data_new(void) { return pcre2_match_data_create(1, NULL); }
void regex_data_free(void *data) { pcre2_match_data_free(data); }

bool regex_matches(const void *regex, void *data, const uint8_t *bytes, uint32_t len)
{
    int found = pcre2_match(regex, bytes ? bytes : (const uint8_t *)"", len, 0, 0, data, NULL);
    if (found == PCRE2_ERROR_JIT_STACKLIMIT)
        found = pcre2_match(regex, bytes, len, 0, PCRE2_NO_JIT, data, NULL);
    return found >= 0;
}

#else

void *regex_compile(const char *pattern, uint32_t len, struct problem *problem)
{
    (void)pattern, (void)len;
    problem_not_native(problem, -1, "%s", NO_PCRE2_TEXT);
    return NULL;
}

void regex_free(void *regex) { (void)regex; }
void *regex_data_new(void) { return NULL; }
void regex_data_free(void *data) { (void)data; }

bool regex_matches(const void *regex, void *data, const uint8_t *bytes, uint32_t len)
{
    (void)regex, (void)data, (void)bytes, (void)len;
    return false;
}
#endif
