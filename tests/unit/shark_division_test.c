/* Division of a capture into buckets: what each holds, what is written, and the lanes that dissect them. */
#include "shark/division.h"

#include <unistd.h>

#include "base/memory.h"
#include "base/temporary.h"
#include "capture.h"
#include "fake_worker.h"
#include "shark/lanes.h"
#include "source_memory.h"
#include "test.h"

enum { PAIRS = 4, ROUNDS = 5, FRAMES = PAIRS * ROUNDS, HEAD = 24, RECORD = 16 + sizeof PACKET };

static struct bytes capture;
static struct source *source;
static struct division division;
static struct progress progress;

/* Frame i (from 0) is of the pair i % PAIRS: 10.0.pair.1 and 10.0.0.2. */
static void build(void)
{
    capture.len = 0;
    add_pcap(&capture, 0xa1b2c3d4);
    for (uint32_t i = 0; i < FRAMES; i++) {
        add_record(&capture, 100 + i, 0, sizeof PACKET, sizeof PACKET, 0);
        capture.data[capture.len - sizeof PACKET + 28] = (uint8_t)(1 + i % PAIRS);
    }
}

static void divide(const struct division_limits *limits)
{
    struct fc_error err;
    build();
    CHECK(!source_open_memory(&source, "test", capture.data, capture.len, &err));
    CHECK(!division_make(&division, source, limits, &progress, &err));
    source_close(source);
}

static int write_capture(void)
{
    int file = temporary_file();
    CHECK(file >= 0 && spool_write(file, capture.data, capture.len));
    return file;
}

TEST(frames_of_a_pair_stay_together)
{
    struct division_limits limits = {.cost = 1 << 20, .exactly = PAIRS};
    divide(&limits);
    CHECK_INT(division.n_buckets, PAIRS);
    CHECK_INT(division.n_frames, FRAMES);
    CHECK_INT(division.first_ns, 100 * INT64_C(1000000000));
    for (uint32_t i = 0; i < FRAMES; i++)
        CHECK_INT(division.group_of[i], division.group_of[i % PAIRS]);
    for (uint32_t i = 1; i < PAIRS; i++)
        for (uint32_t j = 0; j < i; j++)
            CHECK(division.group_of[i] != division.group_of[j]);
    division_free(&division);
}

TEST(buckets_are_filled_evenly_and_know_their_frames)
{
    struct division_limits limits = {.cost = 1 << 20, .exactly = 2};
    divide(&limits);
    CHECK_INT(division.n_buckets, 2);
    for (uint32_t b = 0; b < 2; b++) {
        uint32_t *numbers = division_numbers(&division, b), n = division.buckets[b].n_frames;
        CHECK_INT(n, FRAMES / 2);
        for (uint32_t i = 0; i < n; i++) {
            CHECK_INT(division.group_of[numbers[i] - 1], b);
            CHECK(!i || numbers[i - 1] < numbers[i]);
        }
        memory_free(numbers);
    }
    division_free(&division);
}

TEST(the_cost_decides_how_many_buckets)
{
    struct division_limits large = {.cost = 1 << 20}, small = {.cost = 1},
                           many = {.cost = 1 << 20, .n_buckets = 3};
    divide(&large);
    CHECK_INT(division.n_buckets, 1);
    division_free(&division);
    divide(&many);
    CHECK_INT(division.n_buckets, 3);
    division_free(&division);
    divide(&small);
    CHECK_INT(division.n_buckets, PAIRS); /* a pair is never divided */
    division_free(&division);
}

TEST(no_frame_behind_the_last_one_that_was_asked_for)
{
    struct division_limits limits = {.cost = 1 << 20, .exactly = 2, .max_frames = 6};
    divide(&limits);
    CHECK_INT(division.n_frames, 6);
    division_free(&division);
}

TEST(a_bucket_is_written_as_a_capture_of_its_frames)
{
    struct division_limits limits = {.cost = 1 << 20, .exactly = PAIRS};
    struct fc_error err;
    uint8_t got[4096];
    int to[PAIRS];
    divide(&limits);
    int from = write_capture();
    for (int b = 0; b < PAIRS; b++)
        to[b] = temporary_file();
    CHECK(!division_write(&division, 0, from, to, PAIRS, &err));
    for (uint32_t b = 0; b < PAIRS; b++) {
        uint32_t *numbers = division_numbers(&division, b);
        CHECK_INT(pread(to[b], got, sizeof got, 0), HEAD + ROUNDS * RECORD);
        CHECK(!memcmp(got, capture.data, HEAD));
        for (uint32_t i = 0; i < ROUNDS; i++)
            CHECK(!memcmp(got + HEAD + i * RECORD, capture.data + HEAD + (numbers[i] - 1) * RECORD, RECORD));
        memory_free(numbers);
        close(to[b]);
    }
    close(from);
    division_free(&division);
}

TEST(some_buckets_alone_are_written)
{
    struct division_limits limits = {.cost = 1 << 20, .exactly = PAIRS};
    struct fc_error err;
    uint8_t got[4096];
    divide(&limits);
    int from = write_capture(), to = temporary_file();
    CHECK(!division_write(&division, 2, from, &to, 1, &err));
    CHECK_INT(pread(to, got, sizeof got, 0), HEAD + ROUNDS * RECORD);
    uint32_t *numbers = division_numbers(&division, 2);
    CHECK(!memcmp(got + HEAD, capture.data + HEAD + (numbers[0] - 1) * RECORD, RECORD));
    memory_free(numbers);
    close(from);
    close(to);
    division_free(&division);
}

TEST(a_file_that_has_become_shorter_is_an_error)
{
    struct division_limits limits = {.cost = 1 << 20, .exactly = 2};
    struct fc_error err = {0};
    divide(&limits);
    int from = write_capture(), to[] = {temporary_file(), temporary_file()};
    CHECK(!ftruncate(from, (off_t)capture.len - 10));
    CHECK_INT(division_write(&division, 0, from, to, 2, &err), FC_IO);
    CHECK(strstr(err.text, "shorter"));
    close(from);
    close(to[0]);
    close(to[1]);
    division_free(&division);
}

TEST(a_damaged_capture_is_divided_as_far_as_it_can_be_read)
{
    struct division_limits limits = {.cost = 1 << 20, .exactly = 2};
    struct fc_error err;
    build();
    CHECK(!source_open_memory(&source, "test", capture.data, capture.len - 5, &err));
    CHECK(!division_make(&division, source, &limits, &progress, &err));
    source_close(source);
    CHECK_INT(division.n_frames, FRAMES - 1);
    division_free(&division);
}

TEST(a_bucket_is_named_by_its_heaviest_pair)
{
    struct division_limits limits = {.cost = 1 << 20, .exactly = 2};
    divide(&limits);
    char text[64];
    division_heaviest(text, sizeof text, &division, 0);
    CHECK(!strncmp(text, "10.0.0.2 and 10.0.", 18));
    division_free(&division);
}

/* ---- lanes ---- */

static struct bucket buckets[PAIRS];
static struct worker *worker;

static enum fc_status run_lanes(uint32_t n_lanes, const char *script, struct fc_error *err)
{
    struct division_limits limits = {.cost = 1 << 20, .exactly = PAIRS};
    divide(&limits);
    int from = write_capture();
    fake_worker_use(script);
    CHECK(!worker_start(&worker, err));
    struct lanes_job job = {.worker = worker,
                            .division = &division,
                            .capture = from,
                            .buckets = buckets,
                            .n_lanes = n_lanes,
                            .progress = &progress};
    enum fc_status status = lanes_run(&job, err);
    worker_stop(worker);
    close(from);
    return status;
}

static void forget(void)
{
    for (int b = 0; b < PAIRS; b++)
        bucket_free(&buckets[b]);
    memset(buckets, 0, sizeof buckets);
    division_free(&division);
}

static uint64_t value_of(uint32_t frame)
{
    struct fc_error err;
    struct wire_value value = {0};
    struct rd body;
    bool found;
    CHECK(!bucket_seek(&buckets[division.group_of[frame - 1]], frame, &found, &body, &err));
    CHECK(!found || body.len == sizeof value);
    if (found)
        memcpy(&value, body.data, sizeof value);
    return value.bits;
}

TEST(all_buckets_are_answered_by_any_number_of_lanes)
{
    for (uint32_t lanes = 1; lanes <= PAIRS + 1; lanes++) {
        struct fc_error err;
        CHECK(!run_lanes(lanes, "pass=1,2,3,7,8,20", &err));
        for (uint32_t frame = 1; frame <= FRAMES; frame++) {
            bool passes = frame <= 3 || frame == 7 || frame == 8 || frame == 20;
            CHECK_INT(value_of(frame), passes ? frame * 10 : 0);
        }
        forget();
    }
}

TEST(one_lane_takes_the_buckets_in_their_order)
{
    char path[] = "/tmp/shark_lanes.XXXXXX", script[64];
    struct fc_error err;
    uint32_t first = 0;
    int log = mkstemp(path), bucket = 0;
    snprintf(script, sizeof script, "log=%s", path);
    CHECK(!run_lanes(1, script, &err));
    FILE *file = fopen(path, "re");
    for (; file && fscanf(file, "%u", &first) == 1; bucket++)
        CHECK_INT(division.group_of[first - 1], bucket);
    CHECK_INT(bucket, PAIRS);
    if (file)
        fclose(file);
    close(log);
    unlink(path);
    forget();
}

TEST(a_frame_that_ends_processes_is_noted_in_its_bucket)
{
    struct fc_error err;
    CHECK(!run_lanes(2, "pass=6,10 kill=6", &err));
    CHECK_INT(value_of(6), 0);
    CHECK_INT(value_of(10), 100);
    for (uint32_t b = 0; b < PAIRS; b++)
        CHECK_INT(bucket_skips(&buckets[b], 6), b == division.group_of[5]);
    forget();
}

TEST(a_missing_frame_is_an_error_that_names_the_pair)
{
    struct fc_error err = {0};
    CHECK_INT(run_lanes(2, "missing", &err), FC_UNSUPPORTED);
    CHECK(strstr(err.text, "reads 4 frames instead of 5 between 10."));
    forget();
}

TEST(a_bucket_without_answers_has_no_records)
{
    struct fc_error err;
    CHECK(!run_lanes(3, "", &err));
    CHECK_INT(value_of(1), 0);
    CHECK_INT(value_of(FRAMES), 0);
    forget();
}
