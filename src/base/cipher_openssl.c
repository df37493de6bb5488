/* HMAC with SHA-256, and AES-128, through libcrypto (FC_CRYPTO=openssl).
 * Invariant: when a function returns false, `out` holds no bytes that the caller could take for plain text.
 */
#include "base/cipher.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/memory.h"

/* The contexts are allocated once: their set-up takes longer than the work on a short message. */
struct cipher_contexts {
    EVP_MD_CTX *sha256;
    EVP_CIPHER_CTX *block, *sealed;
};

enum { HMAC_BLOCK = 64 };

static struct cipher_contexts *contexts(struct cipher *c)
{
    if (!c->contexts && !(c->contexts = memory_zero(1, sizeof *c->contexts)))
        memory_ended(c->memory);
    return c->contexts;
}

/* Returns the digest context, ready for a new message. The first call allocates it and looks SHA-256 up. */
static EVP_MD_CTX *digest(struct cipher *cipher)
{
    struct cipher_contexts *c = contexts(cipher);
    if (!c)
        return NULL;
    if (c->sha256)
        return EVP_DigestInit_ex(c->sha256, NULL, NULL) == 1 ? c->sha256 : NULL;
    EVP_MD_CTX *made = EVP_MD_CTX_new();
    if (made && EVP_DigestInit_ex(made, EVP_sha256(), NULL) == 1)
        return c->sha256 = made;
    EVP_MD_CTX_free(made);
    return NULL;
}

static bool digest_start(struct cipher *c, const uint8_t key[HMAC_BLOCK], uint8_t mask)
{
    uint8_t masked[HMAC_BLOCK];
    EVP_MD_CTX *d = digest(c);
    for (int i = 0; i < HMAC_BLOCK; i++)
        masked[i] = key[i] ^ mask;
    return d && EVP_DigestUpdate(d, masked, sizeof masked) == 1;
}

/* The HMAC of libcrypto takes five times as long, because it looks SHA-256 up at each call. */
bool cipher_hmac(struct cipher *c, uint8_t out[SHA256_LEN], const void *key, size_t key_len,
                 const void *bytes, size_t len)
{
    uint8_t padded[HMAC_BLOCK] = {0}, inner[SHA256_LEN];
    if (key_len > sizeof padded)
        return false;
    memcpy(padded, key, key_len);
    return digest_start(c, padded, 0x36) && EVP_DigestUpdate(c->contexts->sha256, bytes, len) == 1 &&
           EVP_DigestFinal_ex(c->contexts->sha256, inner, NULL) == 1 && digest_start(c, padded, 0x5c) &&
           EVP_DigestUpdate(c->contexts->sha256, inner, sizeof inner) == 1 &&
           EVP_DigestFinal_ex(c->contexts->sha256, out, NULL) == 1;
}

/* Returns the cipher context of *slot. The first call allocates it and sets it up for `type`. */
static EVP_CIPHER_CTX *set_up(EVP_CIPHER_CTX **slot, const EVP_CIPHER *type)
{
    EVP_CIPHER_CTX *made = *slot ? NULL : EVP_CIPHER_CTX_new();
    if (made && EVP_CipherInit_ex(made, type, NULL, NULL, NULL, -1) == 1)
        *slot = made;
    else
        EVP_CIPHER_CTX_free(made);
    return *slot;
}

bool aes_block(struct cipher *cipher, uint8_t out[AES_LEN], const uint8_t key[AES_LEN],
               const uint8_t in[AES_LEN])
{
    EVP_CIPHER_CTX *c = contexts(cipher) ? set_up(&cipher->contexts->block, EVP_aes_128_ecb()) : NULL;
    int n = 0;
    return c && EVP_EncryptInit_ex(c, NULL, NULL, key, NULL) == 1 && EVP_CIPHER_CTX_set_padding(c, 0) == 1 &&
           EVP_EncryptUpdate(c, out, &n, in, AES_LEN) == 1 && n == AES_LEN;
}

bool aes_gcm_open(struct cipher *cipher, uint8_t *out, const uint8_t key[AES_LEN],
                  const uint8_t iv[AES_IV_LEN], const uint8_t *header, size_t header_len, const uint8_t *in,
                  size_t len)
{
    EVP_CIPHER_CTX *c = contexts(cipher) ? set_up(&cipher->contexts->sealed, EVP_aes_128_gcm()) : NULL;
    uint8_t tag[AES_TAG_LEN], end[AES_LEN];
    int n = 0;
    memcpy(tag, in + len, sizeof tag);
    bool ok = c && EVP_DecryptInit_ex(c, NULL, NULL, key, iv) == 1 &&
              EVP_DecryptUpdate(c, NULL, &n, header, (int)header_len) == 1 &&
              EVP_DecryptUpdate(c, out, &n, in, (int)len) == 1 &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, sizeof tag, tag) == 1 &&
              EVP_DecryptFinal_ex(c, end, &n) == 1;
    if (!ok)
        memset(out, 0, len);
    return ok;
}

void cipher_free(struct cipher *cipher)
{
    struct cipher_contexts *c = cipher->contexts;
    if (c) {
        EVP_MD_CTX_free(c->sha256);
        EVP_CIPHER_CTX_free(c->block);
        EVP_CIPHER_CTX_free(c->sealed);
    }
    memory_free(c);
    *cipher = (struct cipher){0};
}
