/* Bytes that should be UTF-8. */
#ifndef FC_BASE_UTF8_H
#define FC_BASE_UTF8_H

#include <stdbool.h>
#include <stdint.h>

bool utf8_is_valid(const uint8_t *text, uint32_t len);
/* Copies with U+FFFD for every byte that is not part of a character; out has room for 3 * len. Returns the length. */
uint32_t utf8_mend(char *out, const uint8_t *text, uint32_t len);

#endif
