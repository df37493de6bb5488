/* A VLAN tag: priority, number, and the EtherType or length behind it.
 * Invariant: the function is called once for each tag, outermost first. eth_read puts the trailer, because it
 * has the whole frame.
 * Source: IEEE 802.1Q; that a value up to 1500 is a length was observed (tshark 4.0.17). */
#include "field/ids_vlan.h"
#include "proto/headers.h"

enum { LENGTH_MAX = 1500 };

void vlan_read(struct row *row, struct rd *r)
{
    uint16_t tag = rd_u16(r);
    if (!rd_ok(r))
        return;
    put_uint(row, F_VLAN_PRIORITY, tag >> 13);
    put_bool(row, F_VLAN_DEI, tag >> 12 & 1);
    put_uint(row, F_VLAN_ID, tag & 0xfff);
    uint16_t type = rd_u16(r);
    if (!rd_ok(r))
        return;
    put_uint(row, type <= LENGTH_MAX ? F_VLAN_LEN : F_VLAN_ETYPE, type);
    if (type <= LENGTH_MAX && type > rd_left(r))
        put_label(row, F_VLAN_LEN_PAST_END);
}
