/* Bytes that should be UTF-8. */
#ifndef FC_BASE_UTF8_H
#define FC_BASE_UTF8_H

#include <stdbool.h>
#include <stdint.h>

bool utf8_is_valid(const uint8_t *text, uint32_t len);
/* Copies with U+FFFD for every byte that is not part of a character; out has room for 3 * len. Returns the
 * length. */
uint32_t utf8_mend(char *out, const uint8_t *text, uint32_t len);
/* The same with one U+FFFD for bytes that begin a character and do not end it (Unicode 15, 3.9, maximal
 * subparts). */
uint32_t utf8_mend_subparts(char *out, const uint8_t *text, uint32_t len);
/* False for controls, format characters, surrogates and what no character has been given to. */
bool utf8_is_printable(uint32_t character);
/* Copies text as Wireshark shows names: what does not print as an escape (\a \b \f \n \r \t \v, \033, \u00AD,
 * \U000E0001), what is no UTF-8 as U+FFFD; a sequence that says a character in more bytes than it needs
 * counts as the character. out has room for 4 * len. Returns the length. */
uint32_t utf8_escape(char *out, const uint8_t *text, uint32_t len);

#endif
