/* Filters over rows that the test makes. tests/diff and tests/cases compare the language itself with
 * tshark. */
#include "filter/filter.h"

#include <pthread.h>

#include "base/memory.h"
#include "field/ids_all.h"
#include "test.h"

struct world {
    struct filter *filter;
    struct filter_state state;
    struct row row;
    struct arena arena;
    struct memory_state memory;
    struct fc_error error;
};

static enum fc_status world_open(struct world *w, const char *text)
{
    memset(w, 0, sizeof *w);
    w->arena.memory = w->state.arena.memory = &w->memory;
    enum fc_status status = filter_compile(&w->filter, text, &w->error);
    if (w->filter)
        w->row = (struct row){.slot_of = filter_slots(w->filter), .arena = &w->arena, .layer = 1};
    return status;
}

static void world_close(struct world *w)
{
    filter_free(w->filter);
    filter_state_free(&w->state);
    row_free(&w->row);
    arena_free(&w->arena);
}

/* One TCP segment inside a second IP header: 10.0.0.1 -> 10.0.0.2 in 1.1.1.1 -> 2.2.2.2, 1000 -> 80,
 * "GET". */
static void put_frame(struct world *w)
{
    static const uint8_t ethernet[14] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0};
    struct row *row = &w->row;
    row_reset(row);
    put_uint(row, F_FRAME_LEN, 77);
    put_int(row, F_FRAME_TIME_DELTA, -1500000000);
    put_bytes(row, F_ETH_DST, ethernet, 6);
    put_bytes(row, F_ETH_SRC, ethernet + 6, 6);
    for (uint16_t layer = 1; layer < 3; layer++) {
        row->layer = layer;
        put_uint(row, F_IP_SRC, layer == 1 ? 0x01010101 : 0x0a000001);
        put_uint(row, F_IP_DST, layer == 1 ? 0x02020202 : 0x0a000002);
    }
    row->layer = 1;
    put_uint(row, F_TCP_SRCPORT, 1000);
    put_uint(row, F_TCP_DSTPORT, 80);
    put_uint(row, F_TCP_PORT, 1000);
    put_uint(row, F_TCP_PORT, 80);
    put_bool(row, F_TCP_FLAGS_SYN, false);
    put_text(row, F_TCP_FLAGS_STR, "AP", 2);
    put_text(row, F_TCP_PAYLOAD, "GET", 3);
    const int16_t *slots = filter_protocol_slots(w->filter);
    if (slots[P_TCP] >= 0)
        row_slot(row, (uint32_t)slots[P_TCP]);
}

/* Returns 1 or 0, or -1 if the filter does not compile. */
static int verdict_of(const char *text)
{
    struct world w;
    int verdict = -1;
    if (!world_open(&w, text)) {
        put_frame(&w);
        verdict = filter_run(w.filter, &w.state, &w.row);
    }
    world_close(&w);
    return verdict;
}

TEST(a_field_may_have_several_values)
{
    CHECK_INT(verdict_of("tcp.port == 80"), 1);
    CHECK_INT(verdict_of("tcp.port != 80"), 0);
    CHECK_INT(verdict_of("tcp.port !== 80"), 1);
    CHECK_INT(verdict_of("tcp.port === 80"), 0);
    CHECK_INT(verdict_of("all tcp.port > 79"), 1);
    CHECK_INT(verdict_of("all tcp.port in {80, 1000}"), 0);
    CHECK_INT(verdict_of("udp.port != 80"), 0);
    CHECK_INT(verdict_of("not udp.port == 80"), 1);
    CHECK_INT(verdict_of("udp.port not in {80}"), 1);
}

TEST(precedence)
{
    CHECK_INT(verdict_of("tcp or udp and udp"), 1);
    CHECK_INT(verdict_of("(tcp or udp) and udp"), 0);
    CHECK_INT(verdict_of("not udp and tcp"), 1);
    CHECK_INT(verdict_of("not (udp or tcp)"), 0);
    CHECK_INT(verdict_of("frame.len + 1 * 3 == 80"), 1);
    CHECK_INT(verdict_of("{frame.len + 1} * 3 == 234"), 1);
    CHECK_INT(verdict_of("frame.len & 4 + 1"), 1);
}

TEST(layers)
{
    CHECK_INT(verdict_of("ip.src#1 == 1.1.1.1"), 1);
    CHECK_INT(verdict_of("ip.src#2 == 1.1.1.1"), 0);
    CHECK_INT(verdict_of("ip.src#[1-2] == 10.0.0.0/8"), 1);
    CHECK_INT(verdict_of("ip.src#3"), 0);
}

TEST(slices)
{
    CHECK_INT(verdict_of("eth.src[0:2] == 02:00"), 1);
    CHECK_INT(verdict_of("eth.src[-1] == 01"), 1);
    CHECK_INT(verdict_of("eth.src[0,5] == 02:01"), 1);
    CHECK_INT(verdict_of("eth.src[6]"), 0);
    CHECK_INT(verdict_of("tcp.payload[0:3] == \"GET\""), 1);
    CHECK_INT(verdict_of("ip.src[0] == 0a"), 1);
    CHECK_INT(verdict_of("tcp.payload[1:] contains \"ET\""), 1);
}

TEST(arithmetic_keeps_to_32_bits)
{
    CHECK_INT(verdict_of("frame.len - 78 == -1"), 1);
    CHECK_INT(verdict_of("frame.len - 78 > -1"), 0);
    CHECK_INT(verdict_of("frame.len - 76 > -1"), 0); /* an unsigned number compared with a negative one */
    CHECK_INT(verdict_of("frame.len + 4294967295 > 0"), 0);
    CHECK_INT(verdict_of("frame.len / 0 == 0"), 0);
    CHECK_INT(verdict_of("frame.len / 0 != 0"), 1);
    CHECK_INT(verdict_of("-frame.len == -77"), 1);
}

TEST(functions)
{
    CHECK_INT(verdict_of("max(tcp.port) == 1000"), 1);
    CHECK_INT(verdict_of("min(udp.port, tcp.port, 90) == 80"), 1);
    CHECK_INT(verdict_of("min(udp.port, 5) == 5"), 1);
    CHECK_INT(verdict_of("count(ip.src) == 2"), 1);
    CHECK_INT(verdict_of("count(udp.port) == 0"), 0);
    CHECK_INT(verdict_of("len(tcp.payload) == 3"), 1);
    CHECK_INT(verdict_of("string(ip.src) matches \"^10\\\\.\""), 1);
    CHECK_INT(verdict_of("lower(tcp.flags.str) == \"ap\""), 1);
}

TEST(times)
{
    CHECK_INT(verdict_of("frame.time_delta == -1.5"), 1);
    CHECK_INT(verdict_of("-frame.time_delta > 1.4"), 1);
    CHECK_INT(verdict_of("frame.time_delta > 0"), 0);
}

TEST(matches_has_no_regard_for_case)
{
    CHECK_INT(verdict_of("tcp.payload matches \"get\""), 1);
    CHECK_INT(verdict_of("tcp.payload matches \"(?-i)get\""), 0);
    CHECK_INT(verdict_of("tcp.payload matches r\"^\\w+$\""), 1);
}

TEST(errors_have_a_place)
{
    struct world w;
    CHECK_INT(world_open(&w, "tcp.port = 80"), FC_FILTER);
    CHECK_INT(w.error.offset, 9);
    CHECK_TEXT(w.error.text, "\"=\" was unexpected in this context.");
    CHECK_INT(world_open(&w, "tcp.port == "), FC_FILTER);
    CHECK_INT(w.error.offset, -1);
    CHECK_INT(world_open(&w, "tcp.port == 65536"), FC_FILTER);
    CHECK_TEXT(w.error.text, "\"65536\" too big for this field, maximum 65535.");
    CHECK_INT(world_open(&w, " \t"), FC_USAGE);
}

TEST(what_is_not_exact_is_not_native)
{
    static const char *const texts[] = {"rtp",
                                        "tls[0] == 16",
                                        "count(dns) > 1",
                                        "tls#[1]",
                                        "http.host#[1]",
                                        "http.prev_response_in",
                                        "eth.src[0] == ff",
                                        "ip.proto == UDP",
                                        "tcp contains \"GET\"",
                                        "frame.time_delta_displayed > 0",
                                        "ip.ttl == -200",
                                        "ip.src#[-1]",
                                        "ip.src#1 == 1.1.1.1 and ip.src == 10.0.0.1"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct world w;
        CHECK_INT(world_open(&w, texts[i]), FC_UNSUPPORTED);
        CHECK(w.error.text[0]);
    }
}

TEST(many_clauses_and_deep_nesting)
{
    static char text[200000];
    size_t n = 0;
    struct world w;
    for (int i = 0; i < 2000; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%stcp.port == %d", i ? " or " : "", i);
    CHECK_INT(verdict_of(text), 1);
    memset(text, '(', 100000);
    text[100000] = 0;
    CHECK_INT(world_open(&w, text), FC_UNSUPPORTED);
}

TEST(the_program_reads)
{
    struct world w;
    char text[512];
    CHECK_INT(world_open(&w, "tcp.port == 80 and not ip.src[0] == 0a"), FC_OK);
    size_t len = filter_dump(text, sizeof text, w.filter);
    CHECK_INT(len, strlen(text));
    CHECK(strstr(text, "TEST       any tcp.port == 80\n"));
    CHECK(strstr(text, "SLICE      r0[0:1] -> r1\n"));
    CHECK_INT(filter_dump(text, 8, w.filter), len);
    CHECK_INT(strlen(text), 7);
    world_close(&w);
}

TEST(memory_may_end_anywhere)
{
    const char *text =
        "tcp.port + frame.len == 157 and tcp.payload[0:2] matches \"ge\" and string(ip.src) == \"1.1.1.1\"";
    CHECK_INT(verdict_of(text), 1);
    for (int64_t n = 0; n < 60; n++) {
        struct world w;
        memory_fail_after(n);
        enum fc_status status = world_open(&w, text);
        if (!status) {
            put_frame(&w);
            bool verdict = filter_run(w.filter, &w.state, &w.row);
            CHECK(verdict || w.memory.ended);
        }
        memory_fail_after(-1);
        CHECK(status == FC_OK || status == FC_MEMORY);
        world_close(&w);
    }
}

static struct filter *shared;
static void *run_shared(void *out)
{
    struct world w = {.filter = shared};
    w.row = (struct row){.slot_of = filter_slots(shared), .arena = &w.arena, .layer = 1};
    int passed = 0;
    for (int i = 0; i < 2000; i++) {
        put_frame(&w);
        passed += filter_run(shared, &w.state, &w.row);
    }
    w.filter = NULL;
    world_close(&w);
    *(int *)out = passed;
    return NULL;
}

TEST(threads_share_a_program)
{
    pthread_t threads[4];
    int passed[4];
    struct fc_error error;
    CHECK_INT(filter_compile(&shared, "tcp.payload matches \"g.t\" and max(tcp.port) == 1000", &error),
              FC_OK);
    for (int i = 0; i < 4; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, run_shared, &passed[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        CHECK_INT(passed[i], 2000);
    }
    filter_free(shared);
}
