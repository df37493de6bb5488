/* The one array of protocols above TCP, and whose a port is. Invariant: a port is in one protocol's list or
 * in the table of foreign ports, never in both; one in neither has no owner in Wireshark. Source: `tshark -G
 * decodes`, 4.0.17. */
#include "proto/registry.h"

#include <string.h>

#include "proto/dns_tcp.h"
#include "proto/http.h"
#include "proto/ssh.h"
#include "proto/starttls.h"
#include "proto/tls.h"

const struct protocol *const tcp_protocols[] = {
    &tls_protocol,  &ftp_carrier,   &smtp_carrier,     &pop_carrier,   &imap_carrier,
    &ldap_carrier,  &socks_carrier, &modbus_carrier,   &mysql_carrier, &xmpp_carrier,
    &pgsql_carrier, &http_protocol, &dns_tcp_protocol, &ssh_protocol,  NULL};

/* Ports of protocols that are not read here, first and last. MRCP's many, which clients of others use by
 * chance, are left out: it refuses TLS. */
static const uint16_t foreign_ports[][2] = {
    {7, 7},         {13, 13},       {19, 20},       {23, 23},       {37, 37},       {42, 43},
    {49, 49},       {70, 70},       {79, 79},       {88, 88},       {102, 102},     {104, 104},
    {111, 111},     {119, 119},     {123, 123},     {139, 139},     {161, 162},     {179, 179},
    {199, 199},     {210, 210},     {323, 323},     {427, 427},     {445, 445},     {464, 464},
    {473, 473},     {500, 500},     {512, 515},     {524, 524},     {547, 548},     {554, 554},
    {564, 564},     {639, 639},     {646, 647},     {674, 674},     {705, 705},     {829, 829},
    {854, 854},     {862, 862},     {873, 873},     {925, 925},     {988, 988},     {1090, 1090},
    {1099, 1099},   {1102, 1102},   {1153, 1153},   {1194, 1194},   {1213, 1213},   {1344, 1344},
    {1433, 1433},   {1521, 1521},   {1533, 1533},   {1547, 1547},   {1723, 1723},   {1755, 1755},
    {1861, 1861},   {1863, 1863},   {1883, 1883},   {1935, 1935},   {1978, 1979},   {1998, 1998},
    {2000, 2001},   {2065, 2065},   {2099, 2099},   {2123, 2123},   {2126, 2126},   {2152, 2152},
    {2190, 2190},   {2234, 2234},   {2240, 2240},   {2269, 2269},   {2321, 2322},   {2345, 2345},
    {2401, 2401},   {2404, 2404},   {2424, 2424},   {2427, 2427},   {2433, 2433},   {2501, 2502},
    {2571, 2571},   {2575, 2575},   {2600, 2600},   {2727, 2727},   {2812, 2812},   {2855, 2855},
    {2944, 2945},   {3002, 3003},   {3006, 3006},   {3014, 3014},   {3016, 3019},   {3050, 3050},
    {3205, 3205},   {3245, 3248},   {3288, 3288},   {3333, 3334},   {3357, 3357},   {3369, 3369},
    {3386, 3386},   {3389, 3389},   {3452, 3452},   {3478, 3478},   {3567, 3567},   {3632, 3632},
    {3671, 3671},   {3724, 3724},   {3804, 3804},   {3860, 3860},   {3863, 3863},   {3868, 3868},
    {3918, 3918},   {4002, 4002},   {4058, 4058},   {4155, 4155},   {4189, 4189},   {4222, 4224},
    {4249, 4250},   {4321, 4321},   {4342, 4342},   {4369, 4369},   {4420, 4420},   {4551, 4551},
    {4555, 4556},   {4661, 4663},   {4712, 4712},   {4730, 4730},   {4737, 4737},   {4739, 4739},
    {4788, 4788},   {4840, 4840},   {4880, 4880},   {5000, 5000},   {5010, 5010},   {5060, 5060},
    {5066, 5066},   {5084, 5084},   {5094, 5094},   {5190, 5190},   {5253, 5253},   {5445, 5445},
    {5500, 5501},   {5534, 5534},   {5555, 5555},   {5672, 5672},   {5683, 5683},   {5701, 5701},
    {5721, 5721},   {5900, 5901},   {5997, 5997},   {6000, 6063},   {6068, 6068},   {6075, 6075},
    {6084, 6084},   {6121, 6121},   {6160, 6160},   {6346, 6346},   {6379, 6379},   {6417, 6417},
    {6653, 6653},   {6666, 6668},   {6881, 6889},   {7000, 7000},   {7075, 7075},   {7171, 7172},
    {7236, 7236},   {7275, 7276},   {7871, 7871},   {7890, 7890},   {7900, 7900},   {7911, 7911},
    {7930, 7930},   {8004, 8004},   {8009, 8010},   {8023, 8023},   {8074, 8074},   {8085, 8085},
    {8554, 8554},   {8567, 8567},   {9009, 9009},   {9042, 9042},   {9092, 9092},   {9168, 9168},
    {9300, 9300},   {9418, 9418},   {9600, 9600},   {9955, 9956},   {9999, 10000},  {10288, 10288},
    {11210, 11211}, {13400, 13400}, {13819, 13819}, {14001, 14001}, {15740, 15740}, {17500, 17500},
    {17755, 17756}, {19006, 19006}, {19042, 19043}, {19506, 19506}, {19543, 19543}, {20000, 20000},
    {20256, 20256}, {21064, 21064}, {22222, 22222}, {24800, 24800}, {34980, 34980}, {44321, 44322},
    {44818, 44818}, {48049, 48049}, {48898, 48898}, {57000, 57000},
};

static bool is_foreign(uint16_t port)
{
    size_t low = 0, high = sizeof foreign_ports / sizeof *foreign_ports;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (foreign_ports[middle][1] < port)
            low = middle + 1;
        else
            high = middle;
    }
    return low < sizeof foreign_ports / sizeof *foreign_ports && foreign_ports[low][0] <= port;
}

const struct protocol *protocol_of_port(uint16_t port, bool *foreign)
{
    *foreign = false;
    for (size_t i = 0; tcp_protocols[i]; i++)
        for (const uint16_t *p = tcp_protocols[i]->ports; *p; p++)
            if (*p == port)
                return tcp_protocols[i];
    *foreign = is_foreign(port);
    return NULL;
}

static bool has_prefix(const char *name, const char *const *prefixes)
{
    for (; *prefixes; prefixes++)
        if (!strncmp(name, *prefixes, strlen(*prefixes)))
            return true;
    return false;
}

bool protocol_wanted(const struct protocol *protocol, const int16_t *slot_of)
{
    for (int id = 0; id < F_COUNT; id++)
        if (slot_of[id] >= 0 && has_prefix(field_table[id].name, protocol->fields))
            return true;
    return false;
}

/* Of protocols in datagrams. */
static const char *const datagram_fields[] = {"dtls.", "quic.", "ntp.", "dhcp.", NULL};

bool protocols_wanted(const int16_t *slot_of)
{
    for (int id = 0; id < F_COUNT; id++)
        if (slot_of[id] >= 0 && has_prefix(field_table[id].name, datagram_fields))
            return true;
    for (size_t i = 0; tcp_protocols[i]; i++)
        if (protocol_wanted(tcp_protocols[i], slot_of))
            return true;
    return false;
}

unsigned families_wanted(const int16_t *slot_of)
{
    static const struct {
        const char *prefix;
        unsigned family;
    } families[] = {{"tls.", FAMILY_TLS},   {"dtls.", FAMILY_TLS}, {"x509", FAMILY_X509},
                    {"http.", FAMILY_HTTP}, {"dns.", FAMILY_DNS},  {"ssh.", FAMILY_SSH},
                    {"quic.", FAMILY_QUIC}, {"ntp.", FAMILY_NTP},  {"dhcp.", FAMILY_DHCP}};
    unsigned wanted = 0;
    for (int id = 0; id < F_COUNT; id++)
        for (size_t i = 0; slot_of[id] >= 0 && i < sizeof families / sizeof *families; i++)
            if (!strncmp(field_table[id].name, families[i].prefix, strlen(families[i].prefix)))
                wanted |= families[i].family;
    return wanted;
}

struct reasm_wish protocol_walk(const struct protocol *protocol, struct row *row, void *state,
                                const struct reasm_view *view, struct pdu_facts *facts)
{
    struct rd r = view->bytes;
    while (rd_ok(&r) && rd_left(&r)) {
        struct rd rest = rd_rest(&r);
        int64_t n = protocol->length(state, &rest, facts);
        if (n == PDU_STOP || !n)
            break;
        if ((n < 0 || n > rest.len) && view->may_wait)
            return (struct reasm_wish){.offset = r.pos,
                                       .more = n < 0 ? n : n - rest.len,
                                       .blind = facts->skips_payload && protocol->is_payload &&
                                                protocol->is_payload(&rest)};
        facts->pdu_len = n;
        struct rd pdu = rd_sub(&r, n < 0 || n > rest.len ? rest.len : (uint32_t)n);
        facts->has_read = true;
        if (!protocol->read(row, &pdu, state, facts))
            break;
    }
    return (struct reasm_wish){0};
}
