/* A walk over small captures in memory: counts, phases, batches, cancelling, damage, memory that ends. */
#include "base/memory.h"
#include "capture.h"
#include "frames.h"
#include "run/plan.h"
#include "walk/inner.h"

#define LITTLE 0xa1b2c3d4

static struct query query;
static struct progress progress;
static struct walk *walk;

/* ---- captures and walks ---- */

static void add_frame(struct bytes *b, uint32_t seconds, const struct frame_bytes *f)
{
    add_u32(b, seconds);
    add_u32(b, 0);
    add_u32(b, f->len);
    add_u32(b, f->len);
    add(b, f->data, f->len);
}

/* Three conversations of UDP with 1, 2 and 3 packets, one after the other. */
static struct bytes three_flows(void)
{
    struct bytes b = {.len = 0};
    add_pcap(&b, LITTLE);
    for (unsigned i = 0, seconds = 0; i < 3; i++)
        for (unsigned k = 0; k <= i; k++) {
            struct frame_bytes f = udp_frame(40000 + i, 2000, "data");
            add_frame(&b, seconds++, &f);
        }
    return b;
}

static struct input input_of(const struct bytes *b)
{
    return (struct input){.place = {SOURCE_MEMORY, "test.pcap", .memory = b->data, .len = b->len},
                          .label = "test.pcap"};
}

static void open_walk(const struct fc_options *options, const struct input *inputs, size_t n)
{
    struct fc_options native = *options;
    native.engine = FC_ENGINE_NATIVE;
    atomic_store(&progress.cancelled, false);
    CHECK_INT(plan_make(&query, &native, NULL), FC_OK);
    CHECK_INT(walk_open(&walk, &query, inputs, n, &progress, NULL), FC_OK);
}

static void close_walk(void)
{
    walk_close(walk);
    plan_free(&query);
}

/* The rows of the next batch; -1: there is none. */
static int64_t next_rows(void)
{
    struct ArrowArray batch;
    struct fc_error error = {0};
    CHECK_INT(walk_next(walk, &batch, &error), FC_OK);
    if (!batch.release)
        return -1;
    int64_t rows = batch.length;
    batch.release(&batch);
    return rows;
}

static enum fc_status next_status(void)
{
    struct ArrowArray batch;
    struct fc_error error = {0};
    enum fc_status status = walk_next(walk, &batch, &error);
    CHECK(!batch.release);
    CHECK_INT(error.status, status);
    return status;
}

static struct fc_options options_of(enum fc_level level, uint32_t batch_rows)
{
    struct fc_options options;
    fc_options_init(&options);
    options.level = level;
    options.batch_rows = batch_rows;
    return options;
}

static uint64_t reason(enum reason reason) { return walk_report(walk)->reasons[reason]; }

/* ---- counts ---- */

static void add_fragments(struct bytes *b, bool whole)
{
    for (int last = 0; last <= whole; last++) {
        struct frame_bytes f = payload("01234567");
        if (!last) {
            udp(&f, 40000, 2000);
            set16(f.data + 4, 24);
        }
        ip4_fragment(&f, NUMBER_UDP, last ? 16 / 8 : MORE_FRAGMENTS);
        f.data[4] = whole; /* the datagrams have different ids */
        eth(&f, TYPE_IP4);
        add_frame(b, 0, &f);
    }
}

TEST(each_frame_is_counted_once)
{
    struct bytes b = {.len = 0};
    struct frame_bytes kept = udp_frame(40000, 2000, "data"), mdns = udp_frame(5353, 5353, "a message"),
                       low = kept, arp = payload("who has"), tcp = tcp_frame(false, 1, 1, ACK, "data");
    low.data[22] = 3; /* ip.ttl */
    eth(&arp, TYPE_ARP);
    add_pcap(&b, LITTLE);
    add_frame(&b, 0, &kept);
    add_frame(&b, 0, &mdns);
    add_frame(&b, 0, &low);
    add_frame(&b, 0, &arp);
    add_frame(&b, 0, &tcp);
    add_frame(&b, 9, &tcp); /* again: a retransmission */
    add_fragments(&b, true);
    add_fragments(&b, false);
    struct fc_options options = options_of(FC_LEVEL_FLOWS, 0);
    options.filter = "ip.ttl > 5";
    struct input input = input_of(&b);
    open_walk(&options, &input, 1);
    CHECK_INT(next_rows(), 2);
    CHECK_INT(next_rows(), -1);
    CHECK_INT(reason(REASON_KEPT), 3); /* with the frame that completes the first datagram */
    CHECK_INT(reason(REASON_MDNS), 1);
    CHECK_INT(reason(REASON_FILTER), 1);
    CHECK_INT(reason(REASON_NOT_IP), 1);
    CHECK_INT(reason(REASON_RETRANSMISSION), 1);
    CHECK_INT(reason(REASON_FRAGMENT), 1);
    CHECK_INT(reason(REASON_FRAGMENT_INCOMPLETE), 1);
    uint64_t sum = 0;
    for (int i = 0; i < N_REASONS; i++)
        sum += reason((enum reason)i);
    CHECK_INT(sum, 9);
    CHECK_INT(walk_report(walk)->n_problems, 0);
    close_walk();
}

TEST(an_unknown_link_type_is_counted_and_a_problem)
{
    struct bytes b = {.len = 0};
    struct frame_bytes f = payload("something");
    add_pcap_version(&b, LITTLE, 2, 4, 147);
    add_frame(&b, 0, &f);
    add_frame(&b, 0, &f);
    struct fc_options options = options_of(FC_LEVEL_FLOWS, 0);
    struct input input = input_of(&b);
    open_walk(&options, &input, 1);
    CHECK_INT(next_rows(), -1);
    const struct report *report = walk_report(walk);
    CHECK_INT(report->reasons[REASON_LINK_TYPE], 2);
    CHECK(report->n_links == 1 && report->links[0].link_type == 147 && report->links[0].frames == 2);
    CHECK(report->n_problems == 1 && report->problems[0].error.status == FC_NO_FLOWS);
    close_walk();
}

/* ---- phases and batches ---- */

TEST(flows_are_written_after_the_last_frame)
{
    struct bytes b = three_flows();
    struct input inputs[2] = {input_of(&b), input_of(&b)};
    struct fc_options options = options_of(FC_LEVEL_FLOWS, 2);
    open_walk(&options, inputs, 2);
    CHECK_INT(walk->capture.phase, CAPTURE_CLOSED);
    CHECK_INT(next_rows(), 2);
    CHECK_INT(walk->capture.phase, CAPTURE_WRITING);
    CHECK(!walk->capture.source && walk->capture.next_flow == 2 && walk->input == 0);
    CHECK_INT(next_rows(), 2); /* one of each capture: a batch does not end with a capture */
    CHECK_INT(walk->input, 1);
    CHECK_INT(walk->capture.next_flow, 1);
    CHECK_INT(next_rows(), 2);
    CHECK_INT(next_rows(), -1);
    CHECK_INT(walk->capture.phase, CAPTURE_CLOSED);
    CHECK_INT(walk->input, 2);
    CHECK_INT(next_rows(), -1); /* the end stays the end */
    close_walk();
}

TEST(packets_are_written_while_frames_are_read)
{
    struct bytes b = three_flows();
    struct input input = input_of(&b);
    struct fc_options options = options_of(FC_LEVEL_PACKETS, 4);
    open_walk(&options, &input, 1);
    CHECK_INT(next_rows(), 4);
    CHECK_INT(walk->capture.phase, CAPTURE_READING);
    CHECK_INT(walk->capture.frames, 4);
    CHECK_INT(next_rows(), 2);
    CHECK_INT(walk->capture.phase, CAPTURE_CLOSED);
    CHECK_INT(next_rows(), -1);
    close_walk();
}

/* The numbers of conversations begin again with each capture. */
TEST(a_capture_leaves_nothing_behind)
{
    struct bytes b = three_flows();
    struct input inputs[2] = {input_of(&b), input_of(&b)};
    struct fc_options options = options_of(FC_LEVEL_PACKETS, 6);
    open_walk(&options, inputs, 2);
    for (int i = 0; i < 2; i++) {
        CHECK_INT(next_rows(), 6);
        CHECK_INT(walk->tables.flows.n_flows, 3);
        CHECK_INT(walk->examined.transports[2].ref.conv->stream, 2);
    }
    CHECK_INT(next_rows(), -1);
    CHECK_INT(walk->tables.flows.n_flows, 0);
    close_walk();
}

TEST(a_limit_of_frames_is_one_of_each_capture)
{
    struct bytes b = three_flows();
    struct input inputs[2] = {input_of(&b), input_of(&b)};
    struct fc_options options = options_of(FC_LEVEL_FRAMES, 0);
    options.max_frames = 4;
    open_walk(&options, inputs, 2);
    CHECK_INT(next_rows(), 8);
    CHECK_INT(next_rows(), -1);
    close_walk();
}

TEST(no_captures_are_no_rows)
{
    struct fc_options options = options_of(FC_LEVEL_FLOWS, 0);
    open_walk(&options, NULL, 0);
    CHECK_INT(next_rows(), -1);
    close_walk();
    struct bytes b = {.len = 0};
    struct input input = input_of(&b);
    open_walk(&options, &input, 1); /* a file of no bytes */
    CHECK_INT(next_rows(), -1);
    CHECK_INT(walk_report(walk)->notes[NOTE_EMPTY_CAPTURES], 1);
    close_walk();
}

/* ---- cancelling ---- */

TEST(cancelled_between_two_batches)
{
    struct bytes b = three_flows();
    struct input input = input_of(&b);
    struct fc_options options = options_of(FC_LEVEL_PACKETS, 1);
    open_walk(&options, &input, 1);
    CHECK_INT(next_rows(), 1);
    atomic_store(&progress.cancelled, true);
    CHECK_INT(next_status(), FC_CANCELLED);
    CHECK_INT(walk->capture.frames, 1);
    close_walk();
}

/* While frames are read, the progress is looked at now and then, not after each frame. */
TEST(cancelled_between_two_frames)
{
    enum { FRAMES = 10000 };
    struct bytes b = {.len = 0};
    struct frame_bytes f = udp_frame(40000, 2000, "");
    add_pcap(&b, LITTLE);
    size_t head = b.len;
    add_frame(&b, 0, &f);
    size_t record = b.len - head, len = head + FRAMES * record;
    uint8_t *data = malloc(len);
    memcpy(data, b.data, head);
    for (size_t i = 0; i < FRAMES; i++)
        memcpy(data + head + i * record, b.data + head, record);
    struct input input = {.place = {SOURCE_MEMORY, "test.pcap", .memory = data, .len = len},
                          .label = "test.pcap"};
    struct fc_options options = options_of(FC_LEVEL_FLOWS, 0);
    open_walk(&options, &input, 1);
    CHECK_INT(capture_open(walk), FC_OK);
    atomic_store(&progress.cancelled, true);
    CHECK_INT(capture_read(walk), FC_CANCELLED);
    CHECK(walk->capture.frames > 0 && walk->capture.frames < FRAMES);
    CHECK_INT(walk->capture.reported_frames, walk->capture.frames);
    close_walk();
    free(data);
}

/* ---- damage ---- */

TEST(damage_keeps_the_rows_before_it)
{
    struct bytes b = three_flows(), whole = b;
    b.len -= 3; /* the last record is cut */
    struct input inputs[2] = {input_of(&b), input_of(&whole)};
    inputs[1].place.name = "whole.pcap";
    struct fc_options options = options_of(FC_LEVEL_PACKETS, 0);
    open_walk(&options, inputs, 2);
    CHECK_INT(next_rows(), 5 + 6);
    CHECK_INT(next_rows(), -1);
    const struct report *report = walk_report(walk);
    CHECK_INT(report->n_problems, 1);
    CHECK_TEXT(report->problems[0].capture, "test.pcap");
    CHECK_INT(report->problems[0].error.status, FC_CUT);
    CHECK_INT(report->problems[0].frames, 5);
    size_t record = (whole.len - 24) / 6;
    CHECK_INT(report->problems[0].error.offset, 24 + 5 * record);
    CHECK_INT(report->reasons[REASON_KEPT], 11);
    close_walk();
}

TEST(a_file_that_is_no_capture_is_a_problem)
{
    struct bytes b = three_flows(), text = {.len = 0};
    add(&text, "this is not a capture at all", 28);
    struct input inputs[2] = {input_of(&text), input_of(&b)};
    struct fc_options options = options_of(FC_LEVEL_FLOWS, 0);
    open_walk(&options, inputs, 2);
    CHECK_INT(next_rows(), 3);
    CHECK_INT(next_rows(), -1);
    CHECK_INT(walk_report(walk)->n_problems, 1);
    CHECK_INT(walk_report(walk)->problems[0].frames, 0);
    close_walk();
}

/* ---- memory ---- */

/* Memory that ends inside a frame ends the walk: the frame has no row and a walk that is closed then is
 * closed whole. */
TEST(memory_that_ends_ends_the_walk)
{
    struct bytes b = three_flows();
    struct input input = input_of(&b);
    struct fc_options options = options_of(FC_LEVEL_PACKETS, 1);
    open_walk(&options, &input, 1);
    CHECK_INT(next_rows(), 1);
    memory_ended(&walk->memory);
    CHECK_INT(next_status(), FC_MEMORY);
    CHECK_INT(output_rows(&walk->output), 0);
    close_walk();
    open_walk(&options, &input, 1);
    memory_fail_after(0);
    CHECK_INT(next_status(), FC_MEMORY);
    memory_fail_after(-1);
    close_walk();
}
