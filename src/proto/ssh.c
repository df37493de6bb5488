/* SSH before encryption: the version lines, and the offers of both sides for the key exchange.
 * Invariant: a direction is read packet by packet from its version line to its NEWKEYS. Nothing is read
 * behind that, or if the version line was not captured.
 * Source: RFC 4253 sections 4.2, 6, 7.1; HASSH; observed (tshark 4.0.17). */
#include "proto/registry.h"

#include <string.h>

#include "base/md5.h"
#include "field/ids_ssh.h"

/* packet length 4 bytes | padding length 1 | message 1 | cookie 16 | ten lists of names | first follows 1 | 0
 * 4 */

enum { LENGTH = 4, COOKIE = 16, MESSAGE_KEXINIT = 20, MESSAGE_NEWKEYS = 21, LENGTH_MAX = 0xffff };
enum { LINE_MAX_LEN = 255 }; /* of the version line, with its end */
enum { LIST_KEX, LIST_HOST_KEY, LIST_CIPHER, LIST_MAC = 4, LIST_COMPRESSION = 6, N_LISTS = 10 };

enum ssh_stage { STAGE_VERSION, STAGE_PLAIN, STAGE_OPAQUE };

/* By direction: 0 is towards the server. */
struct ssh_state {
    uint8_t stage[2];
    bool lacks_version[2]; /* it began without a version line */
    bool can_2, only_1;    /* a side speaks version 2; a side speaks only version 1 */
};

static bool is_version_2(const struct ssh_state *state) { return state->can_2 && !state->only_1; }

static const struct {
    uint16_t length, list;
} lists[N_LISTS] = {
    {F_SSH_KEX_ALGORITHMS_LENGTH, F_SSH_KEX_ALGORITHMS},
    {F_SSH_SERVER_HOST_KEY_ALGORITHMS_LENGTH, F_SSH_SERVER_HOST_KEY_ALGORITHMS},
    {F_SSH_ENCRYPTION_ALGORITHMS_CLIENT_TO_SERVER_LENGTH, F_SSH_ENCRYPTION_ALGORITHMS_CLIENT_TO_SERVER},
    {F_SSH_ENCRYPTION_ALGORITHMS_SERVER_TO_CLIENT_LENGTH, F_SSH_ENCRYPTION_ALGORITHMS_SERVER_TO_CLIENT},
    {F_SSH_MAC_ALGORITHMS_CLIENT_TO_SERVER_LENGTH, F_SSH_MAC_ALGORITHMS_CLIENT_TO_SERVER},
    {F_SSH_MAC_ALGORITHMS_SERVER_TO_CLIENT_LENGTH, F_SSH_MAC_ALGORITHMS_SERVER_TO_CLIENT},
    {F_SSH_COMPRESSION_ALGORITHMS_CLIENT_TO_SERVER_LENGTH, F_SSH_COMPRESSION_ALGORITHMS_CLIENT_TO_SERVER},
    {F_SSH_COMPRESSION_ALGORITHMS_SERVER_TO_CLIENT_LENGTH, F_SSH_COMPRESSION_ALGORITHMS_SERVER_TO_CLIENT},
    {F_SSH_LANGUAGES_CLIENT_TO_SERVER_LENGTH, F_SSH_LANGUAGES_CLIENT_TO_SERVER},
    {F_SSH_LANGUAGES_SERVER_TO_CLIENT_LENGTH, F_SSH_LANGUAGES_SERVER_TO_CLIENT},
};

static bool is_ssh_port(uint16_t port) { return port == 22 || port == 29418; }

/* 0: towards the server. */
static int ssh_side_of(const struct pdu_facts *facts)
{
    uint16_t low = facts->sport < facts->dport ? facts->sport : facts->dport;
    uint16_t server = is_ssh_port(low) ? low : facts->sport < facts->dport ? facts->dport : facts->sport;
    return facts->dport != server;
}

static bool starts_version(const struct rd *r) { return rd_peek32(r, 0) == 0x5353482d; /* "SSH-" */ }

static int64_t ssh_length(void *context, const struct rd *r, const struct pdu_facts *facts)
{
    const struct ssh_state *state = context;
    int stage = state->stage[ssh_side_of(facts)];
    struct rd copy = *r;
    if (stage == STAGE_VERSION && starts_version(r)) {
        uint32_t n = rd_cap_left(r) < LINE_MAX_LEN ? rd_cap_left(r) : LINE_MAX_LEN;
        const uint8_t *text = rd_bytes(&copy, n), *end = text ? memchr(text, '\n', n) : NULL;
        if (!end)
            pdu_doubt(
                facts,
                READER_BIT(
                    READER_SSH)); /* experiments have not covered a line that continues in other segments */
        if (!end && n == LINE_MAX_LEN)
            return PDU_STOP;
        return end ? end - text + 1 : facts->may_wait ? PDU_ONE_MORE : (int64_t)rd_left(r);
    }
    if (stage != STAGE_PLAIN || !is_version_2(state))
        return rd_left(r);
    if (rd_left(r) < LENGTH)
        return facts->may_wait ? LENGTH : (int64_t)rd_left(r);
    uint32_t len = rd_peek32(r, 0);
    return len >= LENGTH_MAX ? (int64_t)rd_left(r) : (int64_t)len + LENGTH;
}

static void version_read(struct row *row, struct rd *r, struct ssh_state *state)
{
    uint32_t n = rd_cap_left(r);
    const uint8_t *text = rd_bytes(r, n);
    while (text && n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    put_text_wire(row, F_SSH_PROTOCOL, text, n);
    bool both = text && n > 8 && !memcmp(text + 4, "1.99-", 5);
    state->can_2 |= both || (text && n > 5 && text[4] == '2');
    state->only_1 |= !both && text && n > 5 && text[4] == '1';
}

/* HASSH: the names of four lists with semicolons between them, and the MD5 of that text. */
static void hassh_put(struct row *row, struct rd names[N_LISTS], bool server)
{
    static const uint8_t parts[] = {LIST_KEX, LIST_CIPHER, LIST_MAC, LIST_COMPRESSION};
    field_id text_id = server ? F_SSH_KEX_HASSHSERVER_ALGORITHMS : F_SSH_KEX_HASSH_ALGORITHMS;
    field_id hash_id = server ? F_SSH_KEX_HASSHSERVER : F_SSH_KEX_HASSH;
    if (!row_wants(row, text_id) && !row_wants(row, hash_id))
        return;
    char *text = arena_alloc(row->arena, LENGTH_MAX), hex[2 * MD5_LEN];
    uint8_t hash[MD5_LEN];
    uint32_t len = 0;
    for (int i = 0; text && i < 4; i++) {
        struct rd *list = &names[parts[i] + (server && parts[i] >= LIST_CIPHER)];
        uint32_t n = rd_left(list);
        const uint8_t *bytes = rd_bytes(list, n);
        if (i)
            text[len++] = ';';
        if (bytes)
            memcpy(text + len, bytes, n);
        len += n;
    }
    if (!text || !md5(hash, text, len)) {
        arena_ended(row->arena);
        return;
    }
    for (int i = 0; i < 2 * MD5_LEN; i++)
        hex[i] = "0123456789abcdef"[hash[i / 2] >> (i & 1 ? 0 : 4) & 15];
    put_text_wire(row, text_id, (const uint8_t *)text, len);
    put_text_copy(row, hash_id, hex, sizeof hex);
}

static void kexinit_read(struct row *row, struct rd *r, bool server)
{
    struct rd names[N_LISTS];
    put_span(row, F_SSH_COOKIE, r, COOKIE);
    for (int i = 0; i < N_LISTS && rd_ok(r); i++) {
        uint32_t n = put_u32(row, lists[i].length, r);
        names[i] = rd_sub(r, n);
        struct rd list = names[i];
        put_text_wire(row, lists[i].list, rd_bytes(&list, n), n);
    }
    put_u8(row, F_SSH_FIRST_KEX_PACKET_FOLLOWS, r);
    put_span(row, F_SSH_KEX_RESERVED, r, 4);
    if (rd_ok(r))
        hassh_put(row, names, server);
}

static bool ssh_read(struct row *row, struct rd *r, void *context, const struct pdu_facts *facts)
{
    struct ssh_state *state = context;
    int side = ssh_side_of(facts);
    uint8_t *stage = &state->stage[side];
    if (*stage != STAGE_OPAQUE && r->cap < r->len)
        pdu_doubt(facts, READER_BIT(READER_SSH)); /* experiments have not covered messages that were cut */
    if (*stage != STAGE_VERSION && starts_version(r)) /* the version line comes late */
        pdu_doubt(facts, READER_BIT(READER_SSH));
    if (*stage == STAGE_VERSION) {
        state->lacks_version[side] = !starts_version(r);
        if (!state->lacks_version[side])
            version_read(row, r, state);
        if ((state->lacks_version[0] || state->lacks_version[1]) && (state->can_2 || state->only_1))
            pdu_doubt(facts,
                      READER_BIT(READER_SSH)); /* experiments have not covered a missing version line */
        *stage = STAGE_PLAIN;
        return true;
    }
    if (*stage == STAGE_OPAQUE && rd_peek32(r, 0) + LENGTH == rd_left(r) && rd_peek8(r, 5) <= MESSAGE_NEWKEYS)
        pdu_doubt(facts, READER_BIT(READER_SSH)); /* a late copy of earlier bytes */
    if (*stage != STAGE_PLAIN)
        return true;
    if (!is_version_2(state)) {
        if (state->only_1) /* the packets of version 1 have another format, by which Wireshark joins segments
                            */
            pdu_doubt(facts, READER_BIT(READER_SSH));
        return true;
    }
    if (state->stage[1 - side] ==
        STAGE_VERSION) /* the version line of the other side was lost, or comes late */
        pdu_doubt(facts, READER_BIT(READER_SSH));
    uint32_t len = rd_u32(r);
    rd_u8(r);
    uint8_t message = rd_u8(r);
    if (!rd_ok(r) || len >= LENGTH_MAX)
        return false;
    if (message == MESSAGE_KEXINIT)
        kexinit_read(row, r, side);
    else if (message == MESSAGE_NEWKEYS)
        *stage = STAGE_OPAQUE;
    return rd_ok(r);
}

const struct protocol ssh_protocol = {.name = "ssh",
                                      .readers = READER_BIT(READER_SSH),
                                      .owner = OWNER_SSH,
                                      .state_len = sizeof(struct ssh_state),
                                      .length = ssh_length,
                                      .read = ssh_read};
