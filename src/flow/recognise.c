/* mDNS, SSDP, DNS and LLMNR over UDP. Any payload on port 5353 is mDNS (RFC 6762); on port 1900, a payload
 * that looks like HTTP is SSDP (UPnP Device Architecture 1.1). Of two known ports the lower one decides, so
 * neither holds if the other port is lower and belongs to another protocol. The same is true of DNS (53) and
 * LLMNR (5355). If neither port is known, a message that looks like a plain query or response is DNS.
 * Invariant: the answer depends on this one datagram alone.
 * Source: observed (tshark 4.0.17). */
#include "flow/recognise.h"

#include <string.h>

#include "base/ports.h"

enum { DNS_ID_AND_FLAGS = 4 /* bytes; Wireshark shows no DNS for fewer */ };

/* Returns true for the beginning of a request line or a status line. */
static bool looks_like_http(struct rd r)
{
    static const char *const starts[] = {"NOTIFY ",      "M-SEARCH ", "HTTP/",  "SUBSCRIBE ",
                                         "UNSUBSCRIBE ", "GET ",      "POST ",  "HEAD ",
                                         "PUT ",         "OPTIONS ",  "DELETE "};
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        uint32_t n = (uint32_t)strlen(starts[i]);
        struct rd copy = r;
        const uint8_t *bytes = rd_has(&copy, n) ? rd_bytes(&copy, n) : NULL;
        if (bytes && !memcmp(bytes, starts[i], n))
            return true;
    }
    return false;
}

enum udp_service recognise_udp(const struct layer *layer)
{
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    uint16_t a = rd_u16(&r), b = rd_u16(&r);
    rd_skip(&r, 4);
    uint8_t low = port_udp(port_lower(a, b)).owner, high = port_udp(port_higher(a, b)).owner;
    uint8_t owner = low == OWNER_NONE ? high : low;
    if (owner == OWNER_MDNS)
        return rd_cap_left(&r) >= DNS_ID_AND_FLAGS ? UDP_MDNS : UDP_OTHER;
    return owner == OWNER_SSDP && looks_like_http(r) ? UDP_SSDP : UDP_OTHER;
}

/* Wireshark's conditions for DNS on any port: at most one question, and few records. */
static bool looks_like_dns(struct rd r)
{
    enum { HEADER = 12, FLAG_RESPONSE = 0x8000, OPCODE = 0x7800, MAX_ANSWERS = 100, MAX_OTHERS = 10 };
    if (rd_left(&r) <= HEADER)
        return false;
    rd_skip(&r, 2);
    uint16_t flags = rd_u16(&r), questions = rd_u16(&r);
    uint16_t answers = rd_u16(&r), authority = rd_u16(&r), additional = rd_u16(&r);
    bool response = flags & FLAG_RESPONSE;
    return rd_ok(&r) && !(flags & OPCODE) && questions <= 1 && (response || questions == 1) &&
           answers <= (response ? MAX_ANSWERS : 0) && authority <= (response ? MAX_OTHERS : 0) &&
           additional <= MAX_OTHERS;
}

static enum udp_names names_of(uint8_t owner)
{
    return owner == OWNER_DNS     ? NAMES_DNS
           : owner == OWNER_MDNS  ? NAMES_MDNS
           : owner == OWNER_LLMNR ? NAMES_LLMNR
                                  : NAMES_NONE;
}

/* The dissector of a port may refuse a message, which then goes to the other port. Experiments have not
 * covered which dissectors do, so such a message is NAMES_UNCLEAR. */
static enum udp_names names_of_owner(uint8_t owner, uint8_t other, struct rd message)
{
    enum udp_names names = names_of(owner);
    bool unclear = names == NAMES_NONE && (looks_like_dns(message) || names_of(other) != NAMES_NONE);
    return unclear ? NAMES_UNCLEAR : names;
}

enum udp_names recognise_names(const struct layer *layer, struct rd *message)
{
    struct rd r = rd_make(layer->data, layer->cap, layer->len);
    uint16_t a = rd_u16(&r), b = rd_u16(&r), length = rd_u16(&r);
    rd_skip(&r, 2);
    if (layer->kind == LAYER_UDPLITE || length < 8 || length - 8u > rd_left(&r))
        *message = rd_rest(&r);
    else
        *message = rd_sub(&r, length - 8u);
    if (!rd_ok(&r) || rd_cap_left(message) < DNS_ID_AND_FLAGS ||
        (layer->kind == LAYER_UDP && length && length < 8))
        return NAMES_NONE;
    uint16_t low_port = port_lower(a, b);
    uint8_t low = low_port ? port_udp(low_port).owner : OWNER_NONE, high = port_udp(port_higher(a, b)).owner;
    if (low != OWNER_NONE)
        return names_of_owner(low, high, *message);
    if (high != OWNER_NONE)
        return names_of_owner(high, low, *message);
    return looks_like_dns(*message) ? NAMES_DNS : NAMES_NONE;
}
