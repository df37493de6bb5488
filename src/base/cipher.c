/* HKDF with SHA-256 and AES-128, through libcrypto.
 * Invariant: when a function returns false, `out` holds no bytes that the caller could take for plain text.
 * Source: RFC 5869, RFC 8446 section 7.1; AES and SHA-256 are libcrypto's. */
#include "base/cipher.h"

#include <openssl/evp.h>
#include <string.h>

enum { HMAC_BLOCK = 64 };

/* Returns the digest context, ready for a new message. The first call allocates it and looks SHA-256 up. */
static EVP_MD_CTX *digest(struct cipher *c)
{
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

/* HMAC (RFC 2104) for keys of at most one block. The HMAC of libcrypto takes five times as long, because it
 * looks SHA-256 up at each call. */
static bool hmac(struct cipher *c, uint8_t out[SHA256_LEN], const void *key, size_t key_len,
                 const void *bytes, size_t len)
{
    uint8_t padded[HMAC_BLOCK] = {0}, inner[SHA256_LEN];
    if (key_len > sizeof padded)
        return false;
    memcpy(padded, key, key_len);
    return digest_start(c, padded, 0x36) && EVP_DigestUpdate(c->sha256, bytes, len) == 1 &&
           EVP_DigestFinal_ex(c->sha256, inner, NULL) == 1 && digest_start(c, padded, 0x5c) &&
           EVP_DigestUpdate(c->sha256, inner, sizeof inner) == 1 &&
           EVP_DigestFinal_ex(c->sha256, out, NULL) == 1;
}

bool hkdf_extract(struct cipher *c, uint8_t out[SHA256_LEN], const void *salt, size_t salt_len,
                  const void *secret, size_t secret_len)
{
    return hmac(c, out, salt, salt_len, secret, secret_len);
}

/* HMAC's input is the structure HkdfLabel { uint16 length; opaque label<7..255>; opaque context<0..255>; }
 * and behind it HKDF's counter byte, 1. */
bool hkdf_expand_label(struct cipher *c, uint8_t *out, size_t len, const uint8_t secret[SHA256_LEN],
                       const char *label)
{
    static const char prefix[] = "tls13 ";
    uint8_t info[64], block[SHA256_LEN];
    size_t label_len = strlen(label), n = 0;
    if (len > SHA256_LEN || label_len + sizeof prefix + 4 > sizeof info)
        return false;
    info[n++] = 0;
    info[n++] = (uint8_t)len;
    info[n++] = (uint8_t)(sizeof prefix - 1 + label_len);
    memcpy(info + n, prefix, sizeof prefix - 1);
    n += sizeof prefix - 1;
    memcpy(info + n, label, label_len);
    n += label_len;
    info[n++] = 0;
    info[n++] = 1;
    if (!hmac(c, block, secret, SHA256_LEN, info, n))
        return false;
    memcpy(out, block, len);
    return true;
}

/* Returns the cipher context of *slot. The first call allocates it and sets it up for `type`. */
static EVP_CIPHER_CTX *context(EVP_CIPHER_CTX **slot, const EVP_CIPHER *type)
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
    EVP_CIPHER_CTX *c = context(&cipher->block, EVP_aes_128_ecb());
    int n = 0;
    return c && EVP_EncryptInit_ex(c, NULL, NULL, key, NULL) == 1 && EVP_CIPHER_CTX_set_padding(c, 0) == 1 &&
           EVP_EncryptUpdate(c, out, &n, in, AES_LEN) == 1 && n == AES_LEN;
}

bool aes_gcm_open(struct cipher *cipher, uint8_t *out, const uint8_t key[AES_LEN],
                  const uint8_t iv[AES_IV_LEN], const uint8_t *header, size_t header_len, const uint8_t *in,
                  size_t len)
{
    EVP_CIPHER_CTX *c = context(&cipher->sealed, EVP_aes_128_gcm());
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
    EVP_MD_CTX_free(cipher->sha256);
    EVP_CIPHER_CTX_free(cipher->block);
    EVP_CIPHER_CTX_free(cipher->sealed);
    *cipher = (struct cipher){0};
}
