/* TLS over TCP port 443 and QUIC version 1 or 2 over UDP port 443, seen from their beginning. Invariant: a
 * frame is called opaque only when Wireshark has given its stream to its TLS or QUIC dissector by an earlier
 * frame, so that without keys no other dissector sees it. Source: RFC 8446 section 5.1, RFC 9000
 * section 17.2, RFC 9369; what Wireshark does with such streams observed, tshark 4.0.17. */
#include "apps/opaque.h"

#include <string.h>

#include "base/ports.h"
#include "proto/tls_cipher.h"

enum { TCP_SYN = 0x02 };
enum { PORT = 443, UNKNOWN = 0, BEGUN = 1, FIRST_SIDE = 2, SECOND_SIDE = 4, ENCRYPTED = 7, OTHER = 8 };

/* Whole header of a handshake or alert record of SSL 3.0 to TLS 1.3. */
static bool begins_tls(struct rd r)
{
    uint8_t type = rd_u8(&r);
    uint16_t version = rd_u16(&r), len = rd_u16(&r);
    return rd_ok(&r) && (type == 22 || type == 21) && version >= 0x0300 && version <= 0x0304 && len > 0 &&
           len <= 16384;
}

static bool begins_quic(struct rd r)
{
    uint8_t first = rd_u8(&r);
    uint32_t version = rd_u32(&r);
    bool initial = version == 1 ? (first & 0x30) == 0x00 : (first & 0x30) == 0x10;
    return rd_ok(&r) && (first & 0xc0) == 0xc0 && (version == 1 || version == 0x6b3343cf) && initial &&
           rd_left(&r) > 1000;
}

/* RFC 5246 section 7.4.1.3. A stream under one of the suites that do not encrypt is read without keys. */
static bool begins_encryption(struct rd r)
{
    rd_skip(&r, 5); /* the record's header */
    uint8_t type = rd_u8(&r);
    rd_skip(&r, 3 + 2 + 32);
    rd_skip(&r, rd_u8(&r)); /* session id */
    uint16_t suite = rd_u16(&r);
    return rd_ok(&r) && type == 2 && !tls_cipher_is_plain(suite);
}

static bool is_server(const struct conv *conv, uint8_t direction)
{
    return conv->side[direction].port == PORT;
}

static bool is_port(const struct conv *conv)
{
    uint16_t a = conv->side[0].port, b = conv->side[1].port;
    return (a == PORT && b > 1023) || (b == PORT && a > 1023);
}

static bool tcp_frame(const struct layer *l, const struct transport *t)
{
    uint8_t *state = &t->ref.conv->seal;
    if (!is_port(t->ref.conv))
        return false;
    struct rd r = rd_make(l->data, l->cap, l->len);
    uint32_t header = (uint32_t)(rd_peek8(&r, 12) >> 4) * 4;
    uint8_t flags = rd_peek8(&r, 13), side = t->ref.direction ? SECOND_SIDE : FIRST_SIDE;
    if (flags & TCP_SYN) {
        *state = *state == UNKNOWN || *state == BEGUN ? BEGUN : OTHER;
        return false;
    }
    if (*state == ENCRYPTED)
        return true;
    if (!rd_skip(&r, header) || !rd_left(&r) || *state & OTHER)
        return false;
    bool first = !(*state & side), server = is_server(t->ref.conv, t->ref.direction);
    if (!(*state & BEGUN) || (first && (!begins_tls(r) || (server && !begins_encryption(r)))))
        *state = OTHER;
    *state |= side;
    return false;
}

static bool udp_frame(const struct layer *l, const struct transport *t)
{
    uint8_t *state = &t->ref.conv->seal;
    struct rd r = rd_make(l->data, l->cap, l->len);
    const struct conv *conv = t->ref.conv;
    if (!is_port(conv))
        return false;
    if (*state == UNKNOWN) {
        bool owned = port_is_owned_udp(conv->side[0].port) || port_is_owned_udp(conv->side[1].port);
        *state = t->ref.is_new && !owned && rd_skip(&r, 8) && begins_quic(r) ? ENCRYPTED : OTHER;
    }
    return *state == ENCRYPTED && !t->ref.is_new;
}

bool opaque_frame(const struct examined *x)
{
    const struct packet *p = &x->packet;
    int transport = -1;
    uint32_t n_ip = 0;
    for (uint8_t i = 0; i < p->n_layers; i++) {
        n_ip += p->layers[i].kind == LAYER_IP4 || p->layers[i].kind == LAYER_IP6;
        if (p->layers[i].kind == LAYER_TCP || p->layers[i].kind == LAYER_UDP)
            transport = i;
    }
    if (transport < 0 || n_ip != 1 || p->has_icmp || x->n_datagrams || x->fragment_pending)
        return false;
    const struct layer *l = &p->layers[transport];
    const struct transport *t = &x->transports[transport];
    if (!t->has_ref)
        return false;
    return l->kind == LAYER_TCP ? tcp_frame(l, t) : udp_frame(l, t);
}
