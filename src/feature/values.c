/* The values of the chosen columns, when a flow has ended: from its state, and from its log where lengths and
 * times are all that they need. Invariant: integers are divided here, once. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/time.h"
#include "feature/order.h"
#include "feature/state.h"

/* Variance and standard deviation, which come out of one calculation. */
struct spread {
    bool is_made;
    double variance, deviation;
};

/* All that values are made of, for one flow. */
struct results {
    struct exact_sums lengths[N_FEATURE_SIDES], payloads[N_FEATURE_SIDES], gaps[N_FEATURE_SIDES];
    struct order length_order[N_FEATURE_SIDES], gap_order[N_FEATURE_SIDES];
    size_t n_gaps_ordered[N_FEATURE_SIDES], n_lengths_ordered[N_FEATURE_SIDES];
    double length_entropy[N_FEATURE_SIDES];
    struct spread length_spread[N_FEATURE_SIDES], payload_spread[N_FEATURE_SIDES],
        gap_spread[N_FEATURE_SIDES];
    const struct flag_counts *flags;
    const struct byte_counts *bytes;
};

static void results_of_sums(struct results *r, const struct sums *sums)
{
    memcpy(r->gaps, sums->gaps, sizeof r->gaps);
    for (int direction = 0; direction < 2; direction++) {
        r->lengths[FEATURE_FORWARD + direction] = sums->lengths[direction];
        r->payloads[FEATURE_FORWARD + direction] = sums->payloads[direction];
        exact_merge(&r->lengths[FEATURE_BOTH], &sums->lengths[direction]);
        exact_merge(&r->payloads[FEATURE_BOTH], &sums->payloads[direction]);
    }
}

static bool next_packet(struct log_reader *reader, unsigned extras, struct log_packet *out)
{
    struct log_extras unused;
    if (!log_next_packet(reader, out))
        return false;
    log_next_extras(reader, extras, &unused);
    return true;
}

static void sums_of_log(struct sums *sums, const struct log *packets, unsigned extras)
{
    struct log_reader reader = log_read(packets);
    struct log_packet packet;
    while (next_packet(&reader, extras, &packet))
        sums_take(sums, packet.time_ns, packet.forward, packet.ip_len, packet.payload_len);
}

/* Two sequences in one array: the forward one from its start on, the backward one behind it. */
struct halves {
    int64_t *values[2];
    size_t n[2];
};

static void halves_sort(struct halves *halves, int64_t *scratch)
{
    for (int i = 0; i < 2; i++)
        order_sort(halves->values[i], scratch, halves->n[i]);
}

static void merge_sorted(int64_t *out, const struct halves *halves)
{
    const int64_t *a = halves->values[0], *b = halves->values[1];
    const int64_t *a_end = a + halves->n[0], *b_end = b + halves->n[1];
    while (a < a_end && b < b_end)
        *out++ = *b < *a ? *b++ : *a++;
    memcpy(out, a, (size_t)(a_end - a) * sizeof *a);
    memcpy(out + (a_end - a), b, (size_t)(b_end - b) * sizeof *b);
}

static size_t count_forward(const struct log *packets, unsigned extras)
{
    struct log_reader reader = log_read(packets);
    struct log_packet packet;
    size_t n = 0;
    while (next_packet(&reader, extras, &packet))
        n += packet.forward;
    return n;
}

static void lengths_of_log(struct halves *halves, const struct log *packets, unsigned extras)
{
    struct log_reader reader = log_read(packets);
    struct log_packet packet;
    while (next_packet(&reader, extras, &packet))
        halves->values[!packet.forward][halves->n[!packet.forward]++] = packet.ip_len;
}

static void gaps_of_log(struct halves *halves, const struct log *packets, unsigned extras)
{
    struct log_reader reader = log_read(packets);
    struct log_packet packet;
    int64_t last_ns[2] = {0};
    bool has_last[2] = {false};
    while (next_packet(&reader, extras, &packet)) {
        bool back = !packet.forward;
        if (packet.time_ns == LOG_NO_TIME)
            continue;
        if (has_last[back])
            halves->values[back][halves->n[back]++] = time_diff(packet.time_ns, last_ns[back]);
        has_last[back] = true;
        last_ns[back] = packet.time_ns;
    }
}

/* Gaps between successive packets of both directions; how many. */
static size_t all_gaps_of_log(int64_t *out, const struct log *packets, unsigned extras)
{
    struct log_reader reader = log_read(packets);
    struct log_packet packet;
    int64_t last_ns = 0;
    bool has_last = false;
    size_t n = 0;
    while (next_packet(&reader, extras, &packet)) {
        if (packet.time_ns == LOG_NO_TIME)
            continue;
        if (has_last)
            out[n++] = time_diff(packet.time_ns, last_ns);
        has_last = true;
        last_ns = packet.time_ns;
    }
    return n;
}

static void put_lengths(struct results *r, enum feature_side side, const int64_t *sorted, size_t n)
{
    r->n_lengths_ordered[side] = n;
    r->length_entropy[side] = order_entropy(sorted, n);
    if (n)
        order_make(&r->length_order[side], sorted, n);
}

static void put_gaps(struct results *r, enum feature_side side, const int64_t *sorted, size_t n)
{
    r->n_gaps_ordered[side] = n;
    if (n)
        order_make(&r->gap_order[side], sorted, n);
}

static void order_lengths(struct results *r, const struct log *packets, unsigned extras, size_t n_forward,
                          struct feature_scratch *scratch)
{
    struct halves halves = {{scratch->values, scratch->values + n_forward}, {0}};
    lengths_of_log(&halves, packets, extras);
    halves_sort(&halves, scratch->sorting);
    for (int i = 0; i < 2; i++)
        put_lengths(r, FEATURE_FORWARD + i, halves.values[i], halves.n[i]);
    merge_sorted(scratch->sorting, &halves);
    put_lengths(r, FEATURE_BOTH, scratch->sorting, packets->n_packets);
}

static void order_gaps(struct results *r, uint8_t wanted, const struct log *packets, unsigned extras,
                       size_t n_forward, struct feature_scratch *scratch)
{
    if (wanted & 1 << FEATURE_BOTH) {
        size_t n = all_gaps_of_log(scratch->values, packets, extras);
        order_sort(scratch->values, scratch->sorting, n);
        put_gaps(r, FEATURE_BOTH, scratch->values, n);
    }
    if (wanted & ~(1 << FEATURE_BOTH)) {
        struct halves halves = {{scratch->values, scratch->values + n_forward}, {0}};
        gaps_of_log(&halves, packets, extras);
        halves_sort(&halves, scratch->sorting);
        for (int i = 0; i < 2; i++)
            put_gaps(r, FEATURE_FORWARD + i, halves.values[i], halves.n[i]);
    }
}

static bool results_of_sequence(struct results *r, const struct feature_plan *plan, const struct log *packets,
                                unsigned extras, struct feature_scratch *scratch)
{
    size_t n = packets->n_packets, n_forward = count_forward(packets, extras);
    if (!memory_reserve((void **)&scratch->values, &scratch->values_capacity, n, sizeof *scratch->values) ||
        !memory_reserve((void **)&scratch->sorting, &scratch->sorting_capacity, n, sizeof *scratch->sorting))
        return false;
    if (plan->wants_lengths)
        order_lengths(r, packets, extras, n_forward, scratch);
    if (plan->wants_gaps)
        order_gaps(r, plan->wants_gaps, packets, extras, n_forward, scratch);
    return true;
}

/* ---- one value ---- */

static struct feature_value integer(uint64_t value) { return (struct feature_value){.integer = value}; }

static struct feature_value real_when(bool defined, double value)
{
    return (struct feature_value){.is_null = !defined, .real = defined ? value : 0};
}

static struct feature_value value_of_spread(const struct exact_sums *sums, struct spread *spread,
                                            bool variance)
{
    if (sums->n < 2)
        return real_when(false, 0);
    if (!spread->is_made) {
        spread->variance = exact_variance(sums, &spread->deviation);
        spread->is_made = true;
    }
    return real_when(true, variance ? spread->variance : spread->deviation);
}

static struct feature_value value_of_sums(const struct exact_sums *sums, struct spread *spread,
                                          enum statistic statistic)
{
    switch (statistic) {
    case SUM:
        return integer((uint64_t)exact_total(sums));
    case MEAN:
        return real_when(sums->n, sums->n ? exact_mean(sums) : 0);
    case VAR:
    case STD:
        return value_of_spread(sums, spread, statistic == VAR);
    default:
        return (struct feature_value){.is_null = !sums->n,
                                      .integer =
                                          sums->n ? (uint64_t)(statistic == MIN ? sums->min : sums->max) : 0};
    }
}

static struct feature_value value_of_order(const struct order *order, size_t n, enum statistic statistic)
{
    switch (statistic) {
    case DISTINCT:
        return integer(n ? order->n_distinct : 0);
    case SKEW:
        return real_when(n && order->has_shape, order->skewness);
    case KURT:
        return real_when(n && order->has_shape, order->excess_kurtosis);
    default:
        return real_when(n, order->quartiles[statistic - P25]);
    }
}

static double entropy_of_bytes(const uint16_t *counts, unsigned n)
{
    double entropy = 0;
    for (int i = 0; i < BYTE_VALUES; i++)
        if (counts[i])
            entropy -= counts[i] / (double)n * log2(counts[i] / (double)n);
    return entropy + 0.0;
}

/* 256 sum(count^2) / n - n: the squared distances from n / 256, over n / 256. */
static double chi2_of_bytes(const uint16_t *counts, unsigned n)
{
    int64_t squares = 0;
    for (int i = 0; i < BYTE_VALUES; i++)
        squares += (int64_t)counts[i] * counts[i];
    return exact_ratio((__int128)BYTE_VALUES * squares - (int64_t)n * n, n);
}

static double printable_of_bytes(const uint16_t *counts, unsigned n)
{
    unsigned printable = (unsigned)counts['\t'] + counts['\n'] + counts['\r'];
    for (int i = ' '; i <= '~'; i++)
        printable += counts[i];
    return printable / (double)n;
}

static struct feature_value value_of_bytes(const struct byte_counts *bytes, int side,
                                           enum statistic statistic)
{
    unsigned n = bytes->n[side];
    const uint16_t *counts = bytes->counts[side];
    switch (statistic) {
    case COUNT:
        return integer(n);
    case ENTROPY:
        return real_when(true, n ? entropy_of_bytes(counts, n) : 0);
    case CHI2:
        return real_when(n, n ? chi2_of_bytes(counts, n) : 0);
    default:
        return real_when(n, n ? printable_of_bytes(counts, n) : 0);
    }
}

static struct feature_value value_of_flags(const struct flag_counts *flags, int side, enum statistic flag)
{
    uint64_t n = 0;
    for (int direction = 0; direction < 2; direction++)
        if (side == FEATURE_BOTH || side == FEATURE_FORWARD + direction)
            n += flags->counts[direction][flag];
    return integer(n);
}

static struct feature_value value_of(struct results *r, const struct feature_column *column)
{
    enum statistic statistic = (enum statistic)column->statistic;
    uint8_t side = column->side;
    switch ((enum source)column->source) {
    case FLAGS:
        return value_of_flags(r->flags, side, statistic);
    case BYTES:
        return value_of_bytes(r->bytes, side, statistic);
    case PAYLOAD_LEN:
        return value_of_sums(&r->payloads[side], &r->payload_spread[side], statistic);
    case IP_LEN:
        if (statistic == ENTROPY)
            return real_when(true, r->length_entropy[side]);
        return feature_is_of_sequence(column)
                   ? value_of_order(&r->length_order[side], r->n_lengths_ordered[side], statistic)
                   : value_of_sums(&r->lengths[side], &r->length_spread[side], statistic);
    default:
        return feature_is_of_sequence(column)
                   ? value_of_order(&r->gap_order[side], r->n_gaps_ordered[side], statistic)
                   : value_of_sums(&r->gaps[side], &r->gap_spread[side], statistic);
    }
}

bool feature_put(const struct feature_plan *plan, const void *state, const struct log *packets,
                 unsigned extras, struct feature_scratch *scratch, struct feature_value *values)
{
    const uint8_t *bytes = state;
    struct results r = {0};
    if (plan->sums_at != FEATURE_ABSENT) {
        results_of_sums(&r, (const struct sums *)(bytes + plan->sums_at));
    } else if (plan->wants_sums) {
        struct sums sums = {0};
        sums_of_log(&sums, packets, extras);
        results_of_sums(&r, &sums);
    }
    if (plan->needs_log && !results_of_sequence(&r, plan, packets, extras, scratch))
        return false;
    if (plan->flags_at != FEATURE_ABSENT)
        r.flags = (const struct flag_counts *)(bytes + plan->flags_at);
    if (plan->bytes_at != FEATURE_ABSENT)
        r.bytes = (const struct byte_counts *)(bytes + plan->bytes_at);
    for (size_t i = 0; i < plan->n_chosen; i++)
        values[i] = value_of(&r, feature_at(plan->chosen[i]));
    return true;
}

void feature_scratch_free(struct feature_scratch *scratch)
{
    memory_free(scratch->values);
    memory_free(scratch->sorting);
    *scratch = (struct feature_scratch){0};
}
