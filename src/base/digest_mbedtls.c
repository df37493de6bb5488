/* MD5, SHA-1 and SHA-256 through Mbed TLS (FC_CRYPTO=mbedtls). */
#include <mbedtls/md5.h>
#include <mbedtls/sha1.h>
#include <mbedtls/sha256.h>

#include "base/md5.h"
#include "base/sha1.h"
#include "base/sha256.h"

bool md5(uint8_t out[MD5_LEN], const void *bytes, size_t len) { return !mbedtls_md5(bytes, len, out); }
bool sha1(uint8_t out[SHA1_LEN], const void *bytes, size_t len) { return !mbedtls_sha1(bytes, len, out); }

bool sha256(uint8_t out[SHA256_LEN], const void *bytes, size_t len)
{
    return !mbedtls_sha256(bytes, len, out, 0);
}
