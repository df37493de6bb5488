/* nPrint 1.2.1: one row for each packet, the bits of its headers and of the beginning of its payload. There
 * are no flows. Invariant: the columns do not depend on the capture; a header that is not there, and bits
 * behind the end of one, are -1. */
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/rd.h"
#include "sets/csv.h"
#include "sets/families.h"

enum layer { ETH, IP4, IP6, TCP, UDP, ICMP, PAYLOAD, N_LAYERS };

enum {
    MOST_PAYLOAD = 1500,
    MOST_BYTES = 14 + 60 + 40 + 60 + 8 + 8 + MOST_PAYLOAD,
    LINUX_COOKED = 113,
    COOKED_BYTES = 16,
    MOST_COLUMNS = 64,
    INDEX_TEXT = 2 * ADDRESS_TEXT_CAP + 32
};

struct field {
    enum layer layer;
    const char *name, *description;
    uint16_t bits;
};

static const struct field FIELDS[] = {
    {ETH, "eth_dhost", "destination link address", 48},
    {ETH, "eth_shost", "source link address", 48},
    {ETH, "eth_ethertype", "Ethernet type", 16},
    {IP4, "ipv4_ver", "version", 4},
    {IP4, "ipv4_hl", "header length", 4},
    {IP4, "ipv4_tos", "type of service", 8},
    {IP4, "ipv4_tl", "total length", 16},
    {IP4, "ipv4_id", "identification", 16},
    {IP4, "ipv4_rbit", "reserved bit", 1},
    {IP4, "ipv4_dfbit", "do not fragment", 1},
    {IP4, "ipv4_mfbit", "more fragments", 1},
    {IP4, "ipv4_foff", "fragment offset", 13},
    {IP4, "ipv4_ttl", "time to live", 8},
    {IP4, "ipv4_proto", "protocol", 8},
    {IP4, "ipv4_cksum", "checksum", 16},
    {IP4, "ipv4_src", "source address", 32},
    {IP4, "ipv4_dst", "destination address", 32},
    {IP4, "ipv4_opt", "options", 320},
    {IP6, "ipv6_ver", "version", 4},
    {IP6, "ipv6_tc", "traffic class", 8},
    {IP6, "ipv6_fl", "flow label", 20},
    {IP6, "ipv6_len", "payload length", 16},
    {IP6, "ipv6_nh", "next header", 8},
    {IP6, "ipv6_hl", "hop limit", 8},
    {IP6, "ipv6_src", "source address", 128},
    {IP6, "ipv6_dst", "destination address", 128},
    {TCP, "tcp_sprt", "source port", 16},
    {TCP, "tcp_dprt", "destination port", 16},
    {TCP, "tcp_seq", "sequence number", 32},
    {TCP, "tcp_ackn", "acknowledgement number", 32},
    {TCP, "tcp_doff", "data offset", 4},
    {TCP, "tcp_res", "reserved", 3},
    {TCP, "tcp_ns", "NS", 1},
    {TCP, "tcp_cwr", "CWR", 1},
    {TCP, "tcp_ece", "ECE", 1},
    {TCP, "tcp_urg", "URG", 1},
    {TCP, "tcp_ackf", "ACK", 1},
    {TCP, "tcp_psh", "PSH", 1},
    {TCP, "tcp_rst", "RST", 1},
    {TCP, "tcp_syn", "SYN", 1},
    {TCP, "tcp_fin", "FIN", 1},
    {TCP, "tcp_wsize", "window", 16},
    {TCP, "tcp_cksum", "checksum", 16},
    {TCP, "tcp_urp", "urgent pointer", 16},
    {TCP, "tcp_opt", "options", 320},
    {UDP, "udp_sport", "source port", 16},
    {UDP, "udp_dport", "destination port", 16},
    {UDP, "udp_len", "length", 16},
    {UDP, "udp_cksum", "checksum", 16},
    {ICMP, "icmp_type", "type", 8},
    {ICMP, "icmp_code", "code", 8},
    {ICMP, "icmp_cksum", "checksum", 16},
    {ICMP, "icmp_roh", "rest of the header", 32},
    {PAYLOAD, "payload_bit", "payload of TCP, UDP or ICMP", 0},
};

static const struct set_column FIRST_COLUMNS[] = {
    {"flow", "u", "source, destination, their ports and TCP, UDP or NULL", "", 0},
    {"rts", "l", "time since the row before; 0 in the first row", "us", 0},
    {"tv_sec", "l", "time of the packet since 1970, whole seconds", "s", 0},
    {"tv_usec", "l", "the rest of its time", "us", 0},
};

enum { N_FIRST = sizeof FIRST_COLUMNS / sizeof FIRST_COLUMNS[0] };

/* Bytes of a layer in a row. */
static const uint8_t WIDTHS[PAYLOAD] = {
    [ETH] = 14, [IP4] = 60, [IP6] = 40, [TCP] = 60, [UDP] = 8, [ICMP] = 8};
static const char LETTERS[] = "e46tui";

struct nprint {
    struct set set;
    struct set_column columns[MOST_COLUMNS];
    struct set_value values[MOST_COLUMNS]; /* those of bits point to `runs` */
    bool has_last;
    int64_t last_us;
    struct set_run runs[N_LAYERS];
    uint8_t cut[MOST_BYTES]; /* bytes of headers that are not captured whole */
};

/* What the program prints of a frame. */
struct parts {
    struct rd r;
    uint32_t at[N_LAYERS];  /* the place of each header in the frame */
    int64_t have[N_LAYERS]; /* and its length; 0: not there */
    uint32_t addresses, ports;
    bool is_ip6;
    uint8_t protocol;
};

/* Bytes that were not captured are zeros. */
static unsigned u8(const struct parts *p, uint32_t at) { return rd_peek8(&p->r, at); }
static unsigned u16(const struct parts *p, uint32_t at) { return u8(p, at) << 8 | u8(p, at + 1); }

static void lay_out(struct nprint *n, const struct set_options *o)
{
    const char *layers = o->layers ? o->layers : "46tui";
    for (enum layer l = ETH; l < N_LAYERS; l++)
        n->runs[l].width = (uint16_t)(l == PAYLOAD ? o->payload : strchr(layers, LETTERS[l]) ? WIDTHS[l] : 0);
    memcpy(n->columns, FIRST_COLUMNS, sizeof FIRST_COLUMNS);
    size_t n_columns = N_FIRST;
    const struct set_run *before = NULL;
    uint32_t at = 0; /* in the run */
    for (const struct field *f = FIELDS; f < FIELDS + sizeof FIELDS / sizeof FIELDS[0]; f++) {
        const struct set_run *run = &n->runs[f->layer];
        uint32_t bits = f->layer == PAYLOAD ? run->width * 8U : run->width ? f->bits : 0;
        if (!bits)
            continue;
        at = run == before ? at : 0;
        before = run;
        n->columns[n_columns] = (struct set_column){f->name, "c", f->description, "", (uint16_t)bits, NULL};
        n->values[n_columns++] =
            (struct set_value){.kind = SET_BITS, .n = bits, .first = (uint16_t)at, .run = run};
        at += bits;
    }
    n->set = (struct set){&set_nprint, n->columns, n_columns};
}

static enum fc_status nprint_open(struct set **out, const struct set_options *o, struct fc_error *err)
{
    *out = NULL;
    if (o->payload > MOST_PAYLOAD)
        return error_set(err, FC_USAGE, -1, "payload is at most %d bytes, not %u", MOST_PAYLOAD, o->payload);
    if (o->layers && o->layers[strspn(o->layers, LETTERS)])
        return error_set(err, FC_USAGE, -1, "layers are letters of \"%s\", not \"%s\"", LETTERS, o->layers);
    struct nprint *n = memory_zero(1, sizeof *n);
    if (!n)
        return error_memory(err);
    lay_out(n, o);
    *out = &n->set;
    return FC_OK;
}

static bool transport(struct parts *p, uint32_t at, uint32_t ip_header, int64_t total)
{
    enum layer layer = p->protocol == 6 ? TCP : p->protocol == 17 ? UDP : ICMP;
    int64_t length = layer == TCP ? (u8(p, at + 12) >> 4) * 4 : WIDTHS[layer];
    p->ports = at;
    p->at[layer] = at;
    p->have[layer] = length;
    p->at[PAYLOAD] = at + (uint32_t)length;
    p->have[PAYLOAD] = total - ip_header - length;
    return p->protocol == 6 || p->protocol == 17 || p->protocol == 1;
}

/* False: the program prints no row. Ethernet is recognised by its type alone, whatever the link type is. */
static bool take_apart(struct parts *p, const struct set_view *view)
{
    uint32_t skipped = view->link_type == LINUX_COOKED ? COOKED_BYTES : 0;
    *p = (struct parts){.r = rd_make(view->data, view->cap_len, view->cap_len)};
    if (!rd_skip(&p->r, skipped))
        return false;
    p->r = rd_rest(&p->r);
    uint32_t at = 0;
    if (u16(p, 12) == 0x0800 || u16(p, 12) == 0x86dd) {
        p->have[ETH] = 14;
        at = 14;
    }
    if (u8(p, at) >> 4 == 4) {
        uint32_t header = (u8(p, at) & 15) * 4;
        p->at[IP4] = at;
        p->have[IP4] = header;
        p->addresses = at + 12;
        p->protocol = (uint8_t)u8(p, at + 9);
        return transport(p, at + header, header, u16(p, at + 2));
    }
    p->at[IP6] = at;
    p->have[IP6] = 40;
    p->addresses = at + 8;
    p->is_ip6 = true;
    p->protocol = (uint8_t)u8(p, at + 6);
    return u8(p, at) >> 4 == 6 && transport(p, at + 40, 40, u16(p, at + 4) + 40);
}

/* The bytes of each header stay where the capture has them, unless some of them were not captured. */
static void put_bits(struct nprint *n, const struct parts *p)
{
    uint8_t *cut = n->cut;
    for (enum layer l = ETH; l < N_LAYERS; l++) {
        struct set_run *run = &n->runs[l];
        int64_t have = p->have[l] < run->width ? p->have[l] : run->width;
        run->have = (uint16_t)(have > 0 ? have : 0);
        struct rd r = p->r;
        if (rd_skip(&r, p->at[l]) && (run->bytes = rd_bytes(&r, run->have)))
            continue;
        run->bytes = cut;
        for (uint32_t i = 0; i < run->have; i++)
            *cut++ = (uint8_t)u8(p, p->at[l] + i);
    }
}

static size_t put_address(char *out, const struct parts *p, uint32_t at)
{
    struct address address = {.family = p->is_ip6 ? 6 : 4};
    for (uint32_t i = 0; i < sizeof address.bytes; i++)
        address.bytes[i] = (uint8_t)u8(p, at + i);
    return address_text(out, &address);
}

/* "_" and a port. */
static size_t put_port(char *out, unsigned port)
{
    size_t n = 1;
    for (unsigned rest = port / 10; rest; rest /= 10)
        n++;
    for (size_t i = n; i; i--, port /= 10)
        out[i] = (char)('0' + port % 10);
    out[0] = '_';
    return n + 1;
}

static size_t put_index(char out[INDEX_TEXT], const struct parts *p)
{
    size_t n = put_address(out, p, p->addresses);
    out[n++] = '_';
    n += put_address(out + n, p, p->addresses + (p->is_ip6 ? 16 : 4));
    const char *end = p->protocol == 1 ? "_NULL_NULL_NULL" : p->protocol == 6 ? "_TCP" : "_UDP";
    if (p->protocol != 1) {
        n += put_port(out + n, u16(p, p->ports));
        n += put_port(out + n, u16(p, p->ports + 2));
    }
    size_t length = strlen(end);
    memcpy(out + n, end, length);
    return n + length;
}

static bool nprint_packet(struct set *set, const struct set_view *view, const struct set_sink *sink)
{
    struct nprint *n = (struct nprint *)set;
    struct parts parts;
    char index[INDEX_TEXT];
    if (!take_apart(&parts, view)) {
        set->left_out++;
        return true;
    }
    int64_t us = view->time_ns / 1000 - (view->time_ns % 1000 < 0),
            second = us / 1000000 - (us % 1000000 < 0);
    n->values[0] = set_text(index, put_index(index, &parts));
    n->values[1] = set_integer(n->has_last ? us - n->last_us : 0);
    n->values[2] = set_integer(second);
    n->values[3] = set_integer(us - second * 1000000);
    n->has_last = true;
    n->last_us = us;
    put_bits(n, &parts);
    return sink->row(sink->to, n->values);
}

static bool nprint_finish(struct set *set, const struct set_sink *sink)
{
    (void)set, (void)sink; /* every packet has its row already */
    return true;
}

static void nprint_close(struct set *set) { memory_free(set); }

static const struct set_csv csv = {.separator = ',', .null = "", .real = set_number_python};

const struct set_family set_nprint = {
    .name = "nprint",
    .description = "nPrint 1.2.1, one row for each packet",
    .row = "packet",
    .uses = SET_USES_LAYERS,
    .faults = set_faults_nprint,
    .n_faults = SET_FAULTS_NPRINT,
    .open = nprint_open,
    .packet = nprint_packet,
    .finish = nprint_finish,
    .close = nprint_close,
    .csv = &csv,
};
