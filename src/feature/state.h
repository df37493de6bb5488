/* The state that a flow keeps for its statistics, in parts: a plan says which of them there are. Inside of
 * this room. */
#ifndef FC_FEATURE_STATE_H
#define FC_FEATURE_STATE_H

#include "base/time.h"
#include "feature/exact.h"
#include "feature/feature.h"

enum source { IP_LEN, PAYLOAD_LEN, IAT, FLAGS, BYTES };
enum statistic {
    FIN,
    SYN,
    RST,
    PSH,
    ACK,
    URG,
    ECE,
    CWR, /* as the bits of TCP's flags */
    MIN,
    MAX,
    SUM,
    MEAN,
    VAR,
    STD,
    P25,
    P50,
    P75,
    SKEW,
    KURT,
    DISTINCT,
    ENTROPY,
    COUNT,
    CHI2,
    PRINTABLE
};

/* Of one direction each, by flag. */
struct flag_counts {
    uint32_t counts[2][8];
};

enum { MOST_BYTES = 4096, BYTE_VALUES = 256 };

struct byte_counts {
    uint16_t counts[N_FEATURE_SIDES][BYTE_VALUES], n[N_FEATURE_SIDES];
};

/* Times of the packets before the one at hand, of both directions and of each. */
struct last_times {
    int64_t ns[N_FEATURE_SIDES];
    bool is_known[N_FEATURE_SIDES];
};

/* The time since the packet before on this side; false: this one is the first. */
static inline bool last_times_gap(struct last_times *last, enum feature_side side, int64_t time_ns,
                                  int64_t *gap)
{
    bool known = last->is_known[side];
    *gap = known ? time_diff(time_ns, last->ns[side]) : 0;
    last->is_known[side] = true;
    last->ns[side] = time_ns;
    return known;
}

/* Lengths by direction: those of both together are the sum of the two. Gaps are another sequence on each
 * side. */
struct sums {
    struct exact_sums lengths[2], payloads[2], gaps[N_FEATURE_SIDES];
    struct last_times last;
};

/* Adds a packet; its time may be LOG_NO_TIME: it then has no part in gaps. */
void sums_take(struct sums *sums, int64_t time_ns, bool forward, uint32_t ip_len, uint32_t payload_len);
/* Whether a statistic needs all values at once, in order. */
bool feature_is_of_sequence(const struct feature_column *column);

#endif
