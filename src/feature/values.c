/* The values of the chosen columns, when a flow has ended: from its state, and from its log where lengths and
 * times are all that they need. Invariant: integers are divided here, once. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
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

/* ---- sequences ---- */

/* The values of one statistic of a sequence, before they are sorted: the forward ones from the start of an
 * array on, the backward ones from its end down, so that no first pass has to count them. */
struct halves {
    int64_t *start, *end;
    size_t n[2];
};

static void halves_put(struct halves *halves, bool forward, int64_t value)
{
    if (forward)
        halves->start[halves->n[0]++] = value;
    else
        halves->end[-(ptrdiff_t)++halves->n[1]] = value;
}

static int64_t *halves_at(const struct halves *halves, int backward)
{
    return backward ? halves->end - halves->n[1] : halves->start;
}

static void halves_sort(const struct halves *halves, int64_t *scratch)
{
    for (int i = 0; i < 2; i++)
        order_sort(halves_at(halves, i), scratch, halves->n[i]);
}

static void merge_sorted(int64_t *out, const struct halves *halves)
{
    const int64_t *a = halves_at(halves, 0), *b = halves_at(halves, 1);
    const int64_t *a_end = a + halves->n[0], *b_end = b + halves->n[1];
    while (a < a_end && b < b_end)
        *out++ = *b < *a ? *b++ : *a++;
    memcpy(out, a, (size_t)(a_end - a) * sizeof *a);
    memcpy(out + (a_end - a), b, (size_t)(b_end - b) * sizeof *b);
}

/* The sequences of a flow. The gaps of a direction are those between its own packets. */
struct sequences {
    struct halves lengths, gaps;
    int64_t *all_gaps; /* between successive packets of both directions */
    size_t n_all_gaps;
    struct last_times last; /* for the gaps */
};

static void put_gap(struct sequences *s, int64_t time_ns, bool forward)
{
    int64_t gap;
    if (last_times_gap(&s->last, FEATURE_BOTH, time_ns, &gap))
        s->all_gaps[s->n_all_gaps++] = gap;
    if (last_times_gap(&s->last, forward ? FEATURE_FORWARD : FEATURE_BACKWARD, time_ns, &gap))
        halves_put(&s->gaps, forward, gap);
}

/* Reads the log once for everything that is wanted of it; either may be NULL. */
static void read_log(const struct packet_log *log, struct sums *sums, struct sequences *s)
{
    struct log_reader reader = log_read(log->log, log->start_ns);
    struct log_packet p;
    struct log_extras unused;
    while (log_next_packet(&reader, &p)) {
        log_next_extras(&reader, log->extras, &unused);
        if (sums)
            sums_take(sums, p.time_ns, p.forward, p.ip_len, p.payload_len);
        if (!s)
            continue;
        halves_put(&s->lengths, p.forward, p.ip_len);
        if (p.time_ns != LOG_NO_TIME)
            put_gap(s, p.time_ns, p.forward);
    }
}

/* Lays the sequences of n packets into the scratch. False when memory ends. */
static bool sequences_open(struct sequences *s, size_t n, struct feature_scratch *scratch)
{
    if (!memory_reserve((void **)&scratch->values, &scratch->values_capacity, 3 * n,
                        sizeof *scratch->values) ||
        !memory_reserve((void **)&scratch->sorting, &scratch->sorting_capacity, n, sizeof *scratch->sorting))
        return false;
    int64_t *at = scratch->values;
    *s = (struct sequences){
        .lengths = {at, at + n, {0}}, .gaps = {at + n, at + 2 * n, {0}}, .all_gaps = at + 2 * n};
    return true;
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

static void order_lengths(struct results *r, const struct halves *lengths, int64_t *sorting)
{
    halves_sort(lengths, sorting);
    for (int i = 0; i < 2; i++)
        put_lengths(r, FEATURE_FORWARD + i, halves_at(lengths, i), lengths->n[i]);
    merge_sorted(sorting, lengths);
    put_lengths(r, FEATURE_BOTH, sorting, lengths->n[0] + lengths->n[1]);
}

static void order_gaps(struct results *r, uint8_t wanted, const struct sequences *s, int64_t *sorting)
{
    if (wanted & 1 << FEATURE_BOTH) {
        order_sort(s->all_gaps, sorting, s->n_all_gaps);
        put_gaps(r, FEATURE_BOTH, s->all_gaps, s->n_all_gaps);
    }
    if (wanted & ~(1 << FEATURE_BOTH)) {
        halves_sort(&s->gaps, sorting);
        for (int i = 0; i < 2; i++)
            put_gaps(r, FEATURE_FORWARD + i, halves_at(&s->gaps, i), s->gaps.n[i]);
    }
}

/* The values that the log of the packets gives. */
static bool results_of_log(struct results *r, const struct feature_plan *plan,
                           const struct packet_log *packets, struct feature_scratch *scratch)
{
    bool sums_wanted = plan->wants_sums && plan->sums_at == FEATURE_ABSENT;
    struct sums sums = {0};
    struct sequences s;
    if (!packets->log->n_packets)
        return true;
    if (plan->needs_log && !sequences_open(&s, packets->log->n_packets, scratch))
        return false;
    read_log(packets, sums_wanted ? &sums : NULL, plan->needs_log ? &s : NULL);
    if (sums_wanted)
        results_of_sums(r, &sums);
    if (plan->wants_lengths)
        order_lengths(r, &s.lengths, scratch->sorting);
    if (plan->wants_gaps)
        order_gaps(r, plan->wants_gaps, &s, scratch->sorting);
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

bool feature_put(const struct feature_plan *plan, const void *state, const struct packet_log *packets,
                 struct feature_scratch *scratch, struct feature_value *values)
{
    static const struct flag_counts no_flags;
    static const struct byte_counts no_bytes;
    const uint8_t *bytes = state;
    struct results r = {.flags = &no_flags, .bytes = &no_bytes};
    if (bytes && plan->sums_at != FEATURE_ABSENT)
        results_of_sums(&r, (const struct sums *)(bytes + plan->sums_at));
    bool reads_log = plan->needs_log || (plan->wants_sums && plan->sums_at == FEATURE_ABSENT);
    if (reads_log && !results_of_log(&r, plan, packets, scratch))
        return false;
    if (bytes && plan->flags_at != FEATURE_ABSENT)
        r.flags = (const struct flag_counts *)(bytes + plan->flags_at);
    if (bytes && plan->bytes_at != FEATURE_ABSENT)
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
