/* HKDF with SHA-256. Source: RFC 5869, RFC 8446 section 7.1. */
#include "base/cipher.h"

#include <string.h>

bool hkdf_extract(struct cipher *c, uint8_t out[SHA256_LEN], const void *salt, size_t salt_len,
                  const void *secret, size_t secret_len)
{
    return cipher_hmac(c, out, salt, salt_len, secret, secret_len);
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
    if (!cipher_hmac(c, block, secret, SHA256_LEN, info, n))
        return false;
    memcpy(out, block, len);
    return true;
}
