/* Which bytes of a TCP stream were never seen: the part of Zeek's reassembly that decides gaps, missed bytes
 * and the end of a stream. Invariant: ranges are ascending and apart from each other. */
#include <string.h>

#include "base/memory.h"
#include "sets/zeek.h"

enum {
    MOST_UNACKED = 16384, /* bytes kept of a side of which nothing is acknowledged */
    MOST_HELD = 10 << 20,
    MOST_RANGES = 1 << 16 /* more: the side is given up, as with MOST_HELD; the original has no such limit */
};

void zeek_stream_init(struct zeek_stream *s) { *s = (struct zeek_stream){.next = 1, .trimmed = 1}; }

void zeek_stream_free(struct zeek_stream *s) { memory_free(s->ranges); }

static void give_up(struct zeek_stream *s)
{
    s->n = 0;
    s->held = 0;
    s->skips = true;
}

/* Bytes between two seen ones count as missed only in connections that were seen from their beginning. */
static void gap(struct zeek_conn *conn, struct zeek_end *end, uint64_t size)
{
    for (int i = 0; i < 2; i++) {
        const struct zeek_end *e = &conn->tcp.ends[i];
        if (e->state != ESTABLISHED && !(e->state == CLOSED && e->before == ESTABLISHED))
            return;
    }
    zeek_count(conn, &end->counters[SCALED_G], 'G', end->is_orig);
    conn->missed += size;
}

static void trim(struct zeek_conn *conn, struct zeek_end *end, uint64_t seq);

static void inserted(struct zeek_conn *conn, struct zeek_end *end, size_t i)
{
    struct zeek_stream *s = &end->stream;
    if (i >= s->n || s->ranges[i].begin > s->next || s->ranges[i].end <= s->next)
        return;
    for (; i < s->n && s->ranges[i].begin <= s->next; i++)
        if (s->ranges[i].begin == s->next)
            s->next = s->ranges[i].end;
    if (zeek_tcp_nothing_acked(end) && zeek_tcp_size(&conn->tcp, end) > MOST_UNACKED)
        trim(conn, end, s->next);
}

static void undelivered(struct zeek_conn *conn, struct zeek_end *end, uint64_t upto)
{
    struct zeek_stream *s = &end->stream;
    if (upto <= 2 && conn->tcp.partial)
        return;
    for (size_t i = 0; !s->skips && i < s->n && s->ranges[i].begin < upto;) {
        if (s->ranges[i].begin < s->next) {
            i++;
            continue;
        }
        gap(conn, end, s->ranges[i].begin - s->next);
        s->next = s->ranges[i].begin;
        inserted(conn, end, i);
        i = 0;
    }
    if (!s->skips && upto > s->next)
        gap(conn, end, upto - s->next);
    s->next = upto > s->next ? upto : s->next;
}

static void trim(struct zeek_conn *conn, struct zeek_end *end, uint64_t seq)
{
    struct zeek_stream *s = &end->stream;
    if (seq > s->next)
        undelivered(conn, end, seq);
    size_t n = 0;
    for (; n < s->n && s->ranges[n].end <= seq; n++)
        s->held -= s->ranges[n].end - s->ranges[n].begin;
    s->n -= n;
    if (n)
        memmove(s->ranges, s->ranges + n, s->n * sizeof *s->ranges);
    if (s->n && s->ranges[0].begin == s->next)
        inserted(conn, end, 0);
    s->trimmed = seq > s->trimmed ? seq : s->trimmed;
}

static bool insert(struct zeek_stream *s, size_t at, uint64_t begin, uint64_t end)
{
    if (!memory_reserve((void **)&s->ranges, &s->capacity, s->n + 1, sizeof *s->ranges))
        return false;
    memmove(s->ranges + at + 1, s->ranges + at, (s->n - at) * sizeof *s->ranges);
    s->ranges[at] = (struct zeek_range){begin, end};
    s->n++;
    s->held += end - begin;
    return true;
}

/* The first range that ends behind `seq`. */
static size_t first_behind(const struct zeek_stream *s, uint64_t seq)
{
    size_t low = 0, high = s->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->ranges[middle].end <= seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Adds what is new of seq to upper. *first: the range that has to be looked at for progress. */
static bool add_new(struct zeek_stream *s, uint64_t seq, uint64_t upper, size_t *first)
{
    uint64_t at = seq;
    size_t i = first_behind(s, seq);
    bool made = false;
    *first = i; /* the range that holds seq, or the piece that is put here */
    for (; i < s->n && s->ranges[i].begin < upper; i++) {
        struct zeek_range r = s->ranges[i];
        if (r.begin > at) {
            if (!insert(s, i, at, r.begin))
                return false;
            *first = made ? *first : i;
            made = true;
            i++;
        }
        at = r.end > at ? r.end : at;
    }
    if (at >= upper)
        return true;
    *first = made ? *first : i;
    return insert(s, i, at, upper);
}

void zeek_stream_data(struct zeek_conn *conn, struct zeek_end *end, uint64_t seq, uint64_t size)
{
    struct zeek_stream *s = &end->stream;
    uint64_t ack = zeek_tcp_acked(end), upper = seq + size;
    if (s->skips || (seq < ack && upper <= ack))
        return;
    seq = seq < ack ? ack : seq;
    if (upper > s->trimmed) {
        size_t first = 0;
        if (!add_new(s, seq < s->trimmed ? s->trimmed : seq, upper, &first)) {
            conn->world->failed = true;
            return;
        }
        inserted(conn, end, first);
    }
    bool unacked = zeek_tcp_nothing_acked(end) && s->n && s->ranges[s->n - 1].end - s->next > MOST_UNACKED &&
                   s->ranges[s->n - 1].end > s->next;
    if (unacked || s->held > MOST_HELD || s->n > MOST_RANGES)
        give_up(s);
}

bool zeek_stream_acked(struct zeek_conn *conn, struct zeek_end *end, uint64_t seq)
{
    struct zeek_stream *s = &end->stream;
    if (end->fins && seq >= end->fin_end) {
        if (!end->fin_end)
            return false;
        seq = end->fin_end - 1;
    }
    if (seq <= s->trimmed)
        return false;
    trim(conn, end, seq);
    return true;
}

bool zeek_stream_pending(struct zeek_conn *conn, struct zeek_end *end)
{
    const struct zeek_stream *s = &end->stream;
    if (s->skips)
        return false;
    uint64_t done = end->start + s->next, last = (end->last_wraps << 32) + end->last;
    if (last < done)
        return false;
    if (done != last - 1 && done != last)
        return true;
    return end->state != RESET && zeek_peer(&conn->tcp, end)->stream.n;
}

bool zeek_stream_ends(struct zeek_conn *conn, struct zeek_end *end)
{
    bool closes = end->fins || end->state == CLOSED || end->state == RESET;
    if (end->stream.ended || !closes || zeek_stream_pending(conn, end))
        return false;
    end->stream.ended = true;
    return true;
}
