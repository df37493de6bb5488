/* UDP datagrams to QUIC: those of a conversation that it claimed, and those that its heuristic takes on ports
 * without an owner. Invariant: as in apps.c, what is shown depends on the capture alone. Source: observed,
 * tshark 4.0.17; ports: `tshark -G decodes`. */
#include <string.h>

#include "apps/apps.h"

enum { LONG_HEADER = 0x80, QUIC_LONG = 0xc0 /* with the bit that is fixed */ };

static struct quic_end end_of(const struct endpoint *end)
{
    struct quic_end out = {.address.family = end->family, .port = end->port};
    memcpy(out.address.bytes, end->address, sizeof out.address.bytes);
    return out;
}

enum claim { CLAIM_NONE, CLAIM_TAKEN, CLAIM_REFUSED, CLAIM_UNKNOWN };

/* What the owner of a port makes of a datagram that looks like QUIC. */
static enum claim claim_of(uint16_t number, const struct rd *r)
{
    enum { LONGEST_HEADER = 100 };
    struct port port = port_udp(number);
    if (port.owner == OWNER_NONE)
        return CLAIM_NONE;
    if (port.quic == QUIC_UNKNOWN || rd_peek8(r, 0) < QUIC_LONG || rd_cap_left(r) < LONGEST_HEADER)
        return CLAIM_UNKNOWN;
    return port.quic == QUIC_TAKES ? CLAIM_TAKEN : CLAIM_REFUSED;
}

/* The owner of the lower port is asked first. */
static enum claim claim_of_ports(const struct conv *conv, const struct rd *r)
{
    uint16_t a = conv->side[0].port, b = conv->side[1].port;
    enum claim claim = port_pair_is_dns(a, b) ? CLAIM_TAKEN : claim_of(port_lower(a, b), r);
    return claim == CLAIM_TAKEN || claim == CLAIM_UNKNOWN ? claim : claim_of(port_higher(a, b), r);
}

/* The path, when the datagram is QUIC's. */
static struct quic_path *path_of(struct apps *apps, struct conv *conv, const struct rd *r)
{
    if (conv->quic && conv->quic->claimed)
        return conv->quic;
    if (!quic_recognises(&apps->quic, r))
        return NULL;
    enum claim claim = claim_of_ports(conv, r);
    apps->foreign |= claim == CLAIM_UNKNOWN;
    if (claim == CLAIM_TAKEN || claim == CLAIM_UNKNOWN)
        return NULL;
    if ((conv->quic = arena_alloc(&apps->arena, sizeof *conv->quic)))
        *conv->quic = (struct quic_path){0};
    return conv->quic;
}

void apps_quic_claim(struct apps *apps, const struct examined *x, int i)
{
    struct rd payload;
    if (x->packet.layers[i].kind != LAYER_UDP || !x->transports[i].has_ref ||
        !apps_payload(&x->packet.layers[i], &payload))
        return;
    struct conv *conv = x->transports[i].ref.conv;
    struct quic_path *path = path_of(apps, conv, &payload);
    if (path)
        path->claimed = true;
}

void apps_quic(struct apps *apps, struct row *row, const struct examined *x, int i)
{
    const struct layer *layer = &x->packet.layers[i];
    const struct transport *t = &x->transports[i];
    struct rd payload;
    if (layer->kind != LAYER_UDP || !t->has_ref || !apps_payload(layer, &payload))
        return;
    struct conv *conv = t->ref.conv;
    struct quic_path *path = path_of(apps, conv, &payload);
    if (!path)
        return;
    if (path->conn && !(rd_peek8(&payload, 0) & LONG_HEADER) && !(apps->families & FAMILY_QUIC)) {
        apps->shown |= UINT32_C(1) << P_QUIC; /* there is nothing in it but fields of QUIC */
        return;
    }
    struct quic_facts facts = {.frame = x->packet.frame->number,
                               .time_ns = x->packet.frame->time_ns,
                               .src = end_of(&conv->side[t->ref.direction]),
                               .dst = end_of(&conv->side[1 - t->ref.direction]),
                               .path = path};
    apps->quic.has_handshake = false;
    quic_read(&apps->quic, row, &payload, &facts);
    apps->shown |= UINT32_C(1) << P_QUIC | (uint32_t)apps->quic.has_handshake << P_TLS;
    apps->foreign |= apps->quic.refused > 0;
    apps->foreign |= apps->quic.unclear && apps->families & (FAMILY_QUIC | FAMILY_HANDSHAKES);
    apps->foreign |= apps->quic.unclear_unknown && apps->families & FAMILY_QUIC;
}
