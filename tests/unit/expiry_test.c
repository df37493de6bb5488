/* Flows that leave before their capture ends: the clock of the packets, the moments, the order, the memory.
 */
#include "base/memory.h"
#include "flow/flow.h"
#include "flow/tcp_analysis.h"
#include "test.h"

#define SECOND INT64_C(1000000000)
enum { MOST_CONVS = 2000 };

static struct flow_table table;
static struct conv convs[MOST_CONVS];

static void begin(int64_t idle_s, int64_t active_s)
{
    flow_free(&table);
    table.policy =
        (struct flow_policy){FC_POLICY_TIMEOUT, FC_STYLE_CLEAN, idle_s * SECOND, active_s * SECOND};
    for (size_t i = 0; i < MOST_CONVS; i++)
        convs[i] = (struct conv){.flow = NO_FLOW, .syn_from = -1, .synack_from = -1};
}

/* A packet of a conversation; the number of its flow. */
static uint32_t put(int conv, int64_t seconds, uint8_t flags)
{
    struct flow_packet p = {
        .ref = {.conv = &convs[conv]}, .time_ns = seconds * SECOND, .has_time = true, .tcp_flags = flags};
    uint32_t number = NO_FLOW;
    flow_turn(&table, p.time_ns);
    CHECK(flow_assign(&table, &p, &number) != NULL);
    return number;
}

/* The next flow that left is `number`. */
static void check_left(uint64_t number, enum flow_end end)
{
    struct flow *flow = table.ended.first;
    CHECK(flow);
    if (!flow)
        return;
    CHECK_INT(flow_timer(flow)->number, number);
    CHECK_INT(flow->end, end);
    flow_release(&table);
}
static void check_none_left(void) { CHECK(!table.ended.first && !table.ended.last); }

__attribute__((destructor)) static void free_all(void) { flow_free(&table); }

TEST(a_silent_flow_leaves_when_another_pair_speaks)
{
    begin(10, 100);
    CHECK_INT(put(0, 0, 0), 0);
    CHECK_INT(put(1, 10, 0), 1); /* exactly the longest silence that is allowed */
    check_none_left();
    CHECK_INT(put(1, 11, 0), 1);
    check_left(0, END_IDLE);
    check_none_left();
    CHECK_INT(convs[0].flow, NO_FLOW);
    CHECK_INT(put(0, 12, 0), 2);
    CHECK_INT(table.n_flows, 2); /* it has the place of the flow that left */
}

TEST(an_old_flow_leaves_though_it_is_not_silent)
{
    begin(10, 25);
    for (int s = 0; s <= 25; s += 5)
        CHECK_INT(put(0, s, 0), 0);
    put(1, 26, 0);
    check_left(0, END_ACTIVE);
    check_none_left();
}

TEST(flows_leave_in_the_order_of_their_ends)
{
    begin(10, 1000);
    put(0, 0, 0);
    put(1, 1, 0);
    put(2, 1, 0);
    put(0, 5, 0);
    put(2, 6, 0);
    put(1, 6,
        0); /* flows 1 and 2 end at the same moment: the one with the earlier first packet comes first */
    put(3, 900, 0);
    check_left(0, END_IDLE);
    check_left(1, END_IDLE);
    check_left(2, END_IDLE);
    check_none_left();
}

TEST(a_closed_flow_waits_for_late_segments_or_a_syn)
{
    begin(10, 1000);
    put(0, 0, TCP_FLAG_RST);
    CHECK_INT(put(0, 1, TCP_FLAG_ACK), 0);
    CHECK_INT(put(0, 2, TCP_FLAG_SYN), 1);
    check_none_left(); /* another flow may have ended at the same moment */
    put(1, 3, TCP_FLAG_RST);
    check_left(0, END_RST);
    put(2, 20, 0);
    check_left(1, END_IDLE);
    check_left(2, END_RST);
    check_none_left();
}

TEST(the_end_of_the_capture)
{
    begin(10, 1000);
    put(0, 0, TCP_FLAG_RST);
    put(1, 5, 0);
    put(2, 5, TCP_FLAG_RST);
    put(0, 6, TCP_FLAG_SYN);
    flow_end_all(&table);
    check_left(0, END_RST); /* the SYN ended it before the capture did */
    check_left(1, END_CAPTURE);
    check_left(2, END_RST);
    check_left(3, END_CAPTURE);
    check_none_left();
}

TEST(late_frames_delay_the_end)
{
    begin(10, 1000);
    put(0, 0, 0);
    put(1, 8, 0);
    put(2, 5, 0); /* late by 3 seconds: later frames may be, too */
    put(1, 12, 0);
    check_none_left();
    CHECK_INT(put(0, 9, 0), 0);
    put(1, 25, 0);
    check_left(2, END_IDLE); /* its packet came at the clock's 8 seconds */
    check_none_left();
    put(1, 26, 0);
    check_left(0, END_IDLE); /* at 22 by the clock, which then showed 12 */
}

TEST(a_clock_that_is_set_back_goes_on_from_there)
{
    struct packet_clock clock = {0};
    packet_clock_take(&clock, 1000 * SECOND);
    packet_clock_take(&clock, 1010 * SECOND);
    CHECK_INT(clock.past, 10 * SECOND);
    for (int i = 0; i < CLOCK_SET_BACK; i++)
        packet_clock_take(&clock, (i + 1) * SECOND / 1000);
    CHECK_INT(clock.now, 10 * SECOND);
    packet_clock_take(&clock, 6 * SECOND);
    CHECK_INT(clock.past, 15 * SECOND);
    CHECK_INT(clock.lateness, 0);
    packet_clock_take(&clock, 5 * SECOND);
    CHECK_INT(clock.now, 15 * SECOND);
    CHECK_INT(clock.past, 15 * SECOND); /* it does not go back */
    CHECK_INT(clock.lateness, SECOND);
}

TEST(a_clock_of_impossible_times)
{
    struct packet_clock clock = {0};
    packet_clock_take(&clock, INT64_MIN);
    packet_clock_take(&clock, INT64_MAX);
    CHECK(clock.now == INT64_MAX && clock.past == INT64_MAX);
    packet_clock_take(&clock, INT64_MIN);
    packet_clock_take(&clock, INT64_MAX);
    CHECK(clock.now == INT64_MAX);
}

TEST(many_flows_take_the_memory_of_those_that_are_open)
{
    begin(1, 1000);
    for (int i = 0; i < 100000; i++) {
        put(i % MOST_CONVS, i / 100, 0);
        while (table.ended.first)
            check_left(flow_timer(table.ended.first)->number, END_IDLE);
    }
    CHECK(table.n_flows <= 300);
    CHECK_INT(table.n_made, 100000);
    flow_reset(&table);
    CHECK_INT(table.n_flows, 0);
    put(0, 0, 0);
    CHECK_INT(table.n_made, 100001 - 100000);
}

TEST(many_flows_of_one_moment_are_sorted)
{
    begin(1, 1000);
    for (int i = 0; i < MOST_CONVS; i++)
        put(i, 0, 0);
    for (int i = MOST_CONVS - 1; i >= 0; i--)
        put(i, 0, 0);
    flow_turn(&table, 5 * SECOND);
    for (uint64_t i = 0; i < MOST_CONVS; i++)
        check_left(i, END_IDLE);
    check_none_left();
}

TEST(memory_that_ends_leaves_the_queues_as_they_are)
{
    begin(10, 1000);
    struct flow_packet p = {.ref = {.conv = &convs[0]}};
    uint32_t number;
    for (int n = 0; n < 2; n++) {
        memory_fail_after(n);
        CHECK(!flow_assign(&table, &p, &number));
        memory_fail_after(-1);
        CHECK(!table.open[BY_AGE].first && !table.open[BY_SILENCE].last);
    }
    CHECK_INT(put(0, 0, 0), 0);
}
