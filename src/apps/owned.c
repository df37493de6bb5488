/* UDP datagrams to the protocols that their ports belong to and that take whatever comes: NTP and DHCP.
 * Invariant: as in apps.c, what is shown depends on the capture alone; of two ports with owners the lower
 * one's decides. Source: observed, tshark 4.0.17: messages and other bytes between all ports of `tshark -G
 * decodes`. */
#include "apps/apps.h"
#include "proto/dhcp.h"
#include "proto/ntp.h"

/* The family of the fields that the owner of a port puts. */
static unsigned family_of(struct port port)
{
    if (port.owner == OWNER_NTP || port.holds == HOLDS_NTP)
        return FAMILY_NTP;
    return port.owner == OWNER_DHCP || port.holds == HOLDS_DHCP ? FAMILY_DHCP : 0;
}

/* Whose the datagram is, a bit of enum family. *foreign: whose it may be where that is not known, because an
 * owner who is not read here, or that of PXE's port, takes some datagrams and refuses others. */
static unsigned owner_of(const struct conv *conv, unsigned *foreign)
{
    uint16_t a = conv->side[0].port, b = conv->side[1].port, low_port = port_lower(a, b);
    struct port low = port_udp(low_port), high = port_udp(port_higher(a, b));
    bool by_low = low_port && low.owner != OWNER_NONE;
    struct port port = by_low ? low : high;
    if (by_low && low.owner != OWNER_DNS && !family_of(low))
        *foreign = family_of(high);
    if (port.holds == HOLDS_DHCP)
        *foreign = FAMILY_DHCP | family_of(high);
    return port.owner == OWNER_UNREAD ? 0 : family_of(port);
}

/* UDP-Lite's header has another number where UDP has a length. */
static bool payload_of(const struct layer *layer, struct rd *out)
{
    enum { HEADER = 8 };
    if (layer->kind != LAYER_UDPLITE)
        return apps_payload(layer, out);
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    rd_skip(&r, HEADER);
    *out = rd_rest(&r);
    return rd_ok(&r) && out->cap > 0;
}

void apps_owned(struct apps *apps, struct row *row, const struct examined *x, int i)
{
    const struct transport *t = &x->transports[i];
    struct rd r;
    if (!t->has_ref || !payload_of(&x->packet.layers[i], &r))
        return;
    unsigned foreign = 0, owner = owner_of(t->ref.conv, &foreign);
    if (owner == FAMILY_NTP) {
        apps->shown |= UINT32_C(1) << P_NTP;
        foreign |= ntp_read(row, &r) ? 0 : FAMILY_NTP;
    }
    if (owner == FAMILY_DHCP && dhcp_accepts(&r)) {
        apps->shown |= UINT32_C(1) << P_DHCP;
        foreign |= dhcp_read(row, &r) ? 0 : FAMILY_DHCP;
    }
    apps->foreign |= (apps->families & foreign) != 0;
}
