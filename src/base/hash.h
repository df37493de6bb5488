/* The one hash function of all tables. Its input comes from captures, so from strangers: without a secret
 * they could choose addresses, ports or connection ids that all fall into one slot, and each look-up would
 * walk through all of them. Each table therefore makes a random key of its own when it makes its first slots,
 * and every word of the input meets a word of that key before anything else happens to it. No order of rows
 * may depend on the order of slots.
 *
 * Construction: NH (Black, Halevi, Krawczyk, Krovetz, Rogaway: "UMAC: Fast and Secure Message
 * Authentication", CRYPTO 1999, section 4; also RFC 4418, section 5.2) with words of 64 bits. Two different
 * inputs of up to HASH_PIECE bytes meet in its 128 bits with a probability of at most 2^-64 over all keys,
 * whatever the inputs are. One more product with two secret words mixes the 128 bits into 64. */
#ifndef FC_BASE_HASH_H
#define FC_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { HASH_WORDS = 6, HASH_PIECE = (HASH_WORDS - 1) * 8 };

struct hash_key {
    uint64_t words[HASH_WORDS + 2];
};

/* Fills the key with random bytes of the system. */
void hash_key_make(struct hash_key *key);

/* The key of hashes that are values of an answer: the same in every run. Digits of pi, behind the point. */
static const struct hash_key hash_key_known = {{0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0,
                                                0x082EFA98EC4E6C89, 0x452821E638D01377, 0xBE5466CF34E90C6C,
                                                0xC0AC29B7C97C50DD, 0x3F84D5B5B5470917}};

static inline uint64_t hash_piece(const struct hash_key *key, const void *data, size_t len, uint64_t before)
{
    const uint64_t *k = key->words;
    uint64_t m[HASH_WORDS] = {0};
    unsigned __int128 sum = 0;
    memcpy(m, data, len);
    m[HASH_WORDS - 1] = before;
    for (int i = 0; i < HASH_WORDS; i += 2)
        sum += (unsigned __int128)(m[i] + k[i]) * (m[i + 1] + k[i + 1]);
    unsigned __int128 mixed =
        (unsigned __int128)((uint64_t)sum ^ k[HASH_WORDS]) * ((uint64_t)(sum >> 64) ^ k[HASH_WORDS + 1]);
    return (uint64_t)mixed ^ (uint64_t)(mixed >> 64);
}

/* The hash of len bytes and of a number before them; every bit of it may be used. An input of more than
 * HASH_PIECE bytes is hashed piece by piece, each together with the hash of those before it. */
static inline uint64_t hash_more(const struct hash_key *key, const void *data, size_t len, uint64_t before)
{
    const uint8_t *bytes = data;
    for (; len > HASH_PIECE; bytes += HASH_PIECE, len -= HASH_PIECE)
        before = hash_piece(key, bytes, HASH_PIECE, before);
    return hash_piece(key, bytes, len, before);
}

/* The hash of len bytes. */
static inline uint64_t hash_bytes(const struct hash_key *key, const void *data, size_t len)
{
    return hash_more(key, data, len, len);
}

#endif
