/* Captures from functions of the caller: bytes in pieces of any size, pauses, failures at any byte, wrong
 * answers, cancellation, and all kinds of inputs in one run. */
#include <dirent.h>
#include <flowcontainer.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "base/memory.h"
#include "test.h"

#define PCAPS FC_SOURCE_DIR "/tests/pcaps/"

/* ---- inputs ---- */

struct bytes {
    char *data;
    size_t len;
};

static struct bytes read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    struct bytes b = {malloc(1 << 22), 0};
    if (f) {
        b.len = fread(b.data, 1, 1 << 22, f);
        fclose(f);
    }
    return b;
}

/* A store with one object, and its behaviour. */
struct store {
    struct bytes object;
    size_t piece;      /* most bytes of a read; 0: of a random number */
    size_t quiet_each; /* each n-th read has no bytes yet; 0: none */
    size_t fails_at;   /* the byte at which reading fails; SIZE_MAX: never */
    enum fc_status fails_with;
    const char *says; /* NULL: nothing */
    size_t lies;      /* *got of every read, unless it is 0 */
    bool refuses;     /* to open */
    int n_open, n_opened;
    unsigned random;
};

struct reading {
    struct store *store;
    size_t at, n_reads;
};

static enum fc_status fail(const struct store *s, enum fc_status status, struct fc_error *err)
{
    if (s->says)
        snprintf(err->text, sizeof err->text, "%s", s->says);
    return status;
}

static enum fc_status store_open(void *context, void **reading, struct fc_error *err)
{
    struct store *s = context;
    if (s->refuses)
        return fail(s, FC_NOT_FOUND, err);
    struct reading *r = calloc(1, sizeof *r);
    r->store = s;
    s->n_open++;
    s->n_opened++;
    *reading = r;
    return FC_OK;
}

static enum fc_status store_read(void *reading, void *dst, size_t cap, size_t *got, struct fc_error *err)
{
    struct reading *r = reading;
    struct store *s = r->store;
    size_t end = s->object.len < s->fails_at ? s->object.len : s->fails_at, left = end - r->at;
    if (s->quiet_each && ++r->n_reads % s->quiet_each == 0) {
        *got = FC_INPUT_QUIET;
        return FC_OK;
    }
    if (!left && s->fails_at != SIZE_MAX)
        return fail(s, s->fails_with, err);
    s->random = s->random * 1103515245 + 12345;
    size_t n = s->piece ? s->piece : 1 + s->random % 3000;
    n = n < cap ? n : cap;
    n = n < left ? n : left;
    memcpy(dst, s->object.data + r->at, n);
    r->at += n;
    *got = s->lies ? s->lies : n;
    return FC_OK;
}

static void store_close(void *reading)
{
    ((struct reading *)reading)->store->n_open--;
    free(reading);
}

static struct fc_input input_of(struct store *s, const char *name)
{
    return (struct fc_input){.kind = FC_INPUT_READER,
                             .name = name,
                             .size = s->object.len,
                             .context = s,
                             .open = store_open,
                             .read = store_read,
                             .close = store_close};
}

static struct store store_of(const char *path)
{
    return (struct store){
        .object = read_file(path), .piece = 1000, .fails_at = SIZE_MAX, .fails_with = FC_IO};
}

/* ---- answers ---- */

struct answer {
    enum fc_status status;
    uint64_t rows, frames, kept;
    size_t n_problems;
    struct fc_error problem; /* the first */
    uint64_t frames_before;  /* of the first */
    char name[64];
};

static struct answer ask(const struct fc_input *inputs, size_t n, const struct fc_options *options)
{
    struct fc_error err = {0};
    struct fc_run *run = NULL;
    struct answer a = {.status = fc_open_inputs(&run, inputs, n, options, &err)};
    struct ArrowArray array;
    if (a.status) {
        a.problem = err;
        return a;
    }
    for (size_t table; !(a.status = fc_run_next(run, &table, &array, &err)) && array.release;) {
        a.rows += (uint64_t)array.length;
        array.release(&array);
    }
    for (size_t i = 0; i < fc_run_n_counts(run); i++)
        if (!fc_run_count(run, i).is_note) {
            a.frames += fc_run_count(run, i).packets;
            a.kept += strcmp(fc_run_count(run, i).name, "kept") ? 0 : fc_run_count(run, i).packets;
        }
    a.n_problems = fc_run_n_problems(run);
    if (a.n_problems) {
        a.problem = fc_run_problem(run, 0)->error;
        a.frames_before = fc_run_problem(run, 0)->frames;
        snprintf(a.name, sizeof a.name, "%s", fc_run_problem(run, 0)->capture);
    }
    fc_run_free(run);
    return a;
}

static struct fc_options native(void)
{
    struct fc_options options;
    fc_options_init(&options);
    options.engine = FC_ENGINE_NATIVE;
    return options;
}

static void check_same(const struct answer *a, const struct answer *b)
{
    CHECK_INT(a->status, b->status);
    CHECK_INT(a->rows, b->rows);
    CHECK_INT(a->frames, b->frames);
    CHECK_INT(a->kept, b->kept);
    CHECK_INT(a->n_problems, b->n_problems);
    CHECK_INT(a->problem.status, b->problem.status);
    CHECK_INT(a->problem.offset, b->problem.offset);
    CHECK(!strcmp(a->problem.text, b->problem.text));
}

/* ---- tests ---- */

TEST(pieces_and_pauses_change_nothing)
{
    struct fc_options options = native();
    DIR *dir = opendir(PCAPS);
    int n = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[512];
        if (!strstr(entry->d_name, "pcap"))
            continue;
        snprintf(path, sizeof path, PCAPS "%s", entry->d_name);
        struct store s = store_of(path);
        struct fc_input memory = {
            .kind = FC_INPUT_MEMORY, .name = "x", .data = s.object.data, .size = s.object.len};
        struct answer whole = ask(&memory, 1, &options);
        s.piece = 0;
        s.random = (unsigned)n;
        s.quiet_each = 3;
        struct fc_input input = input_of(&s, "x");
        struct answer pieces = ask(&input, 1, &options);
        check_same(&whole, &pieces);
        input.kind = FC_INPUT_PIPE;
        struct answer pipe = ask(&input, 1, &options);
        check_same(&whole, &pipe);
        CHECK_INT(s.n_open, 0);
        free(s.object.data);
        n++;
    }
    closedir(dir);
    CHECK(n > 100);
}

TEST(single_bytes_are_enough)
{
    struct store s = store_of(PCAPS "demo.pcap");
    struct fc_options options = native();
    s.piece = 1;
    struct fc_input input = input_of(&s, "x");
    struct answer a = ask(&input, 1, &options);
    CHECK_INT(a.rows, 15);
    CHECK_INT(a.n_problems, 0);
    free(s.object.data);
}

TEST(a_failure_is_a_problem_of_its_capture)
{
    struct store s = store_of(PCAPS "demo.pcap");
    struct fc_options options = native();
    for (size_t at = 0; at < 3000; at += at < 40 ? 1 : 97) {
        s.fails_at = at;
        s.says = "the store is gone";
        struct fc_input inputs[] = {input_of(&s, "first"),
                                    {.kind = FC_INPUT_FILE, .name = PCAPS "demo.pcap"}};
        struct answer a = ask(inputs, 2, &options);
        CHECK_INT(a.status, FC_OK);
        CHECK(a.rows >= 15);
        CHECK_INT(a.n_problems, 1);
        CHECK_INT(a.problem.status, FC_IO);
        CHECK(!strcmp(a.problem.text, "the store is gone"));
        CHECK(!strcmp(a.name, "first"));
        CHECK(a.problem.offset >= 0 && a.problem.offset <= (int64_t)at);
        CHECK(a.frames == 210 + a.frames_before);
        CHECK_INT(s.n_open, 0);
    }
    free(s.object.data);
}

TEST(a_failure_inside_a_compressed_capture_keeps_its_reason)
{
    struct store s = store_of(PCAPS "cut_gz.pcap.gz");
    struct fc_options options = native();
    s.fails_at = s.object.len / 2;
    s.says = "the store is gone";
    struct fc_input input = input_of(&s, "x");
    struct answer a = ask(&input, 1, &options);
    CHECK_INT(a.n_problems, 1);
    CHECK(!strcmp(a.problem.text, "the store is gone"));
    free(s.object.data);
}

TEST(functions_that_say_nothing_or_too_much)
{
    struct store s = store_of(PCAPS "demo.pcap");
    struct fc_options options = native();
    struct fc_input input = input_of(&s, "x");
    s.refuses = true;
    struct answer a = ask(&input, 1, &options);
    CHECK(strstr(a.problem.text, "the input cannot be opened"));
    CHECK_INT(a.problem.status, FC_NOT_FOUND);
    CHECK_INT(s.n_opened, 0);
    s.refuses = false;
    s.lies = (size_t)1 << 40;
    a = ask(&input, 1, &options);
    CHECK(strstr(a.problem.text, "1099511627776 bytes"));
    CHECK_INT(s.n_open, 0);
    s.lies = 0;
    s.fails_at = 100;
    s.fails_with = FC_CANCELLED;
    CHECK_INT(ask(&input, 1, &options).status, FC_CANCELLED);
    s.fails_with = FC_MEMORY;
    CHECK_INT(ask(&input, 1, &options).status, FC_MEMORY);
    CHECK_INT(s.n_open, 0);
    free(s.object.data);
}

TEST(inputs_that_make_no_sense_are_refused)
{
    struct fc_options options = native();
    struct store s = {.fails_at = SIZE_MAX};
    struct fc_input no_name = input_of(&s, NULL), no_read = input_of(&s, "x"),
                    no_data = {FC_INPUT_MEMORY, "x"};
    struct fc_input unknown = {.kind = (enum fc_input_kind)99, .name = "x"};
    no_read.read = NULL;
    no_data.size = 5;
    CHECK_INT(ask(&no_name, 1, &options).status, FC_USAGE);
    CHECK_INT(ask(&no_read, 1, &options).status, FC_USAGE);
    CHECK_INT(ask(&no_data, 1, &options).status, FC_USAGE);
    CHECK_INT(ask(&unknown, 1, &options).status, FC_UNSUPPORTED);
    CHECK_INT(ask(NULL, 0, &options).status, FC_USAGE);
}

TEST(all_kinds_stand_in_one_run)
{
    struct fc_options options = native();
    struct store s = store_of(PCAPS "demo.pcap");
    struct fc_input inputs[] = {
        {.kind = FC_INPUT_PATH, .name = PCAPS "demo.pca?"},
        {.kind = FC_INPUT_FILE, .name = "/no/such/*"},
        {.kind = FC_INPUT_MEMORY, .name = "memory", .data = s.object.data, .size = s.object.len},
        {.kind = FC_INPUT_MEMORY, .name = "nothing"},
        input_of(&s, "reader"),
    };
    for (options.jobs = 1; options.jobs <= 3; options.jobs += 2) {
        struct answer a = ask(inputs, 5, &options);
        CHECK_INT(a.rows, 45);
        CHECK_INT(a.n_problems, 1);
        CHECK_INT(a.problem.status, FC_NOT_FOUND);
    }
    options.join = true;
    struct fc_input joined[] = {inputs[0], inputs[2], inputs[4]};
    CHECK_INT(ask(joined, 3, &options).frames, 630);
    struct fc_error err = {0};
    struct fc_run *run = NULL;
    CHECK_INT(fc_open_inputs(&run, joined, 3, &options, &err), FC_OK);
    CHECK_INT(fc_run_n_captures(run), 3);
    CHECK_INT(fc_run_capture(run, 1).bytes, s.object.len);
    CHECK_INT(fc_run_capture(run, 2).input, 2);
    CHECK(!strcmp(fc_run_capture(run, 2).name, "reader"));
    CHECK(!fc_run_capture(run, 3).name);
    fc_run_free(run);
    free(s.object.data);
}

static void *cancel_soon(void *run)
{
    usleep(30000);
    fc_run_cancel(run);
    return NULL;
}

static void *finish_soon(void *run)
{
    usleep(30000);
    fc_run_finish(run);
    return NULL;
}

TEST(a_silent_input_can_be_cancelled_and_finished)
{
    struct store s = store_of(PCAPS "demo.pcap");
    struct fc_options options = native();
    for (int kind = 0; kind < 4; kind++) {
        struct fc_input input = input_of(&s, "x");
        struct fc_error err = {0};
        struct fc_run *run = NULL;
        struct ArrowArray array = {0};
        pthread_t thread;
        size_t table;
        s.quiet_each = 1;
        input.kind = kind % 2 ? FC_INPUT_PIPE : FC_INPUT_READER;
        CHECK_INT(fc_open_inputs(&run, &input, 1, &options, &err), FC_OK);
        CHECK(!pthread_create(&thread, NULL, kind < 2 ? cancel_soon : finish_soon, run));
        CHECK_INT(fc_run_next(run, &table, &array, &err), kind < 2 ? FC_CANCELLED : FC_OK);
        CHECK(!array.release);
        pthread_join(thread, NULL);
        fc_run_free(run);
        CHECK_INT(s.n_open, 0);
    }
    free(s.object.data);
}

TEST(memory_may_end_at_any_allocation)
{
    struct fc_options options = native();
    struct store s = store_of(PCAPS "demo.pcap");
    struct answer a = {.status = FC_MEMORY};
    struct fc_input inputs[] = {
        input_of(&s, "first"),
        {.kind = FC_INPUT_MEMORY, .name = "second", .data = s.object.data, .size = 3000},
        {.kind = FC_INPUT_FILE, .name = PCAPS "demo.pcap"}};
    int64_t n = 0;
    for (int joined = 0; joined < 2; joined++) {
        options.join = joined;
        for (n = 0, a.status = FC_MEMORY; a.status == FC_MEMORY; n++) {
            memory_fail_once(n);
            a = ask(inputs, 3, &options);
            memory_fail_after(-1);
            CHECK_INT(s.n_open, 0);
        }
        CHECK_INT(a.status, FC_OK);
        CHECK_INT(a.n_problems, 1); /* the second is cut short */
        CHECK(n > 20);
    }
    free(s.object.data);
}
