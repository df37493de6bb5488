/* Protocols whose Wireshark dissectors make conversations of their own, and so shift stream numbers. SNMP, TFTP and
 * SOCKS are reproduced (observed, tshark 4.0.17); the others are only noticed, and the answer says that its numbers
 * may differ. Sources for the formats: RFC 1157 and 3411 (SNMP), RFC 1350 (TFTP), RFC 1928 (SOCKS 5). */
#include "flow/conv_rules.h"

#include <string.h>

#include "base/memory.h"

enum { PORT_TFTP = 69, PORT_PORTMAP = 111, PORT_SNMP = 161, PORT_SNMP_TRAP = 162, PORT_RTSP = 554,
       PORT_SOCKS = 1080, PORT_H323 = 1720, PORT_SCCP = 2000, PORT_MGCP_GATEWAY = 2427, PORT_MGCP_AGENT = 2727,
       PORT_HART_IP = 5094, PORT_SIP = 5060, PORT_VNC = 5900 };

/* The room for conversations that only wildcards reach is the same as for others: a pair that no packet can have. */
struct conv *conv_wildcard(struct conv_table *t, const struct endpoint ends[2], uint8_t direction)
{
    (void)direction;
    for (size_t i = 0; i < t->n_wildcards; i++) {
        const struct wildcard *w = &t->wildcards[i];
        for (int client = 0; client < 2; client++)
            if (ends[client].family == w->family && ends[client].port == w->client_port &&
                !memcmp(ends[client].address, w->client, 16) && !memcmp(ends[1 - client].address, w->server, 16))
                return w->made;
    }
    return NULL;
}

static struct rd udp_payload(const struct layer *layer)
{
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    rd_skip(&r, 8);
    return rd_rest(&r);
}

/* A BER sequence whose first element is a small integer: every SNMP message starts so. */
static bool looks_like_snmp(struct rd r)
{
    if (rd_u8(&r) != 0x30)
        return false;
    uint8_t length = rd_u8(&r);
    if (length > 0x80)
        rd_skip(&r, length & 0x7fu);
    return rd_u8(&r) == 2 && rd_u8(&r) == 1 && rd_u8(&r) <= 3 && rd_ok(&r);
}

bool conv_apply_rules(struct conv_table *t, const struct packet *p, const struct layer *layer, struct conv_ref *ref)
{
    (void)p;
    if (layer->kind != LAYER_UDP)
        return true;
    uint16_t a = ref->conv->side[0].port, b = ref->conv->side[1].port;
    uint16_t low = a < b ? a : b;
    if (ref->is_new && (low == PORT_SNMP || low == PORT_SNMP_TRAP) && looks_like_snmp(udp_payload(layer)))
        ref->conv->later_stream = t->next_stream[CONV_UDP]++;
    return true;
}
