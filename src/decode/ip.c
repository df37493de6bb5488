/* IPv4 and IPv6 headers, and the protocol of their payload.
 * Invariant: the captured part of a payload lies within the captured bytes of its packet, whatever lengths
 * the headers state.
 * Source: RFC 791, RFC 8200, RFC 4302 (AH), RFC 2675; the treatment of lengths that disagree, and the use of
 * the packet that an ICMP error quotes, were observed (tshark 4.0.17). */
#include "base/rules.h"
#include "decode/decode.h"

enum {
    PROTO_HOPOPTS = 0,
    PROTO_ICMP = 1,
    PROTO_IP4 = 4,
    PROTO_TCP = 6,
    PROTO_UDP = 17,
    PROTO_IP6 = 41,
    PROTO_ROUTING = 43,
    PROTO_FRAGMENT = 44,
    PROTO_GRE = 47,
    PROTO_ESP = 50,
    PROTO_AH = 51,
    PROTO_ICMP6 = 58,
    PROTO_NONE = 59,
    PROTO_DSTOPTS = 60,
    PROTO_ETHERIP = 97,
    PROTO_SCTP = 132,
    PROTO_MOBILITY = 135,
    PROTO_UDPLITE = 136,
    PROTO_MPLS = 137,
    PROTO_HIP = 139,
    PROTO_SHIM6 = 140,
    PROTO_ETHERNET = 143
};

static bool quoting(const struct packet *p, uint8_t net)
{
    return net < p->n_layers && p->layers[net].quoted;
}

/* An IP header directly behind an ICMP header is a quote, and so are all headers inside it. */
static bool begins_quote(const struct packet *p, uint8_t net)
{
    const struct layer *before = net ? &p->layers[net - 1] : NULL;
    return before && (before->quoted || before->kind == LAYER_ICMP || before->kind == LAYER_ICMP6);
}

static void stop_at_fragment(struct packet *p, struct fragment fragment)
{
    p->is_fragment = true;
    p->fragment = fragment;
    decode_stop(p, REASON_FRAGMENT_INCOMPLETE);
}

void decode_ip(struct packet *p, struct rd r)
{
    if (rd_left(&r) == 0)
        decode_stop(p, REASON_NOT_IP);
    else if (rd_peek8(&r, 0) >> 4 == 6)
        decode_ip6(p, r);
    else
        decode_ip4(p, r);
}

void decode_ip4(struct packet *p, struct rd r)
{
    uint8_t net = p->n_layers;
    struct rd whole = rd_rest(&r);
    struct layer *layer = decode_layer(p, LAYER_IP4, &r);
    if (!layer)
        return;
    p->has_ip = true;
    layer->quoted = begins_quote(p, net);
    uint8_t first = rd_u8(&r);
    uint32_t header = (first & 15u) * 4;
    rd_skip(&r, 1);
    uint32_t total = rd_u16(&r);
    uint16_t id = rd_u16(&r);
    uint16_t flags = rd_u16(&r);
    rd_skip(&r, 1);
    uint8_t protocol = rd_u8(&r);
    rd_skip(&r, 2);
    rd_bytes(&r, 8);
    if (!rd_ok(&r)) {
        decode_stop(p, decode_failure(&r));
        return;
    }
    if (total == 0) /* segmentation offload: the length of the frame applies */
        total = whole.len;
    if (first >> 4 != 4 || header < 20 || total < header || header > whole.len) {
        decode_stop(p, REASON_MALFORMED);
        return;
    }
    layer->number = protocol;
    layer->header_len = (uint8_t)header;
    if (total < whole.len) {
        layer->len = total;
        if (layer->cap > total)
            layer->cap = total;
    }
    struct rd payload = rd_make(layer->data, layer->cap, layer->len);
    rd_skip(&payload, header);
    payload = rd_rest(&payload);
    uint32_t offset = (flags & 0x1fffu) * 8;
    bool more = flags & 0x2000;
    if (offset || more) {
        payload.len = total - header; /* the length that the header claims, even if the frame is shorter */
        stop_at_fragment(p, (struct fragment){payload, offset, id, net, protocol, more});
        return;
    }
    decode_ip_payload(p, net, protocol, payload);
}

void decode_ip6(struct packet *p, struct rd r)
{
    uint8_t net = p->n_layers;
    struct layer *layer = decode_layer(p, LAYER_IP6, &r);
    if (!layer)
        return;
    p->has_ip = true;
    layer->quoted = begins_quote(p, net);
    uint8_t version = rd_peek8(&r, 0) >> 4;
    rd_skip(&r, 4);
    uint32_t length = rd_u16(&r);
    uint8_t next = rd_u8(&r);
    rd_skip(&r, 1);
    rd_bytes(&r, 32);
    if (!rd_ok(&r) || version != 6) {
        decode_stop(p, rd_ok(&r) ? REASON_MALFORMED : decode_failure(&r));
        return;
    }
    layer->number = next;
    layer->header_len = 40;
    const struct decode_rules *rules = p->frame->rules;
    if (length == 0 && (next == PROTO_HOPOPTS || (rules && rules->ip6_tso)) && rd_left(&r))
        length = rd_left(&r); /* a jumbogram, or segmentation offload: the length of the frame applies */
    if (40 + length < layer->len) {
        layer->len = 40 + length;
        if (layer->cap > layer->len)
            layer->cap = layer->len;
    }
    struct rd payload = rd_make(layer->data, layer->cap, layer->len);
    rd_skip(&payload, 40);
    decode_ip_payload(p, net, next, rd_rest(&payload));
}

/* Returns false if an option reaches beyond its header, which makes the packet malformed. An option is: type
 * 8 bits, length 8, value; type 0 is one byte alone. */
static bool options_fit(const struct layer *layer, uint32_t size)
{
    enum { OPTION_HOME_ADDRESS = 0xc9 };
    struct rd r = rd_make(layer->data, layer->cap < size ? layer->cap : size, size);
    rd_skip(&r, 2);
    while (rd_ok(&r) && rd_left(&r)) {
        uint8_t type = rd_u8(&r);
        if (type == 0)
            continue;
        uint32_t length = rd_u8(&r);
        rd_skip(&r,
                type == OPTION_HOME_ADDRESS
                    ? 16
                    : length); /* Wireshark reads a home address whole, whatever length the option states */
    }
    return r.fail != RD_MALFORMED;
}

/* An extension header: next header 8 bits, length 8 (in units of 8 bytes, without the first 8), content. AH
 * counts in units of 4 bytes. */
static void decode_extension(struct packet *p, uint8_t net, uint8_t protocol, struct rd r)
{
    struct layer *layer = decode_layer(p, LAYER_IP6_EXTENSION, &r);
    uint8_t next = rd_u8(&r);
    uint32_t length = rd_u8(&r);
    if (!layer || !rd_ok(&r)) {
        decode_stop(p, decode_failure(&r));
        return;
    }
    layer->net = net;
    layer->number = protocol;
    layer->quoted = quoting(p, net);
    uint32_t size = protocol == PROTO_AH ? (length + 2) * 4 : (length + 1) * 8;
    if (!rd_skip(&r, size - 2)) {
        decode_stop(p, REASON_MALFORMED);
        return;
    }
    if (size > layer->cap) {
        decode_stop(p, REASON_CUT);
        return;
    }
    if (protocol == PROTO_SHIM6 || protocol == PROTO_HIP ||
        (protocol == PROTO_MOBILITY && next == PROTO_NONE)) {
        decode_stop(p, REASON_OTHER_PROTOCOL);
        return;
    }
    if ((protocol == PROTO_HOPOPTS || protocol == PROTO_DSTOPTS) && !options_fit(layer, size)) {
        decode_stop(p, REASON_MALFORMED);
        return;
    }
    p->layers[net].number = next;
    decode_ip_payload(p, net, next, rd_rest(&r));
}

/* Fragment header: next header 8 bits, reserved 8, offset 13, reserved 2, more 1, identification 32 */
static void decode_fragment_header(struct packet *p, uint8_t net, struct rd r)
{
    struct layer *layer = decode_layer(p, LAYER_IP6_EXTENSION, &r);
    uint8_t next = rd_u8(&r);
    rd_skip(&r, 1);
    uint16_t word = rd_u16(&r);
    uint32_t id = rd_u32(&r);
    if (!layer || !rd_ok(&r)) {
        decode_stop(p, decode_failure(&r));
        return;
    }
    layer->net = net;
    layer->number = PROTO_FRAGMENT;
    p->layers[net].number = next;
    uint32_t offset = word & 0xfff8u;
    if (offset == 0 && !(word & 1)) { /* an atomic fragment, RFC 6946 */
        decode_ip_payload(p, net, next, rd_rest(&r));
        return;
    }
    struct rd payload = rd_rest(&r);
    const struct layer *ip = &p->layers[net];
    struct rd header = rd_make(ip->data, ip->whole_cap, ip->whole_cap);
    uint32_t claimed = 40u + rd_peek16(&header, 4), before = (uint32_t)(payload.data - ip->data);
    if (claimed > ip->len && claimed > before)
        payload.len = claimed - before;
    stop_at_fragment(p, (struct fragment){payload, offset, id, net, next, word & 1});
}

enum { ICMP_REDIRECT = 5, ICMP6_REDIRECT = 137 };

static bool icmp_quotes(uint8_t kind, uint8_t type)
{
    if (kind == LAYER_ICMP6)
        return type >= 1 && type <= 4;
    return type == 3 || type == 4 || type == ICMP_REDIRECT || type == 11 || type == 12;
}

/* Wireshark decodes only the IP header and 8 bytes of a packet that an IPv4 redirect quotes. */
static struct rd redirected(struct rd quote)
{
    uint32_t most = (rd_peek8(&quote, 0) & 15u) * 4 + 8;
    return most < rd_left(&quote) ? rd_sub(&quote, most) : quote;
}

/* ICMPv6 redirect (RFC 4861 section 4.5): target and destination, 128 bits each, then options. Option 4 holds
 * the redirected packet behind 6 reserved bytes. */
static struct rd redirected6(struct rd r)
{
    enum { REDIRECTED_HEADER = 4 };
    rd_skip(&r, 32);
    while (rd_ok(&r) && rd_left(&r) >= 8) {
        uint8_t type = rd_peek8(&r, 0);
        uint32_t size = rd_peek8(&r, 1) * 8u;
        if (!size || size > rd_left(&r))
            break;
        struct rd option = rd_sub(&r, size);
        if (type == REDIRECTED_HEADER) {
            rd_skip(&option, 8);
            return rd_rest(&option);
        }
    }
    return (struct rd){.data = r.data};
}

/* ICMP: type 8 bits, code 8, checksum 16, four bytes that depend on the type; an error then quotes the packet
 * that caused it. */
static void decode_icmp(struct packet *p, enum layer_kind kind, uint8_t net, struct rd r)
{
    p->has_icmp = true;
    struct layer *layer = decode_layer(p, kind, &r);
    decode_stop(p, REASON_ICMP);
    if (!layer)
        return;
    layer->net = net;
    layer->quoted = quoting(p, net);
    uint8_t type = rd_u8(&r);
    rd_skip(&r, 7);
    struct rd quote = rd_rest(&r);
    if (kind == LAYER_ICMP6 && type == ICMP6_REDIRECT)
        quote = redirected6(quote);
    else if (!icmp_quotes((uint8_t)kind, type))
        return;
    if (!rd_ok(&quote) || rd_left(&quote) == 0)
        return;
    if (kind == LAYER_ICMP6)
        decode_ip6(p, quote);
    else
        decode_ip4(p, type == ICMP_REDIRECT ? redirected(quote) : quote);
}

static void decode_tcp(struct packet *p, uint8_t net, struct rd r)
{
    struct layer *layer = decode_layer(p, LAYER_TCP, &r);
    if (!layer)
        return;
    layer->net = net;
    layer->quoted = quoting(p, net);
    rd_bytes(&r, 16);
    if (!rd_ok(&r))
        decode_stop(p, decode_failure(&r));
    else if (!layer->quoted)
        p->reason = REASON_KEPT;
}

/* Source port 16 bits, destination port 16, length 16, checksum 16 */
static void decode_udp(struct packet *p, enum layer_kind kind, uint8_t net, struct rd r)
{
    struct layer *layer = decode_layer(p, kind, &r);
    if (!layer)
        return;
    layer->net = net;
    layer->quoted = quoting(p, net);
    uint32_t all = rd_left(&r);
    uint16_t sport = rd_u16(&r), dport = rd_u16(&r);
    uint32_t length = rd_u16(&r);
    rd_bytes(&r, 2);
    if (!rd_ok(&r)) {
        decode_stop(p, decode_failure(&r));
        return;
    }
    bool jumbo = length == 0 && p->layers[net].kind == LAYER_IP6;
    if (kind == LAYER_UDP && length < 8 && !jumbo) {
        decode_stop(p, REASON_MALFORMED);
        return;
    }
    if (!layer->quoted)
        p->reason = REASON_KEPT;
    if (kind == LAYER_UDP && !jumbo && length < all) {
        r = rd_make(layer->data, layer->cap, length);
        rd_skip(&r, 8);
    }
    if (rd_left(&r))
        decode_udp_tunnel(p, sport, dport, rd_rest(&r));
}

static void decode_other(struct packet *p, enum layer_kind kind, uint8_t net, const struct rd *r)
{
    struct layer *layer = decode_layer(p, kind, r);
    if (layer) {
        layer->net = net;
        layer->quoted = quoting(p, net);
    }
    decode_stop(p, REASON_OTHER_PROTOCOL);
}

/* EtherIP (RFC 3378): version 4 bits, reserved 12, an Ethernet frame */
static void decode_etherip(struct packet *p, struct rd r)
{
    rd_skip(&r, 2);
    decode_ethernet(p, r);
}

void decode_ip_payload(struct packet *p, uint8_t net, uint8_t protocol, struct rd r)
{
    bool ip6 = p->layers[net].kind == LAYER_IP6;
    switch (protocol) {
    case PROTO_TCP:
        decode_tcp(p, net, r);
        break;
    case PROTO_UDP:
        decode_udp(p, LAYER_UDP, net, r);
        break;
    case PROTO_UDPLITE:
        decode_udp(p, LAYER_UDPLITE, net, r);
        break;
    case PROTO_ICMP:
        decode_icmp(p, LAYER_ICMP, net, r);
        break;
    case PROTO_ICMP6:
        decode_icmp(p, LAYER_ICMP6, net, r);
        break;
    case PROTO_IP4:
        decode_stop(p, REASON_OTHER_PROTOCOL);
        decode_ip(p, r);
        break;
    case PROTO_IP6:
        decode_stop(p, REASON_OTHER_PROTOCOL);
        decode_ip6(p, r);
        break;
    case PROTO_GRE:
        decode_other(p, LAYER_GRE, net, &r);
        decode_gre(p, r);
        break;
    case PROTO_ESP:
        decode_other(p, LAYER_ESP, net, &r);
        break;
    case PROTO_SCTP:
        decode_other(p, LAYER_SCTP, net, &r);
        break;
    case PROTO_MPLS:
        decode_stop(p, REASON_OTHER_PROTOCOL);
        decode_mpls(p, r);
        break;
    case PROTO_ETHERIP:
        decode_stop(p, REASON_OTHER_PROTOCOL);
        decode_etherip(p, r);
        break;
    case PROTO_ETHERNET:
        decode_stop(p, REASON_OTHER_PROTOCOL);
        decode_ethernet(p, r);
        break;
    case PROTO_AH:
        decode_extension(p, net, protocol, r);
        break;
    case PROTO_HOPOPTS:
    case PROTO_ROUTING:
    case PROTO_DSTOPTS:
    case PROTO_MOBILITY:
    case PROTO_HIP:
    case PROTO_SHIM6:
        if (ip6)
            decode_extension(p, net, protocol, r);
        else
            decode_stop(p, REASON_OTHER_PROTOCOL);
        break;
    case PROTO_FRAGMENT:
        if (ip6)
            decode_fragment_header(p, net, r);
        else
            decode_stop(p, REASON_OTHER_PROTOCOL);
        break;
    default:
        decode_stop(p, REASON_OTHER_PROTOCOL);
    }
}
