/* UDP payload to QUIC: datagrams of a conversation that QUIC has claimed, and datagrams that its heuristic
 * takes on ports without an owner. Invariant: which protocol gets a datagram depends on the capture alone.
 * Source: observed, tshark 4.0.17. */
#include "apps/quic.h"

#include <string.h>

#include "apps/apps.h"
#include "apps/payload.h"
#include "base/ports.h"
#include "proto/quic.h"

enum { LONG_HEADER = 0x80, QUIC_LONG = 0xc0 /* with the fixed bit */ };

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

/* Returns the path if the datagram is QUIC's, or NULL. */
static struct quic_path *path_of(struct apps *apps, struct conv *conv, const struct rd *r)
{
    if (conv->quic && conv->quic->claimed)
        return conv->quic;
    if (!quic_recognises(&apps->quic, r))
        return NULL;
    enum claim claim = claim_of_ports(conv, r);
    apps->doubt |= claim == CLAIM_UNKNOWN;
    if (claim == CLAIM_TAKEN || claim == CLAIM_UNKNOWN)
        return NULL;
    if ((conv->quic = arena_take(&apps->arena, sizeof *conv->quic)))
        *conv->quic = (struct quic_path){0};
    return conv->quic;
}

static void read_datagram(struct apps *apps, struct row *row, struct rd *payload,
                          const struct quic_facts *facts)
{
    apps->quic.has_handshake = false;
    quic_read(&apps->quic, row, payload, facts);
    apps_show(apps, P_QUIC);
    if (apps->quic.has_handshake)
        apps_show(apps, P_TLS);
    apps->doubt |= apps->quic.refused > 0;
    apps->doubt |= apps->quic.unclear && apps->readers & (READER_BIT(READER_QUIC) | HANDSHAKE_READERS);
    apps->doubt |= apps->quic.unclear_unknown && apps->readers & READER_BIT(READER_QUIC);
}

bool apps_quic(struct apps *apps, struct row *row, const struct examined *x, int i)
{
    const struct layer *layer = &x->packet.layers[i];
    const struct transport *t = &x->transports[i];
    struct rd payload;
    if (layer->kind != LAYER_UDP || !t->has_ref || !payload_of_udp(layer, &payload))
        return false;
    struct conv *conv = t->ref.conv;
    struct quic_path *path = path_of(apps, conv, &payload);
    if (!path)
        return false;
    if (!(apps->readers & (READER_BIT(READER_QUIC) | HANDSHAKE_READERS))) {
        path->claimed = true;
        return false;
    }
    bool is_short = !(rd_peek8(&payload, 0) & LONG_HEADER);
    if (is_short && !(apps->readers & READER_BIT(READER_QUIC)) && quic_path_stays(&apps->quic, path)) {
        apps_show(apps, P_QUIC); /* a short header has fields of QUIC alone */
        return false;
    }
    struct quic_facts facts = {.frame = x->packet.frame->number,
                               .time_ns = x->packet.frame->time_ns,
                               .src = end_of(&conv->side[t->ref.direction]),
                               .dst = end_of(&conv->side[1 - t->ref.direction]),
                               .path = path};
    read_datagram(apps, row, &payload, &facts);
    return false;
}
