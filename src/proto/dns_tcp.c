/* DNS over TCP: the length of each message precedes it (RFC 1035 section 4.2.2; RFC 7766).
 * Invariant: a damaged message does not affect the next one.
 * Source: observed (tshark 4.0.17). */
#include "proto/registry.h"

#include "proto/dns_match.h"

enum { PREFIX = 2 };

static int64_t dns_length(void *state, const struct rd *r, const struct pdu_facts *facts)
{
    (void)state;
    if (r->cap < r->len) /* experiments have not covered segments that were cut */
        pdu_doubt(facts, READER_BIT(READER_DNS));
    if (rd_left(r) < PREFIX)
        return facts->may_wait ? PDU_ONE_MORE : PDU_STOP;
    return PREFIX + rd_peek16(r, 0);
}

static bool dns_tcp_read(struct row *row, struct rd *r, void *state, const struct pdu_facts *facts)
{
    struct dns_matcher *matcher = state;
    struct dns_facts message = {.kind = DNS_PLAIN, .has_length = true, .length = rd_u16(r)};
    struct rd rest = rd_rest(r);
    matcher->arena = facts->arena;
    dns_match(matcher, &message.match, rest, 0, facts->frame, facts->time_ns, false);
    if (message.match.retransmission &&
        message.match.response_frame == facts->frame) /* two messages with one identifier in one frame */
        pdu_doubt(facts, READER_BIT(READER_DNS));
    dns_read(row, &rest, &message);
    return true;
}

static void dns_tcp_forget(void *state, struct arena *arena)
{
    const struct dns_matcher *matcher = state;
    if (matcher->n_slots)
        arena_give(arena, matcher->slots, matcher->n_slots * sizeof *matcher->slots);
}

const struct protocol dns_tcp_protocol = {.name = "dns",
                                          .readers = READER_BIT(READER_DNS),
                                          .owner = OWNER_DNS,
                                          .shown_when_read = true,
                                          .state_len = sizeof(struct dns_matcher),
                                          .length = dns_length,
                                          .read = dns_tcp_read,
                                          .forget = dns_tcp_forget};
