/* Stream numbers with the rules for SNMP, TFTP and SOCKS. Expected values: tshark 4.0.17 on the same
 * packets. */
#include "flow/conv.h"

#include "test.h"

enum { A = 0x0a000001, B = 0x0a000002, C = 0x0a000003 };

static struct conv_table table;
static uint32_t frame_number;

static void put16(uint8_t *p, uint32_t u)
{
    p[0] = (uint8_t)(u >> 8);
    p[1] = (uint8_t)u;
}

static struct conv_ref send(uint8_t protocol, uint32_t src, uint16_t sport, uint32_t dst, uint16_t dport,
                            const char *payload, size_t n)
{
    static const struct capture_interface raw = {.link_type = 101, .fcs_len = -1};
    uint8_t bytes[200] = {0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol};
    size_t header = protocol == 6 ? 20 : 8;
    put16(bytes + 2, (uint32_t)(20 + header + n));
    put16(bytes + 12, src >> 16);
    put16(bytes + 14, src);
    put16(bytes + 16, dst >> 16);
    put16(bytes + 18, dst);
    put16(bytes + 20, sport);
    put16(bytes + 22, dport);
    if (protocol == 6) {
        bytes[32] = 0x50;
        bytes[33] = 0x18;
    } else {
        put16(bytes + 24, (uint32_t)(8 + n));
    }
    memcpy(bytes + 20 + header, payload, n);
    struct frame frame = {
        .data = bytes, .cap_len = (uint32_t)(20 + header + n), .interface = &raw, .number = ++frame_number};
    frame.len = frame.cap_len;
    struct packet packet;
    decode_frame(&packet, &frame);
    struct conv_ref ref = {0};
    const struct layer *layer = &packet.layers[1];
    CHECK_INT(packet.n_layers >= 2, 1);
    CHECK(conv_find(&table, &packet, layer, &ref));
    conv_follow(&table, layer, &ref);
    return ref;
}

static uint32_t udp(uint32_t src, uint16_t sport, uint32_t dst, uint16_t dport, const char *payload, size_t n)
{
    return send(17, src, sport, dst, dport, payload, n).conv->stream;
}
static uint32_t tcp(uint32_t src, uint16_t sport, uint32_t dst, uint16_t dport, const char *payload, size_t n)
{
    return send(6, src, sport, dst, dport, payload, n).conv->stream;
}

#define SNMP "\x30\x0a\x02\x01\x01\x04\x03pub\x05\x00", 12

TEST(snmp_renumbers_after_its_first_message)
{
    conv_reset(&table);
    CHECK_INT(udp(A, 5000, B, 161, SNMP), 0);
    CHECK_INT(udp(A, 5000, C, 161, SNMP), 1);
    CHECK_INT(udp(B, 161, A, 5000, SNMP), 2);
    CHECK_INT(udp(C, 161, A, 5000, SNMP), 3);
    CHECK_INT(udp(A, 5000, B, 161, SNMP), 2);
    CHECK_INT(udp(A, 9, B, 9, "x", 1), 4);
}

TEST(junk_on_the_snmp_port_changes_nothing)
{
    conv_reset(&table);
    CHECK_INT(udp(A, 5000, B, 161, "zzz", 3), 0);
    CHECK_INT(udp(B, 161, A, 5000, "zzz", 3), 0);
    CHECK_INT(udp(A, 5000, B, 161, SNMP), 0);
    CHECK_INT(udp(A, 5000, B, 161, SNMP), 1);
}

#define READ_REQUEST "\0\1f\0octet", 9
#define DATA "\0\3\0\1d", 5

TEST(tftp_answers_come_from_any_port)
{
    conv_reset(&table);
    CHECK_INT(udp(A, 5000, B, 69, READ_REQUEST), 0);
    CHECK_INT(udp(A, 5000, B, 69, READ_REQUEST), 0);
    struct conv_ref first = send(17, B, 7000, A, 5000, DATA), back = send(17, A, 5000, B, 7000, DATA);
    struct conv_ref other = send(17, B, 7001, A, 5000, DATA);
    CHECK_INT(first.conv->stream, 1);
    CHECK(first.conv == back.conv && first.conv == other.conv);
    CHECK_INT(first.direction, other.direction);
    CHECK_INT(first.direction, 1 - back.direction);
    CHECK_INT(udp(A, 5000, B, 69, READ_REQUEST), 0);
    CHECK_INT(udp(B, 7002, A, 5000, DATA), 2);
    CHECK_INT(udp(C, 7000, A, 5000, DATA), 3);
}

TEST(tftp_prefers_a_conversation_of_its_own)
{
    conv_reset(&table);
    CHECK_INT(udp(B, 7000, A, 5000, DATA), 0);
    CHECK_INT(udp(A, 5000, B, 69, READ_REQUEST), 1);
    CHECK_INT(udp(B, 7000, A, 5000, DATA), 0);
    CHECK_INT(udp(B, 7001, A, 5000, DATA), 2);
}

TEST(socks_data_takes_a_number)
{
    conv_reset(&table);
    CHECK_INT(tcp(A, 5000, B, 1080, "\5\1\0", 3), 0);
    CHECK_INT(tcp(B, 1080, A, 5000, "\5\0", 2), 0);
    CHECK_INT(tcp(A, 5000, B, 1080, "\5\1\0\1\1\2\3\4\0\x50", 10), 0);
    CHECK_INT(tcp(B, 1080, A, 5000, "\5\0\0\1\0\0\0\0\0\0", 10), 0);
    CHECK_INT(tcp(A, 6000, B, 6001, "x", 1), 1); /* the number is not consumed yet */
    CHECK_INT(tcp(A, 5000, B, 1080, "data", 4), 0);
    CHECK_INT(tcp(A, 6002, B, 6001, "x", 1), 3);
    CHECK_INT(tcp(A, 5000, B, 1080, "data", 4), 0);
    CHECK_INT(tcp(A, 6003, B, 6001, "x", 1), 4);
}

TEST(socks_bind_takes_none)
{
    conv_reset(&table);
    tcp(A, 5000, B, 1080, "\5\1\0", 3);
    tcp(B, 1080, A, 5000, "\5\0", 2);
    tcp(A, 5000, B, 1080, "\5\2\0\1\1\2\3\4\0\x50", 10);
    tcp(B, 1080, A, 5000, "\5\0\0\1\0\0\0\0\0\0", 10);
    tcp(A, 5000, B, 1080, "data", 4);
    CHECK_INT(tcp(A, 6002, B, 6001, "x", 1), 1);
}

TEST(protocols_that_are_not_reproduced_are_noticed)
{
    conv_reset(&table);
    udp(A, 5060, B, 5060, "INVITE", 6);
    CHECK(!table.numbers_may_differ);
    udp(A, 5060, B, 5060, "\r\nm=audio", 9);
    CHECK(table.numbers_may_differ);
}

#define BANNER "RFB 003.008\n", 12

TEST(vnc_elsewhere_starts_anew_behind_its_banner)
{
    conv_reset(&table);
    CHECK_INT(tcp(B, 7000, A, 5000, BANNER), 0);
    CHECK_INT(tcp(A, 5000, B, 7000, BANNER), 1);
    CHECK_INT(tcp(B, 7000, A, 5000, "x", 1), 1);
    conv_reset(&table);
    CHECK_INT(tcp(B, 5900, A, 5000, BANNER), 0);
    CHECK_INT(tcp(A, 5000, B, 5900, BANNER), 0);
    conv_reset(&table);
    CHECK_INT(tcp(B, 7000, A, 5000, "hello there!", 12), 0);
    CHECK_INT(tcp(B, 7000, A, 5000, BANNER), 0);
    CHECK_INT(tcp(A, 5000, B, 7000, BANNER), 0);
}

TEST(many_pairs_are_told_apart)
{
    conv_reset(&table);
    for (uint32_t round = 0; round < 2; round++)
        for (uint32_t i = 0; i < 5000; i++)
            CHECK_INT(udp(A + i % 7, (uint16_t)(1000 + i), B + 0x100 * (i % 11), 2000, "x", 1), i);
    conv_free(&table);
}

/* ---- forgotten conversations ---- */

enum { MANY = 3 * CONVS_KEPT };

/* The conversation of the i-th pair. */
static struct conv *pair(uint32_t i, uint8_t protocol)
{
    return send(protocol, A + i / 50000, (uint16_t)(i % 50000 + 1000), B, 9, "x", 1).conv;
}

static void forget_before(uint32_t second)
{
    for (struct conv *conv; (conv = conv_next_silent(&table, second));)
        conv_forget(&table, conv);
}

TEST(silent_conversations_make_room_for_new_ones)
{
    conv_reset(&table);
    for (uint32_t i = 0; i < MANY; i++) {
        table.second = i / 100; /* a hundred new pairs a second, each silent from then on */
        CHECK_INT(pair(i, i & 1 ? 6 : 17)->stream, i / 2);
        forget_before(table.second < 50 ? 0 : table.second - 50);
    }
    CHECK(table.n_convs <= CONVS_KEPT + CONVS_KEPT / 2);
    CHECK_INT(table.n_forgotten + table.n_convs - table.n_unused, MANY);
    for (uint32_t i = MANY - 5000; i < MANY; i++) /* those of the last 50 seconds are there */
        CHECK_INT(pair(i, i & 1 ? 6 : 17)->stream, i / 2);
    CHECK_INT(pair(0, 17)->stream, MANY / 2); /* the first pair is new */
}

/* What a TFTP request creates is forgotten, too: the pair with any port of the server, and the conversation
 * of the answers. */
TEST(answers_from_any_port_are_forgotten)
{
    static const char read[] = "\0\1file\0octet";
    conv_reset(&table);
    for (uint32_t i = 0; i < MANY; i++) {
        table.second = i / 100;
        (void)udp(0x0b000000 + i, 3000, B, 69, read, sizeof read);
        (void)udp(B, 5000, 0x0b000000 + i, 3000, "\0\3\0\1x", 5);
        if (i)
            CHECK_INT(udp(B, 5000, 0x0b000000 + i, 3000, "\0\3\0\2x", 5), 2 * i + 1);
        forget_before(table.second < 50 ? 0 : table.second - 50);
    }
    CHECK(table.n_convs - table.n_unused <= CONVS_KEPT + CONVS_KEPT / 2);
    CHECK_INT(table.n_forgotten + table.n_convs - table.n_unused, 3 * MANY);
}

TEST(few_conversations_are_not_forgotten)
{
    conv_reset(&table);
    for (uint32_t i = 0; i < CONVS_KEPT; i++) {
        table.second = i;
        (void)pair(i, 17);
        CHECK(!conv_next_silent(&table, i));
    }
    CHECK_INT(pair(0, 17)->stream, 0);
}

/* A look-up must find every pair that is remembered, whatever was taken out of the hash table around it. */
TEST(pairs_that_speak_are_found_while_others_are_forgotten)
{
    enum { SPEAKERS = 2000 };
    static uint32_t streams[SPEAKERS];
    conv_reset(&table);
    for (uint32_t i = 0; i < SPEAKERS; i++)
        streams[i] = pair(MANY + i, 17)->stream;
    for (uint32_t i = 0; i < MANY; i++) {
        table.second = i / 100;
        (void)pair(i, 17);
        CHECK_INT(pair(MANY + i % SPEAKERS, 17)->stream, streams[i % SPEAKERS]);
        forget_before(table.second < 30 ? 0 : table.second - 30);
    }
    CHECK(table.n_forgotten > CONVS_KEPT);
}
