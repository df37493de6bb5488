/* The state that a flow keeps for its statistics, in parts: a plan says which of them there are. Inside of
 * this room. */
#ifndef FC_FEATURE_STATE_H
#define FC_FEATURE_STATE_H

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

/* Lengths by direction: those of both together are the sum of the two. Gaps are another sequence on each
 * side. */
struct sums {
    struct exact_sums lengths[2], payloads[2], gaps[N_FEATURE_SIDES];
    int64_t last_ns[N_FEATURE_SIDES];
    bool has_last[N_FEATURE_SIDES];
};

/* Adds a packet; its time may be LOG_NO_TIME: it then has no part in gaps. */
void sums_take(struct sums *sums, int64_t time_ns, bool forward, uint32_t ip_len, uint32_t payload_len);
/* Whether a statistic needs all values at once, in order. */
bool feature_is_of_sequence(const struct feature_column *column);

#endif
