#include "table/flows.h"

#include "base/memory.h"
#include "table/values.h"
#include "table_rows.h"

static struct picked picked;
#define C(name) column_of(&picked, &a, name)
static struct log_pool pool;

static const struct totals totals[2] = {{160, 48, 2, 1}, {1500, 1448, 1, 1}};
static const struct flow_row plain = {.protocol = "tcp",
                                      .client_by = "syn",
                                      .end = "capture",
                                      .stream = 7,
                                      .ip_protocol = 6,
                                      .sport = 50000,
                                      .dport = 443,
                                      .src = {4, {10, 0, 0, 1}},
                                      .dst = {6, {0x20, 1, 0xd, 0xb8, [15] = 1}},
                                      .start_ns = 1000,
                                      .end_ns = 3000,
                                      .totals = totals};

static struct flows *default_table(void)
{
    struct flows *f = flows_new(pick(&picked, FC_LEVEL_FLOWS, NULL, 0));
    CHECK(f);
    return f;
}

static struct log three_packets(void)
{
    struct log log = {0};
    log_put_packet(&log, &pool, 1000, true, 60, 0);
    log_put_packet(&log, &pool, 3000, false, 1500, 1448);
    log_put_packet(&log, &pool, 2000, true, 100, 48);
    return log;
}

static void finish(struct flows *f, struct ArrowArray *out, int64_t rows)
{
    CHECK_INT(flows_rows(f), rows);
    CHECK(flows_finish(f, out) == FC_OK);
    CHECK_INT(out->length, rows);
    for (int64_t i = 0; i < out->n_children; i++)
        CHECK_INT(out->children[i]->length, rows);
    CHECK_INT(flows_rows(f), 0);
}

TEST(a_flow)
{
    struct flows *f = default_table();
    struct log log = three_packets(), other = {0};
    struct flow_row row = plain;
    struct ArrowArray a;
    row.packets = &log;
    log_put_packet(&other, &pool, 5, false, 70000, 69960);
    flows_capture(f, "x.pcap");
    CHECK(flows_add(f, &row) == FC_OK);
    row.packets = &other;
    row.outer_src = (struct address){4, {1, 2, 3, 4}};
    CHECK(flows_add(f, &row) == FC_OK);
    finish(f, &a, 2);
    CHECK(text_is(C("capture")->dictionary, 0, "x.pcap") && text_is(C("protocol")->dictionary, 0, "tcp"));
    CHECK(text_is(C("src"), 0, "10.0.0.1") && text_is(C("dst"), 1, "2001:db8::1"));
    CHECK(is_null(C("outer_src"), 0) && !is_null(C("outer_src"), 1) && text_is(C("outer_src"), 1, "1.2.3.4"));
    CHECK_INT(((const uint16_t *)C("dport")->buffers[1])[1], 443);
    CHECK_INT(((const int64_t *)C("time_start")->buffers[1])[0], 1000);
    CHECK_INT(((const int64_t *)C("time_end")->buffers[1])[0], 3000);
    CHECK_INT(((const int64_t *)C("duration")->buffers[1])[0], 2000);
    CHECK_INT(((const uint64_t *)C("fwd_packets")->buffers[1])[0], 2);
    CHECK_INT(((const uint64_t *)C("bwd_packets")->buffers[1])[0], 1);
    CHECK_INT(((const uint64_t *)C("fwd_bytes")->buffers[1])[0], 160);
    CHECK_INT(((const uint64_t *)C("bwd_payload_bytes")->buffers[1])[1], 1448);
    static const int32_t ip[] = {60, -1500, 100, -70000}, payload[] = {-1448, 48, -69960};
    static const int64_t times[] = {1000, 3000, 2000, 5};
    CHECK_INT(list_offsets(C("ip_lengths"))[2], 4);
    CHECK_INT(list_offsets(C("payload_lengths"))[2], 3);
    CHECK(!memcmp(list_items(C("ip_lengths")), ip, sizeof ip));
    CHECK(!memcmp(list_items(C("payload_lengths")), payload, sizeof payload));
    CHECK(!memcmp(list_items(C("ip_timestamps")), times, sizeof times));
    CHECK(!memcmp(list_items(C("payload_timestamps")), times + 1, sizeof times - sizeof *times));
    a.release(&a);
    flows_free(f);
    log_pool_free(&pool);
}

TEST(packets_without_a_time)
{
    struct flows *f = default_table();
    struct log log = {0};
    struct flow_row row = plain;
    struct ArrowArray a;
    row.packets = &log;
    row.start_ns = LOG_NO_TIME;
    log_put_packet(&log, &pool, LOG_NO_TIME, true, 60, 20);
    log_put_packet(&log, &pool, 5, true, 60, 20);
    CHECK(flows_add(f, &row) == FC_OK);
    finish(f, &a, 1);
    CHECK(is_null(C("capture"), 0) && is_null(C("time_start"), 0) && !is_null(C("time_end"), 0));
    for (int i = 0; i < 2; i++) {
        const struct ArrowArray *times = C(i ? "ip_timestamps" : "payload_timestamps")->children[0];
        CHECK(is_null(times, 0) && !is_null(times, 1) && times->null_count == 1);
    }
    a.release(&a);
    flows_free(f);
    log_pool_free(&pool);
}

static void want_all(struct rows *r)
{
    rows_want(r, FT_UINT8, false);
    rows_want(r, FT_BYTES, false);
    rows_want(r, FT_IPv4, false);
    rows_want(r, FT_BOOLEAN, false);
    rows_want(r, FT_RELATIVE_TIME, false);
    rows_want(r, FT_ETHER, false);
    rows_want(r, FT_STRING, false);
}

static void put_all(struct rows *r, const uint8_t *bytes, uint32_t i)
{
    row_reset(&r->row);
    put_uint(&r->row, r->fields[0], i % 256);
    put_bytes(&r->row, r->fields[1], bytes, i * 5);
    put_uint(&r->row, r->fields[0], (i + 1) % 256);
    if (i % 2)
        put_uint(&r->row, r->fields[2], 0x7f000001 + i);
    put_bool(&r->row, r->fields[3], i % 3);
    put_int(&r->row, r->fields[4], -(int64_t)i * 1000000007);
    put_bytes(&r->row, r->fields[5], bytes, 6);
    put_text(&r->row, r->fields[6], "text", i % 5);
}

static bool fill(struct rows *r, struct log *packets, struct log *values, uint32_t n)
{
    static uint8_t bytes[5 * 300];
    static struct memory_state memory;
    static struct arena arena = {.memory = &memory};
    memory.ended = false;
    r->row.arena = &arena;
    pool.arena.memory = &memory;
    for (uint32_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    for (uint32_t i = 0; i < n; i++) {
        put_all(r, bytes, i);
        if (i % 4 == 3)
            row_reset(&r->row);
        values_put(values, &pool, packets->n_packets, &r->row, r->types);
        log_put_packet(packets, &pool, i, true, 100, 60);
        if (memory.ended)
            return false;
    }
    return true;
}

TEST(values_of_every_form)
{
    enum { N = 300 };
    struct rows r = {0};
    struct log packets = {0}, values = {0};
    struct ArrowArray a;
    want_all(&r);
    struct flows *f = flows_new(pick(&picked, FC_LEVEL_FLOWS, r.picked, r.n_fields));
    struct flow_row row = plain;
    CHECK(fill(&r, &packets, &values, N));
    row.packets = &packets;
    CHECK(flows_add(f, &row) == FC_OK); /* no values */
    row.values = &values;
    CHECK(flows_add(f, &row) == FC_OK);
    finish(f, &a, 2);
    struct ArrowArray **c = a.children + (a.n_children - (int64_t)r.n_fields);
    const struct ArrowArray *pairs = c[0]->children[0], *bytes = c[1]->children[0];
    CHECK_INT(list_offsets(c[0])[1], 0);
    CHECK_INT(list_offsets(c[0])[2], 2 * 225);
    CHECK_INT(list_offsets(c[2])[2], 75);
    const uint32_t *packet = pairs->children[0]->buffers[1];
    const uint8_t *value = pairs->children[1]->buffers[1];
    const int64_t *ends = bytes->children[1]->buffers[1];
    for (uint32_t i = 0, at = 0; i < N; i++) {
        if (i % 4 == 3)
            continue;
        CHECK_INT(packet[2 * at], i);
        CHECK_INT(packet[2 * at + 1], i);
        CHECK_INT(value[2 * at], i % 256);
        CHECK_INT(value[2 * at + 1], (i + 1) % 256);
        CHECK_INT(ends[at + 1] - ends[at], i * 5);
        CHECK_INT(((const int64_t *)c[4]->children[0]->children[1]->buffers[1])[at],
                  -(int64_t)i * 1000000007);
        const uint8_t *data = (const uint8_t *)bytes->children[1]->buffers[2] + ends[at];
        for (uint32_t j = 0; j < i * 5; j++)
            CHECK(data[j] == (uint8_t)j);
        at++;
    }
    CHECK(text_is(c[2]->children[0]->children[1], 0, "127.0.0.2"));
    CHECK(text_is(c[5]->children[0]->children[1], 9, "00:01:02:03:04:05"));
    a.release(&a);
    flows_free(f);
    row_free(&r.row);
    log_pool_free(&pool);
}

static struct flows *limited_table(uint32_t rows, uint32_t elements)
{
    pick(&picked, FC_LEVEL_FLOWS, NULL, 0);
    picked.wanted.batch_rows = rows;
    picked.wanted.batch_elements = elements;
    return flows_new(&picked.wanted);
}

TEST(batches_have_limits)
{
    struct log log = three_packets();
    struct flow_row row = plain;
    struct ArrowArray a;
    row.packets = &log;
    struct flows *f = limited_table(5, 0);
    for (int i = 0; i < 5; i++) {
        CHECK(!flows_full(f));
        CHECK(flows_add(f, &row) == FC_OK);
    }
    CHECK(flows_full(f));
    finish(f, &a, 5);
    a.release(&a);
    CHECK(!flows_full(f));
    flows_free(f);
    f = limited_table(0, 10);
    for (int i = 0; i < 4; i++) {
        CHECK(!flows_full(f));
        CHECK(flows_add(f, &row) == FC_OK);
    }
    CHECK(flows_full(f));
    flows_free(f);
    log_pool_free(&pool);
}

TEST(each_batch_names_its_captures)
{
    struct log log = three_packets();
    struct flow_row row = plain;
    struct ArrowArray a;
    row.packets = &log;
    struct flows *f = default_table();
    static const char *const names[] = {"a", "b", "b", "c"};
    for (int i = 0; i < 4; i++) {
        if (i != 2)
            flows_capture(f, names[i]);
        CHECK(flows_add(f, &row) == FC_OK);
        if (i % 2) {
            finish(f, &a, 2);
            const struct ArrowArray *words = C("capture")->dictionary;
            CHECK(words->length == 2 && text_is(words, 0, names[i - 1]) && text_is(words, 1, names[i]));
            a.release(&a);
        }
    }
    flows_free(f);
    log_pool_free(&pool);
}

static bool whole_run(void)
{
    struct rows r = {0};
    struct log packets = {0}, values = {0};
    struct ArrowArray a = {0};
    struct ArrowSchema s = {0};
    want_all(&r);
    struct flow_row row = plain;
    row.packets = &packets;
    row.values = &values;
    struct flows *f = flows_new(pick(&picked, FC_LEVEL_FLOWS, r.picked, r.n_fields));
    bool ok = f && fill(&r, &packets, &values, 150) && flows_schema(f, &s) == FC_OK;
    if (ok)
        flows_capture(f, "x");
    for (int i = 0; ok && i < 20; i++)
        ok = flows_add(f, &row) == FC_OK;
    ok = ok && flows_finish(f, &a) == FC_OK;
    if (s.release)
        s.release(&s);
    if (a.release)
        a.release(&a);
    flows_free(f);
    row_free(&r.row);
    log_pool_free(&pool);
    return ok;
}

TEST(memory_may_end_anywhere)
{
    bool done = false;
    int n = 0;
    for (; !done && n < 5000; n++) {
        memory_fail_after(n);
        done = whole_run();
        memory_fail_after(-1);
    }
    CHECK(done);
    CHECK(n > 100);
}
