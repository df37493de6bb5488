/* mDNS, SSDP, DNS and LLMNR over UDP. Any payload on port 5353 is mDNS (RFC 6762); on port 1900, a payload
 * that looks like HTTP is SSDP (UPnP Device Architecture 1.1). Of two known ports the lower one decides, so
 * neither holds if the other port is lower and belongs to another protocol. The same is true of DNS (53) and
 * LLMNR (5355). If neither port is known, a message that looks like a plain query or response is DNS.
 * Invariant: the answer depends on this one datagram alone.
 * Source: observed (tshark 4.0.17); the ports are those of `tshark -G decodes`, udp.port. */
#include "flow/recognise.h"

#include <string.h>

enum { PORT_DNS = 53, PORT_SSDP = 1900, PORT_MDNS = 5353, PORT_LLMNR = 5355 };
enum { DNS_ID_AND_FLAGS = 4 /* bytes; Wireshark shows no DNS for fewer */ };

static const uint16_t known_ports[] = {
    0,     7,     13,    19,    37,    49,    53,    67,    68,    69,    88,    111,   123,   137,   138,
    161,   162,   173,   177,   213,   269,   319,   320,   389,   427,   434,   464,   473,   496,   500,
    502,   513,   514,   520,   521,   524,   525,   539,   546,   547,   573,   623,   631,   646,   654,
    664,   698,   699,   701,   750,   853,   854,   910,   921,   925,   1001,  1044,  1052,  1069,  1089,
    1090,  1091,  1101,  1113,  1153,  1194,  1293,  1547,  1628,  1629,  1645,  1646,  1700,  1701,  1718,
    1719,  1745,  1755,  1812,  1813,  1900,  1985,  2029,  2048,  2055,  2067,  2099,  2123,  2152,  2157,
    2190,  2221,  2222,  2231,  2246,  2268,  2269,  2313,  2345,  2424,  2427,  2428,  2727,  2887,  2944,
    2945,  2948,  2949,  2960,  3000,  3121,  3130,  3205,  3222,  3250,  3333,  3343,  3357,  3386,  3389,
    3452,  3455,  3478,  3483,  3503,  3540,  3544,  3567,  3622,  3671,  3784,  3785,  3792,  3799,  3804,
    3819,  3863,  3956,  4000,  4011,  4058,  4305,  4306,  4307,  4341,  4342,  4500,  4533,  4534,  4551,
    4555,  4556,  4569,  4665,  4672,  4713,  4729,  4739,  4754,  4784,  4789,  4790,  4791,  4991,  5000,
    5001,  5031,  5050,  5060,  5072,  5094,  5246,  5247,  5264,  5265,  5350,  5351,  5353,  5355,  5404,
    5405,  5436,  5555,  5567,  5678,  5683,  5684,  5868,  6060,  6073,  6081,  6084,  6087,  6118,  6160,
    6343,  6543,  6635,  6666,  6696,  6784,  6970,  7000,  7001,  7002,  7003,  7004,  7005,  7006,  7007,
    7008,  7009,  7010,  7021,  7074,  7075,  7255,  7275,  7784,  8000,  8116,  8161,  8200,  8211,  8600,
    8611,  8612,  8613,  8614,  8755,  8767,  8805,  8848,  9003,  9200,  9201,  9202,  9203,  9214,  9600,
    9875,  9877,  9899,  9901,  9955,  9956,  9996,  9999,  10253, 10500, 11211, 11273, 11898, 12000, 12001,
    12002, 12003, 12004, 12220, 12222, 12223, 13400, 13819, 13907, 13910, 17220, 17500, 17754, 17755, 17756,
    18246, 19132, 19788, 19948, 19999, 20000, 20561, 22222, 23272, 24576, 24577, 25826, 26000, 27036, 27500,
    27910, 27950, 27951, 27952, 27953, 27960, 27961, 27962, 27963, 30030, 32000, 32512, 34962, 34980, 37008,
    41170, 44818, 45564, 47000, 47808, 49999, 54328, 56000, 56001, 56500, 56501, 57000, 57001, 57032, 57033,
    57500, 57501, 57532, 57533, 59000, 59001, 59032, 59033, 59500, 59501, 59532, 59533, 60001,
};

bool recognise_owner(uint16_t port)
{
    size_t low = 0, high = sizeof known_ports / sizeof known_ports[0];
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (known_ports[middle] == port)
            return true;
        if (known_ports[middle] < port)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

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
    uint16_t low = a < b ? a : b, high = a < b ? b : a;
    if (low != PORT_MDNS && low != PORT_SSDP &&
        ((high != PORT_MDNS && high != PORT_SSDP) || recognise_owner(low)))
        return UDP_OTHER;
    uint16_t port = low == PORT_MDNS || low == PORT_SSDP ? low : high;
    if (port == PORT_MDNS)
        return rd_cap_left(&r) >= DNS_ID_AND_FLAGS ? UDP_MDNS : UDP_OTHER;
    return looks_like_http(r) ? UDP_SSDP : UDP_OTHER;
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

static enum udp_names names_of_port(uint16_t port)
{
    return port == PORT_DNS     ? NAMES_DNS
           : port == PORT_MDNS  ? NAMES_MDNS
           : port == PORT_LLMNR ? NAMES_LLMNR
                                : NAMES_NONE;
}

/* The dissector of a port may refuse a message, which then goes to the other port. Experiments have not
 * covered which dissectors do, so such a message is NAMES_UNCLEAR. */
static enum udp_names names_of_owner(uint16_t port, uint16_t other, struct rd message)
{
    enum udp_names names = names_of_port(port);
    bool unclear = names == NAMES_NONE && (looks_like_dns(message) || names_of_port(other) != NAMES_NONE);
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
    uint16_t low = a < b ? a : b, high = a < b ? b : a;
    if (low && recognise_owner(low))
        return names_of_owner(low, high, *message);
    if (recognise_owner(high))
        return names_of_owner(high, low, *message);
    return looks_like_dns(*message) ? NAMES_DNS : NAMES_NONE;
}
