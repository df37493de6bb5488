/* SHA-256 through libcrypto. */
#include "base/sha256.h"

#include <openssl/evp.h>

bool sha256(uint8_t out[SHA256_LEN], const void *bytes, size_t len)
{
    unsigned n = 0;
    return EVP_Digest(bytes, len, out, &n, EVP_sha256(), NULL) == 1 && n == SHA256_LEN;
}
