#include "table/packets.h"

#include <errno.h>

#include "base/memory.h"
#include "table/export.h"
#include "table_rows.h"

enum {
    CAPTURE,
    FRAME,
    TIME,
    FLOW,
    PROTOCOL,
    STREAM,
    SRC,
    DST,
    SPORT,
    DPORT,
    DIRECTION,
    FRAME_LENGTH,
    IP_LENGTH,
    PAYLOAD_LENGTH,
    FIELDS
};

static const struct packet_row plain = {.time_ns = 1500,
                                        .frame = 1,
                                        .flow = 0,
                                        .protocol = "udp",
                                        .stream = 3,
                                        .sport = 53,
                                        .dport = 5353,
                                        .src = {4, {10, 0, 0, 1}},
                                        .dst = {4, {10, 0, 0, 2}},
                                        .direction = -1,
                                        .frame_length = 90,
                                        .ip_length = 76,
                                        .payload_length = 48};
static const struct packet_row arp = {.time_ns = LOG_NO_TIME,
                                      .frame = 2,
                                      .flow = PACKET_NO_FLOW,
                                      .frame_length = 42,
                                      .ip_length = PACKET_NO_LENGTH,
                                      .payload_length = PACKET_NO_LENGTH,
                                      .reason = "not_ip"};

TEST(kept_and_not)
{
    struct packets *p = packets_new(&(struct wanted){.level = FC_LEVEL_FRAMES});
    struct ArrowArray a;
    packets_capture(p, "x");
    CHECK(packets_add(p, &plain, NULL) == FC_OK && packets_add(p, &arp, NULL) == FC_OK);
    CHECK_INT(packets_rows(p), 2);
    CHECK(packets_finish(p, &a) == FC_OK);
    CHECK_INT(a.n_children, FIELDS + 1);
    for (int i = 0; i < FIELDS; i++) {
        CHECK_INT(a.children[i]->length, 2);
        CHECK(!is_null(a.children[i], 0));
        CHECK_INT(is_null(a.children[i], 1), i != CAPTURE && i != FRAME && i != FRAME_LENGTH);
    }
    CHECK(is_null(a.children[FIELDS], 0) && text_is(a.children[FIELDS]->dictionary, 0, "not_ip"));
    CHECK_INT(((const int8_t *)a.children[DIRECTION]->buffers[1])[0], -1);
    CHECK_INT(((const int64_t *)a.children[TIME]->buffers[1])[0], 1500);
    CHECK(text_is(a.children[DST], 0, "10.0.0.2"));
    a.release(&a);
    packets_free(p);
}

TEST(single_fields_and_lists)
{
    struct rows r = {0};
    struct ArrowArray a;
    rows_want(&r, FT_UINT32, true);
    rows_want(&r, FT_UINT16, false);
    struct packets *p = packets_new(
        &(struct wanted){.fields = r.picked, .n_fields = 2, .level = FC_LEVEL_PACKETS, .batch_rows = 3});
    for (uint32_t i = 0; i < 3; i++) {
        row_reset(&r.row);
        for (uint32_t j = 0; j < i; j++)
            put_uint(&r.row, r.fields[1], 10 * i + j);
        if (i)
            put_uint(&r.row, r.fields[0], 100 + i);
        CHECK(!packets_full(p));
        CHECK(packets_add(p, &plain, &r.row) == FC_OK);
    }
    CHECK(packets_full(p));
    CHECK(packets_finish(p, &a) == FC_OK);
    CHECK_INT(a.n_children, FIELDS + 2);
    const uint32_t *single = a.children[FIELDS]->buffers[1];
    CHECK(is_null(a.children[FIELDS], 0) && single[1] == 101 && single[2] == 102);
    const int32_t *offsets = list_offsets(&a, FIELDS + 1);
    const uint16_t *items = list_items(&a, FIELDS + 1);
    CHECK(offsets[0] == 0 && offsets[1] == 0 && offsets[2] == 1 && offsets[3] == 3);
    CHECK(items[0] == 10 && items[1] == 20 && items[2] == 21);
    a.release(&a);
    packets_free(p);
    row_free(&r.row);
}

static bool whole_run(void)
{
    struct rows r = {0};
    struct memory_state memory = {0};
    struct arena arena = {.memory = &memory};
    struct ArrowArray a = {0};
    rows_want(&r, FT_BYTES, false);
    rows_want(&r, FT_UINT32, true);
    r.row.arena = &arena;
    struct packets *p =
        packets_new(&(struct wanted){.fields = r.picked, .n_fields = 2, .level = FC_LEVEL_FRAMES});
    bool ok = p;
    for (int i = 0; ok && i < 300; i++) {
        row_reset(&r.row);
        put_bytes(&r.row, r.fields[0], (const uint8_t *)"abcdef", 6);
        ok = !memory.ended && packets_add(p, i % 3 ? &plain : &arp, &r.row) == FC_OK;
    }
    ok = ok && packets_finish(p, &a) == FC_OK;
    if (a.release)
        a.release(&a);
    packets_free(p);
    row_free(&r.row);
    return ok;
}

TEST(memory_may_end_anywhere)
{
    bool done = false;
    for (int n = 0; !done && n < 5000; n++) {
        memory_fail_after(n);
        done = whole_run();
        memory_fail_after(-1);
    }
    CHECK(done);
}

/* ---- the stream ---- */

struct maker {
    struct packets *packets;
    int left, calls, done;
    enum fc_status last; /* the status behind the batches */
};

static enum fc_status maker_schema(void *self, struct ArrowSchema *out, struct fc_error *err)
{
    (void)err;
    return packets_schema(((struct maker *)self)->packets, out);
}
static enum fc_status maker_next(void *self, struct ArrowArray *out, struct fc_error *err)
{
    struct maker *m = self;
    m->calls++;
    if (!m->left--)
        return m->last == FC_CANCELLED ? error_set(err, m->last, -1, "stopped by hand") : m->last;
    CHECK(packets_add(m->packets, &plain, NULL) == FC_OK);
    return packets_finish(m->packets, out);
}
static void maker_done(void *self) { ((struct maker *)self)->done++; }

static void stream_ends(enum fc_status last, int want, const char *text)
{
    struct maker m = {.packets = packets_new(&(struct wanted){0}), .left = 2, .last = last};
    struct export_source source = {&m, maker_schema, maker_next, maker_done};
    struct ArrowArrayStream s;
    struct ArrowSchema schema;
    struct ArrowArray a;
    CHECK(export_stream(&s, &source, NULL) == FC_OK);
    CHECK(s.get_schema(&s, &schema) == 0 && schema.n_children == FIELDS);
    schema.release(&schema);
    for (int i = 0; i < 2; i++) {
        CHECK(s.get_next(&s, &a) == 0 && a.release && a.length == 1);
        a.release(&a);
    }
    for (int i = 0; i < 2; i++) {
        CHECK_INT(s.get_next(&s, &a), want);
        CHECK(!a.release);
        if (text)
            CHECK_TEXT(s.get_last_error(&s), text);
        else
            CHECK(!s.get_last_error(&s));
    }
    CHECK_INT(m.calls, 3);
    s.release(&s);
    CHECK(!s.release && m.done == 1);
    packets_free(m.packets);
}

TEST(streams)
{
    stream_ends(FC_OK, 0, NULL);
    stream_ends(FC_MEMORY, ENOMEM, "out of memory");
    stream_ends(FC_CANCELLED, ECANCELED, "stopped by hand");
    stream_ends(FC_IO, EIO, "io");
}
