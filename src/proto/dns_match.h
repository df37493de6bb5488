/* Matches responses with queries, by conversation and identifier, as Wireshark does in one pass. */
#ifndef FC_PROTO_DNS_MATCH_H
#define FC_PROTO_DNS_MATCH_H

#include "base/hash.h"
#include "proto/dns.h"

struct dns_query {
    uint64_t key; /* conversation and identifier, plus 1; 0: empty */
    int64_t time_ns;
    uint32_t frame, response_frame; /* response_frame is 0 as long as there is no response */
};

/* The most queries that a matcher knows. Beyond it, each new query makes another one forgotten. */
enum { DNS_QUERIES = 1 << 22 };
/* Old queries are forgotten only when there are more than this number. */
enum { DNS_KEPT = 32768 };

/* The newest query of each identifier of a conversation. Zero-initialise it. */
struct dns_matcher {
    struct hash_key hash_key; /* made with the first slots */
    struct dns_query *slots;
    size_t n_slots, n_queries; /* n_slots is a power of two */
    size_t hand;               /* the slot at which the search for old queries goes on */
    int64_t silence_ns;        /* an older query may be forgotten; 0: none because of its age */
    size_t limit;              /* 0: DNS_QUERIES */
    uint64_t n_forgotten;
    struct arena *arena; /* allocates the slots; NULL: the slots belong to the matcher and must be freed */
    struct memory_state *memory; /* without an arena: set when memory ends; NULL: nobody asks */
};

/* Records a message, of which at least four bytes were captured, and returns its relation to earlier ones in
 * *out. `conversation` is a number that identifies the conversation. `quoted`: the message is inside an ICMP
 * error and is not recorded. */
void dns_match(struct dns_matcher *matcher, struct dns_match *out, struct rd message, uint64_t conversation,
               uint32_t frame, int64_t time_ns, bool quoted);
void dns_matcher_reset(struct dns_matcher *matcher);
void dns_matcher_free(struct dns_matcher *matcher);

#endif
