/* Flows: the choice of the client, and the places where the policy `timeout` divides a conversation. */
#include "flow/flow.h"

#include "base/memory.h"
#include "flow/tcp_analysis.h"
#include "test.h"

enum { SECOND = 1000000000, A = 0, B = 1 };

static struct flow_table table;
static struct conv conv;

/* Makes a conversation of side A (port a) with side B (port b), and an empty table. */
static void begin(enum fc_policy policy, enum conv_kind kind, uint16_t a, uint16_t b)
{
    flow_free(&table);
    table.policy = (struct flow_policy){policy, FC_STYLE_CLEAN, 60 * (int64_t)SECOND, 300 * (int64_t)SECOND};
    conv = (struct conv){.flow = NO_FLOW, .syn_from = -1, .synack_from = -1};
    for (int i = 0; i < 2; i++)
        conv.side[i] = (struct endpoint){.address = {10, 0, 0, (uint8_t)(i + 1)},
                                         .port = i == A ? a : b,
                                         .family = 4,
                                         .kind = (uint8_t)kind};
}

static uint32_t put_at(int64_t ns, uint8_t from, uint8_t flags, uint32_t payload)
{
    struct flow_packet p = {.ref = {.conv = &conv, .direction = from},
                            .time_ns = ns,
                            .has_time = true,
                            .payload_len = payload,
                            .tcp_flags = flags};
    uint32_t index = NO_FLOW;
    const struct flow *flow = flow_assign(&table, &p, &index);
    CHECK(flow && flow == flow_at(&table, index));
    return index;
}

static uint32_t put(int seconds, uint8_t from, uint8_t flags, uint32_t payload)
{
    return put_at(seconds * (int64_t)SECOND, from, flags, payload);
}

static void check_client(int client, enum client_by by)
{
    put(0, A, 0, 1);
    CHECK_INT(flow_at(&table, 0)->client, client);
    CHECK_INT(flow_at(&table, 0)->client_by, by);
}

static void check_end(uint32_t flow, uint32_t n_packets, enum flow_end end)
{
    CHECK(flow < table.n_flows);
    CHECK_INT(flow_at(&table, flow)->n_packets, n_packets);
    CHECK_INT(flow_at(&table, flow)->end, end);
}

__attribute__((destructor)) static void free_all(void) { flow_free(&table); }

/* ---- direction: A sends every packet ---- */

TEST(the_one_port_below_1024_is_the_servers)
{
    begin(FC_POLICY_STREAM, CONV_TCP, 50000, 443);
    check_client(A, CLIENT_BY_PORT);
    begin(FC_POLICY_STREAM, CONV_UDP, 1023, 1024);
    check_client(B, CLIENT_BY_PORT);
    begin(FC_POLICY_STREAM, CONV_SCTP, 2904, 22);
    check_client(A, CLIENT_BY_PORT);
}

TEST(the_first_sender_is_the_client_where_ports_do_not_tell)
{
    static const uint16_t ports[][2] = {
        {123, 123}, {500, 1000}, {40000, 51820}, {51820, 40000}, {1024, 65535}};
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++) {
        begin(FC_POLICY_STREAM, CONV_UDP, ports[i][0], ports[i][1]);
        check_client(A, CLIENT_BY_FIRST);
    }
}

static void set_address(int side, uint8_t family, const char *hex)
{
    conv.side[side].family = family;
    test_hex(conv.side[side].address, sizeof conv.side[side].address, hex);
}

TEST(a_group_address_is_never_the_client)
{
    static const struct {
        uint8_t family;
        const char *address;
    } groups[] = {{4, "e0 00 00 fb"}, {4, "ef ff ff fa"}, {4, "ff ff ff ff"}, {6, "ff 02 00 00"}};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        begin(FC_POLICY_STREAM, CONV_UDP, 68, 60000); /* the port would say B */
        set_address(B, groups[i].family, groups[i].address);
        check_client(A, CLIENT_BY_MULTICAST);
    }
    begin(FC_POLICY_STREAM, CONV_UDP, 40000, 53);
    set_address(B, 4, "df ff ff ff"); /* the last address below the groups */
    check_client(A, CLIENT_BY_PORT);
    begin(FC_POLICY_STREAM, CONV_UDP, 40000, 53);
    set_address(A, 6, "fe 80 00 00"); /* a link-local host */
    set_address(B, 6, "ff 02 00 00");
    check_client(A, CLIENT_BY_MULTICAST);
}

TEST(the_handshake_outdoes_the_ports)
{
    begin(FC_POLICY_STREAM, CONV_TCP, 443, 50000);
    conv.syn_from = A;
    conv.synack_from = A; /* both sides open: the SYN decides */
    check_client(A, CLIENT_BY_SYN);
    begin(FC_POLICY_STREAM, CONV_TCP, 443, 50000);
    conv.synack_from = B;
    check_client(A, CLIENT_BY_SYNACK);
}

TEST(classic_style_looks_at_ports_alone)
{
    begin(FC_POLICY_STREAM, CONV_UDP, 40000, 51820);
    table.policy.style = FC_STYLE_CLASSIC;
    check_client(B, CLIENT_BY_PORT);
    begin(FC_POLICY_STREAM, CONV_UDP, 123, 123); /* of equal ports the receiver */
    table.policy.style = FC_STYLE_CLASSIC;
    check_client(B, CLIENT_BY_PORT);
    begin(FC_POLICY_STREAM, CONV_UDP, 123, 123); /* but for a host that talks to itself */
    table.policy.style = FC_STYLE_CLASSIC;
    conv.side[B] = conv.side[A];
    check_client(A, CLIENT_BY_PORT);
    begin(FC_POLICY_STREAM, CONV_TCP, 443, 50000);
    table.policy.style = FC_STYLE_CLASSIC;
    conv.syn_from = A;
    check_client(B, CLIENT_BY_PORT);
    begin(FC_POLICY_STREAM, CONV_TCP, 443, 50000);
    table.policy.style = FC_STYLE_CLASSIC;
    conv.synack_from = B;
    check_client(B, CLIENT_BY_PORT);
}

TEST(without_ports_the_first_sender_is_the_client)
{
    static const enum conv_kind kinds[] = {CONV_ICMP, CONV_ICMP6, CONV_GRE, CONV_ESP};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        begin(FC_POLICY_STREAM, kinds[i], 0, 0);
        check_client(A, CLIENT_BY_FIRST);
    }
}

TEST(the_client_stays_once_the_flow_is_there)
{
    begin(FC_POLICY_STREAM, CONV_TCP, 50000, 443);
    check_client(A, CLIENT_BY_PORT);
    conv.syn_from = B;
    CHECK_INT(put(1, B, TCP_FLAG_SYN, 0), 0);
    CHECK_INT(flow_at(&table, 0)->client, A);
}

/* ---- the policy stream ---- */

TEST(a_stream_is_never_cut)
{
    begin(FC_POLICY_STREAM, CONV_TCP, 50000, 443);
    put(0, A, TCP_FLAG_FIN, 0);
    put(1, B, TCP_FLAG_FIN, 0);
    put(2, B, TCP_FLAG_RST, 0);
    put(1000000, A, TCP_FLAG_SYN, 0);
    put(3, A, 0, 7); /* the time goes backward */
    CHECK_INT(table.n_flows, 1);
    check_end(0, 5, END_CAPTURE);
}

/* ---- the policy timeout ---- */

TEST(silence_ends_a_flow)
{
    begin(FC_POLICY_TIMEOUT, CONV_UDP, 50000, 443);
    CHECK_INT(put(0, A, 0, 1), 0);
    CHECK_INT(put(60, B, 0, 1), 0); /* exactly the longest silence that is allowed */
    CHECK_INT(put_at(120 * (int64_t)SECOND + 1, A, 0, 1), 1);
    CHECK_INT(conv.flow, 1);
    check_end(0, 2, END_IDLE);
    check_end(1, 1, END_CAPTURE);
}

TEST(activity_does_not_last_for_ever)
{
    begin(FC_POLICY_TIMEOUT, CONV_UDP, 50000, 443);
    for (int i = 0; i <= 300; i += 50)
        CHECK_INT(put(i, A, 0, 1), 0);
    CHECK_INT(put(301, A, 0, 1), 1); /* the flow lasts from here on */
    CHECK_INT(put(350, A, 0, 1), 1);
    check_end(0, 7, END_ACTIVE);
    check_end(1, 2, END_CAPTURE);
}

TEST(a_clock_that_goes_back_ends_nothing)
{
    begin(FC_POLICY_TIMEOUT, CONV_UDP, 50000, 443);
    CHECK_INT(put(1000, A, 0, 1), 0);
    CHECK_INT(put(0, A, 0, 1), 0);
    CHECK_INT(table.n_flows, 1);
}

TEST(fin_of_both_sides_ends_a_flow_and_the_last_acknowledgement_stays_in_it)
{
    begin(FC_POLICY_TIMEOUT, CONV_TCP, 50000, 443);
    put(0, A, TCP_FLAG_SYN, 0);
    put(1, A, TCP_FLAG_FIN | TCP_FLAG_ACK, 5);
    CHECK_INT(put(2, B, TCP_FLAG_ACK, 100), 0); /* half closed: the other side may go on */
    CHECK_INT(put(3, B, TCP_FLAG_FIN | TCP_FLAG_ACK, 5), 0);
    CHECK_INT(put(4, A, TCP_FLAG_ACK, 0), 0);
    CHECK_INT(put(5, A, TCP_FLAG_RST, 0), 0); /* a later reset does not change the end */
    check_end(0, 6, END_FIN);
    CHECK_INT(put(6, A, TCP_FLAG_SYN, 0), 1);
    check_end(1, 1, END_CAPTURE);
}

TEST(one_side_may_say_fin_twice)
{
    begin(FC_POLICY_TIMEOUT, CONV_TCP, 50000, 443);
    put(0, A, TCP_FLAG_FIN, 0);
    put(1, A, TCP_FLAG_FIN, 0);
    CHECK_INT(put(2, A, TCP_FLAG_ACK, 9), 0);
    check_end(0, 3, END_CAPTURE);
}

TEST(a_reset_ends_a_flow)
{
    begin(FC_POLICY_TIMEOUT, CONV_TCP, 50000, 443);
    put(0, A, TCP_FLAG_SYN, 0);
    put(1, B, TCP_FLAG_RST | TCP_FLAG_ACK, 0);
    CHECK_INT(put(2, B, TCP_FLAG_RST, 0), 0);
    CHECK_INT(put(3, A, TCP_FLAG_ACK, 10), 0); /* data that was under way */
    check_end(0, 4, END_RST);
    CHECK_INT(put(4, A, TCP_FLAG_SYN, 0), 1);
    check_end(1, 1, END_CAPTURE);
}

TEST(a_closed_flow_that_falls_silent_stays_closed)
{
    begin(FC_POLICY_TIMEOUT, CONV_TCP, 50000, 443);
    put(0, A, TCP_FLAG_RST, 0);
    CHECK_INT(put(100, A, TCP_FLAG_ACK, 0), 1);
    check_end(0, 1, END_RST);
}

/* ---- the table ---- */

TEST(many_flows_and_a_table_used_again)
{
    begin(FC_POLICY_STREAM, CONV_TCP, 50000, 443);
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 1000; i++) {
            conv.flow = NO_FLOW;
            CHECK_INT(put(0, A, 0, i % 2), i);
        }
        CHECK(flow_at(&table, 1)->has_payload && !flow_at(&table, 998)->has_payload);
        flow_reset(&table);
        CHECK_INT(table.n_flows, 0);
    }
}

TEST(memory_that_ends)
{
    begin(FC_POLICY_STREAM, CONV_TCP, 50000, 443);
    struct flow_packet p = {.ref = {.conv = &conv}};
    uint32_t index;
    for (int n = 0; n < 2; n++) {
        memory_fail_after(n);
        CHECK(!flow_assign(&table, &p, &index));
        memory_fail_after(-1);
        CHECK_INT(table.n_flows, 0);
        CHECK_INT(conv.flow, NO_FLOW);
    }
    CHECK(flow_assign(&table, &p, &index) && index == 0);
}
