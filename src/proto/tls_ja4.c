/* JA4, the fingerprint of a ClientHello over TCP ("t"), QUIC ("q") or DTLS ("d"): its offers, sorted, and
 * SHA-256 of them. The bytes of the hello are read a second time here, so that no other file has to store the
 * values that JA4 needs.
 * Invariant: only a complete and well-formed hello has a fingerprint. A hello that offers several versions of
 * DTLS has none: the definition does not say which of them is the highest, and newer versions have lower
 * numbers. Wireshark 4.0 has no such field; later releases have one of the same name.
 * Source: the definition of JA4 (FoxIO, technical_details/JA4.md); GREASE: RFC 8701. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "field/ids_tls.h"
#include "proto/tls.h"

enum { SERVER_NAME = 0, SIGNATURE_ALGORITHMS = 13, ALPN = 16, SUPPORTED_VERSIONS = 43 };
enum {
    RANDOM = 32,
    HASH_DIGITS = 12,
    HEX = 5 /* characters of a number and the separator */,
    COUNT_MAX = 99
};

struct numbers {
    uint16_t *all;
    uint32_t n;
};

struct ja4 {
    struct arena *arena;
    uint16_t version;
    bool has_name, is_datagram;
    bool is_unclear; /* the highest version of the offer is not defined */
    char alpn[2];
    uint32_t n_extensions; /* with those that the list leaves out */
    struct numbers ciphers, extensions, algorithms;
};

static bool ja4_is_grease(uint16_t value)
{
    return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

static int ja4_compare(const void *a, const void *b) { return *(const uint16_t *)a - *(const uint16_t *)b; }

static struct numbers numbers_new(struct ja4 *ja4, uint32_t most)
{
    return (struct numbers){.all = arena_alloc(ja4->arena, ((size_t)most + 1) * sizeof(uint16_t))};
}

/* Reads numbers without GREASE; `list` covers them, behind their length. */
static struct numbers ja4_numbers_read(struct ja4 *ja4, struct rd list)
{
    struct numbers out = numbers_new(ja4, rd_left(&list) / 2);
    while (out.all && rd_left(&list) >= 2) {
        uint16_t value = rd_u16(&list);
        if (rd_ok(&list) && !ja4_is_grease(value))
            out.all[out.n++] = value;
        else if (!rd_ok(&list))
            break;
    }
    return out;
}

static struct rd vector(struct rd *r, int bytes_of_length)
{
    uint32_t len = bytes_of_length == 1 ? rd_u8(r) : rd_u16(r);
    return rd_sub(r, len);
}

/* The first and last character of the first protocol; if one of them is not a letter or digit, hexadecimal
 * digits of both. */
static void ja4_alpn_read(struct ja4 *ja4, struct rd r)
{
    static const char digits[] = "0123456789abcdef";
    struct rd list = vector(&r, 2), name = vector(&list, 1);
    uint32_t n = rd_left(&name);
    const uint8_t *text = rd_bytes(&name, n);
    if (!text || !n || !rd_ok(&list))
        return;
    uint8_t first = text[0], last = text[n - 1];
    bool plain = first < 0x80 && last < 0x80 && isalnum(first) && isalnum(last);
    ja4->alpn[0] = plain ? (char)first : digits[first >> 4];
    ja4->alpn[1] = plain ? (char)last : digits[last & 15];
}

static void ja4_versions_read(struct ja4 *ja4, struct rd r)
{
    struct numbers versions = ja4_numbers_read(ja4, vector(&r, 1));
    uint16_t highest = 0;
    for (uint32_t i = 0; i < versions.n; i++) {
        ja4->is_unclear |= ja4->is_datagram && versions.all[i] != versions.all[0];
        if (versions.all[i] > highest)
            highest = versions.all[i];
    }
    if (highest)
        ja4->version = highest;
}

static void ja4_extension_read(struct ja4 *ja4, uint16_t type, struct rd body)
{
    if (ja4_is_grease(type))
        return;
    ja4->n_extensions++;
    if (type != SERVER_NAME && type != ALPN)
        ja4->extensions.all[ja4->extensions.n++] = type;
    ja4->has_name |= type == SERVER_NAME;
    if (type == ALPN)
        ja4_alpn_read(ja4, body);
    else if (type == SUPPORTED_VERSIONS)
        ja4_versions_read(ja4, body);
    else if (type == SIGNATURE_ALGORITHMS)
        ja4->algorithms = ja4_numbers_read(ja4, vector(&body, 2));
}

static bool hello_read(struct ja4 *ja4, struct rd r)
{
    ja4->version = rd_u16(&r);
    rd_skip(&r, RANDOM);
    vector(&r, 1); /* session */
    if (ja4->is_datagram)
        vector(&r, 1); /* cookie */
    ja4->ciphers = ja4_numbers_read(ja4, vector(&r, 2));
    vector(&r, 1); /* compression */
    struct rd list = rd_left(&r) ? vector(&r, 2) : rd_rest(&r);
    ja4->extensions = numbers_new(ja4, rd_left(&list) / 4);
    while (ja4->extensions.all && rd_ok(&list) && rd_left(&list)) {
        uint16_t type = rd_u16(&list);
        struct rd body = vector(&list, 2);
        if (rd_ok(&list) && rd_has(&body, rd_left(&body)))
            ja4_extension_read(ja4, type, body);
        else
            return false;
    }
    return rd_ok(&r) && rd_ok(&list) && ja4->ciphers.all && ja4->extensions.all && !ja4->is_unclear;
}

static const char *version_text(uint16_t version)
{
    static const struct {
        uint16_t version;
        char text[3];
    } versions[] = {{0x0304, "13"}, {0x0303, "12"}, {0x0302, "11"}, {0x0301, "10"}, {0x0300, "s3"},
                    {0x0002, "s2"}, {0xfeff, "d1"}, {0xfefd, "d2"}, {0xfefc, "d3"}};
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        if (versions[i].version == version)
            return versions[i].text;
    return "00";
}

static uint32_t put_numbers(char *at, const struct numbers *numbers)
{
    uint32_t len = 0;
    for (uint32_t i = 0; i < numbers->n; i++)
        len += (uint32_t)snprintf(at + len, HEX + 1, i ? ",%04x" : "%04x", numbers->all[i]);
    return len;
}

static bool ja4_put_hash(char *at, const char *text, uint32_t len, bool some)
{
    uint8_t digest[SHA256_LEN];
    memset(at, '0', HASH_DIGITS);
    if (some && !sha256(digest, text, len))
        return false;
    for (unsigned i = 0; some && i < HASH_DIGITS / 2; i++)
        snprintf(at + 2 * i, 3, "%02x", digest[i]);
    return true;
}

static unsigned capped(uint32_t n) { return n < COUNT_MAX ? n : COUNT_MAX; }

/* Puts both forms. The long form is built in `text`, part by part, and the short form in `hashes`. */
static bool ja4_write(struct row *row, struct ja4 *ja4, char carrier)
{
    enum { FRONT = 16, SHORT = FRONT + 2 * (HASH_DIGITS + 1) };
    size_t room = FRONT + 4 + HEX * ((size_t)ja4->ciphers.n + ja4->extensions.n + ja4->algorithms.n);
    char *text = arena_alloc(ja4->arena, room), hashes[SHORT + 2];
    if (!text)
        return false;
    qsort(ja4->ciphers.all, ja4->ciphers.n, sizeof(uint16_t), ja4_compare);
    qsort(ja4->extensions.all, ja4->extensions.n, sizeof(uint16_t), ja4_compare);
    uint32_t front = (uint32_t)snprintf(
        text, FRONT, "%c%s%c%02u%02u%c%c_", carrier, version_text(ja4->version), ja4->has_name ? 'd' : 'i',
        capped(ja4->ciphers.n), capped(ja4->n_extensions), ja4->alpn[0], ja4->alpn[1]);
    uint32_t len = front + put_numbers(text + front, &ja4->ciphers);
    memcpy(hashes, text, front);
    bool ok = ja4_put_hash(hashes + front, text + front, len - front, ja4->ciphers.n);
    text[len++] = '_';
    uint32_t second = len;
    len += put_numbers(text + len, &ja4->extensions);
    if (ja4->algorithms.n)
        text[len++] = '_';
    len += put_numbers(text + len, &ja4->algorithms);
    hashes[front + HASH_DIGITS] = '_';
    ok &= ja4_put_hash(hashes + front + HASH_DIGITS + 1, text + second, len - second, ja4->extensions.n);
    put_text_copy(row, F_TLS_HANDSHAKE_JA4, hashes, front + 2 * HASH_DIGITS + 1);
    put_text(row, F_TLS_HANDSHAKE_JA4_R, text, len);
    return ok;
}

void ja4_read(struct row *row, struct rd hello, char carrier)
{
    struct ja4 ja4 = {.arena = row->arena, .is_datagram = carrier == 'd', .alpn = {'0', '0'}};
    if (!row_wants(row, F_TLS_HANDSHAKE_JA4) && !row_wants(row, F_TLS_HANDSHAKE_JA4_R))
        return;
    bool whole = hello_read(&ja4, hello);
    if (whole && !ja4_write(row, &ja4, carrier))
        arena_ended(row->arena);
}
