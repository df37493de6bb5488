/* Statistics of a flow: numbers that are made of all its kept packets. A query chooses columns; a plan says
 * what has to be remembered for them, and nothing else is.
 *
 *     feature_plan_make(&plan, chosen, n, whole_log);
 *     state = plan.state_len bytes, zeroed, for every flow
 *     for each kept packet of the flow, in capture order:  feature_take(&plan, state, &packet)
 *     when the flow has ended:                             feature_put(&plan, state, log, &scratch, values)
 *
 * The same two hooks serve flows that wait for the end of their capture and flows that leave before it.
 * Numbers that lengths and times alone determine are made from the flow's log when it is kept whole anyway,
 * so that they cost a packet nothing. Columns, formulas, units and what is null: docs/features.md, made from
 * the .def files of this room. */
#ifndef FC_FEATURE_FEATURE_H
#define FC_FEATURE_FEATURE_H

#include <flowcontainer.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

/* The packets that a column is about. */
enum feature_side { FEATURE_BOTH, FEATURE_FORWARD, FEATURE_BACKWARD, N_FEATURE_SIDES };

struct feature_column {
    struct fc_column_info info; /* its group is the family: "stats", "entropy" */
    const char *format;         /* Arrow: "I" uint32, "L" uint64, "l" int64, "g" float64 */
    uint8_t side, source, statistic;
};

/* All columns, family by family, in each: both directions, forward, backward. */
size_t feature_count(void);
const struct feature_column *feature_at(size_t i);
/* Index for feature_at, or SIZE_MAX. */
size_t feature_find(const char *name);

/* A kept packet, as statistics see it. */
struct feature_packet {
    int64_t time_ns; /* LOG_NO_TIME: none */
    uint32_t ip_len, payload_len;
    bool forward;      /* client to server */
    uint8_t tcp_flags; /* FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128; 0 of other protocols */
    const uint8_t *payload; /* captured bytes of the payload; needed with needs_payload alone */
    uint32_t n_payload;
};

struct feature_plan {
    const uint16_t *chosen; /* indices for feature_at; borrowed */
    size_t n_chosen;
    size_t state_len;   /* bytes that every flow needs; 0: feature_take need not be called */
    bool needs_log;     /* the log of packets has to be kept, whole */
    bool needs_payload; /* feature_take reads payload bytes */
    /* Parts of the state, and where each lies in it; FEATURE_ABSENT: the state does not hold it. */
    size_t flags_at, bytes_at, sums_at;
    bool wants_sums;
    uint8_t wants_lengths, wants_gaps; /* a bit for each side of which the sorted sequence is needed */
};
#define FEATURE_ABSENT SIZE_MAX

struct feature_value {
    bool is_null;
    union {
        uint64_t integer; /* "I", "L", and "l" in two's complement */
        double real;      /* "g" */
    };
};

/* Memory that feature_put uses again and again. Zero-initialise. */
struct feature_scratch {
    int64_t *values, *sorting;
    size_t values_capacity, sorting_capacity;
};

/* whole_log: the flow's log will hold every kept packet, whatever the statistics need. */
void feature_plan_make(struct feature_plan *plan, const uint16_t *chosen, size_t n_chosen, bool whole_log);
/* The state is aligned to 8 bytes. */
void feature_take(const struct feature_plan *plan, void *state, const struct feature_packet *packet);
/* A log of packets, as far as its reader must know it. */
struct packet_log {
    const struct log *log;
    unsigned extras;  /* bits of enum log_extra that stand behind its records */
    int64_t start_ns; /* of its pool */
};
/* One value for each chosen column. A `state` of NULL is that of a flow of which feature_take got no packet.
 * `packets` is the flow's log; its `log` may be NULL when the plan needs none and whole_log was false. False
 * when memory ends. */
FC_MUST_USE bool feature_put(const struct feature_plan *plan, const void *state,
                             const struct packet_log *packets, struct feature_scratch *scratch,
                             struct feature_value *values);
void feature_scratch_free(struct feature_scratch *scratch);

#endif
