/* Timers of connections: a heap by time, and among equal times by the order of setting. A timer whose
 * connection is gone, or has cancelled it, stays in the heap and is void. */
#include "base/memory.h"
#include "sets/zeek.h"

static bool is_before(const struct zeek_timer *a, const struct zeek_timer *b)
{
    return a->when < b->when || (a->when == b->when && a->order < b->order);
}

void zeek_timer(struct zeek_conn *conn, double when, enum zeek_timer_kind kind)
{
    struct zeek_world *w = conn->world;
    if (!memory_reserve((void **)&w->timers, &w->timers_capacity, w->n_timers + 1, sizeof *w->timers)) {
        w->failed = true;
        return;
    }
    uint32_t epoch = kind == TIMER_IDLE ? conn->idle_epoch : conn->epoch;
    struct zeek_timer timer = {when, w->order++, conn->serial, epoch, (uint8_t)kind, conn};
    size_t at = w->n_timers++;
    for (; at && is_before(&timer, &w->timers[(at - 1) / 2]); at = (at - 1) / 2)
        w->timers[at] = w->timers[(at - 1) / 2];
    w->timers[at] = timer;
}

struct zeek_timer zeek_timer_take(struct zeek_world *w)
{
    struct zeek_timer first = w->timers[0], last = w->timers[--w->n_timers];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < w->n_timers; at = child) {
        if (child + 1 < w->n_timers && is_before(&w->timers[child + 1], &w->timers[child]))
            child++;
        if (!is_before(&w->timers[child], &last))
            break;
        w->timers[at] = w->timers[child];
    }
    w->timers[at] = last;
    return first;
}

void zeek_inactivity(struct zeek_conn *conn, double seconds)
{
    if (seconds == conn->idle)
        return;
    conn->idle_epoch++;
    conn->idle = seconds;
    zeek_timer(conn, conn->last + seconds, TIMER_IDLE);
}
