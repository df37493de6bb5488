/* Initial keys and header protection (RFC 9001 sections 5.2 and 5.4, RFC 9369 section 3.3, the drafts,
 * Google's T050).
 * Invariant: keys depend only on the version that the connection began with and on its initial connection ID.
 * Source: these documents; the salt for versions without their own was observed (tshark 4.0.17). */
#include <string.h>

#include "proto/quic_conn.h"

enum { SALT_LEN = 20, SAMPLE_AT = 4 };

static const uint8_t salt_22[] =
    "\x7f\xbc\xdb\x0e\x7c\x66\xbb\xe9\x19\x3a\x96\xcd\x21\x51\x9e\xbd\x7a\x02\x64\x4a";
static const uint8_t salt_23[] =
    "\xc3\xee\xf7\x12\xc7\x2e\xbb\x5a\x11\xa7\xd2\x43\x2b\xb4\x63\x65\xbe\xf9\xf5\x02";
static const uint8_t salt_29[] =
    "\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99";
static const uint8_t salt_v1[] =
    "\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a";
static const uint8_t salt_v2[] =
    "\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9";
static const uint8_t salt_q50[] =
    "\x50\x45\x74\xef\xd0\x66\xfe\x2f\x9d\x94\x5c\xfc\xdb\xd3\xa7\xf0\xd3\xb5\x6b\x45";
static const uint8_t salt_t50[] =
    "\x7f\xf5\x79\xe5\xac\xd0\x72\x91\x55\x80\x30\x4c\x43\xa2\x36\x7c\x60\x48\x83\x10";
static const uint8_t salt_t51[] =
    "\x7a\x4e\xde\xf4\xe7\xcc\xee\x5f\xa4\x50\x6c\x19\x12\x4f\xc8\xcc\xda\x6e\x03\x3d";

/* The number of the draft that a version counts as, also for Facebook's versions and those that force a
 * negotiation; 0: none. */
static uint8_t draft_of(uint32_t version)
{
    if (version >> 8 == 0xff0000)
        return (uint8_t)version;
    if ((version & 0x0f0f0f0f) == 0x0a0a0a0a)
        return 29;
    return version == 0xfaceb001 ? 22 : version == 0xfaceb002 || version == 0xfaceb00e ? 27 : 0;
}

bool quic_version_known(uint32_t version)
{
    enum { FIRST_DRAFT = 11 };
    return version == QUIC_V1 || version == QUIC_V2 || version == QUIC_Q050 || version == QUIC_T050 ||
           version == QUIC_T051 || draft_of(version) >= FIRST_DRAFT;
}

bool quic_version_old(uint32_t version)
{
    uint8_t draft = draft_of(version);
    return version == QUIC_Q050 || version == QUIC_T050 || version == QUIC_T051 || (draft && draft < 27);
}

static const uint8_t *salt_of(uint32_t version)
{
    uint8_t draft = draft_of(version);
    switch (version) {
    case QUIC_V1:
        return salt_v1;
    case QUIC_V2:
        return salt_v2;
    case QUIC_Q050:
        return salt_q50;
    case QUIC_T050:
        return salt_t50;
    case QUIC_T051:
        return salt_t51;
    default:
        break;
    }
    return draft <= 22   ? salt_22
           : draft <= 28 ? salt_23
           : draft <= 32 ? salt_29
           : draft <= 34 ? salt_v1
                         : salt_v2;
}

bool quic_keys_make(struct cipher *cipher, struct quic_conn *conn)
{
    uint8_t initial[SHA256_LEN], secret[SHA256_LEN];
    bool v2 = conn->version == QUIC_V2;
    if (!hkdf_extract(cipher, initial, salt_of(conn->version), SALT_LEN, conn->initial.bytes,
                      conn->initial.len))
        return false;
    for (int i = 0; i < 2; i++) {
        struct quic_keys *k = &conn->keys[i];
        if (!hkdf_expand_label(cipher, secret, sizeof secret, initial, i ? "server in" : "client in") ||
            !hkdf_expand_label(cipher, k->key, sizeof k->key, secret, v2 ? "quicv2 key" : "quic key") ||
            !hkdf_expand_label(cipher, k->iv, sizeof k->iv, secret, v2 ? "quicv2 iv" : "quic iv") ||
            !hkdf_expand_label(cipher, k->hp, sizeof k->hp, secret, v2 ? "quicv2 hp" : "quic hp"))
            return false;
    }
    conn->has_keys = true;
    return true;
}

bool quic_header_open(struct cipher *cipher, const struct quic_keys *keys, const struct rd *packet,
                      uint32_t at, uint8_t *first, uint32_t *number)
{
    struct rd look = *packet, bytes = *packet;
    uint8_t mask[AES_LEN];
    rd_skip(&look, at + SAMPLE_AT);
    const uint8_t *sample = rd_bytes(&look, AES_LEN);
    if (!sample || !aes_block(cipher, mask, keys->hp, sample))
        return false;
    *first = (uint8_t)(rd_peek8(packet, 0) ^ (mask[0] & 0x0f));
    *number = 0;
    rd_skip(&bytes, at);
    for (int i = 0; i <= (*first & 3); i++)
        *number = *number << 8 | (uint8_t)(rd_u8(&bytes) ^ mask[1 + i]);
    return true;
}
