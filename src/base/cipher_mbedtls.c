/* HMAC with SHA-256, and AES-128, through Mbed TLS (FC_CRYPTO=mbedtls).
 * Invariant: when a function returns false, `out` holds no bytes that the caller could take for plain text.
 */
#include "base/cipher.h"

#include <mbedtls/aes.h>
#include <mbedtls/gcm.h>
#include <mbedtls/sha256.h>
#include <string.h>

#include "base/memory.h"

enum { HMAC_BLOCK = 64, KEY_BITS = 8 * AES_LEN };

struct cipher_contexts {
    mbedtls_sha256_context sha256;
    mbedtls_aes_context block;
    mbedtls_gcm_context sealed;
};

static struct cipher_contexts *contexts(struct cipher *cipher)
{
    struct cipher_contexts *c = cipher->contexts;
    if (c)
        return c;
    if (!(c = memory_zero(1, sizeof *c))) {
        memory_ended(cipher->memory);
        return NULL;
    }
    mbedtls_sha256_init(&c->sha256);
    mbedtls_aes_init(&c->block);
    mbedtls_gcm_init(&c->sealed);
    return cipher->contexts = c;
}

static bool digest_start(mbedtls_sha256_context *c, const uint8_t key[HMAC_BLOCK], uint8_t mask)
{
    uint8_t masked[HMAC_BLOCK];
    for (int i = 0; i < HMAC_BLOCK; i++)
        masked[i] = key[i] ^ mask;
    return !mbedtls_sha256_starts(c, 0) && !mbedtls_sha256_update(c, masked, sizeof masked);
}

/* Mbed TLS has HMAC only in a module that brings every digest. */
bool cipher_hmac(struct cipher *cipher, uint8_t out[SHA256_LEN], const void *key, size_t key_len,
                 const void *bytes, size_t len)
{
    struct cipher_contexts *c = contexts(cipher);
    uint8_t padded[HMAC_BLOCK] = {0}, inner[SHA256_LEN];
    if (!c || key_len > sizeof padded)
        return false;
    memcpy(padded, key, key_len);
    return digest_start(&c->sha256, padded, 0x36) && !mbedtls_sha256_update(&c->sha256, bytes, len) &&
           !mbedtls_sha256_finish(&c->sha256, inner) && digest_start(&c->sha256, padded, 0x5c) &&
           !mbedtls_sha256_update(&c->sha256, inner, sizeof inner) && !mbedtls_sha256_finish(&c->sha256, out);
}

bool aes_block(struct cipher *cipher, uint8_t out[AES_LEN], const uint8_t key[AES_LEN],
               const uint8_t in[AES_LEN])
{
    struct cipher_contexts *c = contexts(cipher);
    return c && !mbedtls_aes_setkey_enc(&c->block, key, KEY_BITS) &&
           !mbedtls_aes_crypt_ecb(&c->block, MBEDTLS_AES_ENCRYPT, in, out);
}

bool aes_gcm_open(struct cipher *cipher, uint8_t *out, const uint8_t key[AES_LEN],
                  const uint8_t iv[AES_IV_LEN], const uint8_t *header, size_t header_len, const uint8_t *in,
                  size_t len)
{
    struct cipher_contexts *c = contexts(cipher);
    bool ok = c && !mbedtls_gcm_setkey(&c->sealed, MBEDTLS_CIPHER_ID_AES, key, KEY_BITS) &&
              !mbedtls_gcm_auth_decrypt(&c->sealed, len, iv, AES_IV_LEN, header, header_len, in + len,
                                        AES_TAG_LEN, in, out);
    if (!ok)
        memset(out, 0, len);
    return ok;
}

void cipher_free(struct cipher *cipher)
{
    struct cipher_contexts *c = cipher->contexts;
    if (c) {
        mbedtls_sha256_free(&c->sha256);
        mbedtls_aes_free(&c->block);
        mbedtls_gcm_free(&c->sealed);
    }
    memory_free(c);
    *cipher = (struct cipher){0};
}
