/* Protocols that hand their connection over to TLS. They are read only as far as is needed to see that. The
 * bytes of a segment are one message; a command that is divided between segments is not followed. Modbus is
 * listed because its dissector refuses bytes that are not Modbus, so TLS on its port is found.
 * Invariant: when the server has agreed, the conversation is TLS from its next segment on.
 * Source: RFC 4217 (FTP), 3207 (SMTP), 2595 (IMAP, POP), 4511 section 4.14 (LDAP), 6120 (XMPP), 1928 (SOCKS);
 * the protocols of MySQL and PostgreSQL; which dissectors hand over to TLS was observed (tshark 4.0.17). */
#include "proto/registry.h"

#include <string.h>
#include <strings.h>

#include "proto/tls.h"

enum { TAG_MAX = 32 };

struct starttls_state {
    bool asked, open_line; /* a segment ended within a line */
    uint8_t client;        /* direction of the side that asked */
    uint8_t step;          /* of the SOCKS handshake */
    uint16_t port;         /* that SOCKS connects to */
    char tag[TAG_MAX];     /* of the IMAP command */
};

static int64_t segment_length(void *state, const struct rd *r, const struct pdu_facts *facts)
{
    (void)state;
    if (r->cap < r->len) /* the command that decides may be in the missing bytes */
        pdu_doubt(facts, HANDSHAKE_READERS);
    return rd_left(r);
}

static bool starts_with(const struct rd *r, const char *word)
{
    uint32_t len = (uint32_t)strlen(word);
    return rd_has(r, len) && !strncasecmp((const char *)r->data + r->pos, word, len);
}

static bool segment_contains(const struct rd *r, const char *word, uint32_t len)
{
    return rd_cap_left(r) && memmem(r->data + r->pos, rd_cap_left(r), word, len);
}

static void tls_ask(struct starttls_state *state, const struct pdu_facts *facts)
{
    state->asked = true;
    state->client = facts->direction;
}

/* Handles the answer to the request: if the server agrees, the conversation becomes TLS. */
static void tls_answer(struct starttls_state *state, const struct pdu_facts *facts, bool consent)
{
    if (!state->asked || facts->direction == state->client)
        return;
    state->asked = false;
    if (consent && state->open_line)
        pdu_doubt(facts, HANDSHAKE_READERS);
    if (consent)
        *facts->conversation = &tls_protocol;
}

/* Examines a segment of a protocol of lines. A short segment that does not end a line may hold half a
 * command. */
static void note_line(struct starttls_state *state, const struct rd *r, const struct pdu_facts *facts)
{
    enum { LONG = 512 };
    uint32_t len = rd_left(r);
    bool open = len && rd_peek8(r, len - 1) != '\n';
    state->open_line |= open;
    if (open && len < LONG)
        pdu_doubt(facts, HANDSHAKE_READERS);
}

static bool ftp_read(struct row *row, struct rd *r, void *state, const struct pdu_facts *facts)
{
    (void)row;
    note_line(state, r, facts);
    if (starts_with(r, "AUTH TLS") || starts_with(r, "AUTH SSL"))
        tls_ask(state, facts);
    else
        tls_answer(state, facts, starts_with(r, "234"));
    return true;
}

static bool smtp_read(struct row *row, struct rd *r, void *state, const struct pdu_facts *facts)
{
    (void)row;
    note_line(state, r, facts);
    if (starts_with(r, "STARTTLS"))
        tls_ask(state, facts);
    else
        tls_answer(state, facts, starts_with(r, "220"));
    return true;
}

static bool pop_read(struct row *row, struct rd *r, void *state, const struct pdu_facts *facts)
{
    (void)row;
    note_line(state, r, facts);
    if (starts_with(r, "STLS"))
        tls_ask(state, facts);
    else
        tls_answer(state, facts, starts_with(r, "+OK"));
    return true;
}

/* tag SP "STARTTLS"; the server answers with the same tag. */
static bool imap_read(struct row *row, struct rd *r, void *context, const struct pdu_facts *facts)
{
    struct starttls_state *state = context;
    struct rd look = *r;
    uint32_t n = 0;
    (void)row;
    note_line(state, r, facts);
    if (state->asked && facts->direction != state->client) {
        struct rd rest = *r;
        uint32_t len = (uint32_t)strlen(state->tag);
        if (starts_with(&rest, state->tag) && rd_skip(&rest, len))
            tls_answer(state, facts, starts_with(&rest, " OK"));
        return true;
    }
    while (rd_has(&look, n + 1) && n < TAG_MAX - 1 && rd_peek8(&look, n) > ' ')
        n++;
    const uint8_t *tag = rd_bytes(&look, n);
    if (tag && starts_with(&look, " STARTTLS")) {
        memcpy(state->tag, tag, n);
        state->tag[n] = 0;
        tls_ask(state, facts);
    }
    return true;
}

/* Reports half a message, where only a whole one decides. */
static void note_part(bool part, const struct pdu_facts *facts)
{
    if (part)
        pdu_doubt(facts, HANDSHAKE_READERS);
}

/* Returns true for a whole BER sequence (X.690 section 8.1.3): tag 30, a length in short form or in up to
 * four bytes. */
static bool is_whole_sequence(struct rd r)
{
    enum { SEQUENCE = 0x30, LONG_FORM = 0x80 };
    uint8_t tag = rd_u8(&r), first = rd_u8(&r);
    uint64_t len = first < LONG_FORM ? first : 0;
    for (int i = first < LONG_FORM ? 0 : first - LONG_FORM; i > 0 && rd_ok(&r); i--)
        len = len << 8 | rd_u8(&r);
    return tag == SEQUENCE && rd_ok(&r) && len <= rd_left(&r);
}

static bool ldap_read(struct row *row, struct rd *r, void *state, const struct pdu_facts *facts)
{
    static const char request[] = "1.3.6.1.4.1.1466.20037", success[] = "\x0a\x01";
    (void)row;
    note_part(!is_whole_sequence(*r), facts);
    if (segment_contains(r, "\x77", 1) && segment_contains(r, request, sizeof request - 1))
        tls_ask(state, facts);
    else
        tls_answer(state, facts,
                   segment_contains(r, "\x78", 1) && segment_contains(r, success, sizeof success));
    return true;
}

static bool xmpp_read(struct row *row, struct rd *r, void *state, const struct pdu_facts *facts)
{
    (void)row;
    note_part(rd_left(r) && rd_peek8(r, rd_left(r) - 1) != '>', facts);
    if (segment_contains(r, "<starttls", 9) && !segment_contains(r, "<stream:features", 16))
        tls_ask(state, facts);
    else
        tls_answer(state, facts, segment_contains(r, "<proceed", 8));
    return true;
}

/* A greeting, then a login packet that holds only capabilities, among them TLS. */
static bool mysql_read(struct row *row, struct rd *r, void *context, const struct pdu_facts *facts)
{
    enum { SSL_REQUEST = 36, CAN_TLS = 0x0800, PROTOCOL = 10 };
    struct starttls_state *state = context;
    (void)row;
    struct rd look = *r;
    rd_skip(&look, 4);
    if (!rd_peek8(r, 3) && rd_peek8(r, 4) == PROTOCOL)
        state->step = 1;
    note_part(!rd_has(r, 4) ||
                  (rd_peek8(r, 0) | rd_peek8(r, 1) << 8 | rd_peek8(r, 2) << 16) + 4 > (int64_t)rd_left(r),
              facts);
    if (rd_left(r) != SSL_REQUEST || rd_peek8(r, 0) != 32 || rd_peek8(r, 3) != 1 ||
        !(rd_u16_le(&look) & CAN_TLS))
        return true;
    if (state->step)
        *facts->conversation = &tls_protocol;
    else
        pdu_doubt(facts, HANDSHAKE_READERS);
    return true;
}

static bool pgsql_read(struct row *row, struct rd *r, void *state, const struct pdu_facts *facts)
{
    (void)row;
    note_part(rd_left(r) > 1 && rd_left(r) < 5, facts); /* a type and a length */
    if (rd_left(r) == 8 && rd_peek32(r, 0) == 8 && rd_peek32(r, 4) == 0x04d2162f)
        tls_ask(state, facts);
    else
        tls_answer(state, facts, rd_left(r) == 1 && rd_peek8(r, 0) == 'S');
    return true;
}

/* The port of a SOCKS 5 request; an address of 4, 16 or a stated number of bytes precedes it. */
static uint16_t socks_port(struct rd r)
{
    rd_skip(&r, 3);
    uint8_t kind = rd_u8(&r);
    rd_skip(&r, kind == 1 ? 4u : kind == 4 ? 16u : rd_u8(&r));
    return rd_u16(&r);
}

/* Greeting, choice, request, answer. Then the connection belongs to the target's protocol, which is followed
 * only if it is TLS. */
static bool socks_read(struct row *row, struct rd *r, void *context, const struct pdu_facts *facts)
{
    enum { VERSION_4 = 4, VERSION_5 = 5, CONNECT = 1 };
    struct starttls_state *state = context;
    bool is_unread;
    (void)row;
    if (rd_peek8(r, 0) != VERSION_5 || (state->step == 2 && rd_peek8(r, 1) != CONNECT)) {
        if (rd_peek8(r, 0) == VERSION_4 || state->step >= 2)
            pdu_doubt(facts, APP_READERS);
        return true;
    }
    if (state->step == 2 && facts->direction == state->client) {
        state->port = socks_port(*r);
        state->asked = true;
    } else if (state->step == 3) {
        const struct protocol *owner = protocol_of_port(state->port, &is_unread);
        bool granted = rd_peek8(r, 1) == 0;
        if (granted && owner != &tls_protocol)
            pdu_doubt(facts, APP_READERS);
        tls_answer(state, facts, granted && owner == &tls_protocol);
    } else if (!state->step) {
        state->client = facts->direction;
    } else if (rd_peek8(r, 1)) { /* data of the tunnel, or messages of a method that is not followed */
        pdu_doubt(facts, APP_READERS);
    }
    if (state->step < 4)
        state->step++;
    return true;
}

/* The protocol number of Modbus is 0; other bytes on its port belong to any protocol. */
static bool modbus_accepts(const void *state, const struct rd *r, const struct pdu_facts *facts)
{
    (void)state;
    (void)facts;
    return !rd_peek16(r, 2);
}

static bool modbus_read(struct row *row, struct rd *r, void *state, const struct pdu_facts *facts)
{
    (void)row;
    (void)r;
    (void)state;
    (void)facts;
    return true;
}

#define CARRIER(id, word, check)                                                                             \
    const struct protocol word##_protocol = {.name = #word,                                                  \
                                             .owner = OWNER_##id,                                            \
                                             .state_len = sizeof(struct starttls_state),                     \
                                             .accepts = check,                                               \
                                             .length = segment_length,                                       \
                                             .read = word##_read}

CARRIER(FTP, ftp, NULL);
CARRIER(SMTP, smtp, NULL);
CARRIER(POP, pop, NULL);
CARRIER(IMAP, imap, NULL);
CARRIER(LDAP, ldap, NULL);
CARRIER(SOCKS, socks, NULL);
CARRIER(MODBUS, modbus, modbus_accepts);
CARRIER(MYSQL, mysql, NULL);
CARRIER(XMPP, xmpp, NULL);
CARRIER(PGSQL, pgsql, NULL);
