/* MD5, for the fingerprints that are defined by it. */
#ifndef FC_BASE_MD5_H
#define FC_BASE_MD5_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MD5_LEN = 16 };
/* Hashes `len` bytes. Returns false when the cryptographic library refuses (out of memory, or a policy that
 * forbids MD5). */
bool md5(uint8_t out[MD5_LEN], const void *bytes, size_t len);

#endif
