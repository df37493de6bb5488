/* SHA-1 through libcrypto. */
#include "base/sha1.h"

#include <openssl/evp.h>

bool sha1(uint8_t out[SHA1_LEN], const void *bytes, size_t len)
{
    unsigned n = 0;
    return EVP_Digest(bytes, len, out, &n, EVP_sha1(), NULL) == 1 && n == SHA1_LEN;
}
