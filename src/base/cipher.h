/* HKDF with SHA-256, and AES-128. The library behind them is libcrypto (cipher_openssl.c) or Mbed TLS
 * (cipher_mbedtls.c), as FC_CRYPTO says; every function returns false when that library fails. */
#ifndef FC_BASE_CIPHER_H
#define FC_BASE_CIPHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sha256.h"

enum { AES_LEN = 16, AES_IV_LEN = 12, AES_TAG_LEN = 16 };

/* Zero-initialise it; cipher_free gives its memory back. One thread may use it. */
struct cipher {
    struct cipher_contexts *contexts; /* of the library, made at the first use */
    struct memory_state *memory;      /* is told when memory ends; or NULL */
};

/* HMAC with SHA-256 (RFC 2104). The key has at most 64 bytes. */
bool cipher_hmac(struct cipher *cipher, uint8_t out[SHA256_LEN], const void *key, size_t key_len,
                 const void *bytes, size_t len);

/* HKDF-Extract (RFC 5869 section 2.2). The salt has at most 64 bytes. */
bool hkdf_extract(struct cipher *cipher, uint8_t out[SHA256_LEN], const void *salt, size_t salt_len,
                  const void *secret, size_t secret_len);
/* HKDF-Expand-Label (RFC 8446 section 7.1) with an empty context. `len` is at most SHA256_LEN. The label is
 * given without its prefix "tls13 ". */
bool hkdf_expand_label(struct cipher *cipher, uint8_t *out, size_t len, const uint8_t secret[SHA256_LEN],
                       const char *label);
/* Encrypts one block with AES-128. */
bool aes_block(struct cipher *cipher, uint8_t out[AES_LEN], const uint8_t key[AES_LEN],
               const uint8_t in[AES_LEN]);
/* Decrypts AES-128-GCM: `in` holds `len` bytes of ciphertext and behind them the tag of AES_TAG_LEN bytes;
 * `out` has room for `len` bytes. `header` is the additional authenticated data. Returns false also when the
 * tag is wrong. */
bool aes_gcm_open(struct cipher *cipher, uint8_t *out, const uint8_t key[AES_LEN],
                  const uint8_t iv[AES_IV_LEN], const uint8_t *header, size_t header_len, const uint8_t *in,
                  size_t len);
void cipher_free(struct cipher *cipher);

#endif
