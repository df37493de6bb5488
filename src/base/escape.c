/* Text as Wireshark shows names: an escape replaces each character that is not printable.
 * Invariant: the result is valid UTF-8, and all of its characters are printable.
 * Source: observed (tshark 4.0.17). */
#include <string.h>

#include "base/utf8.h"

enum { MAX_CHARACTER = 0x10ffff };

static uint32_t put_hex(char *out, uint32_t character)
{
    static const char digits[] = "0123456789ABCDEF";
    uint32_t n = character > 0xffff ? 8 : 4;
    out[0] = '\\';
    out[1] = n == 8 ? 'U' : 'u';
    for (uint32_t i = 0; i < n; i++)
        out[2 + i] = digits[character >> 4 * (n - 1 - i) & 15];
    return 2 + n;
}

static uint32_t put_ascii(char *out, uint8_t byte)
{
    static const char letters[] = "abtnvfr"; /* the letters of the escapes of 7 to 13 */
    if (byte >= 0x20 && byte < 0x7f) {
        *out = (char)byte;
        return 1;
    }
    out[0] = '\\';
    if (byte >= 7 && byte <= 13) {
        out[1] = letters[byte - 7];
        return 2;
    }
    for (int i = 0; i < 3; i++)
        out[1 + i] = (char)('0' + (byte >> 3 * (2 - i) & 7));
    return 4;
}

/* The length of the sequence as its first byte announces it. Sequences of five and six bytes are an older
 * form of UTF-8 that Wireshark still reads. */
static uint32_t length_of(uint8_t first)
{
    return first < 0xc0   ? 1
           : first < 0xe0 ? 2
           : first < 0xf0 ? 3
           : first < 0xf8 ? 4
           : first < 0xfc ? 5
           : first < 0xfe ? 6
                          : 1;
}

static uint32_t put_character(char *out, uint32_t c)
{
    static const uint8_t marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    uint32_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (uint32_t i = n; i > 1; i--, c >>= 6)
        out[i - 1] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(marks[n == 1 ? 0 : n] | c);
    return n;
}

/* Writes one sequence that does not begin with an ASCII byte, and puts the number of bytes that it read into
 * *used. */
static uint32_t put_sequence(char *out, const uint8_t *text, uint32_t left, uint32_t *used)
{
    uint8_t first = text[0];
    uint32_t n = length_of(first), got = 1;
    uint32_t character = n == 1 ? MAX_CHARACTER + 1 : first & (0xffu >> (n + 1));
    while (got < n && got < left && (text[got] & 0xc0) == 0x80)
        character = character << 6 | (text[got++] & 0x3f);
    *used = got;
    if (got < n || character > MAX_CHARACTER || (character >= 0xd800 && character <= 0xdfff)) {
        memcpy(out, "\xef\xbf\xbd", 3);
        return 3;
    }
    if (!utf8_is_printable(character))
        return put_hex(out, character);
    return put_character(out, character);
}

uint32_t utf8_escape(char *out, const uint8_t *text, uint32_t len)
{
    uint32_t written = 0;
    for (uint32_t at = 0, used; at < len; at += used) {
        used = 1;
        written += text[at] < 0x80 ? put_ascii(out + written, text[at])
                                   : put_sequence(out + written, text + at, len - at, &used);
    }
    return written;
}
