/* The columns of conn.log. */
#include <arpa/inet.h>
#include <string.h>

#include "sets/zeek.h"

static const struct set_column COLUMNS[] = {
    {"ts", "g", "time of the first packet since 1970", "s", 0, "time"},
    {"uid", "u", "a hash of capture, time and ends; Zeek's is random", "", 0, "string"},
    {"id.orig_h", "u", "address of the originator", "", 0, "addr"},
    {"id.orig_p", "l", "its port, or the type of an ICMP message", "", 0, "port"},
    {"id.resp_h", "u", "address of the responder", "", 0, "addr"},
    {"id.resp_p", "l", "its port, or the type that answers the ICMP message, or its code", "", 0, "port"},
    {"proto", "u", "tcp, udp, icmp or unknown_transport", "", 0, "enum"},
    {"service", "u", "unset: Zeek's protocol analysers are not reproduced", "", 0, "string"},
    {"duration", "g", "last minus first packet; unset where that is 0", "s", 0, "interval"},
    {"orig_bytes", "L", "payload of the originator, of TCP by sequence numbers; unset without duration",
     "bytes", 0, "count"},
    {"resp_bytes", "L", "payload of the responder, of TCP by sequence numbers; unset without duration",
     "bytes", 0, "count"},
    {"conn_state", "u", "how far the connection came: S0, S1, SF, REJ ...", "", 0, "string"},
    {"local_orig", "b", "unset: no networks are declared local", "", 0, "bool"},
    {"local_resp", "b", "unset: no networks are declared local", "", 0, "bool"},
    {"missed_bytes", "L", "TCP bytes that were acknowledged but never seen", "bytes", 0, "count"},
    {"history", "u", "a letter for each kind of packet, of the originator in capitals", "", 0, "string"},
    {"orig_pkts", "L", "packets of the originator", "packets", 0, "count"},
    {"orig_ip_bytes", "L", "their IP lengths", "bytes", 0, "count"},
    {"resp_pkts", "L", "packets of the responder", "packets", 0, "count"},
    {"resp_ip_bytes", "L", "their IP lengths", "bytes", 0, "count"},
    {"tunnel_parents", "u", "unset: connections of tunnels are not logged", "", 0, "set[string]"},
    {"ip_proto", "L", "IP protocol number", "", 0, "count"},
};

enum { N_COLUMNS = sizeof COLUMNS / sizeof COLUMNS[0], UID_DIGITS = 17 };

const struct set_column *zeek_columns(size_t *n)
{
    *n = N_COLUMNS;
    return COLUMNS;
}

/* History matches \^?S[^HAFGIQ]*R. */
static bool is_reset_after_syn(const char *history, size_t n)
{
    size_t at = n && history[0] == '^';
    if (at >= n || history[at] != 'S')
        return false;
    for (at++; at < n; at++) {
        if (history[at] == 'R')
            return true;
        if (memchr("HAFGIQ", history[at], 6))
            return false;
    }
    return false;
}

static const char *tcp_state(struct zeek_tcp *tcp, const char *history, size_t n, bool both_empty)
{
    unsigned o = zeek_orig(tcp)->state, r = zeek_resp(tcp)->state;
    bool quiet_o = o == INACTIVE || o == PARTIAL, quiet_r = r == INACTIVE || r == PARTIAL;
    if (r == RESET) {
        if (o == SYN_SENT || o == SYN_ACK_SENT || (o == RESET && both_empty))
            return "REJ";
        return quiet_o ? "RSTRH" : "RSTR";
    }
    if (o == RESET)
        return !quiet_r ? "RSTO" : is_reset_after_syn(history, n) ? "RSTOS0" : "OTH";
    if (o == CLOSED)
        return r == CLOSED ? "SF" : quiet_r ? "SH" : "S2";
    if (r == CLOSED)
        return quiet_o ? "SHR" : "S3";
    if (o == SYN_SENT && r == INACTIVE)
        return "S0";
    return o == ESTABLISHED && r == ESTABLISHED ? "S1" : "OTH";
}

static const char *state_of(struct zeek_conn *c, const char *history, const uint64_t sizes[2])
{
    if (c->transport == ZEEK_TCP)
        return tcp_state(&c->tcp, history, c->n_history, !sizes[0] && !sizes[1]);
    if (c->transport != ZEEK_UDP)
        return "OTH";
    bool orig = c->sizes[0] >= 0, resp = c->sizes[1] >= 0;
    return orig && resp ? "SF" : orig ? "S0" : resp ? "SHR" : "OTH";
}

/* "C" and 17 digits of base 62, of two hashes under fixed keys: the same capture gives the same ids. */
static size_t put_uid(char out[UID_DIGITS + 1], const struct zeek_conn *c)
{
    static const struct hash_key keys[2] = {
        {{0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89, 0x452821e638d01377,
          0xbe5466cf34e90c6c, 0xc0ac29b7c97c50dd, 0x3f84d5b5b5470917}},
        {{0x9216d5d98979fb1b, 0xd1310ba698dfb5ac, 0x2ffd72dbd01adfb7, 0xb8e1afed6a267e96, 0xba7c9045f12c7f99,
          0x24a19947b3916cf7, 0x0801f2e2858efc16, 0x636920d871574e69}}};
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const char *capture = c->world->capture ? c->world->capture : "";
    struct {
        uint64_t capture, serial;
        double first;
        struct zeek_key key;
    } seed;
    memset(&seed, 0, sizeof seed);
    seed.key = c->key;
    seed.first = c->first;
    seed.serial = c->serial;
    size_t n = 0;
    out[n++] = 'C';
    for (int i = 0; i < 2; i++) {
        seed.capture = hash_bytes(&keys[i], capture, strlen(capture));
        uint64_t hash = hash_bytes(&keys[i], &seed, sizeof seed);
        for (int digit = 0; digit < 9 && n <= UID_DIGITS; digit++, hash /= 62)
            out[n++] = digits[hash % 62];
    }
    return n;
}

struct row {
    struct set_value values[N_COLUMNS];
    size_t n;
};

static void put(struct row *r, struct set_value v) { r->values[r->n++] = v; }
static void integer(struct row *r, uint64_t v) { put(r, set_integer((int64_t)v)); }
static void unset(struct row *r) { put(r, (struct set_value){.kind = SET_NULL, .undefined = true}); }

static void put_end(struct row *r, const struct zeek_conn *c, const struct zeek_side *side,
                    char text[INET6_ADDRSTRLEN])
{
    if (!inet_ntop(c->key.is_ip4 ? AF_INET : AF_INET6, side->address, text, INET6_ADDRSTRLEN))
        text[0] = 0;
    put(r, set_text(text, strlen(text)));
    integer(r, side->port);
}

static void put_sizes(struct row *r, double duration, const uint64_t sizes[2])
{
    if (!(duration > 0)) {
        unset(r);
        unset(r);
        unset(r);
        return;
    }
    put(r, set_real(duration));
    integer(r, sizes[0]);
    integer(r, sizes[1]);
}

static void put_packets(struct row *r, const struct zeek_conn *c)
{
    integer(r, c->orig.packets);
    integer(r, c->orig.bytes);
    integer(r, c->resp.packets);
    integer(r, c->resp.bytes);
    unset(r);
    integer(r, c->ip_protocol);
}

bool zeek_row(struct zeek_conn *c, const struct set_sink *sink)
{
    static const char *const protocols[] = {"tcp", "udp", "icmp", "unknown_transport"};
    char uid[UID_DIGITS + 1], orig[INET6_ADDRSTRLEN], resp[INET6_ADDRSTRLEN];
    const char *history = c->n_history > HISTORY_INLINE ? c->more_history.data : c->history;
    uint64_t sizes[2];
    for (int i = 0; i < 2; i++)
        sizes[i] = c->transport == ZEEK_TCP
                       ? zeek_tcp_size(&c->tcp, i ? zeek_resp(&c->tcp) : zeek_orig(&c->tcp))
                   : c->sizes[i] > 0 ? (uint64_t)c->sizes[i]
                                     : 0;
    struct row r = {.n = 0};
    put(&r, set_real(c->first));
    put(&r, set_text(uid, put_uid(uid, c)));
    put_end(&r, c, &c->orig, orig);
    put_end(&r, c, &c->resp, resp);
    const char *protocol = protocols[c->transport], *state = state_of(c, history, sizes);
    put(&r, set_text(protocol, strlen(protocol)));
    unset(&r);
    put_sizes(&r, c->last - c->first, sizes);
    put(&r, set_text(state, strlen(state)));
    unset(&r);
    unset(&r);
    integer(&r, c->missed);
    if (c->n_history)
        put(&r, set_text(history, c->n_history));
    else
        unset(&r);
    put_packets(&r, c);
    return sink->row(sink->to, r.values);
}
