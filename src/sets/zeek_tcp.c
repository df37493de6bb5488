/* Zeek's view of one TCP connection: sequence numbers, history letters and the states of both sides. The
 * order of the steps is the original's. A side keeps its struct when originator and responder are exchanged,
 * so the steps after an exchange go on with the same sides. */
#include "base/rd.h"
#include "sets/zeek.h"

enum { FAR = 1048576, LEAST_HEADER = 20 }; /* a SYN or RST that is further off moves no sequence number */

/* One segment, and the two sides that it concerns. */
struct segment {
    struct zeek_conn *conn;
    struct zeek_tcp *tcp;
    struct zeek_end *end, *peer; /* the sender's, the other */
    bool is_orig;                /* as it was before any exchange */
    uint32_t seq, ack, past;     /* past: behind its sequence space */
    uint32_t size, have;         /* payload by the IP header, and captured */
    uint8_t flags;
    uint16_t window;
    uint64_t relative;
    bool underflow; /* it lies before the beginning of its side */
};

static int64_t delta(uint32_t a, uint32_t b) { return (int32_t)(a - b); }

static bool has(const struct segment *s, unsigned flag) { return s->flags & flag; }

void zeek_tcp_init(struct zeek_tcp *tcp)
{
    *tcp = (struct zeek_tcp){.active = true};
    for (int i = 0; i < 2; i++) {
        for (int c = 0; c < N_SCALED; c++)
            tcp->ends[i].counters[c].next = 1;
        zeek_stream_init(&tcp->ends[i].stream);
    }
    tcp->ends[0].is_orig = true;
}

void zeek_tcp_free(struct zeek_tcp *tcp)
{
    for (int i = 0; i < 2; i++)
        zeek_stream_free(&tcp->ends[i].stream);
}

static bool in_handshake(unsigned state) { return state <= SYN_ACK_SENT; }

static void set_state(struct zeek_conn *conn, struct zeek_end *e, enum zeek_state state)
{
    if (state == e->state)
        return;
    if (!in_handshake(state) && in_handshake(e->state) && in_handshake(zeek_peer(&conn->tcp, e)->state))
        zeek_inactivity(conn, 300.0);
    e->before = e->state;
    e->state = (uint8_t)state;
}

/* The number relative to the beginning of a side; wraps: how often `last` has passed 2^32. */
static uint64_t relative_to(const struct zeek_end *e, uint32_t seq, uint32_t last, uint64_t wraps,
                            bool *underflow)
{
    int64_t d = delta(seq, last);
    if (d < 0 && wraps && seq > last)
        wraps--;
    else if (d > 0 && seq < last)
        wraps++;
    *underflow = false;
    if (wraps)
        return (wraps << 32) + seq - e->start;
    d = delta(seq, (uint32_t)e->start);
    *underflow = d < 0;
    return (uint64_t)d;
}

/* Notes a letter of which a side has one. Returns true when it had it already. */
static bool once(struct segment *s, char letter, enum zeek_mark mark)
{
    struct zeek_conn *conn = s->conn;
    if ((letter == 'A' || letter == 'D') && conn->n_history == 1 && conn->history[0] == 'H') {
        zeek_flip(conn);
        conn->n_history = 0;
        zeek_note(conn, '^', true);
        zeek_note(conn, 'H', false);
        s->tcp->seen |= 1;
    }
    uint8_t *marks = &conn->marks[s->end->is_orig];
    if (*marks & mark)
        return true;
    *marks |= (uint8_t)mark;
    zeek_note(conn, letter, s->end->is_orig);
    return false;
}

/* The same for a letter that is noted again for another sequence number. */
static void once_each(struct segment *s, char letter, enum zeek_mark mark, uint64_t at, uint64_t *last)
{
    if (once(s, letter, mark) && at != *last)
        zeek_note(s->conn, letter, s->end->is_orig);
    *last = at;
}

static void history(struct segment *s)
{
    struct zeek_end *e = s->end;
    int several = has(s, ZEEK_SYN) + has(s, ZEEK_FIN) + has(s, ZEEK_RST);
    bool both_ends = has(s, ZEEK_FIN) && has(s, ZEEK_RST);
    if (several > 1)
        once(s, both_ends ? 'I' : 'Q', both_ends ? MARK_I : MARK_Q);
    else if (has(s, ZEEK_SYN))
        once_each(s, has(s, ZEEK_ACK) ? 'H' : 'S', MARK_S, s->relative, &e->syn_at);
    else if (has(s, ZEEK_FIN))
        once_each(s, 'F', MARK_F, s->relative + s->size, &e->fin_at);
    else if (has(s, ZEEK_RST))
        once_each(s, 'R', MARK_R, s->relative, &e->rst_at);
    else if (s->size)
        once(s, 'D', MARK_D);
    else if (has(s, ZEEK_ACK))
        once(s, 'A', MARK_A);
    if (s->window == 0 && !has(s, ZEEK_RST) && s->peer->state != CLOSED && e->state != RESET)
        zeek_count(s->conn, &e->counters[SCALED_W], 'W', e->is_orig);
}

/* Whether the connection was met in its middle. */
static void begin_partial(struct segment *s)
{
    struct zeek_tcp *tcp = s->tcp;
    if (s->is_orig) {
        if (!(tcp->seen & 1))
            tcp->partial = !has(s, ZEEK_SYN) || has(s, ZEEK_ACK);
    } else if (!(tcp->seen & 2) && !tcp->partial) {
        tcp->partial = !has(s, ZEEK_SYN);
    }
}

/* The sequence numbers of a side begin, or begin anew. */
static void begin_numbers(struct segment *s)
{
    struct zeek_end *e = s->end;
    bool syn = has(s, ZEEK_SYN), anew = false;
    if (e->state == INACTIVE) {
        uint32_t start = syn ? s->seq : s->seq - 1;
        e->start = e->ack = start;
        e->last = syn ? s->past : s->seq;
    } else if (e->state == SYN_SENT || e->state == SYN_ACK_SENT) {
        anew = syn && s->seq != (uint32_t)e->start;
    } else if (e->state == ESTABLISHED || e->state == PARTIAL ||
               (e->state == RESET && e->before == INACTIVE)) {
        anew = syn;
    }
    if (!anew)
        return;
    e->start = e->ack = s->seq;
    e->last = s->past;
}

/* The other side's acknowledged number; returns it relative to that side's beginning. */
static uint64_t acknowledge(struct segment *s)
{
    struct zeek_end *p = s->peer;
    bool low = false;
    if (p->state == INACTIVE) {
        p->ack = p->last = s->ack - 1;
        p->start = p->ack;
        return 1;
    }
    uint64_t acked = relative_to(p, s->ack, p->ack, p->ack_wraps, &low);
    if (low)
        return 0;
    int64_t d = delta(s->ack, p->ack);
    if (has(s, ZEEK_RST) || d <= 0 || (s->ack == 0 && d > FAR))
        return acked;
    p->ack_wraps += s->ack < p->ack;
    p->ack = s->ack;
    return acked;
}

static void move_last(struct segment *s)
{
    struct zeek_end *e = s->end;
    int64_t d = delta(s->past, e->last);
    if (has(s, ZEEK_SYN | ZEEK_RST) && (d < 0 ? -d : d) > FAR)
        return;
    bool closes = has(s, ZEEK_FIN) && e->last == (uint32_t)(e->start + 1);
    if (closes || (e->state != RESET && d > 0)) {
        e->last_wraps += s->past < e->last;
        e->last = s->past;
    } else if (e->state != RESET && d <= 0 && s->size > 0) {
        zeek_count(s->conn, &e->counters[SCALED_T], 'T', e->is_orig);
    }
}

/* An interactive session may be idle for longer; its server's port says what it is. */
static void established(struct zeek_conn *conn)
{
    uint16_t port = conn->resp.port;
    if (zeek_orig(&conn->tcp)->state == INACTIVE && !zeek_is_server_port(conn->world, false, port) &&
        zeek_is_server_port(conn->world, false, conn->orig.port))
        port = conn->orig.port;
    conn->long_idle |= port == 21 || port == 22 || port == 23 || port == 513;
}

/* What a state makes of a segment: does the side close, and is that an event of the connection? */
struct verdict {
    bool closes, is_event;
};

static void syn_while_inactive(struct segment *s)
{
    struct zeek_conn *conn = s->conn;
    if (s->is_orig) {
        set_state(conn, s->end, has(s, ZEEK_ACK) ? SYN_ACK_SENT : SYN_SENT);
        zeek_timer(conn, conn->world->now + 5.0, TIMER_ATTEMPT);
        return;
    }
    if (!has(s, ZEEK_ACK) && s->peer->state == SYN_ACK_SENT && s->seq == (uint32_t)s->end->start) {
        s->tcp->partial = false;
        zeek_flip(conn);
        set_state(conn, s->peer, ESTABLISHED);
        s->tcp->seen |= 1;
    }
    if (s->peer->state == SYN_SENT)
        set_state(conn, s->peer, ESTABLISHED);
    set_state(conn, s->end, ESTABLISHED);
    if (s->peer->state != PARTIAL)
        established(conn);
}

static struct verdict while_inactive(struct segment *s)
{
    struct verdict v = {false, false};
    struct zeek_end *e = s->end, *p = s->peer;
    if (has(s, ZEEK_SYN))
        syn_while_inactive(s);
    if (has(s, ZEEK_FIN)) {
        set_state(s->conn, e, CLOSED);
        v = (struct verdict){true, true};
    }
    if (has(s, ZEEK_RST)) {
        set_state(s->conn, e, RESET);
        bool rejects =
            s->is_orig ? p->state == ESTABLISHED : p->state == SYN_SENT || p->state == SYN_ACK_SENT;
        v = (struct verdict){true, !rejects};
    }
    if (e->state != INACTIVE || (!s->is_orig && s->size == 0 && zeek_orig(s->tcp)->state == SYN_SENT))
        return v;
    if (has(s, ZEEK_ACK) && p->state == ESTABLISHED) {
        set_state(s->conn, e, ESTABLISHED);
        s->tcp->partial = false;
        s->tcp->seen |= s->is_orig ? 1 : 2;
    } else {
        set_state(s->conn, e, PARTIAL);
    }
    return v;
}

static struct verdict while_in_handshake(struct segment *s)
{
    struct verdict v = {false, false};
    if (has(s, ZEEK_FIN)) {
        set_state(s->conn, s->end, CLOSED);
        v = (struct verdict){true, true};
    }
    if (has(s, ZEEK_RST)) {
        set_state(s->conn, s->end, RESET);
        s->tcp->active = false;
        v.closes = true;
    }
    return v;
}

static struct verdict while_established(struct segment *s)
{
    struct verdict v = {false, false};
    struct zeek_end *e = s->end, *p = s->peer;
    if (has(s, ZEEK_SYN) && !has(s, ZEEK_ACK) && e->state == PARTIAL && p->state == INACTIVE)
        set_state(s->conn, e, SYN_SENT);
    if (has(s, ZEEK_FIN) && !has(s, ZEEK_RST)) {
        set_state(s->conn, e, CLOSED);
        if (p->state == RESET && p->before == CLOSED)
            set_state(s->conn, p, CLOSED);
        v = (struct verdict){true, true};
    }
    if (has(s, ZEEK_RST)) {
        set_state(s->conn, e, RESET);
        v.closes = true;
        if (p->state != RESET || p->before != ESTABLISHED)
            s->tcp->active = false;
    }
    return v;
}

static struct verdict machine(struct segment *s)
{
    struct verdict v = {false, false};
    switch ((enum zeek_state)s->end->state) {
    case INACTIVE:
        return while_inactive(s);
    case SYN_SENT:
    case SYN_ACK_SENT:
        return while_in_handshake(s);
    case ESTABLISHED:
    case PARTIAL:
        return while_established(s);
    case CLOSED:
        if (has(s, ZEEK_RST) && s->peer->state != CLOSED) {
            set_state(s->conn, s->end, RESET);
            v.closes = !s->end->closed;
        }
        return v;
    case RESET:
        break;
    }
    return v;
}

static void close_end(struct zeek_conn *conn, struct zeek_end *e, bool is_event)
{
    struct zeek_tcp *tcp = &conn->tcp;
    struct zeek_end *p = zeek_peer(tcp, e);
    if (zeek_stream_pending(conn, e)) {
        tcp->deferred = true;
        tcp->deferred_event |= is_event;
        return;
    }
    tcp->deferred = false;
    if (e->closed)
        return;
    e->closed = true;
    if (e->state == RESET || p->closed || p->state == INACTIVE) {
        if (e->before != INACTIVE || p->state != INACTIVE) {
            is_event |= tcp->deferred_event;
            tcp->deferred_event = false;
            if (is_event)
                tcp->active = false;
        }
        zeek_timers_cancel(conn);
        zeek_timer(conn, conn->last + 5.0, TIMER_DELETE);
    } else if (e->before != INACTIVE) {
        zeek_timer(conn, conn->last + 6.0, TIMER_EXPIRE);
    }
}

/* A stream has come to its end: a close that waited for it is made now. */
static void end_of_stream(struct zeek_conn *conn, struct zeek_end *e)
{
    if (!conn->tcp.deferred)
        return;
    close_end(conn, e, conn->tcp.deferred_event);
    conn->tcp.deferred = false;
}

static void check_stream(struct zeek_conn *conn, struct zeek_end *e)
{
    if (zeek_stream_ends(conn, e))
        end_of_stream(conn, e);
}

static struct segment segment_of(struct zeek_conn *conn, bool is_orig, const uint8_t *header, uint32_t size,
                                 uint32_t have)
{
    struct zeek_tcp *tcp = &conn->tcp;
    struct segment s = {.conn = conn, .tcp = tcp, .is_orig = is_orig, .size = size, .have = have};
    s.end = is_orig ? zeek_orig(tcp) : zeek_resp(tcp);
    s.peer = zeek_peer(tcp, s.end);
    s.seq = rd_be32(header + 4);
    s.ack = rd_be32(header + 8);
    s.flags = header[13];
    s.window = rd_be16(header + 14);
    s.past = s.seq + (has(&s, ZEEK_RST) ? 0 : size) + has(&s, ZEEK_SYN) + has(&s, ZEEK_FIN);
    return s;
}

void zeek_tcp_packet(struct zeek_conn *conn, bool is_orig, const uint8_t *header, uint32_t size,
                     uint32_t have)
{
    struct segment s = segment_of(conn, is_orig, header, size, have);
    uint64_t acked = 0;
    begin_partial(&s);
    begin_numbers(&s);
    s.relative = relative_to(s.end, s.seq, s.end->last, s.end->last_wraps, &s.underflow);
    history(&s);
    if (!(conn->tcp.ends[0].closed && conn->tcp.ends[1].closed))
        conn->last = conn->world->now;
    if (has(&s, ZEEK_FIN)) {
        s.end->fins++;
        s.end->fin_end = s.relative + (uint32_t)(s.past - s.seq);
    }
    if (has(&s, ZEEK_ACK))
        acked = acknowledge(&s);
    move_last(&s);
    struct verdict v = machine(&s);
    if (has(&s, ZEEK_ACK) && zeek_stream_acked(conn, s.peer, acked))
        check_stream(conn, s.peer);
    s.tcp->seen |= is_orig ? 1 : 2;
    if (size > 0 && !has(&s, ZEEK_RST) && !s.underflow && have >= size)
        zeek_stream_data(conn, s.end, s.relative + has(&s, ZEEK_SYN), size);
    check_stream(conn, s.end);
    if (v.closes)
        close_end(conn, s.end, v.is_event);
}

bool zeek_tcp_is_reuse(struct zeek_tcp *tcp, const uint8_t *header, uint32_t n)
{
    if (n < LEAST_HEADER || header[12] >> 4 < 5 || !(header[13] & ZEEK_SYN))
        return false;
    bool ack = header[13] & ZEEK_ACK;
    const struct zeek_end *orig = zeek_orig(tcp), *resp = zeek_resp(tcp), *end = ack ? resp : orig;
    if (ack && orig->state != INACTIVE)
        return false;
    if (orig->closed || resp->closed)
        return true;
    uint32_t seq = rd_be32(header + 4);
    bool answers =
        !ack && orig->state == SYN_ACK_SENT && resp->state == INACTIVE && seq == (uint32_t)resp->start;
    return seq != (uint32_t)end->start && !answers;
}
