/* JA3 and JA3S fingerprints: the numbers of a hello as text, and the MD5 (RFC 1321) of the text.
 * Invariant: the text of a part fits into the room that the length of the hello allows: five digits and a
 * dash for every two bytes (point formats: four characters for one byte).
 * Source: the definition of JA3: values in the order of the hello, without GREASE (RFC 8701). */
#include <stdio.h>
#include <string.h>

#include "base/md5.h"
#include "field/ids_tls.h"
#include "proto/tls.h"

enum { SPARE = 16 };

static bool ja3_is_grease(uint16_t value)
{
    return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

void ja3_begin(struct tls_ja3 *ja3, struct row *row, bool client, uint32_t hello_len)
{
    *ja3 = (struct tls_ja3){0};
    ja3->wanted = client ? row_wants(row, F_TLS_HANDSHAKE_JA3) || row_wants(row, F_TLS_HANDSHAKE_JA3_FULL)
                         : row_wants(row, F_TLS_HANDSHAKE_JA3S) || row_wants(row, F_TLS_HANDSHAKE_JA3S_FULL);
    for (int i = 0; ja3->wanted && i < JA3_PARTS; i++)
        if (!(ja3->parts[i] = arena_alloc(row->arena, (size_t)hello_len * 4 + SPARE)))
            ja3->wanted = false;
}

void ja3_add(struct tls_ja3 *ja3, int part, uint16_t value)
{
    if (!ja3 || !ja3->wanted || (part != JA3_FORMATS && ja3_is_grease(value)))
        return;
    char *at = ja3->parts[part] + ja3->lens[part];
    ja3->lens[part] += (uint32_t)snprintf(at, 8, ja3->lens[part] ? "-%u" : "%u", value);
}

static void ja3_put_hash(struct row *row, field_id id, const char *text, uint32_t len)
{
    uint8_t digest[MD5_LEN];
    char hex[2 * MD5_LEN + 1];
    if (!row_wants(row, id))
        return;
    if (!md5(digest, text, len))
        return;
    for (unsigned i = 0; i < MD5_LEN; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    put_text_copy(row, id, hex, 2 * MD5_LEN);
}

void ja3_put(struct tls_ja3 *ja3, struct row *row, bool client, uint16_t version)
{
    if (!ja3->wanted)
        return;
    int n_parts = client && !ja3->ended ? JA3_PARTS : JA3_EXTENSIONS + 1;
    size_t room = SPARE;
    for (int i = 0; i < n_parts; i++)
        room += ja3->lens[i] + 1;
    char *text = arena_alloc(row->arena, room);
    if (!text)
        return;
    uint32_t len = (uint32_t)snprintf(text, SPARE, "%u", version);
    for (int i = 0; i < n_parts; i++) {
        text[len++] = ',';
        if (ja3->lens[i])
            memcpy(text + len, ja3->parts[i], ja3->lens[i]);
        len += ja3->lens[i];
    }
    put_text(row, client ? F_TLS_HANDSHAKE_JA3_FULL : F_TLS_HANDSHAKE_JA3S_FULL, text, len);
    ja3_put_hash(row, client ? F_TLS_HANDSHAKE_JA3 : F_TLS_HANDSHAKE_JA3S, text, len);
}
