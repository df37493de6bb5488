/* Digests of a build without a cryptographic library (FC_CRYPTO=none): every call is refused. */
#include "base/md5.h"
#include "base/sha1.h"
#include "base/sha256.h"

bool md5(uint8_t out[MD5_LEN], const void *bytes, size_t len)
{
    (void)out, (void)bytes, (void)len;
    return false;
}

bool sha1(uint8_t out[SHA1_LEN], const void *bytes, size_t len)
{
    (void)out, (void)bytes, (void)len;
    return false;
}

bool sha256(uint8_t out[SHA256_LEN], const void *bytes, size_t len)
{
    (void)out, (void)bytes, (void)len;
    return false;
}
