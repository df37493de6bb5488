/* The 43 columns of the NF-*-v2 data sets and the 53 of v3, under their names. Those sets were made with
 * nProbe, which is not free and of which only the manual can be read, so the values are this project's
 * definition of each name (docs of the columns), not nProbe's. A flow is both directions of one protocol and
 * two ends; it ends when it is idle for 30 s, and when a packet comes 120 s after its first. */
#include <arpa/inet.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/rd.h"
#include "base/time.h"
#include "feature/exact.h"
#include "sets/csv.h"
#include "sets/families.h"
#include "sets/table.h"

enum {
    IP4 = 0x0800,
    IP6 = 0x86dd,
    LEAST_IP = 20,
    IP6_HEADER = 40,
    TCP = 6,
    UDP = 17,
    ICMP = 1,
    ICMP6 = 58,
    IP6_FRAGMENT = 44,
    IDLE_S = 30,
    ACTIVE_S = 120,
    FIN = 1,
    SYN = 2,
    N_SIZES = 5
};

struct packet {
    uint8_t src[16], dst[16];
    uint16_t sport, dport, window, icmp;
    uint8_t version, protocol, ttl, flags;
    uint32_t ip_len, seq;
    int64_t payload, time_ns;
};

struct key {
    uint8_t low[16], high[16];
    uint16_t low_port, high_port;
    uint8_t protocol, version, zero[2];
};

struct side {
    uint64_t packets, bytes, again_packets, again_bytes;
    int64_t first, last;
    struct exact_sums gaps;
    uint32_t top; /* the highest end of a segment, with has_top */
    uint16_t window;
    uint8_t flags;
    bool has_top;
};

struct flow {
    struct set_entry entry;
    struct key key;
    struct packet first;
    int64_t last;
    uint32_t longest, shortest;
    uint64_t sizes[N_SIZES]; /* packets by IP length */
    uint8_t min_ttl, max_ttl;
    struct side side[2]; /* from the source, to it */
};

struct netflow {
    struct set set;
    struct set_table flows; /* in the order of their last packets */
    int64_t idle_ns, active_ns, now;
    bool is_v2;
};

#define I(name, unit, description) {name, "l", description, unit, 0, NULL}
#define NONE(name) {name, "l", "null: it needs a protocol analyser", "", 0, NULL}
#define IATS(way, of)                                                                                        \
    I(way "_IAT_MIN", "ms", "least gap between packets " of ", floored; 0 of none"),                         \
        I(way "_IAT_MAX", "ms", "largest gap between packets " of ", floored; 0 of none"),                   \
        I(way "_IAT_AVG", "ms", "mean gap between packets " of ", floored; 0 of none"),                      \
        I(way "_IAT_STDDEV", "ms",                                                                           \
          "deviation (n - 1) of the gaps between packets " of ", floored; 0 of none")

static const struct set_column COLUMNS[] = {
    I("FLOW_START_MILLISECONDS", "ms", "time of the first packet since 1970"),
    I("FLOW_END_MILLISECONDS", "ms", "time of the last packet since 1970"),
    {"IPV4_SRC_ADDR", "u", "sender of the first packet, IPv4 or IPv6", "", 0, NULL},
    I("L4_SRC_PORT", "", "its port; 0 without TCP and UDP"),
    {"IPV4_DST_ADDR", "u", "receiver of the first packet", "", 0, NULL},
    I("L4_DST_PORT", "", "its port; 0 without TCP and UDP"),
    I("PROTOCOL", "", "IP protocol number"),
    {"L7_PROTO", "g", "null: nDPI's number is not reproduced", "", 0, NULL},
    I("IN_BYTES", "bytes", "IP lengths of packets from the source"),
    I("IN_PKTS", "packets", "packets from the source"),
    I("OUT_BYTES", "bytes", "IP lengths of packets to the source"),
    I("OUT_PKTS", "packets", "packets to the source"),
    I("TCP_FLAGS", "", "all TCP flags of the flow together"),
    I("CLIENT_TCP_FLAGS", "", "those from the source"),
    I("SERVER_TCP_FLAGS", "", "those to the source"),
    I("FLOW_DURATION_MILLISECONDS", "ms", "last minus first packet, floored"),
    I("DURATION_IN", "ms", "the same of packets from the source"),
    I("DURATION_OUT", "ms", "the same of packets to the source"),
    I("MIN_TTL", "", "least TTL or hop limit, of both directions"),
    I("MAX_TTL", "", "largest TTL or hop limit, of both directions"),
    I("LONGEST_FLOW_PKT", "bytes", "largest IP length"),
    I("SHORTEST_FLOW_PKT", "bytes", "least IP length"),
    I("MIN_IP_PKT_LEN", "bytes", "least IP length"),
    I("MAX_IP_PKT_LEN", "bytes", "largest IP length"),
    {"SRC_TO_DST_SECOND_BYTES", "g", "IN_BYTES by DURATION_IN; IN_BYTES where that is 0", "bytes/s", 0, NULL},
    {"DST_TO_SRC_SECOND_BYTES", "g", "OUT_BYTES by DURATION_OUT; OUT_BYTES where that is 0", "bytes/s", 0,
     NULL},
    I("RETRANSMITTED_IN_BYTES", "bytes", "IP lengths of RETRANSMITTED_IN_PKTS"),
    I("RETRANSMITTED_IN_PKTS", "packets",
      "TCP segments from the source that end at or before the highest end seen"),
    I("RETRANSMITTED_OUT_BYTES", "bytes", "IP lengths of RETRANSMITTED_OUT_PKTS"),
    I("RETRANSMITTED_OUT_PKTS", "packets",
      "TCP segments to the source that end at or before the highest end seen"),
    I("SRC_TO_DST_AVG_THROUGHPUT", "bit/s", "bits from the source by DURATION_IN, at least 1 ms"),
    I("DST_TO_SRC_AVG_THROUGHPUT", "bit/s", "bits to the source by DURATION_OUT, at least 1 ms"),
    I("NUM_PKTS_UP_TO_128_BYTES", "packets", "packets with an IP length up to 128"),
    I("NUM_PKTS_128_TO_256_BYTES", "packets", "packets with an IP length over 128 and up to 256"),
    I("NUM_PKTS_256_TO_512_BYTES", "packets", "packets with an IP length over 256 and up to 512"),
    I("NUM_PKTS_512_TO_1024_BYTES", "packets", "packets with an IP length over 512 and up to 1024"),
    I("NUM_PKTS_1024_TO_1514_BYTES", "packets", "packets with an IP length over 1024 and up to 1514"),
    I("TCP_WIN_MAX_IN", "", "largest window from the source, not scaled"),
    I("TCP_WIN_MAX_OUT", "", "largest window to the source, not scaled"),
    I("ICMP_TYPE", "", "type * 256 + code of the first packet; 0 where it is not ICMP"),
    I("ICMP_IPV4_TYPE", "", "type of the first packet; 0 where it is not ICMP over IPv4"),
    NONE("DNS_QUERY_ID"),
    NONE("DNS_QUERY_TYPE"),
    NONE("DNS_TTL_ANSWER"),
    NONE("FTP_COMMAND_RET_CODE"),
    IATS("SRC_TO_DST", "from the source"),
    IATS("DST_TO_SRC", "to the source"),
};

/* What v3 has before and behind the columns of v2. */
enum { N_COLUMNS = sizeof COLUMNS / sizeof COLUMNS[0], N_BEFORE = 2, N_BEHIND = 8 };

static enum fc_status netflow_open(struct set **out, const struct set_options *o, struct fc_error *err)
{
    *out = NULL;
    if (o->version && o->version != 2 && o->version != 3)
        return error_set(err, FC_USAGE, -1, "version is 2 or 3, not %u", o->version);
    struct netflow *n = memory_zero(1, sizeof *n);
    if (!n || !set_table_init(&n->flows, sizeof(struct key), sizeof(struct flow))) {
        memory_free(n);
        return error_memory(err);
    }
    n->is_v2 = o->version == 2;
    n->set = (struct set){&set_netflow, COLUMNS + (n->is_v2 ? N_BEFORE : 0),
                          N_COLUMNS - (n->is_v2 ? N_BEFORE + N_BEHIND : 0)};
    n->idle_ns = (int64_t)(o->idle_s ? o->idle_s : IDLE_S) * 1000000000;
    n->active_ns = (int64_t)(o->active_s ? o->active_s : ACTIVE_S) * 1000000000;
    n->now = INT64_MIN;
    *out = &n->set;
    return FC_OK;
}

/* ---- a packet ---- */

/* Goes to the IP header; false: the frame has none. */
static bool link_header(struct rd *r, uint32_t link_type)
{
    unsigned type;
    switch (link_type) {
    case 1:
        rd_skip(r, 12);
        type = rd_u16(r);
        while ((type == 0x8100 || type == 0x88a8 || type == 0x9100) && rd_has(r, 4)) {
            rd_skip(r, 2);
            type = rd_u16(r);
        }
        return rd_ok(r) && (type == IP4 || type == IP6);
    case 0:
    case 108:
        return rd_skip(r, 4);
    case 113:
        return rd_skip(r, 16);
    case 12:
    case 14:
    case 101:
    case 228:
    case 229:
        return true;
    default:
        return false;
    }
}

static bool ip6_header(struct packet *p, const struct rd *r, uint32_t *header)
{
    if (!rd_has(r, IP6_HEADER))
        return false;
    p->ip_len = rd_peek16(r, 4) + IP6_HEADER;
    p->protocol = rd_peek8(r, 6);
    p->ttl = rd_peek8(r, 7);
    memcpy(p->src, rd_rest(r).data + 8, 16);
    memcpy(p->dst, rd_rest(r).data + 24, 16);
    *header = IP6_HEADER;
    while ((p->protocol == 0 || p->protocol == 43 || p->protocol == 60) && rd_has(r, *header + 8)) {
        p->protocol = rd_peek8(r, *header);
        *header += (rd_peek8(r, *header + 1) + 1) * 8;
    }
    return p->protocol != IP6_FRAGMENT;
}

/* False: no IP packet, or a fragment. */
static bool ip_header(struct packet *p, const struct rd *r, uint32_t *header)
{
    if (!rd_has(r, LEAST_IP))
        return false;
    p->version = rd_peek8(r, 0) >> 4;
    if (p->version == 6)
        return ip6_header(p, r, header);
    *header = (rd_peek8(r, 0) & 15) * 4;
    p->ip_len = rd_peek16(r, 2);
    p->ttl = rd_peek8(r, 8);
    p->protocol = rd_peek8(r, 9);
    memcpy(p->src, rd_rest(r).data + 12, 4);
    memcpy(p->dst, rd_rest(r).data + 16, 4);
    return p->version == 4 && *header >= LEAST_IP && !(rd_peek16(r, 6) & 0x3fff);
}

/* False: the transport header was not captured. */
static bool transport(struct packet *p, const struct rd *r, uint32_t at)
{
    uint32_t least = p->protocol == TCP                            ? 20
                     : p->protocol == UDP                          ? 8
                     : p->protocol == ICMP || p->protocol == ICMP6 ? 2
                                                                   : 0;
    uint32_t header = least;
    if (!rd_has(r, at + least))
        return least == 0;
    if (p->protocol == TCP || p->protocol == UDP) {
        p->sport = rd_peek16(r, at);
        p->dport = rd_peek16(r, at + 2);
    } else if (least) {
        p->icmp = rd_peek16(r, at);
    }
    if (p->protocol == TCP) {
        header = (rd_peek8(r, at + 12) >> 4) * 4;
        p->seq = rd_peek32(r, at + 4);
        p->flags = rd_peek8(r, at + 13);
        p->window = rd_peek16(r, at + 14);
    }
    p->payload = (int64_t)p->ip_len - at - header;
    return true;
}

static bool decode(struct packet *p, const struct set_view *view)
{
    struct rd r = rd_make(view->data, view->cap_len, view->cap_len);
    uint32_t header = 0;
    *p = (struct packet){.time_ns = view->time_ns};
    return link_header(&r, view->link_type) && ip_header(p, &r, &header) && transport(p, &r, header);
}

static struct key key_of(const struct packet *p)
{
    int order = memcmp(p->src, p->dst, 16);
    bool up = order < 0 || (order == 0 && p->sport <= p->dport);
    struct key key = {.low_port = up ? p->sport : p->dport, .high_port = up ? p->dport : p->sport};
    memcpy(key.low, up ? p->src : p->dst, 16);
    memcpy(key.high, up ? p->dst : p->src, 16);
    key.protocol = p->protocol;
    key.version = p->version;
    return key;
}

/* Counts a segment that has sequence space and ends at or before the highest end of its side. */
static void count_again(struct side *s, const struct packet *p)
{
    int64_t used = p->payload + ((p->flags & FIN) != 0) + ((p->flags & SYN) != 0);
    if (p->protocol != TCP || !used)
        return;
    uint32_t end = p->seq + (uint32_t)used, further = end - s->top;
    if (s->has_top && (further == 0 || further >> 31)) {
        s->again_packets++;
        s->again_bytes += p->ip_len;
        return;
    }
    s->top = end;
    s->has_top = true;
}

static void flow_add(struct flow *f, const struct packet *p)
{
    static const uint32_t limits[N_SIZES] = {128, 256, 512, 1024, 1514};
    bool from_source = !memcmp(p->src, f->first.src, 16) && p->sport == f->first.sport;
    struct side *s = &f->side[!from_source];
    if (s->packets)
        exact_add(&s->gaps, time_diff(p->time_ns, s->last));
    else
        s->first = p->time_ns;
    f->last = s->last = p->time_ns;
    s->packets++;
    s->bytes += p->ip_len;
    s->flags |= p->flags;
    s->window = p->window > s->window ? p->window : s->window;
    count_again(s, p);
    f->longest = p->ip_len > f->longest ? p->ip_len : f->longest;
    f->shortest = p->ip_len < f->shortest ? p->ip_len : f->shortest;
    f->min_ttl = p->ttl < f->min_ttl ? p->ttl : f->min_ttl;
    f->max_ttl = p->ttl > f->max_ttl ? p->ttl : f->max_ttl;
    int size = 0;
    while (size < N_SIZES && p->ip_len > limits[size])
        size++;
    if (size < N_SIZES)
        f->sizes[size]++;
}

/* ---- a row ---- */

struct row {
    struct set_value values[N_COLUMNS];
    size_t n;
};

static void integer(struct row *r, int64_t v) { r->values[r->n++] = set_integer(v); }
static void null(struct row *r)
{
    r->values[r->n++] = (struct set_value){.kind = SET_NULL, .undefined = true};
}
static int64_t milliseconds(int64_t ns) { return ns / 1000000 - (ns % 1000000 < 0); }

static int64_t duration(const struct side *s)
{
    return s->packets ? milliseconds(time_diff(s->last, s->first)) : 0;
}

static void put_end(struct row *r, int version, const uint8_t *ip, uint16_t port, char text[INET6_ADDRSTRLEN])
{
    if (!inet_ntop(version == 4 ? AF_INET : AF_INET6, ip, text, INET6_ADDRSTRLEN))
        text[0] = 0;
    r->values[r->n++] = set_text(text, strlen(text));
    integer(r, port);
}

static void put_counts(struct row *r, const struct flow *f)
{
    const struct side *in = &f->side[0], *out = &f->side[1];
    integer(r, (int64_t)in->bytes);
    integer(r, (int64_t)in->packets);
    integer(r, (int64_t)out->bytes);
    integer(r, (int64_t)out->packets);
    integer(r, in->flags | out->flags);
    integer(r, in->flags);
    integer(r, out->flags);
    integer(r, milliseconds(time_diff(f->last, f->first.time_ns)));
    integer(r, duration(in));
    integer(r, duration(out));
    integer(r, f->min_ttl);
    integer(r, f->max_ttl);
    integer(r, f->longest);
    integer(r, f->shortest);
    integer(r, f->shortest);
    integer(r, f->longest);
}

static void put_rates(struct row *r, const struct flow *f)
{
    for (const struct side *s = f->side; s < f->side + 2; s++) {
        double ms = (double)duration(s), bytes = (double)s->bytes;
        r->values[r->n++] = set_real(ms != 0 ? bytes / (ms / 1000) : bytes);
    }
    for (const struct side *s = f->side; s < f->side + 2; s++) {
        integer(r, (int64_t)s->again_bytes);
        integer(r, (int64_t)s->again_packets);
    }
    for (const struct side *s = f->side; s < f->side + 2; s++) {
        int64_t ms = duration(s), bits = (int64_t)s->bytes * 8000;
        integer(r, ms ? bits / ms - (bits % ms != 0 && ms < 0) : bits);
    }
    for (int i = 0; i < N_SIZES; i++)
        integer(r, (int64_t)f->sizes[i]);
    integer(r, f->side[0].window);
    integer(r, f->side[1].window);
}

/* The statistic is exact and rounded once, before it is floored. */
static void put_gaps(struct row *r, const struct exact_sums *gaps)
{
    size_t begin = r->n;
    double deviation = 0;
    if (gaps->n > 1)
        exact_variance(gaps, &deviation);
    integer(r, gaps->n ? milliseconds(gaps->min) : 0);
    integer(r, gaps->n ? milliseconds(gaps->max) : 0);
    integer(r, gaps->n ? (int64_t)floor(exact_mean(gaps) / 1e6) : 0);
    integer(r, (int64_t)floor(deviation / 1e6));
    for (size_t i = begin; i < r->n; i++)
        r->values[i].undefined = gaps->n == 0;
    r->values[r->n - 1].undefined = gaps->n <= 1;
}

/* Prints a flow and takes it out of the table. */
static bool end(struct netflow *n, struct flow *f, const struct set_sink *sink)
{
    const struct packet *p = &f->first;
    char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
    bool is_icmp = p->protocol == ICMP || p->protocol == ICMP6;
    struct row r = {.n = 0};
    integer(&r, milliseconds(p->time_ns));
    integer(&r, milliseconds(f->last));
    put_end(&r, p->version, p->src, p->sport, src);
    put_end(&r, p->version, p->dst, p->dport, dst);
    integer(&r, p->protocol);
    null(&r);
    put_counts(&r, f);
    put_rates(&r, f);
    integer(&r, is_icmp ? p->icmp : 0);
    integer(&r, p->protocol == ICMP ? p->icmp >> 8 : 0);
    for (int i = 0; i < 4; i++)
        null(&r);
    put_gaps(&r, &f->side[0].gaps);
    put_gaps(&r, &f->side[1].gaps);
    bool good = sink->row(sink->to, r.values + (n->is_v2 ? N_BEFORE : 0));
    set_table_remove(&n->flows, f);
    return good;
}

/* The flows that have been idle for too long: they are the first of the table. */
static bool end_idle(struct netflow *n, const struct set_sink *sink)
{
    bool good = true;
    while (good && n->flows.first) {
        struct flow *f = (struct flow *)n->flows.first;
        if (time_diff(n->now, f->last) < n->idle_ns)
            break;
        good = end(n, f, sink);
    }
    return good;
}

static bool netflow_packet(struct set *set, const struct set_view *view, const struct set_sink *sink)
{
    struct netflow *n = (struct netflow *)set;
    struct packet p;
    if (!decode(&p, view)) {
        set->left_out++;
        return true;
    }
    n->now = p.time_ns > n->now ? p.time_ns : n->now;
    bool good = end_idle(n, sink);
    struct key key = key_of(&p);
    struct flow *f = set_table_find(&n->flows, &key);
    if (good && f && time_diff(p.time_ns, f->first.time_ns) >= n->active_ns) {
        good = end(n, f, sink);
        f = NULL;
    }
    if (!f && good) {
        f = set_table_add(&n->flows, &key);
        if (!f)
            return false;
        f->first = p;
        f->shortest = UINT32_MAX;
        f->min_ttl = UINT8_MAX;
    } else if (good) {
        set_table_renew(&n->flows, f);
    }
    if (good)
        flow_add(f, &p);
    return good;
}

static bool netflow_finish(struct set *set, const struct set_sink *sink)
{
    struct netflow *n = (struct netflow *)set;
    bool good = true;
    while (good && n->flows.first)
        good = end(n, (struct flow *)n->flows.first, sink);
    return good;
}

static void netflow_close(struct set *set)
{
    struct netflow *n = (struct netflow *)set;
    if (!n)
        return;
    set_table_free(&n->flows);
    memory_free(n);
}

static const struct set_csv csv = {.separator = ',', .null = "", .real = set_number_python};

const struct set_family set_netflow = {
    .name = "netflow",
    .description = "the columns of the NF-*-v2 and v3 data sets, by this project's definition",
    .row = "flow",
    .uses = SET_USES_TIMEOUTS | SET_USES_VERSION,
    .open = netflow_open,
    .packet = netflow_packet,
    .finish = netflow_finish,
    .close = netflow_close,
    .csv = &csv,
};
