/* Likely server ports: those of Zeek's default scripts, or a list. */
#include <stdlib.h>
#include <string.h>

#include "sets/zeek.h"

static const uint16_t TCP_PORTS[] = {
    135,  20000, 53,  79,  21,   2811, 80,   81,   631,  1080, 3128, 8000, 8080, 8888, 143, 6666, 6667,
    6668, 6669,  88,  389, 3268, 502,  1883, 1434, 3306, 5432, 3389, 6379, 139,  445,  25,  587,  22,
    443,  465,   563, 585, 614,  636,  989,  990,  992,  993,  995,  5223, 514,  5222, 5269};
static const uint16_t UDP_PORTS[] = {67,   4011, 20000, 53,  137, 5353, 5355, 88,   389,  123,  443,  1812,
                                     3389, 5060, 161,   162, 514, 5072, 6081, 4754, 2152, 2123, 3544, 4789};

static void set_port(uint8_t *bits, unsigned long port) { bits[port / 8] |= (uint8_t)(1 << port % 8); }

/* Reads "tcp/80,udp/53"; an empty text gives no port. */
static bool read_ports(uint8_t bits[2][65536 / 8], const char *text)
{
    while (*text) {
        bool udp = !strncmp(text, "udp/", 4);
        if (!udp && strncmp(text, "tcp/", 4))
            return false;
        char *end;
        unsigned long port = strtoul(text + 4, &end, 10);
        if (end == text + 4 || port > UINT16_MAX || (*end && *end != ','))
            return false;
        set_port(bits[udp], port);
        text = *end ? end + 1 : end;
    }
    return true;
}

bool zeek_server_ports(uint8_t bits[2][65536 / 8], const char *text)
{
    if (text)
        return read_ports(bits, text);
    for (size_t i = 0; i < sizeof TCP_PORTS / sizeof TCP_PORTS[0]; i++)
        set_port(bits[0], TCP_PORTS[i]);
    for (size_t i = 0; i < sizeof UDP_PORTS / sizeof UDP_PORTS[0]; i++)
        set_port(bits[1], UDP_PORTS[i]);
    return true;
}

bool zeek_is_server_port(const struct zeek_world *w, bool udp, uint16_t port)
{
    return w->server_ports[udp][port / 8] >> port % 8 & 1;
}
