/* Bytes that should be UTF-8. Lengths are in bytes. */
#ifndef FC_BASE_UTF8_H
#define FC_BASE_UTF8_H

#include <stdbool.h>
#include <stdint.h>

bool utf8_is_valid(const uint8_t *text, uint32_t len);
/* Copies `text` with U+FFFD in place of every byte that is not part of a character. `out` has room for 3 *
 * len bytes. Returns the length of the copy. */
uint32_t utf8_mend(char *out, const uint8_t *text, uint32_t len);
/* The same, but with one U+FFFD for all the bytes that begin one character without completing it (the maximal
 * subparts of Unicode 15, section 3.9). */
uint32_t utf8_mend_subparts(char *out, const uint8_t *text, uint32_t len);
/* Returns false for control characters, format characters, surrogates and unassigned code points. */
bool utf8_is_printable(uint32_t character);
/* Copies `text` as Wireshark shows names: a character that is not printable as an escape (\a \b \f \n \r \t
 * \v, \033, \u00AD, \U000E0001), bytes that are not UTF-8 as U+FFFD. A character in more bytes than it needs
 * is accepted. `out` has room for 4 * len bytes. Returns the length of the copy. */
uint32_t utf8_escape(char *out, const uint8_t *text, uint32_t len);

#endif
