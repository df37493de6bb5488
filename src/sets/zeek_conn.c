/* Zeek's connections: which packet belongs to which, who is the originator, when a connection is removed and
 * logged. */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/rd.h"
#include "sets/families.h"
#include "sets/zeek.h"

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMP6 = 58, MOST_FIRED = 300 };

static void conn_drop(struct zeek_conn *conn)
{
    zeek_tcp_free(&conn->tcp);
    set_buffer_free(&conn->more_history);
    conn->serial = 0; /* its timers find that it is gone */
    set_table_remove(&conn->world->conns, conn);
}

static void conn_remove(struct zeek_conn *conn, const struct set_sink *sink)
{
    if (!conn->world->failed && !zeek_row(conn, sink))
        conn->world->failed = true;
    conn_drop(conn);
}

/* Whether the connection has ended, as the check every six seconds sees it. */
static bool has_expired(struct zeek_conn *conn)
{
    struct zeek_end *o = zeek_orig(&conn->tcp), *r = zeek_resp(&conn->tcp);
    if (conn->last + 5.0 >= conn->world->now)
        return false;
    bool quiet = o->state == RESET || r->state == RESET || o->state == INACTIVE || r->state == INACTIVE;
    if ((o->closed || r->closed) && ((o->closed && r->closed) || quiet))
        return true;
    return o->state == INACTIVE && r->state == INACTIVE;
}

static void fire(struct zeek_conn *conn, enum zeek_timer_kind kind, const struct set_sink *sink)
{
    double now = conn->world->now;
    unsigned orig = zeek_orig(&conn->tcp)->state, resp = zeek_resp(&conn->tcp)->state;
    bool removes = kind == TIMER_DELETE;
    if (kind == TIMER_IDLE) {
        removes = conn->last + conn->idle <= now;
        if (!removes)
            zeek_timer(conn, conn->last + conn->idle, TIMER_IDLE);
    } else if (!removes && conn->tcp.active) {
        if (kind == TIMER_ATTEMPT)
            removes = (orig == SYN_SENT || orig == SYN_ACK_SENT) && resp == INACTIVE;
        else if (!(removes = has_expired(conn)))
            zeek_timer(conn, now + 6.0, TIMER_EXPIRE);
    }
    if (removes)
        conn_remove(conn, sink);
}

static void world_timers(struct zeek_world *w, const struct set_sink *sink)
{
    for (int fired = 0; w->n_timers && w->timers[0].when <= w->now && fired < MOST_FIRED; fired++) {
        struct zeek_timer t = zeek_timer_take(w);
        bool holds = t.conn->serial == t.serial &&
                     t.epoch == (t.kind == TIMER_IDLE ? t.conn->idle_epoch : t.conn->epoch);
        if (holds)
            fire(t.conn, t.kind, sink);
    }
}

/* ---- a packet ---- */

struct ends {
    uint16_t sport, dport;
    bool one_way; /* an ICMP message without a counterpart */
};

/* The type that answers an ICMP message, or 0xff and *one_way. */
static unsigned counterpart(bool is_ip4, unsigned type, bool *one_way)
{
    static const uint8_t pairs4[][2] = {{8, 0}, {13, 14}, {15, 16}, {10, 9}, {17, 18}};
    static const uint8_t pairs6[][2] = {{128, 129}, {133, 134}, {135, 136},
                                        {130, 131}, {139, 140}, {144, 145}};
    const uint8_t(*pairs)[2] = is_ip4 ? pairs4 : pairs6;
    size_t n = is_ip4 ? sizeof pairs4 / sizeof pairs4[0] : sizeof pairs6 / sizeof pairs6[0];
    *one_way = false;
    for (size_t i = 0; i < n; i++)
        for (int side = 0; side < 2; side++)
            if (pairs[i][side] == type)
                return pairs[i][!side];
    *one_way = true;
    return 0xff;
}

static enum zeek_transport transport_of(unsigned protocol)
{
    return protocol == PROTO_TCP                               ? ZEEK_TCP
           : protocol == PROTO_UDP                             ? ZEEK_UDP
           : protocol == PROTO_ICMP || protocol == PROTO_ICMP6 ? ZEEK_ICMP
                                                               : ZEEK_OTHER;
}

static struct ends ends_of(const struct zeek_packet *p, enum zeek_transport transport)
{
    struct ends e = {0};
    if (transport == ZEEK_TCP || transport == ZEEK_UDP) {
        e.sport = rd_be16(p->body);
        e.dport = rd_be16(p->body + 2);
    } else if (transport == ZEEK_ICMP) {
        unsigned answer = counterpart(p->protocol == PROTO_ICMP, p->body[0], &e.one_way);
        e.sport = p->body[0];
        e.dport = (uint16_t)(e.one_way ? p->body[1] : answer);
    }
    return e;
}

static struct zeek_key key_of(const struct zeek_packet *p, const struct ends *e)
{
    int order = memcmp(p->src, p->dst, 16);
    bool up = e->one_way || order < 0 || (order == 0 && e->sport <= e->dport);
    struct zeek_key key = {.low_port = up ? e->sport : e->dport, .high_port = up ? e->dport : e->sport};
    memcpy(key.low, up ? p->src : p->dst, 16);
    memcpy(key.high, up ? p->dst : p->src, 16);
    key.protocol = p->protocol;
    key.one_way = e->one_way;
    key.is_ip4 = p->is_ip4;
    return key;
}

/* Whether the first packet seems to come from the responder. */
static bool is_from_server(const struct zeek_world *w, const struct zeek_packet *p,
                           enum zeek_transport transport, const struct ends *e)
{
    static const uint8_t broadcast[4] = {255, 255, 255, 255};
    bool udp = transport == ZEEK_UDP;
    if ((transport != ZEEK_TCP && !udp) || (p->is_ip4 && !memcmp(p->dst, broadcast, 4)))
        return false;
    bool source = zeek_is_server_port(w, udp, e->sport), target = zeek_is_server_port(w, udp, e->dport);
    if (udp)
        return source && !target;
    bool syn = p->body[13] & ZEEK_SYN, ack = p->body[13] & ZEEK_ACK;
    return (!syn || ack) && source && (!target || (!syn && e->sport < e->dport));
}

static struct zeek_conn *conn_begin(struct zeek_world *w, const struct zeek_key *key,
                                    const struct zeek_packet *p, enum zeek_transport transport,
                                    const struct ends *e)
{
    struct zeek_conn *c = set_table_add(&w->conns, key);
    if (!c)
        return NULL;
    c->world = w;
    c->serial = ++w->serials;
    c->transport = (uint8_t)transport;
    c->ip_protocol = p->protocol;
    c->first = c->last = w->now;
    c->sizes[0] = c->sizes[1] = -1;
    c->bad[0].next = c->bad[1].next = 1;
    memcpy(c->orig.address, p->src, 16);
    memcpy(c->resp.address, p->dst, 16);
    c->orig.port = e->sport;
    c->resp.port = e->dport;
    zeek_tcp_init(&c->tcp);
    if (is_from_server(w, p, transport, e))
        zeek_flip(c);
    if (transport == ZEEK_TCP)
        zeek_timer(c, w->now + 5.0, TIMER_EXPIRE);
    else
        zeek_inactivity(c, 60.0);
    return c;
}

static void count(struct zeek_conn *c, bool is_orig, const struct zeek_packet *p)
{
    struct zeek_side *side = is_orig ? &c->orig : &c->resp;
    side->packets++;
    side->bytes += p->total;
}

static void tcp_packet(struct zeek_conn *c, bool is_orig, const struct zeek_packet *p)
{
    uint32_t size = p->total ? p->n_payload : p->n_body, have = p->n_body, header = (p->body[12] >> 4) * 4;
    if (header < 20 || header > size || header > have)
        return;
    if (!c->world->ignore_checksums && have >= size && zeek_sum(p, p->body, size, true) != 0xffff) {
        struct zeek_end *e = is_orig ? zeek_orig(&c->tcp) : zeek_resp(&c->tcp);
        zeek_count(c, &e->counters[SCALED_C], 'C', e->is_orig);
        return;
    }
    uint8_t orig = c->tcp.orig;
    zeek_tcp_packet(c, is_orig, p->body, size - header, have - header);
    count(c, orig == c->tcp.orig ? is_orig : !is_orig, p);
}

static void size_add(struct zeek_conn *c, bool is_orig, int64_t n)
{
    int64_t *size = &c->sizes[!is_orig];
    *size = *size < 0 ? n : *size + n;
}

static void udp_packet(struct zeek_conn *c, bool is_orig, const struct zeek_packet *p)
{
    uint32_t size = p->n_payload ? p->n_payload : p->n_body;
    bool unchecked = p->is_ip4 && !rd_be16(p->body + 6);
    if (!c->world->ignore_checksums && p->n_body >= size && !unchecked &&
        zeek_sum(p, p->body, size, true) != 0xffff) {
        zeek_count(c, &c->bad[!is_orig], 'C', is_orig);
        return;
    }
    c->last = c->world->now;
    if (!(c->marks[is_orig] & MARK_D))
        zeek_note(c, 'D', is_orig);
    c->marks[is_orig] |= MARK_D;
    size_add(c, is_orig, (int64_t)rd_be16(p->body + 4) - 8);
    count(c, is_orig, p);
}

static void icmp_packet(struct zeek_conn *c, bool is_orig, const struct zeek_packet *p)
{
    uint32_t size = p->n_payload ? p->n_payload : p->n_body;
    bool pseudo_header = p->protocol == PROTO_ICMP6;
    if (!c->world->ignore_checksums && p->n_body >= size &&
        zeek_sum(p, p->body, size, pseudo_header) != 0xffff)
        return;
    c->last = c->world->now;
    size_add(c, is_orig, (int64_t)size - 8);
    if (p->n_body >= size)
        count(c, is_orig, p);
}

static void ip_packet(struct zeek_world *w, const struct zeek_packet *p, const struct set_sink *sink)
{
    static const uint8_t least[] = {[ZEEK_TCP] = 20, [ZEEK_UDP] = 8, [ZEEK_ICMP] = 8, [ZEEK_OTHER] = 0};
    enum zeek_transport transport = transport_of(p->protocol);
    if ((p->n_payload && p->n_payload < least[transport]) || p->n_body < least[transport]) {
        w->set.left_out++;
        return;
    }
    struct ends e = ends_of(p, transport);
    struct zeek_key key = key_of(p, &e);
    struct zeek_conn *c = set_table_find(&w->conns, &key);
    if (c && transport == ZEEK_TCP && zeek_tcp_is_reuse(&c->tcp, p->body, p->n_body)) {
        conn_remove(c, sink);
        c = NULL;
    }
    if (!c && !(c = conn_begin(w, &key, p, transport, &e))) {
        w->failed = true;
        return;
    }
    bool is_orig = !memcmp(p->src, c->orig.address, 16) && e.sport == c->orig.port;
    if (transport == ZEEK_TCP) {
        tcp_packet(c, is_orig, p);
    } else if (transport == ZEEK_UDP) {
        udp_packet(c, is_orig, p);
    } else if (transport == ZEEK_ICMP) {
        icmp_packet(c, is_orig, p);
    } else {
        c->last = w->now;
        count(c, is_orig, p);
    }
    if (c->long_idle)
        zeek_inactivity(c, 3600.0);
    c->long_idle = false;
}

static bool zeek_packet(struct set *set, const struct set_view *view, const struct set_sink *sink)
{
    struct zeek_world *w = (struct zeek_world *)set;
    struct zeek_packet p;
    enum zeek_found found = zeek_decode(&p, &w->fragments, view, w->ignore_checksums);
    set->left_out += found == ZEEK_NONE;
    if (found == ZEEK_NONE || found == ZEEK_WAITS)
        return true;
    w->failed |= found == ZEEK_NO_MEMORY;
    int64_t second = view->time_ns / 1000000000 - (view->time_ns % 1000000000 < 0);
    double now = (double)second + (double)((view->time_ns - second * 1000000000) / 1000) / 1e6;
    w->now = now > w->now ? now : w->now;
    if (!w->failed)
        world_timers(w, sink);
    if (!w->failed)
        ip_packet(w, &p, sink);
    return !w->failed;
}

static bool zeek_finish(struct set *set, const struct set_sink *sink)
{
    struct zeek_world *w = (struct zeek_world *)set;
    while (w->conns.first)
        conn_remove((struct zeek_conn *)w->conns.first, sink);
    return !w->failed;
}

static void zeek_close(struct set *set)
{
    struct zeek_world *w = (struct zeek_world *)set;
    if (!w)
        return;
    while (w->conns.first)
        conn_drop((struct zeek_conn *)w->conns.first);
    set_table_free(&w->conns);
    zeek_fragments_free(&w->fragments);
    memory_free(w->timers);
    memory_free(w);
}

static enum fc_status zeek_open(struct set **out, const struct set_options *o, struct fc_error *err)
{
    struct zeek_world *w = memory_zero(1, sizeof *w);
    *out = NULL;
    if (!w || !set_table_init(&w->conns, sizeof(struct zeek_key), sizeof(struct zeek_conn)) ||
        !zeek_fragments_init(&w->fragments)) {
        zeek_close((struct set *)w);
        return error_memory(err);
    }
    if (!zeek_server_ports(w->server_ports, o->server_ports)) {
        zeek_close(&w->set);
        return error_set(err, FC_USAGE, -1, "server_ports are words as tcp/80, joined by commas, not \"%s\"",
                         o->server_ports);
    }
    w->ignore_checksums = o->ignore_checksums;
    w->capture = o->capture;
    w->set.family = &set_zeek_conn;
    w->set.columns = zeek_columns(&w->set.n_columns);
    *out = &w->set;
    return FC_OK;
}

static const struct set_csv csv = {.separator = '\t', .null = "-", .real = set_number_fixed, .zeek = true};

const struct set_family set_zeek_conn = {
    .name = "zeek-conn",
    .description = "conn.log of Zeek (a13de64), without what protocol analysers add",
    .row = "flow",
    .uses = SET_USES_CHECKSUMS | SET_USES_PORTS,
    .open = zeek_open,
    .packet = zeek_packet,
    .finish = zeek_finish,
    .close = zeek_close,
    .csv = &csv,
};
