/* Which response belongs to which query: by conversation and identifier, as Wireshark matches them in one
 * pass. */
#ifndef FC_PROTO_DNS_MATCH_H
#define FC_PROTO_DNS_MATCH_H

#include "proto/dns.h"

struct dns_query {
    uint64_t key; /* conversation and identifier, plus 1; 0: empty */
    int64_t time_ns;
    uint32_t frame, response_frame; /* response_frame 0: not answered yet */
};

/* Zero-initialise. One query is kept for each identifier of a conversation: the newest. */
struct dns_matcher {
    struct dns_query *slots;
    size_t n_slots, n_queries; /* n_slots is a power of two */
    struct arena *arena;       /* where slots come from; NULL: the matcher's own, to be freed */
};

/* Notes a message, which has its first four bytes, and says what is known of it. `conversation`: a number of
 * its own for every conversation; `quoted`: inside an ICMP error, nothing is noted. False when memory ends.
 */
bool dns_match(struct dns_matcher *matcher, struct dns_match *out, struct rd message, uint64_t conversation,
               uint32_t frame, int64_t time_ns, bool quoted);
void dns_matcher_reset(struct dns_matcher *matcher);
void dns_matcher_free(struct dns_matcher *matcher);

#endif
