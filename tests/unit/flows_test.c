#include "table/flows.h"

#include "base/memory.h"
#include "table/values.h"
#include "table_rows.h"

enum {
    CAPTURE,
    PROTOCOL,
    STREAM,
    SRC,
    DST,
    SPORT,
    DPORT,
    CLIENT_BY,
    OUTER_SRC,
    OUTER_DST,
    TIME_START,
    TIME_END,
    END,
    IP_LENGTHS,
    IP_TIMESTAMPS,
    PAYLOAD_LENGTHS,
    PAYLOAD_TIMESTAMPS,
    FIELDS
};

static struct log_pool pool;

static const struct flow_row plain = {.protocol = "tcp",
                                      .client_by = "syn",
                                      .end = "capture",
                                      .stream = 7,
                                      .sport = 50000,
                                      .dport = 443,
                                      .src = {4, {10, 0, 0, 1}},
                                      .dst = {6, {0x20, 1, 0xd, 0xb8, [15] = 1}}};

static struct log three_packets(void)
{
    struct log log = {0};
    CHECK(log_put_packet(&log, &pool, 1000, true, 60, 0));
    CHECK(log_put_packet(&log, &pool, 3000, false, 1500, 1448));
    CHECK(log_put_packet(&log, &pool, 2000, true, 100, 48));
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
    struct flows *f = flows_new(&(struct wanted){0});
    struct log log = three_packets();
    struct flow_row row = plain;
    struct ArrowArray a;
    row.packets = &log;
    flows_capture(f, "x.pcap");
    CHECK(flows_add(f, &row) == FC_OK);
    row.flip = true;
    row.outer_src = (struct address){4, {1, 2, 3, 4}};
    CHECK(flows_add(f, &row) == FC_OK);
    finish(f, &a, 2);
    struct ArrowArray **c = a.children;
    CHECK(text_is(c[CAPTURE]->dictionary, 0, "x.pcap") && text_is(c[PROTOCOL]->dictionary, 0, "tcp"));
    CHECK(text_is(c[SRC], 0, "10.0.0.1") && text_is(c[DST], 1, "2001:db8::1"));
    CHECK(is_null(c[OUTER_SRC], 0) && !is_null(c[OUTER_SRC], 1) && text_is(c[OUTER_SRC], 1, "1.2.3.4"));
    CHECK_INT(((const uint16_t *)c[DPORT]->buffers[1])[1], 443);
    CHECK_INT(((const int64_t *)c[TIME_START]->buffers[1])[0], 1000);
    CHECK_INT(((const int64_t *)c[TIME_END]->buffers[1])[0], 2000);
    static const int32_t ip[] = {60, -1500, 100, -60, 1500, -100}, payload[] = {-1448, 48, 1448, -48};
    static const int64_t times[] = {1000, 3000, 2000};
    CHECK_INT(list_offsets(&a, IP_LENGTHS)[2], 6);
    CHECK_INT(list_offsets(&a, PAYLOAD_LENGTHS)[2], 4);
    CHECK(!memcmp(list_items(&a, IP_LENGTHS), ip, sizeof ip));
    CHECK(!memcmp(list_items(&a, PAYLOAD_LENGTHS), payload, sizeof payload));
    CHECK(!memcmp(list_items(&a, IP_TIMESTAMPS), times, sizeof times));
    CHECK(!memcmp(list_items(&a, PAYLOAD_TIMESTAMPS), times + 1, sizeof times - sizeof *times));
    a.release(&a);
    flows_free(f);
    log_pool_free(&pool);
}

TEST(packets_without_a_time)
{
    struct flows *f = flows_new(&(struct wanted){0});
    struct log log = {0};
    struct flow_row row = plain;
    struct ArrowArray a;
    row.packets = &log;
    CHECK(log_put_packet(&log, &pool, LOG_NO_TIME, true, 60, 20) &&
          log_put_packet(&log, &pool, 5, true, 60, 20));
    CHECK(flows_add(f, &row) == FC_OK);
    finish(f, &a, 1);
    CHECK(is_null(a.children[CAPTURE], 0) && is_null(a.children[TIME_START], 0) &&
          !is_null(a.children[TIME_END], 0));
    for (int i = IP_TIMESTAMPS; i <= PAYLOAD_TIMESTAMPS; i += 2) {
        const struct ArrowArray *times = a.children[i]->children[0];
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
    for (uint32_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    for (uint32_t i = 0; i < n; i++) {
        put_all(r, bytes, i);
        if (i % 4 == 3)
            row_reset(&r->row);
        if (memory.ended || !values_put(values, &pool, packets->n_packets, &r->row, r->types) ||
            !log_put_packet(packets, &pool, i, true, 100, 60))
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
    struct flows *f = flows_new(&(struct wanted){.fields = r.picked, .n_fields = r.n_fields});
    struct flow_row row = plain;
    CHECK(fill(&r, &packets, &values, N));
    row.packets = &packets;
    CHECK(flows_add(f, &row) == FC_OK); /* no values */
    row.values = &values;
    CHECK(flows_add(f, &row) == FC_OK);
    finish(f, &a, 2);
    const struct ArrowArray *pairs = a.children[FIELDS]->children[0],
                            *bytes = a.children[FIELDS + 1]->children[0];
    CHECK_INT(list_offsets(&a, FIELDS)[1], 0);
    CHECK_INT(list_offsets(&a, FIELDS)[2], 2 * 225);
    CHECK_INT(list_offsets(&a, FIELDS + 2)[2], 75);
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
        CHECK_INT(((const int64_t *)a.children[FIELDS + 4]->children[0]->children[1]->buffers[1])[at],
                  -(int64_t)i * 1000000007);
        const uint8_t *data = (const uint8_t *)bytes->children[1]->buffers[2] + ends[at];
        for (uint32_t j = 0; j < i * 5; j++)
            CHECK(data[j] == (uint8_t)j);
        at++;
    }
    CHECK(text_is(a.children[FIELDS + 2]->children[0]->children[1], 0, "127.0.0.2"));
    CHECK(text_is(a.children[FIELDS + 5]->children[0]->children[1], 9, "00:01:02:03:04:05"));
    a.release(&a);
    flows_free(f);
    row_free(&r.row);
    log_pool_free(&pool);
}

TEST(batches_have_limits)
{
    struct log log = three_packets();
    struct flow_row row = plain;
    struct ArrowArray a;
    row.packets = &log;
    struct flows *f = flows_new(&(struct wanted){.batch_rows = 5});
    for (int i = 0; i < 5; i++) {
        CHECK(!flows_full(f));
        CHECK(flows_add(f, &row) == FC_OK);
    }
    CHECK(flows_full(f));
    finish(f, &a, 5);
    a.release(&a);
    CHECK(!flows_full(f));
    flows_free(f);
    f = flows_new(&(struct wanted){.batch_elements = 10});
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
    struct flows *f = flows_new(&(struct wanted){0});
    static const char *const names[] = {"a", "b", "b", "c"};
    for (int i = 0; i < 4; i++) {
        if (i != 2)
            flows_capture(f, names[i]);
        CHECK(flows_add(f, &row) == FC_OK);
        if (i % 2) {
            finish(f, &a, 2);
            const struct ArrowArray *words = a.children[CAPTURE]->dictionary;
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
    struct flows *f = flows_new(&(struct wanted){.fields = r.picked, .n_fields = r.n_fields});
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
