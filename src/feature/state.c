/* A packet enters a flow's statistics. Invariant: sums are of integers and exact, so the same packets give
 * the same bits whether they were added when they came or read from the flow's log. */
#include "feature/state.h"

static enum feature_side side_of(bool forward) { return forward ? FEATURE_FORWARD : FEATURE_BACKWARD; }

static void flags_take(struct flag_counts *flags, const struct feature_packet *p)
{
    for (unsigned left = p->tcp_flags; left; left &= left - 1)
        flags->counts[!p->forward][__builtin_ctz(left)]++;
}

static void bytes_take(struct byte_counts *bytes, const struct feature_packet *p)
{
    const uint8_t sides[] = {FEATURE_BOTH, (uint8_t)side_of(p->forward)};
    for (int i = 0; i < 2; i++) {
        uint32_t room = MOST_BYTES - bytes->n[sides[i]], n = p->n_payload < room ? p->n_payload : room;
        for (uint32_t at = 0; at < n; at++)
            bytes->counts[sides[i]][p->payload[at]]++;
        bytes->n[sides[i]] = (uint16_t)(bytes->n[sides[i]] + n);
    }
}

static void gap_take(struct sums *sums, enum feature_side side, int64_t time_ns)
{
    int64_t gap;
    if (last_times_gap(&sums->last, side, time_ns, &gap))
        exact_add(&sums->gaps[side], gap);
}

void sums_take(struct sums *sums, int64_t time_ns, bool forward, uint32_t ip_len, uint32_t payload_len)
{
    exact_add(&sums->lengths[!forward], ip_len);
    if (payload_len)
        exact_add(&sums->payloads[!forward], payload_len);
    if (time_ns == LOG_NO_TIME)
        return;
    gap_take(sums, FEATURE_BOTH, time_ns);
    gap_take(sums, side_of(forward), time_ns);
}

void feature_take(const struct feature_plan *plan, void *state, const struct feature_packet *p)
{
    uint8_t *bytes = state;
    if (plan->flags_at != FEATURE_ABSENT)
        flags_take((struct flag_counts *)(bytes + plan->flags_at), p);
    if (plan->sums_at != FEATURE_ABSENT)
        sums_take((struct sums *)(bytes + plan->sums_at), p->time_ns, p->forward, p->ip_len, p->payload_len);
    if (plan->bytes_at != FEATURE_ABSENT && p->n_payload)
        bytes_take((struct byte_counts *)(bytes + plan->bytes_at), p);
}
