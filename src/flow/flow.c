/* The flows of one capture.
 * Invariant: conv->flow is the flow that the next packet of the conversation goes to, unless the policy ends
 * it first. Where flows stay until their capture ends, their places are in the order of first kept packets;
 * where they may leave, places are used again. */
#include "flow/flow.h"

#include <string.h>

#include "base/memory.h"
#include "base/spill.h"
#include "base/time.h"
#include "flow/expiry.h"
#include "flow/tcp_analysis.h"

enum { BLOCK = 256 };

struct flow_policy flow_policy_of(const struct fc_options *o)
{
    bool timeout = o->policy == FC_POLICY_TIMEOUT;
    return (struct flow_policy){.policy = o->policy,
                                .style = o->style,
                                .idle_ns = timeout ? o->idle_ns : INT64_MAX,
                                .active_ns = timeout ? o->active_ns : INT64_MAX,
                                .grace_ns = o->close == FC_CLOSE_FIN ? o->idle_ns : 0,
                                .max_flows = o->max_flows};
}

static size_t flow_size(const struct flow_table *t)
{
    return sizeof(struct flow) + (flow_may_leave(&t->policy) ? sizeof(struct flow_timer) : 0);
}

struct flow *flow_at(const struct flow_table *t, uint32_t index)
{
    return (struct flow *)(void *)(t->blocks[index / BLOCK] + index % BLOCK * flow_size(t));
}

/* Whether many hosts share the address: multicast (RFC 1112, RFC 4291 2.7) or the limited broadcast (RFC
 * 919). */
static bool is_group(const struct endpoint *end)
{
    static const uint8_t everyone[4] = {255, 255, 255, 255};
    if (end->family == 6)
        return end->address[0] == 0xff;
    return end->family == 4 && ((end->address[0] & 0xf0) == 0xe0 || !memcmp(end->address, everyone, 4));
}

/* The original flowcontainer's rule: the side with the larger port, of equal ports the receiver. */
static void choose_classic_client(struct flow *flow, const struct conv *conv, uint8_t from)
{
    bool itself = !memcmp(&conv->side[0], &conv->side[1], sizeof conv->side[0]);
    bool larger = conv->side[from].port > conv->side[1 - from].port;
    flow->client = larger || itself ? from != 0 : from == 0;
    flow->client_by = CLIENT_BY_PORT;
}

/* Chooses the client without a handshake: a group address never answers, servers have the well-known ports
 * (RFC 6335), and the first sender is the client. */
static void choose_client_without_handshake(struct flow *flow, const struct conv *conv, uint8_t from)
{
    enum { WELL_KNOWN = 1024 };
    bool groups[2] = {is_group(&conv->side[0]), is_group(&conv->side[1])};
    bool low[2] = {conv->side[0].port < WELL_KNOWN, conv->side[1].port < WELL_KNOWN};
    if (groups[0] != groups[1]) {
        flow->client = groups[0];
        flow->client_by = CLIENT_BY_MULTICAST;
    } else if (conv->side[0].kind <= CONV_SCTP && low[0] != low[1]) {
        flow->client = low[0];
        flow->client_by = CLIENT_BY_PORT;
    } else {
        flow->client = from != 0;
        flow->client_by = CLIENT_BY_FIRST;
    }
}

static void choose_client(struct flow *flow, const struct flow_packet *p, enum fc_style style)
{
    const struct conv *conv = p->ref.conv;
    uint8_t from = p->ref.direction;
    bool has_ports = conv->side[0].kind <= CONV_SCTP;
    if (style == FC_STYLE_CLEAN && conv->syn_from >= 0) {
        flow->client = conv->syn_from != 0;
        flow->client_by = CLIENT_BY_SYN;
    } else if (style == FC_STYLE_CLEAN && conv->synack_from >= 0) {
        flow->client = conv->synack_from == 0;
        flow->client_by = CLIENT_BY_SYNACK;
    } else if (style == FC_STYLE_CLASSIC && has_ports) {
        choose_classic_client(flow, conv, from);
    } else {
        choose_client_without_handshake(flow, conv, from);
    }
}

/* Makes room for one more flow; false when memory ends. */
static bool flow_reserve(struct flow_table *t)
{
    if (t->n_flows / BLOCK < t->n_blocks)
        return true;
    uint8_t *block = NULL;
    if (memory_reserve((void **)&t->blocks, &t->blocks_capacity, t->n_blocks + 1, sizeof *t->blocks))
        block = spill_take(t->spill, BLOCK * flow_size(t));
    if (block)
        t->blocks[t->n_blocks++] = block;
    else
        memory_ended(t->memory);
    return block != NULL;
}

/* A place for one more flow, and its index; NULL when memory ends. */
static struct flow *flow_place(struct flow_table *t, uint32_t *index)
{
    struct flow *flow = t->unused;
    if (flow) {
        *index = flow_timer(flow)->index;
        t->unused = flow_timer(flow)->next[BY_SILENCE];
        return flow;
    }
    if (!flow_reserve(t))
        return NULL;
    *index = t->n_flows++;
    return flow_at(t, *index);
}

static struct flow *flow_make(struct flow_table *t, const struct flow_packet *p)
{
    uint32_t index = 0;
    expiry_make_room(t);
    struct flow *flow = flow_place(t, &index);
    if (!flow)
        return NULL;
    *flow = (struct flow){.conv = p->ref.conv, .start_ns = LOG_NO_TIME, .end_ns = LOG_NO_TIME};
    choose_client(flow, p, t->policy.style);
    p->ref.conv->flow = index;
    if (!flow_may_leave(&t->policy))
        return flow;
    expiry_open(t, flow, index);
    t->n_continued += t->policy.policy == FC_POLICY_STREAM && p->ref.conv->has_left;
    return flow;
}

/* Only a SYN opens a flow again. Segments that were under way when a FIN of both sides or an RST closed it
 * belong to the flow that they close. */
static bool opens_again(const struct flow_packet *p) { return p->tcp_flags & TCP_FLAG_SYN; }

/* Returns true if the policy ends this flow before the packet. */
static bool flow_is_over(struct flow_table *t, struct flow *flow, const struct flow_packet *p)
{
    if (t->policy.policy == FC_POLICY_STREAM)
        return false;
    if (flow->closed && opens_again(p)) {
        expiry_reopen(t, flow);
        return true;
    }
    const struct flow_timer *timer = flow_timer(flow);
    if (!p->has_time || !timer->has_time)
        return false;
    bool idle = time_diff(p->time_ns, timer->last_ns) > t->policy.idle_ns;
    bool active = time_diff(p->time_ns, timer->first_ns) > t->policy.active_ns;
    if ((idle || active) && !flow->closed)
        flow->end = idle ? END_IDLE : END_ACTIVE;
    return idle || active;
}

/* Returns true if this packet closes the flow. */
static bool flow_note_close(struct flow *flow, const struct flow_packet *p)
{
    if (p->tcp_flags & TCP_FLAG_FIN)
        flow->fins = (flow->fins | 1u << p->ref.direction) & 3u;
    if (p->tcp_flags & TCP_FLAG_RST) {
        flow->closed = true;
        flow->end = END_RST;
    } else if (flow->fins == 3) {
        flow->closed = true;
        flow->end = END_FIN;
    }
    return flow->closed;
}

static void flow_note_time(struct flow_timer *timer, const struct flow_packet *p)
{
    if (!p->has_time)
        return;
    if (!timer->has_time)
        timer->first_ns = p->time_ns;
    timer->has_time = true;
    timer->last_ns = p->time_ns;
}

struct flow *flow_assign(struct flow_table *t, const struct flow_packet *p, uint32_t *number)
{
    struct conv *conv = p->ref.conv;
    bool may_leave = flow_may_leave(&t->policy);
    bool may_close = t->policy.policy == FC_POLICY_TIMEOUT || t->policy.grace_ns;
    struct flow *flow = conv->flow == NO_FLOW ? NULL : flow_at(t, conv->flow);
    if (!flow || flow_is_over(t, flow, p)) {
        flow = flow_make(t, p);
        if (!flow)
            return NULL;
    } else if (may_leave) {
        expiry_touch(t, flow);
    }
    *number = may_leave ? (uint32_t)flow_timer(flow)->number : conv->flow;
    if (may_leave)
        flow_note_time(flow_timer(flow), p);
    flow->n_packets++;
    if (p->payload_len)
        flow->has_payload = true;
    if (may_close && !flow->closed && flow_note_close(flow, p) && t->policy.grace_ns)
        expiry_close(t, flow);
    return flow;
}

void flow_release(struct flow_table *t)
{
    struct flow *flow = t->ended.first;
    expiry_take(&t->ended, flow);
    flow_timer(flow)->next[BY_SILENCE] = t->unused;
    t->unused = flow;
}

void flow_reset(struct flow_table *t)
{
    while (t->n_blocks > 1)
        spill_give(t->spill, t->blocks[--t->n_blocks], BLOCK * flow_size(t));
    *t = (struct flow_table){.memory = t->memory,
                             .spill = t->spill,
                             .policy = t->policy,
                             .blocks = t->blocks,
                             .n_blocks = t->n_blocks,
                             .blocks_capacity = t->blocks_capacity};
}

void flow_free(struct flow_table *t)
{
    flow_reset(t);
    if (t->n_blocks)
        spill_give(t->spill, t->blocks[0], BLOCK * flow_size(t));
    memory_free(t->blocks);
    *t = (struct flow_table){.policy = t->policy};
}
