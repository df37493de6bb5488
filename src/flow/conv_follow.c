/* Protocols whose Wireshark dissectors create conversations of their own, and so shift stream numbers. SNMP,
 * TFTP, SOCKS and VNC are reproduced: a conversation that a dissector creates gets its number when the first
 * packet finds it. The others are only detected, and the answer then says that its stream numbers may differ.
 * Invariant: only packets whose payload Wireshark hands to upper protocols change a state.
 * Source: observed (tshark 4.0.17); formats from RFC 1157 and 3411 (SNMP), RFC 1350 (TFTP), RFC 1928 and 1929
 * (SOCKS 5), and from RFC 4566 (SDP) and RFC 6143 (RFB). */
#include "flow/conv_rules.h"

#include <string.h>

#include "base/ports.h"

enum {
    SOCKS_START,
    SOCKS_METHOD,
    SOCKS_AUTHENTICATE,
    SOCKS_AUTHENTICATED,
    SOCKS_REQUEST,
    SOCKS_REPLY,
    SOCKS_OPEN,
    SOCKS_OVER
};

static struct rd transport_payload(const struct layer *layer)
{
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    rd_skip(&r, layer->kind == LAYER_TCP ? (uint32_t)(rd_peek8(&r, 12) >> 4) * 4 : 8);
    return rd_rest(&r);
}

/* Every SNMP message is a BER sequence that starts with a version. */
static bool is_snmp(struct rd r)
{
    if (rd_u8(&r) != 0x30)
        return false;
    uint8_t length = rd_u8(&r);
    if (length > 0x80)
        rd_skip(&r, length & 0x7fu);
    return rd_u8(&r) == 2 && rd_u8(&r) == 1 && rd_u8(&r) <= 3 && rd_ok(&r);
}

/* After a read or write request to port 69, Wireshark expects the answer from any port. */
static void follow_tftp(struct conv_table *t, struct rd r, const struct conv_ref *ref)
{
    enum { READ_REQUEST = 1, WRITE_REQUEST = 2 };
    const struct endpoint *src = &ref->conv->side[ref->direction],
                          *dst = &ref->conv->side[1 - ref->direction];
    uint16_t opcode = rd_u16(&r);
    if (port_udp(dst->port).numbers != NUMBERS_TFTP || !rd_ok(&r) ||
        (opcode != READ_REQUEST && opcode != WRITE_REQUEST))
        return;
    conv_add_wildcard(t, src, dst);
}

/* Advances over one message of a SOCKS handshake. A message that does not fit ends the handshake. */
static uint8_t socks_step(uint8_t state, bool client, struct rd r)
{
    enum { CONNECT = 1, METHOD_NONE = 0, METHOD_PASSWORD = 2 };
    uint8_t first = rd_u8(&r), second = rd_u8(&r);
    switch (state) {
    case SOCKS_START:
        if (client && first == 5)
            return SOCKS_METHOD;
        return client && first == 4 && second == CONNECT ? SOCKS_REPLY : SOCKS_OVER;
    case SOCKS_METHOD:
        if (client)
            return state;
        if (second == METHOD_NONE)
            return SOCKS_REQUEST;
        return second == METHOD_PASSWORD ? SOCKS_AUTHENTICATE : SOCKS_OVER;
    case SOCKS_AUTHENTICATE:
        return client ? SOCKS_AUTHENTICATED : state;
    case SOCKS_AUTHENTICATED:
        return client ? state : SOCKS_REQUEST;
    case SOCKS_REQUEST:
        if (!client)
            return state;
        return first == 5 && second == CONNECT ? SOCKS_REPLY : SOCKS_OVER;
    case SOCKS_REPLY:
        return client ? state : SOCKS_OPEN;
    default:
        return SOCKS_OVER;
    }
}

/* The first data through the tunnel consume a TCP stream number that no frame shows. */
static void follow_socks(struct conv_table *t, struct rd r, const struct conv_ref *ref)
{
    struct conv *conv = ref->conv;
    bool client = port_tcp(conv->side[ref->direction].port).numbers != NUMBERS_SOCKS;
    if (conv->state == SOCKS_OPEN)
        t->next_stream[CONV_TCP]++;
    conv->state = socks_step(conv->state, client, r);
    if (conv->state == SOCKS_OVER)
        conv->rule = RULE_NONE;
}

static bool payload_contains(struct rd r, const char *text)
{
    uint32_t n = rd_cap_left(&r);
    const uint8_t *bytes = rd_bytes(&r, n);
    return bytes && memmem(bytes, n, text, strlen(text));
}

/* Returns true for the banner of a VNC server. On ports that are not VNC's, Wireshark recognises the banner
 * and starts a new conversation behind it. */
static bool is_vnc(struct rd r)
{
    const uint8_t *bytes = rd_has(&r, 12) ? rd_bytes(&r, 12) : NULL;
    return bytes && !memcmp(bytes, "RFB 00", 6);
}

void conv_follow(struct conv_table *t, const struct layer *layer, const struct conv_ref *ref)
{
    struct conv *conv = ref->conv;
    if (conv->rule == RULE_NONE || layer->quoted)
        return;
    struct rd r = transport_payload(layer);
    if (!rd_ok(&r) || !rd_left(&r))
        return;
    switch (conv->rule) {
    case RULE_SNMP:
        if (is_snmp(r))
            conv->state = CONV_SEEN;
        break;
    case RULE_TFTP:
        follow_tftp(t, r, ref);
        break;
    case RULE_SOCKS:
        if (rd_cap_left(&r) == rd_left(&r)) /* Wireshark does not dissect a message that was cut */
            follow_socks(t, r, ref);
        break;
    case RULE_SDP:
        t->numbers_may_differ |= payload_contains(r, "\nm=") || payload_contains(r, "\nTransport:");
        break;
    case RULE_NOTICE:
        t->numbers_may_differ = true;
        break;
    case RULE_BANNER:
        if (is_vnc(r))
            conv->state = CONV_SEEN;
        else
            conv->rule = RULE_NONE;
        break;
    default:
        break;
    }
}
