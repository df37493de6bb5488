/* MD5 through libcrypto. */
#include "base/md5.h"

#include <openssl/evp.h>

bool md5(uint8_t out[MD5_LEN], const void *bytes, size_t len)
{
    unsigned n = 0;
    return EVP_Digest(bytes, len, out, &n, EVP_md5(), NULL) == 1 && n == MD5_LEN;
}
