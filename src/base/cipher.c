/* HKDF and AES-128. Invariant: nothing is left in out that a caller may take for plain text when the result is false.
 * Source: RFC 5869, RFC 8446 7.1; the rest is libcrypto's. */
#include "base/cipher.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

static bool hmac(uint8_t out[SHA256_LEN], const void *key, size_t key_len, const void *bytes, size_t len)
{
    unsigned n = 0;
    return HMAC(EVP_sha256(), key, (int)key_len, bytes, len, out, &n) && n == SHA256_LEN;
}

bool hkdf_extract(uint8_t out[SHA256_LEN], const void *salt, size_t salt_len, const void *secret, size_t secret_len)
{
    return hmac(out, salt, salt_len, secret, secret_len);
}

/* struct { uint16 length; opaque label<7..255>; opaque context<0..255>; } HkdfLabel, then the counter of HKDF. */
bool hkdf_expand_label(uint8_t *out, size_t len, const uint8_t secret[SHA256_LEN], const char *label)
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
    if (!hmac(block, secret, SHA256_LEN, info, n))
        return false;
    memcpy(out, block, len);
    return true;
}

bool aes_block(uint8_t out[AES_LEN], const uint8_t key[AES_LEN], const uint8_t in[AES_LEN])
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int n = 0;
    bool ok = c && EVP_EncryptInit_ex(c, EVP_aes_128_ecb(), NULL, key, NULL) == 1 &&
              EVP_CIPHER_CTX_set_padding(c, 0) == 1 && EVP_EncryptUpdate(c, out, &n, in, AES_LEN) == 1 && n == AES_LEN;
    EVP_CIPHER_CTX_free(c);
    return ok;
}

bool aes_gcm_open(uint8_t *out, const uint8_t key[AES_LEN], const uint8_t iv[AES_IV_LEN], const uint8_t *header,
                  size_t header_len, const uint8_t *in, size_t len)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    uint8_t tag[AES_TAG_LEN], end[AES_LEN];
    int n = 0;
    memcpy(tag, in + len, sizeof tag);
    bool ok = c && EVP_DecryptInit_ex(c, EVP_aes_128_gcm(), NULL, key, iv) == 1 &&
              EVP_DecryptUpdate(c, NULL, &n, header, (int)header_len) == 1 &&
              EVP_DecryptUpdate(c, out, &n, in, (int)len) == 1 &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, sizeof tag, tag) == 1 && EVP_DecryptFinal_ex(c, end, &n) == 1;
    EVP_CIPHER_CTX_free(c);
    if (!ok)
        memset(out, 0, len);
    return ok;
}
