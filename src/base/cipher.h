/* HKDF with SHA-256 and AES-128, through libcrypto. All give false when libcrypto fails. */
#ifndef FC_BASE_CIPHER_H
#define FC_BASE_CIPHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA256_LEN = 32, AES_LEN = 16, AES_IV_LEN = 12, AES_TAG_LEN = 16 };

/* What libcrypto looks up and allocates once, which takes longer than the work on a short message.
 * Zero-initialise; of one thread. */
struct cipher {
    struct evp_md_ctx_st *sha256;
    struct evp_cipher_ctx_st *block, *sealed;
};

/* RFC 5869 2.2. */
bool hkdf_extract(struct cipher *cipher, uint8_t out[SHA256_LEN], const void *salt, size_t salt_len,
                  const void *secret, size_t secret_len);
/* RFC 8446 7.1, HKDF-Expand-Label with no context; at most SHA256_LEN bytes. */
bool hkdf_expand_label(struct cipher *cipher, uint8_t *out, size_t len, const uint8_t secret[SHA256_LEN],
                       const char *label);
/* One block, AES-128. */
bool aes_block(struct cipher *cipher, uint8_t out[AES_LEN], const uint8_t key[AES_LEN],
               const uint8_t in[AES_LEN]);
/* AES-128-GCM: `len` bytes of ciphertext with the tag behind them into out. False: the tag does not fit, too.
 */
bool aes_gcm_open(struct cipher *cipher, uint8_t *out, const uint8_t key[AES_LEN],
                  const uint8_t iv[AES_IV_LEN], const uint8_t *header, size_t header_len, const uint8_t *in,
                  size_t len);
void cipher_free(struct cipher *cipher);

#endif
