/* Statistics of flows: exact sums, sequences, and the two hooks with and without a log. */
#include "feature/feature.h"

#include <math.h>

#include "feature/exact.h"
#include "feature/order.h"
#include "test.h"

/* All columns over the same packets, by the log and by the state alone. */
enum { MOST = 256 };
static struct feature_value values[MOST];

static struct feature_value get(const char *name)
{
    size_t i = feature_find(name);
    CHECK(i != SIZE_MAX);
    return values[i];
}

static double real(const char *name)
{
    struct feature_value v = get(name);
    return v.is_null ? NAN : v.real;
}

static int64_t integer(const char *name)
{
    struct feature_value v = get(name);
    return v.is_null ? -999 : (int64_t)v.integer;
}

static void run_all(const struct feature_packet *packets, size_t n, bool whole_log)
{
    static uint16_t all[MOST];
    static uint64_t state[1024];
    struct log_pool pool = {0};
    struct log log = {0};
    struct feature_plan plan;
    struct feature_scratch scratch = {0};
    for (size_t i = 0; i < feature_count(); i++)
        all[i] = (uint16_t)i;
    feature_plan_make(&plan, all, feature_count(), whole_log);
    CHECK(plan.state_len <= sizeof state);
    memset(state, 0, sizeof state);
    for (size_t i = 0; i < n; i++) {
        const struct feature_packet *p = &packets[i];
        feature_take(&plan, state, p);
        log_put_packet(&log, &pool, p->time_ns, p->forward, p->ip_len, p->payload_len);
    }
    CHECK(feature_put(&plan, n ? state : NULL, &(struct packet_log){.log = &log}, &scratch, values));
    feature_scratch_free(&scratch);
    log_pool_free(&pool);
}

static const struct feature_packet some[] = {
    {.time_ns = 100, .ip_len = 40, .forward = true, .tcp_flags = 2},
    {.time_ns = 150,
     .ip_len = 44,
     .payload_len = 4,
     .tcp_flags = 0x18,
     .payload = (const uint8_t *)"abca",
     .n_payload = 4},
    {.time_ns = LOG_NO_TIME, .ip_len = 40, .forward = true, .tcp_flags = 0x10},
    {.time_ns = 120,
     .ip_len = 50,
     .payload_len = 10,
     .forward = true,
     .payload = (const uint8_t *)"\0\0",
     .n_payload = 2},
};

TEST(values_of_both_directions_and_of_each)
{
    run_all(some, 4, true);
    CHECK_INT(integer("ip_len_min"), 40);
    CHECK_INT(integer("ip_len_max"), 50);
    CHECK_INT(integer("ip_len_sum"), 174);
    CHECK_INT(integer("bwd_ip_len_sum"), 44);
    CHECK(real("ip_len_mean") == 43.5);
    CHECK(real("ip_len_var") == 67.0 / 3);
    CHECK(real("ip_len_std") == 0x1.2e73c3626b90dp+2); /* not that of the rounded variance */
    CHECK(real("ip_len_p25") == 40 && real("ip_len_p50") == 42 && real("ip_len_p75") == 45.5);
    CHECK_INT(integer("ip_len_distinct"), 3);
    CHECK_INT(integer("payload_len_min"), 4);
    CHECK_INT(integer("fwd_payload_len_sum"), 10);
    CHECK_INT(integer("syn_packets"), 1);
    CHECK_INT(integer("ack_packets"), 2);
    CHECK_INT(integer("bwd_psh_packets"), 1);
    CHECK_INT(integer("fwd_psh_packets"), 0);
}

TEST(gaps_leave_packets_without_a_time_out_and_may_be_negative)
{
    run_all(some, 4, true);
    CHECK_INT(integer("iat_min_ns"), -30);
    CHECK_INT(integer("iat_max_ns"), 50);
    CHECK_INT(integer("iat_sum_ns"), 20);
    CHECK_INT(integer("fwd_iat_sum_ns"), 20);
    CHECK_INT(integer("iat_distinct"), 2);
    CHECK(real("iat_p50") == 10);
    CHECK(isnan(real("bwd_iat_mean_ns")));
    CHECK(isnan(real("fwd_iat_var")));
}

TEST(what_is_not_defined_is_null)
{
    run_all(some, 1, true);
    CHECK(isnan(real("ip_len_var")) && isnan(real("ip_len_skew")) && isnan(real("iat_p50")));
    CHECK(get("bwd_ip_len_min").is_null && get("payload_len_max").is_null && get("bwd_ip_len_p50").is_null);
    CHECK_INT(integer("bwd_ip_len_sum"), 0);
    CHECK_INT(integer("bwd_ip_len_distinct"), 0);
    CHECK(real("payload_entropy") == 0 && isnan(real("payload_chi2")) && isnan(real("payload_printable")));
    CHECK(real("ip_len_entropy") == 0 && real("bwd_ip_len_entropy") == 0);
}

TEST(a_flow_of_which_no_packet_counts_has_no_state)
{
    for (int whole_log = 0; whole_log < 2; whole_log++) {
        run_all(NULL, 0, whole_log);
        CHECK_INT(integer("syn_packets"), 0);
        CHECK_INT(integer("ip_len_sum"), 0);
        CHECK_INT(integer("payload_entropy_bytes"), 0);
        CHECK(get("ip_len_mean").is_null && get("payload_chi2").is_null && get("iat_p50").is_null);
    }
}

TEST(bytes_of_payloads)
{
    run_all(some, 4, true);
    CHECK_INT(integer("payload_entropy_bytes"), 6);
    CHECK(fabs(real("payload_entropy") - 1.9182958340544896) < 1e-12); /* 2, 2, 1, 1 of 6 */
    CHECK(real("bwd_payload_printable") == 1 && real("fwd_payload_printable") == 0);
    CHECK(real("fwd_payload_chi2") == 510 && real("fwd_payload_entropy") == 0);
}

TEST(entropy_ends_at_4096_bytes_on_each_side)
{
    static uint8_t zeros[3000], ones[3000];
    memset(ones, 1, sizeof ones);
    const struct feature_packet packets[] = {
        {.ip_len = 3040, .payload_len = 3000, .forward = true, .payload = zeros, .n_payload = sizeof zeros},
        {.ip_len = 3040, .payload_len = 3000, .payload = ones, .n_payload = sizeof ones},
        {.ip_len = 3040, .payload_len = 3000, .payload = zeros, .n_payload = sizeof zeros}};
    run_all(packets, 3, true);
    CHECK_INT(integer("payload_entropy_bytes"), 4096);
    CHECK_INT(integer("fwd_payload_entropy_bytes"), 3000);
    CHECK_INT(integer("bwd_payload_entropy_bytes"), 4096);
    CHECK(real("payload_chi2") == (256.0 * (3000.0 * 3000 + 1096.0 * 1096) / 4096 - 4096));
}

/* The state alone, for a plan that keeps no log, has the same bits as the log. */
TEST(sums_without_a_log_are_those_of_the_log)
{
    static const char *const names[] = {"ip_len_mean", "fwd_ip_len_std", "payload_len_var", "iat_mean_ns",
                                        "iat_std_ns"};
    uint16_t chosen[5];
    for (int i = 0; i < 5; i++)
        chosen[i] = (uint16_t)feature_find(names[i]);
    struct feature_packet packets[200];
    uint64_t random = 1;
    for (int i = 0; i < 200; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        packets[i] =
            (struct feature_packet){.time_ns = (int64_t)(random >> 20) - (int64_t)(1ull << 40),
                                    .ip_len = (uint32_t)(random >> 40 & 0x3fff) + 40,
                                    .payload_len = random >> 63 ? (uint32_t)(random >> 40 & 0x3fff) : 0,
                                    .forward = random >> 62 & 1};
    }
    run_all(packets, 200, true);
    struct feature_plan plan;
    struct feature_scratch scratch = {0};
    struct feature_value live[5];
    uint64_t state[128] = {0};
    feature_plan_make(&plan, chosen, 5, false);
    CHECK(!plan.needs_log && plan.state_len && plan.state_len <= sizeof state);
    for (int i = 0; i < 200; i++)
        feature_take(&plan, state, &packets[i]);
    CHECK(feature_put(&plan, state, &(struct packet_log){0}, &scratch, live));
    for (int i = 0; i < 5; i++)
        CHECK(!live[i].is_null && live[i].real == real(names[i]));
}

TEST(a_plan_remembers_only_what_its_columns_need)
{
    struct feature_plan plan;
    uint16_t flag = (uint16_t)feature_find("syn_packets"), bytes = (uint16_t)feature_find("fwd_payload_chi2");
    uint16_t median = (uint16_t)feature_find("ip_len_p50"), mean = (uint16_t)feature_find("ip_len_mean");
    feature_plan_make(&plan, &flag, 1, false);
    CHECK(plan.state_len == 64 && !plan.needs_log && !plan.needs_payload);
    feature_plan_make(&plan, &bytes, 1, false);
    CHECK(plan.needs_payload && !plan.needs_log);
    feature_plan_make(&plan, &median, 1, false);
    CHECK(plan.needs_log && !plan.state_len);
    feature_plan_make(&plan, &mean, 1, true);
    CHECK(!plan.needs_log && !plan.state_len);
}

TEST(the_largest_sums_round_once)
{
    struct exact_sums s = {0};
    double deviation;
    exact_add(&s, INT64_MIN);
    exact_add(&s, INT64_MAX);
    exact_add(&s, INT64_MAX);
    CHECK(exact_mean(&s) == 3074457345618258602.0);
    CHECK(exact_variance(&s, &deviation) == 0x1.5555555555555p+126);
    CHECK(deviation == 0x1.279a74590331cp+63);
    CHECK_INT(exact_total(&s), INT64_MAX - 1);
    struct exact_sums other = {0}, both = {0};
    exact_add(&other, -5);
    exact_merge(&both, &s);
    exact_merge(&both, &other);
    CHECK(both.n == 4 && both.min == INT64_MIN && exact_total(&both) == INT64_MAX - 6);
}

TEST(sorting_any_number_of_values)
{
    static int64_t values_[3000], scratch[3000];
    for (size_t n = 0; n < 3000; n = n * 3 / 2 + 1) {
        uint64_t random = n;
        for (size_t i = 0; i < n; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            values_[i] = (int64_t)random >> (i % 2 ? 50 : 3);
        }
        order_sort(values_, scratch, n);
        for (size_t i = 1; i < n; i++)
            CHECK(values_[i - 1] <= values_[i]);
    }
}

TEST(shape_of_values_far_from_zero)
{
    const int64_t values_[] = {1000000000000000000, 1000000000000000001, 1000000000000000003};
    struct order order;
    order_make(&order, values_, 3);
    CHECK(order.has_shape && fabs(order.skewness - 0.38180177416060584) < 1e-12);
    CHECK(fabs(order.excess_kurtosis + 1.5) < 1e-12);
}
