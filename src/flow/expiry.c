/* Flows that leave when they end. Two queues hold the open flows, by the time of their last and of their
 * first packet; since the clock never goes back, both are in order by themselves, and only their first flows
 * have to be looked at. Where closed streams may leave, a queue of their own takes the place of the first.
 * Invariant: flows come into table->ended in the order of the moments at which the policy or the limit ended
 * them; those of the same moment that the policy ended are in the order of their first packets. */
#include "flow/expiry.h"

/* ---- lists ---- */

static void list_append(struct flow_list *list, struct flow *flow, enum flow_queue queue)
{
    struct flow_timer *timer = flow_timer(flow);
    timer->previous[queue] = list->last;
    timer->next[queue] = NULL;
    if (list->last)
        flow_timer(list->last)->next[queue] = flow;
    else
        list->first = flow;
    list->last = flow;
}

static void list_remove(struct flow_list *list, struct flow *flow, enum flow_queue queue)
{
    struct flow *previous = flow_timer(flow)->previous[queue], *next = flow_timer(flow)->next[queue];
    if (previous)
        flow_timer(previous)->next[queue] = next;
    else
        list->first = next;
    if (next)
        flow_timer(next)->previous[queue] = previous;
    else
        list->last = previous;
}

void expiry_take(struct flow_list *list, struct flow *flow) { list_remove(list, flow, BY_SILENCE); }

/* The list of the queue BY_SILENCE that a flow is in while it is not ended. */
static struct flow_list *silence_list(struct flow_table *t, const struct flow *flow)
{
    return flow->closed && t->policy.grace_ns ? &t->closed : &t->open[BY_SILENCE];
}

/* ---- packets ---- */

void expiry_open(struct flow_table *t, struct flow *flow, uint32_t index)
{
    *flow_timer(flow) = (struct flow_timer){
        .index = index, .number = t->n_made++, .born = t->clock.now, .touched = t->clock.now};
    list_append(&t->open[BY_SILENCE], flow, BY_SILENCE);
    list_append(&t->open[BY_AGE], flow, BY_AGE);
    t->n_held++;
}

void expiry_touch(struct flow_table *t, struct flow *flow)
{
    struct flow_list *list = silence_list(t, flow);
    flow_timer(flow)->touched = t->clock.now;
    if (list->last == flow)
        return;
    list_remove(list, flow, BY_SILENCE);
    list_append(list, flow, BY_SILENCE);
}

void expiry_close(struct flow_table *t, struct flow *flow)
{
    list_remove(&t->open[BY_SILENCE], flow, BY_SILENCE);
    list_append(&t->closed, flow, BY_SILENCE);
}

static void close_flow(struct flow_table *t, struct flow *flow)
{
    list_remove(silence_list(t, flow), flow, BY_SILENCE);
    list_remove(&t->open[BY_AGE], flow, BY_AGE);
    struct conv *conv = flow->conv;
    if (conv->flow != flow_timer(flow)->index)
        return;
    conv->flow = NO_FLOW;
    conv->has_left = true;
}

void expiry_reopen(struct flow_table *t, struct flow *flow)
{
    close_flow(t, flow);
    flow_timer(flow)->ended = t->clock.now;
    list_append(&t->reopened, flow, BY_SILENCE);
}

/* ---- the clock ---- */

static int64_t later(int64_t from, int64_t ns) { return from > INT64_MAX - ns ? INT64_MAX : from + ns; }

/* The open flow, closed flow or flow ended by a SYN that ends first, and *moment, when it does; NULL: none is
 * there. */
static struct flow *first_to_end(struct flow_table *t, int64_t *moment, enum flow_end *end)
{
    struct flow *silent = t->open[BY_SILENCE].first, *old = t->open[BY_AGE].first;
    struct flow *closed = t->closed.first, *reopened = t->reopened.first, *first = NULL;
    if (silent) {
        first = silent;
        *moment = later(flow_timer(silent)->touched, t->policy.idle_ns);
        *end = END_IDLE;
    }
    if (closed) { /* only where idle_ns is without end */
        first = closed;
        *moment = later(flow_timer(closed)->touched, t->policy.grace_ns);
        *end = END_FIN;
    }
    int64_t at = old ? later(flow_timer(old)->born, t->policy.active_ns) : 0;
    if (old && at < *moment) {
        first = old;
        *moment = at;
        *end = END_ACTIVE;
    }
    if (reopened && (!first || flow_timer(reopened)->ended < *moment)) {
        first = reopened;
        *moment = flow_timer(reopened)->ended;
        *end = END_CAPTURE;
    }
    return first;
}

static void end_flow(struct flow_table *t, struct flow *flow, int64_t moment, enum flow_end end)
{
    if (flow == t->reopened.first) {
        list_remove(&t->reopened, flow, BY_SILENCE);
    } else {
        close_flow(t, flow);
        if (flow->end == END_CAPTURE)
            flow->end = end & 15;
    }
    flow_timer(flow)->ended = moment;
    list_append(&t->ended, flow, BY_SILENCE);
    t->n_held--;
}

/* ---- flows of one moment ---- */

static bool comes_before(struct flow *a, struct flow *b)
{
    const struct flow_timer *x = flow_timer(a), *y = flow_timer(b);
    return x->ended != y->ended ? x->ended < y->ended : x->number < y->number;
}

static struct flow *merge(struct flow *a, struct flow *b)
{
    struct flow *first = NULL, **link = &first;
    while (a && b) {
        struct flow **least = comes_before(b, a) ? &b : &a;
        *link = *least;
        link = &flow_timer(*least)->next[BY_SILENCE];
        *least = *link;
    }
    *link = a ? a : b;
    return first;
}

/* Sorts the first n flows of a chain that ends with NULL. */
static struct flow *sort(struct flow *chain, size_t n)
{
    if (n < 2)
        return chain;
    struct flow *middle = chain;
    for (size_t i = 1; i < n / 2; i++)
        middle = flow_timer(middle)->next[BY_SILENCE];
    struct flow *right = flow_timer(middle)->next[BY_SILENCE];
    flow_timer(middle)->next[BY_SILENCE] = NULL;
    return merge(sort(chain, n / 2), sort(right, n - n / 2));
}

/* Sorts the last n flows of table->ended. `before` is the flow before them; NULL: there is none. */
static void sort_ended(struct flow_table *t, struct flow *before, size_t n)
{
    struct flow *chain = sort(before ? flow_timer(before)->next[BY_SILENCE] : t->ended.first, n);
    t->ended.last = before;
    if (!before)
        t->ended.first = NULL;
    for (struct flow *next; chain; chain = next) {
        next = flow_timer(chain)->next[BY_SILENCE];
        list_append(&t->ended, chain, BY_SILENCE);
    }
}

/* Ends all flows with a moment of end before `past`. */
static void end_before(struct flow_table *t, int64_t past)
{
    struct flow *before = t->ended.last, *flow;
    enum flow_end end = END_IDLE;
    int64_t moment = 0;
    size_t n = 0;
    while ((flow = first_to_end(t, &moment, &end)) && moment < past) {
        end_flow(t, flow, moment, end);
        n++;
    }
    if (n > 1)
        sort_ended(t, before, n);
}

void flow_turn(struct flow_table *t, int64_t time_ns)
{
    packet_clock_take(&t->clock, time_ns);
    end_before(t, t->clock.past);
}

/* ---- the limit ---- */

/* The flow that got no packet for the longest time; of two, the closed one. */
static struct flow *idlest(struct flow_table *t)
{
    struct flow *open = t->open[BY_SILENCE].first, *closed = t->closed.first;
    if (!open || !closed)
        return open ? open : closed;
    return flow_timer(open)->touched < flow_timer(closed)->touched ? open : closed;
}

/* Flows that the policy has ended leave first: they only wait for frames that are late. */
void expiry_make_room(struct flow_table *t)
{
    if (!t->policy.max_flows || t->n_held < t->policy.max_flows)
        return;
    end_before(t, t->clock.now);
    if (t->n_held < t->policy.max_flows)
        return;
    struct flow *flow = t->reopened.first ? t->reopened.first : idlest(t);
    t->n_evicted += flow->end == END_CAPTURE;
    end_flow(t, flow, t->clock.now, END_EVICTED);
}

/* The last frame has been read, so no flow has to wait for late frames. */
void flow_end_all(struct flow_table *t)
{
    end_before(t, t->clock.now);
    struct flow *before = t->ended.last, *flow;
    size_t n = 0;
    for (; (flow = t->reopened.first); n++)
        end_flow(t, flow, flow_timer(flow)->ended, END_CAPTURE);
    if (n > 1)
        sort_ended(t, before, n);
    while ((flow = t->open[BY_AGE].first))
        end_flow(t, flow, t->clock.now, END_CAPTURE);
}
