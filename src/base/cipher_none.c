/* Ciphers of a build without a cryptographic library (FC_CRYPTO=none): every call is refused. */
#include "base/cipher.h"

bool cipher_hmac(struct cipher *cipher, uint8_t out[SHA256_LEN], const void *key, size_t key_len,
                 const void *bytes, size_t len)
{
    (void)cipher, (void)out, (void)key, (void)key_len, (void)bytes, (void)len;
    return false;
}

bool aes_block(struct cipher *cipher, uint8_t out[AES_LEN], const uint8_t key[AES_LEN],
               const uint8_t in[AES_LEN])
{
    (void)cipher, (void)out, (void)key, (void)in;
    return false;
}

bool aes_gcm_open(struct cipher *cipher, uint8_t *out, const uint8_t key[AES_LEN],
                  const uint8_t iv[AES_IV_LEN], const uint8_t *header, size_t header_len, const uint8_t *in,
                  size_t len)
{
    (void)cipher, (void)out, (void)key, (void)iv, (void)header, (void)header_len, (void)in, (void)len;
    return false;
}

void cipher_free(struct cipher *cipher) { (void)cipher; }
