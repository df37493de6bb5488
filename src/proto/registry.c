/* The array of the protocols over TCP, and the walk through their messages. */
#include "proto/registry.h"

#include <string.h>

const struct protocol *const tcp_protocols[N_TCP_PROTOCOLS + 1] = {
#define TCP_OWNER(id, name) [OWNER_##id - FIRST_TCP_OWNER] = &name##_protocol,
#include "base/ports.def"
};

const struct protocol *protocol_of_port(uint16_t port, bool *is_unread)
{
    uint8_t owner = port_tcp(port).owner;
    *is_unread = owner == OWNER_UNREAD;
    return owner >= FIRST_TCP_OWNER && owner <= LAST_TCP_OWNER ? tcp_protocols[owner - FIRST_TCP_OWNER]
                                                               : NULL;
}

static bool has_prefix(const char *name, const char *const *prefixes)
{
    for (; *prefixes; prefixes++)
        if (!strncmp(name, *prefixes, strlen(*prefixes)))
            return true;
    return false;
}

bool protocol_wanted(const struct protocol *protocol, const int16_t *slot_of)
{
    for (int id = 0; id < F_COUNT; id++)
        if (slot_of[id] >= 0 && has_prefix(field_table[id].name, protocol->fields))
            return true;
    return false;
}

/* Of protocols in datagrams. */
static const char *const datagram_fields[] = {"dtls.", "quic.", "ntp.", "dhcp.", NULL};

bool protocols_wanted(const int16_t *slot_of)
{
    for (int id = 0; id < F_COUNT; id++)
        if (slot_of[id] >= 0 && has_prefix(field_table[id].name, datagram_fields))
            return true;
    for (size_t i = 0; tcp_protocols[i]; i++)
        if (protocol_wanted(tcp_protocols[i], slot_of))
            return true;
    return false;
}

unsigned families_wanted(const int16_t *slot_of)
{
    static const struct {
        const char *prefix;
        unsigned family;
    } families[] = {{"tls.", FAMILY_TLS},   {"dtls.", FAMILY_TLS}, {"x509", FAMILY_X509},
                    {"http.", FAMILY_HTTP}, {"dns.", FAMILY_DNS},  {"ssh.", FAMILY_SSH},
                    {"quic.", FAMILY_QUIC}, {"ntp.", FAMILY_NTP},  {"dhcp.", FAMILY_DHCP}};
    unsigned wanted = 0;
    for (int id = 0; id < F_COUNT; id++)
        for (size_t i = 0; slot_of[id] >= 0 && i < sizeof families / sizeof *families; i++)
            if (!strncmp(field_table[id].name, families[i].prefix, strlen(families[i].prefix)))
                wanted |= families[i].family;
    return wanted;
}

struct reasm_wish protocol_walk(const struct protocol *protocol, struct row *row, void *state,
                                const struct reasm_view *view, struct pdu_facts *facts)
{
    struct rd r = view->bytes;
    while (rd_ok(&r) && rd_left(&r)) {
        struct rd rest = rd_rest(&r);
        int64_t n = protocol->length(state, &rest, facts);
        if (n == PDU_STOP || !n)
            break;
        if ((n < 0 || n > rest.len) && view->may_wait)
            return (struct reasm_wish){.offset = r.pos,
                                       .more = n < 0 ? n : n - rest.len,
                                       .blind = facts->skips_payload && protocol->is_payload &&
                                                protocol->is_payload(&rest)};
        facts->pdu_len = n;
        struct rd pdu = rd_sub(&r, n < 0 || n > rest.len ? rest.len : (uint32_t)n);
        facts->has_read = true;
        if (!protocol->read(row, &pdu, state, facts))
            break;
    }
    return (struct reasm_wish){0};
}
