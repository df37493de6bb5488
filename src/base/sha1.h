/* SHA-1, for identifiers that are defined by it. */
#ifndef FC_BASE_SHA1_H
#define FC_BASE_SHA1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA1_LEN = 20 };
/* Returns false when the cryptographic library refuses. */
bool sha1(uint8_t out[SHA1_LEN], const void *bytes, size_t len);

#endif
