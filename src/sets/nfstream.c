/* NFStream's flows. A flow ends when a packet comes too late for it, when the scan of the table's head finds
 * it idle, or with the capture; FIN and RST end nothing. */
#include "sets/nfstream.h"

#include <arpa/inet.h>
#include <math.h>
#include <string.h>

#include "base/address.h"
#include "base/error.h"
#include "base/memory.h"
#include "sets/csv.h"
#include "sets/families.h"
#include "sets/table.h"

enum {
    SCAN_MS = 10,      /* the head of the table is looked at no more often than this */
    SCAN_FLOWS = 1000, /* and so many flows are taken from it at most */
    MOST_SPLT = 255,
    MOST_SECONDS = 2000000, /* gaps in milliseconds are integers of 32 bits */
    IDLE_S = 120,
    ACTIVE_S = 1800
};

/* A statistic of sizes or gaps, operation for operation as in the original. */
struct statistic {
    int64_t min, max;
    double mean, squares;
};

/* One direction, or both. */
struct way {
    int64_t packets, bytes, first, last, duration;
    struct statistic sizes, gaps;
    int64_t flags[8]; /* in the order of the columns */
};

struct key {
    uint8_t low[16], high[16];
    uint16_t low_port, high_port, vlan;
    uint8_t protocol, tunnel, version, zero;
};

enum { BOTH, FORWARD, BACKWARD, N_WAYS };

struct flow {
    struct set_entry entry;
    struct key key;
    struct nfstream_packet first;
    struct way ways[N_WAYS];
    int expiration;
    int32_t early[]; /* directions, sizes, gaps of the first packets; -1 where there are fewer */
};

enum { N_COLUMNS = 80, MOST_TEXT = INET6_ADDRSTRLEN };

struct nfstream {
    struct set set;
    struct set_table flows;
    int64_t idle_ms, active_ms, now, scanned, n_rows;
    unsigned mode, splt;
};

#define I(name, unit, description) {name, "l", description, unit, 0}
#define R(name, unit, description) {name, "g", description, unit, 0}
#define T(name, description) {name, "u", description, "", 0}
#define COUNTS(way, of)                                                                                      \
    I(way "_first_seen_ms", "ms", "time of the first packet " of " since 1970"),                             \
        I(way "_last_seen_ms", "ms", "time of the last packet " of " since 1970"),                           \
        I(way "_duration_ms", "ms", "last minus first packet " of),                                          \
        I(way "_packets", "packets", "packets " of),                                                         \
        I(way "_bytes", "bytes", "sum of the sizes of packets " of " by the accounting mode")
#define FOUR(way, what, unit, of)                                                                            \
    I(way "_min_" what, unit, "least of " of), R(way "_mean_" what, unit, "mean of " of),                    \
        R(way "_stddev_" what, unit, "deviation (n - 1) of " of),                                            \
        I(way "_max_" what, unit, "largest of " of)
#define FLAG(way, name) I(way "_" name "_packets", "packets", "TCP packets with this flag")
#define FLAGS(way)                                                                                           \
    FLAG(way, "syn"), FLAG(way, "cwr"), FLAG(way, "ece"), FLAG(way, "urg"), FLAG(way, "ack"),                \
        FLAG(way, "psh"), FLAG(way, "rst"), FLAG(way, "fin")

static const struct set_column COLUMNS[N_COLUMNS] = {
    I("id", "", "number of the row, from 0"),
    I("expiration_id", "", "0: idle, or open at the end; 1: active for too long"),
    T("src_ip", "source of the first packet"),
    T("src_mac", "its link address"),
    T("src_oui", "first half of that"),
    I("src_port", "", "source port; 0 without TCP and UDP"),
    T("dst_ip", "destination of the first packet"),
    T("dst_mac", "its link address"),
    T("dst_oui", "first half of that"),
    I("dst_port", "", "destination port; 0 without TCP and UDP"),
    I("protocol", "", "IP protocol number"),
    I("ip_version", "", "4 or 6"),
    I("vlan_id", "", "innermost VLAN id; 0 without a tag"),
    I("tunnel_id", "", "1: the packets come out of GTP-U"),
    COUNTS("bidirectional", "of both directions"),
    COUNTS("src2dst", "from the source"),
    COUNTS("dst2src", "from the destination"),
    FOUR("bidirectional", "ps", "bytes", "the sizes of all packets"),
    FOUR("src2dst", "ps", "bytes", "the sizes of packets from the source"),
    FOUR("dst2src", "ps", "bytes", "the sizes of packets from the destination"),
    FOUR("bidirectional", "piat_ms", "ms", "the gaps between all packets"),
    FOUR("src2dst", "piat_ms", "ms", "the gaps between packets from the source"),
    FOUR("dst2src", "piat_ms", "ms", "the gaps between packets from the destination"),
    FLAGS("bidirectional"),
    FLAGS("src2dst"),
    FLAGS("dst2src"),
    {"splt_direction", "+l", "of the first packets: 0 from the source, 1 from the destination, -1 no packet",
     "", 0},
    {"splt_ps", "+l", "their sizes; -1 no packet", "bytes", 0},
    {"splt_piat_ms", "+l", "their gaps to the packet before, of either direction; -1 no packet", "ms", 0},
};

static enum fc_status nfstream_open(struct set **out, const struct set_options *o, struct fc_error *err)
{
    *out = NULL;
    if (o->accounting_mode > 3)
        return error_set(err, FC_USAGE, -1, "accounting_mode is 0, 1, 2 or 3, not %u", o->accounting_mode);
    if (o->splt > MOST_SPLT)
        return error_set(err, FC_USAGE, -1, "splt is at most %d, not %u", MOST_SPLT, o->splt);
    if (o->idle_s > MOST_SECONDS || o->active_s > MOST_SECONDS)
        return error_set(err, FC_USAGE, -1, "a time-out is at most %d seconds", MOST_SECONDS);
    struct nfstream *n = memory_zero(1, sizeof *n);
    size_t record = sizeof(struct flow) + 3 * o->splt * sizeof(int32_t);
    if (!n || !set_table_init(&n->flows, sizeof(struct key), record)) {
        memory_free(n);
        return error_memory(err);
    }
    n->set = (struct set){&set_nfstream, COLUMNS, o->splt ? N_COLUMNS : N_COLUMNS - 3};
    n->mode = o->accounting_mode;
    n->splt = o->splt;
    n->idle_ms = (int64_t)(o->idle_s ? o->idle_s : IDLE_S) * 1000;
    n->active_ms = (int64_t)(o->active_s ? o->active_s : ACTIVE_S) * 1000;
    *out = &n->set;
    return FC_OK;
}

static void statistic_add(struct statistic *s, int64_t value, int64_t n)
{
    double x = (double)value;
    if (n == 1) {
        s->min = s->max = value;
        s->mean = x;
        return;
    }
    s->max = value > s->max ? value : s->max;
    s->min = value < s->min ? value : s->min;
    double old = s->mean;
    s->mean += (x - old) / (double)n;
    s->squares += (x - old) * (x - s->mean);
}

/* Returns the gap to the packet before. */
static int64_t way_add(struct way *w, const struct nfstream_packet *p, int64_t size)
{
    static const uint8_t order[] = {1, 7, 6, 5, 4, 3, 2, 0}; /* bits, in the order of the columns */
    w->packets++;
    w->bytes += size;
    for (int i = 0; p->flags && i < 8; i++)
        w->flags[i] += p->flags >> order[i] & 1;
    statistic_add(&w->sizes, size, w->packets);
    if (w->packets == 1) {
        w->first = w->last = p->time_ms;
        return 0;
    }
    int64_t gap = p->time_ms - w->last;
    statistic_add(&w->gaps, gap, w->packets - 1);
    w->last = p->time_ms;
    w->duration = w->last - w->first;
    return gap;
}

/* Ports decide before addresses. */
static bool is_backward(const struct nfstream_packet *first, const struct nfstream_packet *p)
{
    return p->sport != first->sport || p->dport != first->dport || memcmp(p->src, first->src, 16) ||
           memcmp(p->dst, first->dst, 16);
}

static void flow_add(const struct nfstream *n, struct flow *f, const struct nfstream_packet *p)
{
    int64_t size = p->sizes[n->mode], at = f->ways[BOTH].packets;
    bool backward = is_backward(&f->first, p);
    int64_t gap = way_add(&f->ways[BOTH], p, size);
    way_add(&f->ways[backward ? BACKWARD : FORWARD], p, size);
    if (at >= n->splt)
        return;
    f->early[at] = backward;
    f->early[n->splt + at] = (int32_t)size;
    f->early[2 * n->splt + at] = (int32_t)gap;
}

static bool begin(struct nfstream *n, const struct key *key, const struct nfstream_packet *p)
{
    struct flow *f = set_table_add(&n->flows, key);
    if (!f)
        return false;
    f->first = *p;
    memset(f->early, 0xff, 3 * n->splt * sizeof(int32_t));
    flow_add(n, f, p);
    return true;
}

struct row {
    struct set_value values[N_COLUMNS];
    size_t n;
};

static void integer(struct row *r, int64_t v) { r->values[r->n++] = set_integer(v); }

static void put_end(struct row *r, const struct nfstream_packet *p, const uint8_t *ip, const uint8_t *mac,
                    uint16_t port, char ip_text[MOST_TEXT], char mac_text[ADDRESS_TEXT_CAP])
{
    if (!inet_ntop(p->version == 4 ? AF_INET : AF_INET6, ip, ip_text, MOST_TEXT))
        ip_text[0] = 0;
    size_t n = address_ether(mac_text, mac);
    r->values[r->n++] = set_text(ip_text, strlen(ip_text));
    r->values[r->n++] = set_text(mac_text, n);
    r->values[r->n++] = set_text(mac_text, n < 8 ? n : 8);
    integer(r, port);
}

static void put_statistic(struct row *r, const struct statistic *s, int64_t n)
{
    size_t begin = r->n;
    integer(r, s->min);
    r->values[r->n++] = set_real(s->mean);
    r->values[r->n++] = set_real(n > 1 ? sqrt(s->squares / ((double)n - 1)) : 0.0);
    integer(r, s->max);
    r->values[begin + 2].undefined = n <= 1;
    for (size_t i = begin; n <= 0 && i < r->n; i++)
        r->values[i].undefined = true;
}

static void put_ways(struct row *r, const struct flow *f)
{
    for (const struct way *w = f->ways; w < f->ways + N_WAYS; w++) {
        size_t begin = r->n;
        integer(r, w->first);
        integer(r, w->last);
        integer(r, w->duration);
        for (size_t i = begin; i < r->n; i++)
            r->values[i].undefined = !w->packets;
        integer(r, w->packets);
        integer(r, w->bytes);
    }
    for (const struct way *w = f->ways; w < f->ways + N_WAYS; w++)
        put_statistic(r, &w->sizes, w->packets);
    for (const struct way *w = f->ways; w < f->ways + N_WAYS; w++)
        put_statistic(r, &w->gaps, w->packets - 1);
    for (const struct way *w = f->ways; w < f->ways + N_WAYS; w++)
        for (int i = 0; i < 8; i++)
            integer(r, w->flags[i]);
}

/* Prints a flow and takes it out of the table. */
static bool end(struct nfstream *n, struct flow *f, const struct set_sink *sink)
{
    const struct nfstream_packet *p = &f->first;
    char src[MOST_TEXT], dst[MOST_TEXT], src_mac[ADDRESS_TEXT_CAP], dst_mac[ADDRESS_TEXT_CAP];
    struct row r = {.n = 0};
    integer(&r, n->n_rows++);
    integer(&r, f->expiration);
    put_end(&r, p, p->src, p->src_mac, p->sport, src, src_mac);
    put_end(&r, p, p->dst, p->dst_mac, p->dport, dst, dst_mac);
    integer(&r, p->protocol);
    integer(&r, p->version);
    integer(&r, p->vlan);
    integer(&r, p->tunnel);
    put_ways(&r, f);
    for (unsigned i = 0; n->splt && i < 3; i++)
        r.values[r.n++] = (struct set_value){.kind = SET_LIST, .n = n->splt, .list = f->early + i * n->splt};
    bool good = sink->row(sink->to, r.values);
    set_table_remove(&n->flows, f);
    return good;
}

static struct key key_of(const struct nfstream_packet *p)
{
    int order = memcmp(p->src, p->dst, 16);
    bool up = order < 0 || (order == 0 && p->sport <= p->dport);
    struct key key = {.low_port = up ? p->sport : p->dport, .high_port = up ? p->dport : p->sport};
    memcpy(key.low, up ? p->src : p->dst, 16);
    memcpy(key.high, up ? p->dst : p->src, 16);
    key.vlan = p->vlan;
    key.protocol = p->protocol;
    key.tunnel = p->tunnel;
    key.version = p->version;
    return key;
}

/* Takes idle flows from the head of the table, up to the first that is not idle: flows behind it wait. */
static bool scan(struct nfstream *n, const struct set_sink *sink)
{
    bool good = true;
    for (int i = 0; good && i < SCAN_FLOWS; i++) {
        struct flow *f = (struct flow *)n->flows.first;
        if (!f || n->now - n->idle_ms < f->ways[BOTH].last)
            break;
        good = end(n, f, sink);
    }
    return good;
}

static bool nfstream_packet(struct set *set, const struct set_view *view, const struct set_sink *sink)
{
    struct nfstream *n = (struct nfstream *)set;
    struct nfstream_packet p;
    if (!nfstream_decode(&p, view)) {
        set->left_out++;
        return true;
    }
    if (p.time_ms > n->now)
        n->now = p.time_ms;
    p.time_ms = n->now; /* time never runs back */
    bool scans = n->now - n->scanned >= SCAN_MS, good = true;
    if (scans)
        n->scanned = n->now;
    struct key key = key_of(&p);
    struct flow *f = set_table_find(&n->flows, &key);
    bool idle = f && n->now - f->ways[BOTH].last >= n->idle_ms;
    if (f && (idle || n->now - f->ways[BOTH].first >= n->active_ms)) {
        f->expiration = !idle;
        good = end(n, f, sink);
        f = NULL;
    }
    if (f)
        flow_add(n, f, &p);
    else
        good = good && begin(n, &key, &p);
    return good && (!scans || scan(n, sink));
}

static bool nfstream_finish(struct set *set, const struct set_sink *sink)
{
    struct nfstream *n = (struct nfstream *)set;
    bool good = true;
    while (good && n->flows.first)
        good = end(n, (struct flow *)n->flows.first, sink);
    return good;
}

static void nfstream_close(struct set *set)
{
    struct nfstream *n = (struct nfstream *)set;
    if (!n)
        return;
    set_table_free(&n->flows);
    memory_free(n);
}

static const struct set_csv csv = {.separator = ',', .null = "", .real = set_number_python};

const struct set_family set_nfstream = {
    .name = "nfstream",
    .description = "NFStream 6.6.0, with statistics and early packets, without nDPI",
    .row = "flow",
    .uses = SET_USES_ACCOUNTING | SET_USES_SPLT | SET_USES_TIMEOUTS,
    .faults = set_faults_nfstream,
    .n_faults = SET_FAULTS_NFSTREAM,
    .open = nfstream_open,
    .packet = nfstream_packet,
    .finish = nfstream_finish,
    .close = nfstream_close,
    .csv = &csv,
};
