#include "table/packets.h"

#include <errno.h>

#include "base/memory.h"
#include "table/export.h"
#include "table_rows.h"

static struct picked picked;
#define C(name) column_of(&picked, &a, name)

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
    struct packets *p = packets_new(pick(&picked, FC_LEVEL_FRAMES, NULL, 0));
    struct ArrowArray a;
    packets_capture(p, "x");
    CHECK(packets_add(p, &plain, NULL) == FC_OK && packets_add(p, &arp, NULL) == FC_OK);
    CHECK_INT(packets_rows(p), 2);
    CHECK(packets_finish(p, &a) == FC_OK);
    CHECK_INT(a.n_children, (int64_t)picked.wanted.n_columns);
    for (int i = 0; i < a.n_children; i++) {
        const char *name = picked.columns[i].name;
        bool always = !strcmp(name, "capture") || !strcmp(name, "frame") || !strcmp(name, "frame_length");
        CHECK_INT(a.children[i]->length, 2);
        CHECK_INT(is_null(a.children[i], 0), !strcmp(name, "reason"));
        CHECK_INT(is_null(a.children[i], 1), !always && strcmp(name, "reason"));
    }
    CHECK(text_is(C("reason")->dictionary, 0, "not_ip"));
    CHECK_INT(((const int8_t *)C("direction")->buffers[1])[0], -1);
    CHECK_INT(((const int64_t *)C("time")->buffers[1])[0], 1500);
    CHECK(text_is(C("dst"), 0, "10.0.0.2"));
    a.release(&a);
    packets_free(p);
}

TEST(single_fields_and_lists)
{
    struct rows r = {0};
    struct ArrowArray a;
    rows_want(&r, FT_UINT32, true);
    rows_want(&r, FT_UINT16, false);
    pick(&picked, FC_LEVEL_PACKETS, r.picked, 2);
    picked.wanted.batch_rows = 3;
    struct packets *p = packets_new(&picked.wanted);
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
    const struct ArrowArray *one = a.children[a.n_children - 2], *many = a.children[a.n_children - 1];
    const uint32_t *single = one->buffers[1];
    CHECK(is_null(one, 0) && single[1] == 101 && single[2] == 102);
    const int32_t *offsets = list_offsets(many);
    const uint16_t *items = list_items(many);
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
    struct packets *p = packets_new(pick(&picked, FC_LEVEL_FRAMES, r.picked, 2));
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
    struct maker m = {
        .packets = packets_new(pick(&picked, FC_LEVEL_PACKETS, NULL, 0)), .left = 2, .last = last};
    struct export_source source = {&m, maker_schema, maker_next, maker_done};
    struct ArrowArrayStream s;
    struct ArrowSchema schema;
    struct ArrowArray a;
    CHECK(export_stream(&s, &source, NULL) == FC_OK);
    CHECK(s.get_schema(&s, &schema) == 0 && schema.n_children == (int64_t)picked.wanted.n_columns);
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
