/* When a batch leaves although it is not full, so that rows of a pipe or an interface are seen while it goes
 * on. Invariant: which rows there are, and their order, does not depend on it; only the cuts between batches
 * do. */
#include <time.h>

#include "walk/inner.h"

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
static int64_t longest_wait(const struct walk *w)
{
    const struct fc_options *o = &w->query->options;
    bool is_pipe = w->capture.source && source_is_pipe(w->capture.source);
    if (o->flush_ns)
        return o->flush_ns;
    if (!is_pipe)
        return -1;
    return o->level == FC_LEVEL_FLOWS ? FLOWS_WAIT_NS : 0;
}

/* Rows are noticed when somebody looks, so they may be older than `since_ns` says by one look. */
static int64_t left_ns(struct walk *w)
{
    int64_t wait = longest_wait(w);
    if (!output_rows(&w->output) || wait < 0)
        return INT64_MAX;
    int64_t now = now_ns();
    if (!w->pace.since_ns)
        w->pace.since_ns = now;
    return wait - (now - w->pace.since_ns);
}

int pace_patience(struct walk *w)
{
    int64_t left = left_ns(w);
    if (left <= 0)
        return 0;
    return left < SOURCE_LOOK_MS * NS_PER_MS ? (int)(left / NS_PER_MS) + 1 : SOURCE_LOOK_MS;
}

void pace_look(struct walk *w, bool quiet)
{
    struct pace *p = &w->pace;
    uint32_t requests = atomic_load_explicit(&w->progress->flush_requests, memory_order_relaxed);
    int64_t left = left_ns(w);
    p->is_due |= requests != p->requests || (left <= 0 && (quiet || longest_wait(w) > 0));
    p->requests = requests;
}

void pace_next(struct walk *w)
{
    w->pace.is_due = false;
    w->pace.since_ns = 0;
}
