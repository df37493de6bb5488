/* Queries that wait for their responses.
 * Invariant: a query is the newest one with its identifier until it is answered or RETRANSMISSION_NS have
 * passed; until then a query with the same identifier is a retransmission.
 * Source: observed (tshark 4.0.17). */
#include "proto/dns_match.h"

#include <string.h>

#include "base/memory.h"
#include "base/time.h"

enum { FIRST_SLOTS = 256, FIRST_IN_ARENA = 8 };
#define RETRANSMISSION_NS (5 * INT64_C(1000000000)) /* after this time a query is a new one */

static size_t matcher_slot(const struct dns_matcher *m, uint64_t key)
{
    size_t at = (size_t)hash_bytes(&m->hash_key, &key, sizeof key) & (m->n_slots - 1);
    while (m->slots[at].key && m->slots[at].key != key)
        at = (at + 1) & (m->n_slots - 1);
    return at;
}

static bool matcher_grow(struct dns_matcher *m)
{
    struct dns_matcher larger = *m;
    larger.n_slots = m->n_slots ? m->n_slots * 2 : m->arena ? FIRST_IN_ARENA : FIRST_SLOTS;
    size_t size = larger.n_slots * sizeof *larger.slots;
    larger.slots = m->arena ? arena_take(m->arena, size) : memory_alloc(size);
    if (!larger.slots) {
        memory_ended(m->memory);
        return false;
    }
    memset(larger.slots, 0, size);
    if (!m->n_slots)
        hash_key_make(&larger.hash_key);
    for (size_t i = 0; i < m->n_slots; i++)
        if (m->slots[i].key)
            larger.slots[matcher_slot(&larger, m->slots[i].key)] = m->slots[i];
    if (!m->arena)
        memory_free(m->slots);
    else if (m->n_slots)
        arena_give(m->arena, m->slots, m->n_slots * sizeof *m->slots);
    *m = larger;
    return true;
}

/* Empties a slot of open addressing: later members of its run move up, so that no look-up stops too early
 * (Knuth, The Art of Computer Programming, volume 3, 6.4, algorithm R). */
static void matcher_forget(struct dns_matcher *m, size_t at)
{
    size_t mask = m->n_slots - 1;
    for (size_t next = (at + 1) & mask; m->slots[next].key; next = (next + 1) & mask) {
        uint64_t key = m->slots[next].key;
        size_t home = (size_t)hash_bytes(&m->hash_key, &key, sizeof key) & mask;
        if (((next - home) & mask) < ((next - at) & mask))
            continue;
        m->slots[at] = m->slots[next];
        at = next;
    }
    m->slots[at] = (struct dns_query){0};
    m->n_queries--;
    m->n_forgotten++;
}

/* Looks at a few slots before a new query comes, and forgets those that are old; at the limit, the next one
 * of any age. */
static void forget_some(struct dns_matcher *m, int64_t now_ns)
{
    enum { LOOKS = 8 };
    size_t limit = m->limit ? m->limit : DNS_QUERIES;
    bool full = m->n_queries >= limit;
    if (!full && (!m->silence_ns || m->n_queries < DNS_KEPT))
        return;
    for (int i = 0; i < LOOKS || m->n_queries >= limit; i++) {
        m->hand = (m->hand + 1) & (m->n_slots - 1);
        const struct dns_query *q = &m->slots[m->hand];
        bool old = m->silence_ns && time_diff(now_ns, q->time_ns) > m->silence_ns;
        if (q->key && (old || m->n_queries >= limit))
            matcher_forget(m, m->hand);
    }
}

static void note_query(struct dns_matcher *m, struct dns_query *q, struct dns_match *out,
                       const struct dns_query *new)
{
    if (q->key && !q->response_frame && time_diff(new->time_ns, q->time_ns) < RETRANSMISSION_NS) {
        out->retransmission = true;
        out->query_frame = q->frame;
        return;
    }
    m->n_queries += !q->key;
    *q = *new;
}

static void note_response(struct dns_query *q, struct dns_match *out, uint32_t frame, int64_t time_ns)
{
    if (!q || !q->key) {
        out->unsolicited = true;
        return;
    }
    out->retransmission = q->response_frame != 0;
    if (!q->response_frame)
        q->response_frame = frame;
    out->query_frame = q->frame;
    out->response_frame = q->response_frame;
    out->time_ns = time_diff(time_ns, q->time_ns);
}

void dns_match(struct dns_matcher *m, struct dns_match *out, struct rd message, uint64_t conversation,
               uint32_t frame, int64_t time_ns, bool quoted)
{
    uint16_t id = rd_u16(&message), flags = rd_u16(&message);
    bool response = flags >> 15;
    *out = (struct dns_match){0};
    if (!rd_ok(&message))
        return;
    if (quoted) {
        out->unsolicited = response;
        return;
    }
    if (!response)
        forget_some(m, time_ns);
    if (m->n_queries >= m->n_slots / 2 && !matcher_grow(m))
        return;
    uint64_t key = (conversation << 16 | id) + 1;
    struct dns_query *q = &m->slots[matcher_slot(m, key)];
    if (response)
        note_response(q, out, frame, time_ns);
    else
        note_query(m, q, out, &(struct dns_query){.key = key, .time_ns = time_ns, .frame = frame});
}

void dns_matcher_reset(struct dns_matcher *m)
{
    if (m->n_queries)
        memset(m->slots, 0, m->n_slots * sizeof *m->slots);
    m->n_queries = m->hand = 0;
    m->n_forgotten = 0;
}

void dns_matcher_free(struct dns_matcher *m)
{
    memory_free(m->slots);
    *m = (struct dns_matcher){0};
}
