/* SHA-256, for the fingerprints that are defined by it. */
#ifndef FC_BASE_SHA256_H
#define FC_BASE_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA256_LEN = 32 };
/* Hashes `len` bytes. Returns false when the cryptographic library refuses. */
bool sha256(uint8_t out[SHA256_LEN], const void *bytes, size_t len);

#endif
