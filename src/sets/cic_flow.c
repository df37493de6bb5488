/* What CICFlowMeter counts of a flow. The order of the operations is the original's, because doubles depend
 * on it. */
#include "sets/cic.h"

#include <math.h>

#include "base/memory.h"
#include "base/time.h"

enum { BULK_PACKETS = 4, FORWARD = 0, BACKWARD = 1, FIRST_SEEN = 8, TCP = 6 };
#define PAUSE_US INT64_C(1000000)    /* ends a bulk, and a sub-flow */
#define ACTIVITY_US INT64_C(5000000) /* a longer pause is idle time */

static void cic_add(struct cic_moments *m, int64_t value)
{
    double x = (double)value;
    if (m->n == 0)
        m->min = m->max = x;
    m->n++;
    m->sum += x;
    m->min = x < m->min ? x : m->min;
    m->max = x > m->max ? x : m->max;
    double n = (double)m->n, deviation = x - m->mean, part = deviation / n;
    m->mean += part;
    m->m2 += (n - 1.0) * deviation * part;
}

double cic_variance(const struct cic_moments *m)
{
    return m->n == 0 ? NAN : m->n == 1 ? 0.0 : m->m2 / ((double)m->n - 1.0);
}

double cic_deviation(const struct cic_moments *m) { return sqrt(cic_variance(m)); }

static void bulk_add(struct cic_bulk *b, int64_t t, int64_t size, int64_t last_of_other)
{
    if (last_of_other > b->start)
        b->start = 0;
    if (size <= 0)
        return;
    if (b->start == 0 || time_diff(t, b->last) > PAUSE_US) {
        b->start = b->last = t;
        b->count = 1;
        b->so_far = size;
        return;
    }
    b->count++;
    b->so_far += size;
    if (b->count == BULK_PACKETS) {
        b->states++;
        b->packets += BULK_PACKETS;
        b->size += b->so_far;
        b->duration += time_diff(t, b->start);
    } else if (b->count > BULK_PACKETS) {
        b->packets++;
        b->size += size;
        b->duration += time_diff(t, b->last);
    }
    b->last = t;
}

/* In the classic program the choice of direction compares two arrays by identity, so that it never finds
 * "forward". */
static void count_bulk(const struct cic *cic, struct cic_flow *f, const struct cic_packet *p)
{
    bool forward = !(cic->rules & CIC_ONE_BULK) && f->ends.src == p->src;
    bulk_add(&f->side[!forward].bulk, p->time_us, p->payload, f->side[forward].bulk.last);
}

void cic_flow_activity(struct cic_flow *f, int64_t t)
{
    if (time_diff(t, f->active_to) <= ACTIVITY_US) {
        f->active_to = t;
        return;
    }
    if (time_diff(f->active_to, f->active_from) > 0)
        cic_add(&f->active, time_diff(f->active_to, f->active_from));
    cic_add(&f->idle, time_diff(t, f->active_to));
    f->active_from = f->active_to = t;
}

static void count_subflow(struct cic_flow *f, int64_t t)
{
    if (time_diff(t, f->subflow_last) > PAUSE_US) {
        f->subflows++;
        cic_flow_activity(f, t);
    }
    f->subflow_last = t;
}

static void count_flags(struct cic_flow *f, unsigned flags)
{
    for (unsigned left = flags; left; left &= left - 1)
        f->flags[__builtin_ctz(left)]++;
}

/* The flags, windows and header lengths that each direction has of its own. */
static void count_header(const struct cic *cic, struct cic_side *s, const struct cic_packet *p, bool forward,
                         bool first)
{
    unsigned rules = cic->rules;
    if (first || !(rules & CIC_FIRST_FLAGS)) {
        s->psh += (p->flags & CIC_PSH) != 0;
        s->urg += (p->flags & CIC_URG) != 0;
    }
    s->rst += (p->flags & CIC_RST) != 0;
    s->fin += (p->flags & CIC_FIN) != 0;
    s->header += p->header;
    s->data_packets += p->payload >= 1 && !(first && (rules & CIC_FIRST_NO_DATA));
    if (first || (!forward && ((rules & CIC_LAST_WINDOW) || s->window == 0)))
        s->window = p->window;
    bool begins = first || (s->lengths.n == 1 && !(rules & CIC_ZERO_SEGMENT));
    if (begins || p->header < s->least_header)
        s->least_header = p->header;
}

static void count_side(const struct cic *cic, struct cic_flow *f, const struct cic_packet *p, bool first)
{
    bool forward = f->ends.src == p->src;
    struct cic_side *s = &f->side[!forward];
    cic_add(&s->lengths, p->payload);
    s->bytes += p->payload;
    count_header(cic, s, p, forward, first);
    if (s->lengths.n > 1)
        cic_add(&s->gaps, time_diff(p->time_us, s->last));
    s->last = p->time_us;
}

static bool seen_grow(struct cic_seen *seen)
{
    uint32_t mask = seen->slots ? seen->mask * 2 + 1 : FIRST_SEEN - 1;
    uint64_t *slots = mask < UINT32_MAX ? memory_zero((size_t)mask + 1, sizeof *slots) : NULL;
    if (!slots)
        return false;
    for (uint32_t i = 0; seen->slots && i <= seen->mask; i++) {
        uint32_t at = (uint32_t)seen->slots[i] & mask;
        while (seen->slots[i] && slots[at])
            at = (at + 1) & mask;
        if (seen->slots[i])
            slots[at] = seen->slots[i];
    }
    memory_free(seen->slots);
    seen->slots = slots;
    seen->mask = mask;
    return true;
}

/* Adds a segment; *again: it was seen before. */
static bool cic_seen_add(struct cic *cic, struct cic_seen *seen, const struct cic_packet *p, bool *again)
{
    uint32_t segment[] = {p->src, p->seq, p->ack, (uint32_t)p->payload, p->window};
    uint64_t hash = hash_bytes(&cic->seen_key, segment, sizeof segment);
    hash += hash == 0; /* 0 marks a free slot */
    if ((!seen->slots || seen->n >= seen->mask / 2 + 1) && !seen_grow(seen))
        return false;
    uint32_t at = (uint32_t)hash & seen->mask;
    while (seen->slots[at] && seen->slots[at] != hash)
        at = (at + 1) & seen->mask;
    *again = seen->slots[at] != 0;
    if (!*again) {
        seen->slots[at] = hash;
        seen->n++;
    }
    return true;
}

static bool count_segment(struct cic *cic, struct cic_flow *f, const struct cic_packet *p)
{
    if (f->protocol != TCP || !(cic->rules & CIC_IS_CORRECTED))
        return true;
    bool again = false;
    if (!cic_seen_add(cic, &f->seen, p, &again))
        return false;
    f->side[f->ends.src != p->src].retransmissions += again;
    return true;
}

bool cic_flow_begin(struct cic *cic, struct cic_flow *f, const struct cic_packet *p,
                    const struct cic_ends *ends, struct cic_seen seen)
{
    f->seen = seen;
    f->ends = (struct cic_ends){p->src, p->dst, p->sport, p->dport};
    if (ends && !(cic->rules & CIC_NO_EXCHANGE))
        f->ends = *ends;
    f->protocol = p->protocol;
    f->icmp_code = p->icmp_code;
    f->icmp_type = p->icmp_type;
    count_bulk(cic, f, p);
    count_flags(f, p->flags);
    f->start = f->last = f->active_from = f->active_to = f->subflow_last = p->time_us;
    cic_add(&f->lengths, p->payload);
    if (cic->rules & CIC_FIRST_TWICE)
        cic_add(&f->lengths, p->payload);
    count_side(cic, f, p, true);
    if (ends)
        f->ends = *ends;
    return count_segment(cic, f, p);
}

bool cic_flow_add(struct cic *cic, struct cic_flow *f, const struct cic_packet *p)
{
    count_bulk(cic, f, p);
    count_subflow(f, p->time_us);
    count_flags(f, p->flags);
    cic_add(&f->lengths, p->payload);
    count_side(cic, f, p, false);
    cic_add(&f->gaps, time_diff(p->time_us, f->last));
    f->last = p->time_us;
    return count_segment(cic, f, p);
}
