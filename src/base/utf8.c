/* UTF-8 (RFC 3629). Text on the wire and names in the file system are bytes of any kind, but columns hold
 * valid UTF-8. */
#include "base/utf8.h"

#include <string.h>

/* The length of the valid character at `text`, or 0 (Unicode 15, table 3-7). */
static uint32_t utf8_length(const uint8_t *text, uint32_t left)
{
    uint8_t first = text[0];
    if (first < 0x80)
        return 1;
    uint32_t n = first >= 0xc2 && first <= 0xdf   ? 2
                 : (first & 0xf0) == 0xe0         ? 3
                 : first >= 0xf0 && first <= 0xf4 ? 4
                                                  : 0;
    if (!n || n > left)
        return 0;
    uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (text[1] < low || text[1] > high)
        return 0;
    for (uint32_t i = 2; i < n; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

/* The length of the longest beginning of a character at `text`, where no whole character stands; at least
 * 1. */
static uint32_t utf8_subpart(const uint8_t *text, uint32_t left)
{
    static const uint8_t tail[] = {0x80, 0x80, 0x80};
    for (uint32_t n = 3; n > 1; n--) {
        uint8_t whole[4];
        if (n > left)
            continue;
        memcpy(whole, text, n);
        memcpy(whole + n, tail, 4 - n);
        if (utf8_length(whole, 4) > n)
            return n;
    }
    return 1;
}

uint32_t utf8_mend_subparts(char *out, const uint8_t *text, uint32_t len)
{
    uint32_t written = 0;
    for (uint32_t at = 0; at < len;) {
        uint32_t n = utf8_length(text + at, len - at);
        memcpy(out + written, n ? (const char *)text + at : "\xef\xbf\xbd", n ? n : 3);
        written += n ? n : 3;
        at += n ? n : utf8_subpart(text + at, len - at);
    }
    return written;
}

uint32_t utf8_mend(char *out, const uint8_t *text, uint32_t len)
{
    uint32_t written = 0;
    for (uint32_t at = 0; at < len;) {
        uint32_t n = utf8_length(text + at, len - at);
        memcpy(out + written, n ? (const char *)text + at : "\xef\xbf\xbd", n ? n : 3);
        written += n ? n : 3;
        at += n ? n : 1;
    }
    return written;
}

bool utf8_is_valid(const uint8_t *text, uint32_t len)
{
    uint32_t valid = 0, n = 1;
    while (valid < len && n) {
        n = utf8_length(text + valid, len - valid);
        valid += n;
    }
    return valid == len;
}
