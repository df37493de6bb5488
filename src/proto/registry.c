/* The array of the protocols over TCP, and the walk through their messages. */
#include "proto/registry.h"

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

struct reasm_wish protocol_walk(const struct protocol *protocol, struct row *row, void *state,
                                const struct reasm_view *view, struct pdu_facts *facts)
{
    struct rd r = view->bytes;
    while (rd_ok(&r) && rd_left(&r)) {
        struct rd rest = rd_rest(&r);
        facts->seq = view->seq + r.pos;
        facts->grows = view->reassembled && view->may_wait && !r.pos;
        int64_t n = protocol->length(state, &rest, facts);
        if (n == PDU_STOP || !n)
            break;
        if ((n < 0 || n > rest.len) && view->may_wait)
            return (struct reasm_wish){.offset = r.pos,
                                       .more = n < 0 ? n : n - rest.len,
                                       .blind = facts->skips_payload && protocol->is_payload &&
                                                protocol->is_payload(&rest)};
        struct rd pdu = rd_sub(&r, n < 0 || n > rest.len ? rest.len : (uint32_t)n);
        facts->has_read = true;
        if (!protocol->read(row, &pdu, state, facts))
            break;
    }
    return (struct reasm_wish){0};
}
