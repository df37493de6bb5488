/* MD5, SHA-1 and SHA-256 through libcrypto (FC_CRYPTO=openssl). */
#include <openssl/evp.h>

#include "base/md5.h"
#include "base/sha1.h"
#include "base/sha256.h"

static bool digest(const EVP_MD *type, uint8_t *out, unsigned out_len, const void *bytes, size_t len)
{
    unsigned n = 0;
    return EVP_Digest(bytes, len, out, &n, type, NULL) == 1 && n == out_len;
}

bool md5(uint8_t out[MD5_LEN], const void *bytes, size_t len)
{
    return digest(EVP_md5(), out, MD5_LEN, bytes, len);
}

bool sha1(uint8_t out[SHA1_LEN], const void *bytes, size_t len)
{
    return digest(EVP_sha1(), out, SHA1_LEN, bytes, len);
}

bool sha256(uint8_t out[SHA256_LEN], const void *bytes, size_t len)
{
    return digest(EVP_sha256(), out, SHA256_LEN, bytes, len);
}
