/* Records of the worker's processes, found by frame number: in their order, after deaths, and with lengths
 * that are wrong. */
#include "shark/records.h"

#include "fake_worker.h"
#include "shark/start.h"
#include "test.h"

static struct progress progress;
static struct worker *worker;
static struct records records;

static void begin(const char *script, const struct part *part)
{
    struct fc_error err;
    fake_worker_use(script);
    CHECK(!worker_start(&worker, &err));
    CHECK(!records_open(&records, worker, part, &progress, &err));
}

static void end(void)
{
    records_close(&records);
    worker_stop(worker);
    worker = NULL;
}

/* The value of the frame, or 0 when it has no record. */
static uint64_t seek(uint32_t frame)
{
    struct fc_error err;
    struct wire_value value = {0};
    const uint8_t *bytes;
    bool found;
    CHECK(!records_seek(&records, frame, &found, &err));
    CHECK(!found || (records.child.record.n_values == 1 && records_value(&records.body, &value, &bytes)));
    return found ? value.bits : 0;
}

static struct part whole(void) { return (struct part){.file = STDIN_FILENO}; }

TEST(a_record_is_found_by_its_frame)
{
    struct part part = whole();
    begin("frames=10 pass=1,3,7", &part);
    CHECK_INT(seek(1), 10);
    CHECK_INT(seek(2), 0);
    CHECK_INT(seek(3), 30);
    CHECK_INT(seek(4), 0);
    CHECK_INT(seek(6), 0);
    CHECK_INT(seek(7), 70);
    CHECK_INT(seek(10), 0);
    CHECK(records.child.ended);
    CHECK_INT(records.child.record.n_values, 10);
    end();
}

TEST(the_shared_page_keeps_its_length)
{
    struct part part = whole();
    begin("frames=10 pass=3 shrink", &part);
    CHECK_INT(seek(3), 30);
    CHECK_INT(seek(10), 0);
    CHECK_INT(records.child.n_starts, 1);
    end();
}

/* A process that claims 1 GiB costs the memory of the bytes that it sends. */
TEST(a_length_is_not_believed)
{
    struct part part = whole();
    struct fc_error err;
    bool found;
    begin("frames=10 pass=1,3 claims=3", &part);
    CHECK_INT(seek(1), 10);
    CHECK_INT(records_seek(&records, 10, &found, &err), FC_OK); /* two processes die of frame 3 */
    CHECK(child_skips(&records.child, 3));
    CHECK(records.child.cap < 1 << 20);
    end();
}

TEST(frames_may_be_left_out)
{
    struct part part = whole();
    begin("frames=10 pass=1,3,7", &part);
    CHECK_INT(seek(7), 70);
    end();
}

TEST(a_frame_that_ends_processes_is_skipped_and_told)
{
    struct part part = whole();
    begin("frames=10 pass=1,3,5,7 kill=5", &part);
    CHECK_INT(seek(3), 30);
    CHECK_INT(seek(5), 0);
    CHECK_INT(seek(7), 70);
    CHECK_INT(records.child.n_skip, 1);
    CHECK(child_skips(&records.child, 5));
    CHECK(!child_skips(&records.child, 3));
    end();
}

TEST(three_deaths_close_together_are_the_end_of_memory)
{
    struct fc_error err = {0};
    struct part part = whole();
    bool found;
    begin("frames=20 pass=20 kill=4,6,8", &part);
    CHECK_INT(records_seek(&records, 20, &found, &err), FC_IO);
    CHECK(strstr(err.text, "from frame 4 on"));
    end();
}

TEST(frames_have_the_numbers_of_the_part)
{
    uint32_t numbers[] = {5, 8, 9};
    struct part part = {.file = STDIN_FILENO, .numbers = numbers, .n_numbers = 3};
    begin("pass=8,9", &part);
    CHECK_INT(seek(5), 0);
    CHECK_INT(seek(8), 80);
    CHECK_INT(seek(9), 90);
    end();
}

TEST(a_finished_process_serves_the_next_capture)
{
    struct part part = whole();
    struct fc_error err;
    begin("frames=10 pass=1,3,7", &part);
    CHECK_INT(seek(1), 10);
    records_finish(&records);
    CHECK(records.child.ended);
    records_close(&records);
    CHECK(!records_open(&records, worker, &part, &progress, &err));
    CHECK_INT(records.child.process.n_captures, 1);
    CHECK_INT(seek(3), 30);
    end();
}

TEST(a_value_longer_than_its_record_is_refused)
{
    struct part part = whole();
    struct fc_error err;
    struct wire_value value;
    const uint8_t *bytes;
    bool found;
    begin("frames=1 pass=1 nonsense", &part);
    CHECK(!records_seek(&records, 1, &found, &err) && found);
    CHECK(!records_value(&records.body, &value, &bytes));
    end();
}

TEST(a_value_is_cut_off_anywhere)
{
    struct wire_value value = {.slot = 1, .len = 3, .bits = 7}, got;
    const uint8_t *bytes;
    uint8_t data[sizeof value + 3];
    memcpy(data, &value, sizeof value);
    memcpy(data + sizeof value, "abc", 3);
    for (uint32_t n = 0; n < sizeof data; n++) {
        struct rd body = rd_make(data, n, n);
        CHECK(!records_value(&body, &got, &bytes));
    }
    struct rd body = rd_make(data, sizeof data, sizeof data);
    CHECK(records_value(&body, &got, &bytes));
    CHECK(got.slot == 1 && got.bits == 7 && !memcmp(bytes, "abc", 3));
}

TEST(cancelling_ends_the_wait)
{
    struct fc_error err;
    bool found;
    int ends[2];
    CHECK(!pipe(ends));
    struct records r = {.child = {.running = true, .records = ends[0], .progress = &progress}};
    atomic_store(&progress.cancelled, true);
    CHECK_INT(records_seek(&r, 1, &found, &err), FC_CANCELLED);
    atomic_store(&progress.cancelled, false);
    close(ends[0]);
    close(ends[1]);
}

/* ---- the worker of a query ---- */

TEST(one_worker_answers_and_does_the_rest)
{
    static const char *const names[] = {"a", "b"};
    struct field fields[] = {{.type = FT_UINT32}, {.type = FT_UINT32}};
    struct fc_options options = {.fields = names, .n_fields = 2};
    struct query query = {.fields = fields, .n_fields = 2};
    fake_worker_use("frames=1");
    struct shark *shark = shark_new(&options);
    struct worker *answering = shark_answering(shark, &query);
    CHECK(answering != NULL);
    CHECK(shark_worker(shark) == answering);
    CHECK(shark_answering(shark, &query) == answering);
    fields[1].type = FT_STRING;
    CHECK(!shark_answering(shark, &query));
    shark_free(shark);
}

TEST(a_worker_that_refuses_the_question_still_converts)
{
    static const char *const names[] = {"a"};
    struct field field = {.type = FT_UINT32};
    struct fc_options options = {.fields = names, .n_fields = 1};
    struct query query = {.fields = &field, .n_fields = 1};
    fake_worker_use("refuse");
    struct shark *shark = shark_new(&options);
    CHECK(!shark_answering(shark, &query));
    CHECK(shark_worker(shark) != NULL);
    shark_free(shark);
}

TEST(without_a_program_there_is_no_worker)
{
    struct fc_options options = {0};
    struct fc_error err = {0};
    setenv("FLOWCONTAINER_WORKER", "/nonexistent/worker", 1);
    struct shark *shark = shark_new(&options);
    shark_launch(shark);
    CHECK(!shark_worker(shark));
    shark_free(shark);
    shark = shark_new(&options);
    CHECK_INT(shark_start(shark, &err), FC_UNSUPPORTED);
    shark_free(shark);
}
