/* The clock of the rows that wait. Invariant: a pipe that is quiet is looked at again before its rows are
 * due. */
#include "walk/pace.h"

#include <time.h>

static const int64_t NS_PER_MS = 1000000;
static const int64_t FLOWS_WAIT_NS = 1000000000;

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* How long rows may wait for others; negative: for ever. Rows of packets and frames of a pipe wait only while
 * more bytes are there already. */
static int64_t longest_wait(const struct pace *p, const struct source *source)
{
    if (p->options->flush_ns)
        return p->options->flush_ns;
    if (!source || !source_is_pipe(source))
        return -1;
    return p->options->level == FC_LEVEL_FLOWS ? FLOWS_WAIT_NS : 0;
}

/* Rows are noticed when somebody looks, so they may be older than `since_ns` says by one look. */
static int64_t left_ns(struct pace *p, int64_t wait, bool has_rows)
{
    if (!has_rows || wait < 0)
        return INT64_MAX;
    int64_t now = now_ns();
    if (!p->since_ns)
        p->since_ns = now;
    return wait - (now - p->since_ns);
}

int pace_patience(struct pace *p, const struct source *source, bool has_rows)
{
    int64_t left = left_ns(p, longest_wait(p, source), has_rows);
    if (left <= 0)
        return 0;
    return left < SOURCE_LOOK_MS * NS_PER_MS ? (int)(left / NS_PER_MS) + 1 : SOURCE_LOOK_MS;
}

void pace_look(struct pace *p, const struct source *source, bool has_rows, bool quiet)
{
    uint32_t requests = atomic_load_explicit(&p->progress->flush_requests, memory_order_relaxed);
    int64_t wait = longest_wait(p, source), left = left_ns(p, wait, has_rows);
    p->is_due |= requests != p->requests || (left <= 0 && (quiet || wait > 0));
    p->requests = requests;
}

void pace_next(struct pace *p)
{
    p->is_due = false;
    p->since_ns = 0;
}
