/* Whole runs through the public header: memory that ends at any allocation, pipes that deliver few bytes at a
 * time, cancelling, the report of damage, and options that contradict each other. Rows are compared by a hash
 * over all values. */
#include <errno.h>
#include <fcntl.h>
#include <flowcontainer.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "test.h"

#define PCAPS FC_SOURCE_DIR "/tests/pcaps/"

/* ---- the result of a run as one number ---- */

struct answer {
    int status; /* of the first failure: enum fc_status */
    uint64_t hash, rows, batches, frames, problems;
};

static uint64_t hash_bytes(uint64_t h, const void *data, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ ((const uint8_t *)data)[i]) * UINT64_C(0x100000001b3);
    return h;
}

static uint64_t hash_text(uint64_t h, const struct ArrowArray *a, int64_t from, int64_t to)
{
    return hash_bytes(hash_bytes(h, "t", 1), (const char *)a->buffers[2] + from, (size_t)(to - from));
}

static size_t value_width(char format)
{
    static const char formats[] = "cCsSiIflLgt", widths[] = {1, 1, 2, 2, 4, 4, 4, 8, 8, 8, 8};
    const char *found = strchr(formats, format);
    if (!found)
        abort();
    return (size_t)widths[found - formats];
}

static uint64_t hash_value(uint64_t h, const struct ArrowSchema *s, const struct ArrowArray *a, int64_t i)
{
    const uint8_t *valid = a->n_buffers ? a->buffers[0] : NULL;
    if (valid && !(valid[i / 8] >> i % 8 & 1))
        return hash_bytes(h, "null", 4);
    const int32_t *offsets = a->n_buffers > 1 ? a->buffers[1] : NULL;
    const int64_t *long_offsets = a->n_buffers > 1 ? a->buffers[1] : NULL;
    if (s->dictionary)
        return hash_value(h, s->dictionary, a->dictionary, offsets[i]);
    switch (s->format[0]) {
    case '+':
        for (int64_t c = 0; s->format[1] == 's' && c < s->n_children; c++)
            h = hash_value(h, s->children[c], a->children[c], i);
        if (s->format[1] == 'w')
            for (int64_t n = atoi(s->format + 3), k = i * n; k < (i + 1) * n; k++)
                h = hash_value(h, s->children[0], a->children[0], k);
        if (s->format[1] == 'l')
            for (int32_t k = offsets[i]; k < offsets[i + 1]; k++)
                h = hash_value(h, s->children[0], a->children[0], k);
        return hash_bytes(h, "+", 1);
    case 'u':
    case 'z':
        return hash_text(h, a, offsets[i], offsets[i + 1]);
    case 'U':
    case 'Z':
        return hash_text(h, a, long_offsets[i], long_offsets[i + 1]);
    case 'w':
        return hash_bytes(h, (const uint8_t *)a->buffers[1] + i * atoi(s->format + 2),
                          (size_t)atoi(s->format + 2));
    case 'b':
        return hash_bytes(h, ((const uint8_t *)a->buffers[1])[i / 8] >> i % 8 & 1 ? "1" : "0", 1);
    default:
        return hash_bytes(h, (const uint8_t *)a->buffers[1] + (size_t)i * value_width(s->format[0]),
                          value_width(s->format[0]));
    }
}

static int status_of(int error)
{
    return error == ENOMEM ? FC_MEMORY : error == ECANCELED ? FC_CANCELLED : error ? FC_IO : FC_OK;
}

/* Reads the run to its end. Each count of the accounting is a share of the frames, and together they are all
 * frames. */
static struct answer run_pull(struct fc_run *run)
{
    struct answer answer = {.hash = UINT64_C(0xcbf29ce484222325)};
    struct ArrowArrayStream stream;
    struct ArrowSchema schema = {0};
    struct ArrowArray batch = {0};
    answer.status = fc_run_export(run, &stream, NULL);
    if (answer.status)
        return answer;
    answer.status = status_of(stream.get_schema(&stream, &schema));
    while (!answer.status) {
        answer.status = status_of(stream.get_next(&stream, &batch));
        if (answer.status || !batch.release)
            break;
        for (int64_t i = 0; i < batch.length; i++)
            answer.hash = hash_value(answer.hash, &schema, &batch, i);
        answer.rows += (uint64_t)batch.length;
        answer.batches++;
        batch.release(&batch);
    }
    CHECK(!answer.status == !stream.get_last_error(&stream));
    if (schema.release)
        schema.release(&schema);
    memory_fail_after(-1);
    for (size_t i = 0, n = fc_run_n_counts(run); i < n; i++)
        answer.frames += fc_run_count(run, i).is_note ? 0 : fc_run_count(run, i).packets;
    answer.problems = fc_run_n_problems(run);
    stream.release(&stream);
    return answer;
}

static struct answer run_paths(const char *const *paths, size_t n, const struct fc_options *options)
{
    struct fc_run *run = NULL;
    int status = fc_open(&run, paths, n, options, NULL);
    struct answer answer = status ? (struct answer){.status = status} : run_pull(run);
    memory_fail_after(-1);
    fc_run_free(run);
    return answer;
}

static void check_same(struct answer got, struct answer want)
{
    CHECK_INT(got.status, want.status);
    CHECK_INT(got.rows, want.rows);
    CHECK_INT(got.frames, want.frames);
    CHECK_INT(got.problems, want.problems);
    CHECK(got.hash == want.hash);
}

static const char *const captures[] = {
    PCAPS "format_pcap_us_little.pcap", PCAPS "format_pcapng_blocks.pcapng",
    PCAPS "format_gz.pcap.gz",          PCAPS "frag4.pcap",
    PCAPS "tunnel_nested.pcap",         PCAPS "names.pcap",
    PCAPS "format_zst.pcap.zst",        PCAPS "cut_record.pcap",
    PCAPS "link_147_unknown.pcap",
};
enum { N_CAPTURES = sizeof captures / sizeof captures[0], N_FIELDS_MOST = 4096 };

/* All native fields, and bytes of packets. */
static void all_fields(struct fc_options *options)
{
    static const struct fc_bytes bytes[] = {
        {.name = "head", .packets = 3, .length = 60, .start = FC_START_IP, .mask = FC_MASK_ADDRESSES},
        {.name = "body", .packets = 2, .length = 5, .start = FC_START_PAYLOAD}};
    static const struct fc_bytes own_bytes[] = {
        /* of the packet of a row, at the other levels */
        {.name = "head", .length = 60, .start = FC_START_IP, .mask = FC_MASK_ADDRESSES},
        {.name = "body", .length = 5, .start = FC_START_PAYLOAD}};
    static const char *names[N_FIELDS_MOST];
    size_t n = 0;
    CHECK(fc_n_fields() <= N_FIELDS_MOST);
    for (size_t i = 0; i < fc_n_fields(); i++)
        if (!options->filter ||
            strcmp(fc_field(i).name, "frame.time_delta_displayed")) /* not native with one */
            names[n++] = fc_field(i).name;
    options->fields = names;
    options->n_fields = n;
    options->bytes = options->level == FC_LEVEL_FLOWS ? bytes : own_bytes;
    options->n_bytes = 2;
    options->engine = FC_ENGINE_NATIVE;
}

/* ---- memory ---- */

/* Returns the number of allocations of a run. */
static int64_t count_allocations(const char *const *paths, size_t n, const struct fc_options *options)
{
    int64_t low = 0, high = 1 << 18; /* `high` is the first number with which the run does not fail */
    while (low < high) {
        int64_t middle = (low + high) / 2;
        memory_fail_after(middle);
        if (run_paths(paths, n, options).status)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Either the run reports that memory ended, or its answer is complete. The first allocations are tried one by
 * one, later ones in strides. */
static void starve(const char *const *paths, size_t n, const struct fc_options *options, int64_t points)
{
    struct answer want = run_paths(paths, n, options);
    CHECK_INT(want.status, FC_OK);
    int64_t most = count_allocations(paths, n, options), stride = most / points + 1;
    for (int64_t i = 0; i <= most + 2; i += i < 30 || i > most - 10 ? 1 : stride) {
        memory_fail_after(i);
        struct answer got = run_paths(paths, n, options);
        if (got.status)
            CHECK_INT(got.status, FC_MEMORY);
        else
            check_same(got, want);
    }
}

TEST(memory_may_end_anywhere)
{
    struct fc_options options;
    fc_options_init(&options);
    for (int level = FC_LEVEL_FLOWS; level <= FC_LEVEL_FRAMES; level++)
        for (size_t i = 0; i < N_CAPTURES; i++) {
            if (!test_takes(i + (size_t)level, 3))
                continue;
            options.level = (enum fc_level)level;
            options.n_fields = options.n_bytes = 0;
            starve(&captures[i], 1, &options, 8);
            all_fields(&options);
            starve(&captures[i], 1, &options, 15);
        }
}

static const char *const talkative[] = {
    PCAPS "http_bodies.pcap",    PCAPS "tls_versions.pcap",
    PCAPS "dtls_hellos.pcap",    PCAPS "quic_pieces.pcap",
    PCAPS "dtls_fragments.pcap", PCAPS "tcp_lossy.pcap",
    PCAPS "dhcp_others.pcap",    PCAPS "quic_connections.pcap",
    PCAPS "names.pcap",          PCAPS "frag6.pcap",
    PCAPS "demo.pcap",
};
enum { N_TALKATIVE = sizeof talkative / sizeof talkative[0] };

/* One allocation alone fails, and all later ones succeed: no later failure is reported, so the place that met
 * this one must report it. An answer in spite of it would lack values. The first `dense` allocations are
 * tried one by one, because tables take their first blocks there; later ones in strides. */
static void lose_one(const char *path, const struct fc_options *options, int64_t points, int64_t dense)
{
    CHECK_INT(run_paths(&path, 1, options).status, FC_OK);
    int64_t most = count_allocations(&path, 1, options), stride = most / points + 1;
    for (int64_t i = 0; i < most; i += i < dense ? 1 : stride) {
        memory_fail_once(i);
        struct answer got = run_paths(&path, 1, options);
        if (got.status != FC_MEMORY)
            printf("%s: the failure of allocation %lld of %lld was lost\n", path, (long long)i,
                   (long long)most);
        CHECK_INT(got.status, FC_MEMORY);
    }
}

/* The state of flows in a temporary file. */
TEST(memory_may_end_beyond_its_limit)
{
    struct fc_options options;
    fc_options_init(&options);
    for (size_t i = 0; i < 2; i++) {
        options.n_fields = options.n_bytes = 0;
        struct answer want = run_paths(&talkative[i], 1, &options);
        options.max_memory = 1;
        check_same(run_paths(&talkative[i], 1, &options), want);
        starve(&talkative[i], 1, &options, 15);
        lose_one(talkative[i], &options, 15, 60);
        all_fields(&options);
        lose_one(talkative[i], &options, 15, 60);
        options.max_memory = 0;
    }
}

TEST(no_failed_allocation_is_lost)
{
    static const char *const filters[] = {NULL, "tls or udp.port > 5 or tcp.payload matches \"a\""};
    struct fc_options options;
    fc_options_init(&options);
    for (size_t f = 0; f < 2; f++)
        for (size_t i = f; i < N_TALKATIVE; i += 1 + f) {
            if (!test_takes(f ? i / 2 : i, 2))
                continue;
            options.level = f ? FC_LEVEL_FRAMES : FC_LEVEL_FLOWS;
            options.filter = filters[f];
            all_fields(&options);
            lose_one(talkative[i], &options, 15, i + 1 < N_TALKATIVE ? 0 : 100);
        }
}

TEST(memory_may_end_in_threads)
{
    const char *many[160];
    for (size_t i = 0; i < 160; i++)
        many[i] = captures[i % N_CAPTURES];
    struct fc_options options;
    fc_options_init(&options);
    options.jobs = 2;
    options.batch_rows = 7;
    if (test_takes(0, 2))
        starve(many, 160, &options, 20);
    options.level = FC_LEVEL_PACKETS;
    if (test_takes(1, 2))
        starve(many, 160, &options, 10);
}

/* ---- the same answer in every way of reading ---- */

TEST(memory_batches_and_threads_change_nothing)
{
    struct fc_options options;
    fc_options_init(&options);
    for (int level = FC_LEVEL_FLOWS; level <= FC_LEVEL_FRAMES; level++) {
        const char *many[130];
        for (size_t i = 0; i < 130; i++)
            many[i] = captures[i % N_CAPTURES];
        options.level = (enum fc_level)level;
        all_fields(&options);
        options.jobs = 1;
        options.batch_rows = 0;
        struct answer want = run_paths(many, 130, &options);
        CHECK(want.rows > 200 && want.problems > 10);
        options.batch_rows = 37;
        struct answer got = run_paths(many, 130, &options);
        check_same(got, want);
        CHECK_INT(got.batches, (want.rows + 36) / 37);
        options.jobs = 2;
        check_same(run_paths(many, 130, &options), want);
    }
}

/* Returns the bytes of a file; the caller frees them. */
static uint8_t *read_whole(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    struct stat info;
    if (!f || fstat(fileno(f), &info))
        abort();
    uint8_t *data = malloc((size_t)info.st_size + 1);
    *len = fread(data, 1, (size_t)info.st_size, f);
    fclose(f);
    return data;
}

TEST(a_capture_in_memory)
{
    for (size_t i = 0; i < N_CAPTURES; i++) {
        size_t len;
        uint8_t *data = read_whole(captures[i], &len);
        struct fc_run *run = NULL;
        CHECK_INT(fc_open_memory(&run, captures[i], data, len, NULL, NULL), FC_OK);
        check_same(run_pull(run), run_paths(&captures[i], 1, NULL));
        struct fc_progress progress;
        fc_run_progress(run, &progress);
        CHECK_INT(progress.bytes_total, len);
        CHECK_INT(progress.captures_done, 1);
        fc_run_free(run);
        free(data);
    }
}

struct feed {
    char path[64];
    const uint8_t *data;
    size_t len, most; /* bytes of one write */
};

static void *feed_pipe(void *argument)
{
    const struct feed *feed = argument;
    unsigned seed = 1;
    int fd = open(feed->path, O_WRONLY);
    (void)!fcntl(fd, F_SETFL, O_DIRECT); /* each read then returns the bytes of one write */
    for (size_t at = 0; at < feed->len;) {
        size_t n = feed->most > 1 ? (size_t)rand_r(&seed) % feed->most + 1 : 1;
        ssize_t written = write(fd, feed->data + at, n < feed->len - at ? n : feed->len - at);
        if (written <= 0)
            break;
        at += (size_t)written;
    }
    close(fd);
    return NULL;
}

/* The name of the capture is in its rows, so file and pipe use one name, one after the other. */
TEST(pipes_that_give_little_at_a_time)
{
    signal(SIGPIPE, SIG_IGN);
    struct fc_options options;
    fc_options_init(&options);
    options.level = FC_LEVEL_FRAMES;
    all_fields(&options);
    for (size_t i = 0; i < N_CAPTURES; i++)
        for (int most = 1; most <= 1000; most += 999) {
            struct feed feed = {.path = "/tmp/run_test_XXXXXX", .most = (size_t)most};
            uint8_t *data = read_whole(captures[i], &feed.len);
            feed.data = data;
            if (!mkdtemp(feed.path))
                abort();
            strcat(feed.path, "/p");
            const char *path = feed.path;
            FILE *f = fopen(path, "wb");
            fwrite(data, 1, feed.len, f);
            fclose(f);
            struct answer want = run_paths(&path, 1, &options);
            unlink(path);
            if (mkfifo(path, 0600))
                abort();
            pthread_t thread;
            pthread_create(&thread, NULL, feed_pipe, &feed);
            check_same(run_paths(&path, 1, &options), want);
            pthread_join(thread, NULL);
            unlink(path);
            feed.path[strlen(path) - 2] = 0;
            rmdir(feed.path);
            free(data);
        }
}

/* ---- streams ---- */

TEST(there_is_one_stream)
{
    struct fc_run *run = NULL;
    struct fc_error err = {0};
    struct ArrowArrayStream stream, second;
    CHECK_INT(fc_open(&run, captures, 1, NULL, &err), FC_OK);
    CHECK_INT(fc_run_export(run, &stream, &err), FC_OK);
    CHECK_INT(fc_run_export(run, &second, &err), FC_USAGE);
    CHECK(strstr(err.text, "before"));
    stream.release(&stream);
    CHECK(!stream.release);
    fc_run_free(run);
}

TEST(a_stream_left_in_the_middle)
{
    const char *many[200];
    for (size_t i = 0; i < 200; i++)
        many[i] = captures[i % N_CAPTURES];
    struct fc_options options;
    fc_options_init(&options);
    options.batch_rows = 1;
    for (uint32_t jobs = 1; jobs <= 2; jobs++)
        for (int level = FC_LEVEL_FLOWS; level <= FC_LEVEL_FRAMES; level++)
            for (int pulls = 0; pulls < 4; pulls++) {
                struct fc_run *run = NULL;
                struct ArrowArrayStream stream;
                struct ArrowArray batches[4] = {0};
                options.jobs = jobs;
                options.level = (enum fc_level)level;
                CHECK_INT(fc_open(&run, many, 200, &options, NULL), FC_OK);
                CHECK_INT(fc_run_export(run, &stream, NULL), FC_OK);
                for (int i = 0; i < pulls; i++)
                    CHECK_INT(stream.get_next(&stream, &batches[i]), 0);
                stream.release(&stream);
                fc_run_free(run);
                for (int i = 0; i < pulls; i++) { /* batches live longer than the run and the stream */
                    CHECK_INT(batches[i].length, 1);
                    batches[i].release(&batches[i]);
                }
            }
}

TEST(after_the_end_comes_nothing)
{
    struct fc_run *run = NULL;
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    CHECK_INT(fc_open(&run, captures, 1, NULL, NULL), FC_OK);
    CHECK_INT(fc_run_export(run, &stream, NULL), FC_OK);
    for (int i = 0; i < 4; i++) {
        CHECK_INT(stream.get_next(&stream, &batch), 0);
        CHECK(!batch.release == (i > 0));
        if (batch.release)
            batch.release(&batch);
    }
    stream.release(&stream);
    fc_run_free(run);
}

TEST(cancelling_between_two_batches)
{
    struct fc_options options;
    fc_options_init(&options);
    options.batch_rows = 1;
    for (int level = FC_LEVEL_FLOWS; level <= FC_LEVEL_FRAMES; level++) {
        struct fc_run *run = NULL;
        struct ArrowArrayStream stream;
        struct ArrowArray batch;
        options.level = (enum fc_level)level;
        CHECK_INT(fc_open(&run, captures, 1, &options, NULL), FC_OK);
        CHECK_INT(fc_run_export(run, &stream, NULL), FC_OK);
        CHECK_INT(stream.get_next(&stream, &batch), 0);
        batch.release(&batch);
        fc_run_cancel(run);
        CHECK_INT(stream.get_next(&stream, &batch), ECANCELED);
        stream.release(&stream);
        fc_run_free(run);
    }
}

TEST(cancelling_many_captures)
{
    const char *many[200];
    for (size_t i = 0; i < 200; i++)
        many[i] = captures[0];
    struct fc_options options;
    fc_options_init(&options);
    options.batch_rows = 1;
    for (uint32_t jobs = 1; jobs <= 2; jobs++)
        for (int pulls = 0; pulls < 3; pulls++) {
            struct fc_run *run = NULL;
            struct ArrowArrayStream stream;
            struct ArrowArray batch;
            options.jobs = jobs;
            CHECK_INT(fc_open(&run, many, 200, &options, NULL), FC_OK);
            CHECK_INT(fc_run_export(run, &stream, NULL), FC_OK);
            for (int i = 0; i < pulls; i++) {
                CHECK_INT(stream.get_next(&stream, &batch), 0);
                batch.release(&batch);
            }
            fc_run_cancel(run);
            int status = 0, more = 0;
            while (!(status = stream.get_next(&stream, &batch)) && batch.release) {
                batch.release(&batch);
                more++;
            }
            CHECK_INT(status, ECANCELED);
            CHECK(more <= 64); /* batches that the threads had ready */
            CHECK_TEXT(stream.get_last_error(&stream), "cancelled");
            CHECK_INT(stream.get_next(&stream, &batch), ECANCELED); /* the error stays */
            stream.release(&stream);
            fc_run_free(run);
        }
}

/* ---- the report ---- */

TEST(problems_and_counts)
{
    static const char *const paths[] = {PCAPS "bad_text.pcap", PCAPS "cut_record.pcap",
                                        PCAPS "link_147_unknown.pcap", PCAPS "bad_empty.pcap",
                                        PCAPS "format_pcap_us_little.pcap"};
    struct fc_options options;
    fc_options_init(&options);
    for (uint32_t jobs = 1; jobs <= 2; jobs++) {
        struct fc_run *run = NULL;
        options.jobs = jobs;
        CHECK_INT(fc_open(&run, paths, 5, &options, NULL), FC_OK);
        CHECK_INT(fc_run_n_counts(run), 0);
        struct answer answer = run_pull(run);
        CHECK_INT(answer.status, FC_OK);
        CHECK_INT(fc_run_n_problems(run), 3);
        const struct fc_problem *text = fc_run_problem(run, 0), *cut = fc_run_problem(run, 1),
                                *link = fc_run_problem(run, 2);
        CHECK_TEXT(text->capture, paths[0]);
        CHECK_INT(text->error.status, FC_FORMAT);
        CHECK_INT(text->frames, 0);
        CHECK_TEXT(cut->capture, paths[1]);
        CHECK_INT(cut->error.status, FC_CUT);
        CHECK(cut->frames > 0 && cut->error.offset > 24);
        CHECK_INT(link->error.status, FC_NO_FLOWS);
        CHECK_INT(link->frames, 0);
        CHECK(strstr(link->error.text, "147"));
        CHECK(!fc_run_problem(run, 3));
        bool unknown = false, empty = false;
        for (size_t i = 0; i < fc_run_n_counts(run); i++) {
            struct fc_count count = fc_run_count(run, i);
            CHECK(count.packets > 0);
            unknown |= !strcmp(count.name, "link_type_147") && count.packets == 12 && !count.is_note;
            empty |= !strcmp(count.name, "empty_captures") && count.packets == 1 && count.is_note;
        }
        CHECK(unknown && empty);
        CHECK_INT(fc_run_count(run, 1000).packets, 0);
        struct fc_progress progress;
        fc_run_progress(run, &progress);
        CHECK_INT(progress.frames, answer.frames);
        CHECK_INT(progress.rows, answer.rows);
        CHECK_INT(progress.captures_done, 5);
        CHECK_INT(progress.captures_total, 5);
        fc_run_free(run);
    }
}

/* ---- options ---- */

static const char *const wrong_name[] = {"ip.tlt"}, *const twice[] = {"ip.ttl", "tcp.len", "ip.ttl"};

TEST(options_that_make_no_sense)
{
    static const struct {
        struct fc_options set; /* replaces the defaults where it is not 0 */
        int status;
        const char *part;
    } cases[] = {
        {{.level = 3}, FC_USAGE, "value"},
        {{.style = 2}, FC_USAGE, "value"},
        {{.policy = 2}, FC_USAGE, "value"},
        {{.tunnel = 2}, FC_USAGE, "value"},
        {{.drop = 1 << 5}, FC_USAGE, "clean-up"},
        {{.protocols = 1 << 7}, FC_USAGE, "protocols"},
        {{.policy = FC_POLICY_TIMEOUT, .idle_ns = -1}, FC_USAGE, "time-out"},
        {{.policy = FC_POLICY_TIMEOUT, .active_ns = -1}, FC_USAGE, "time-out"},
        {{.batch_rows = UINT32_MAX}, FC_USAGE, "batch"},
        {{.filter = " == 80"}, FC_FILTER, "=="},
        {{.fields = wrong_name, .n_fields = 1}, FC_FIELD, "ip.ttl"},
        {{.fields = twice, .n_fields = 3}, FC_USAGE, "twice"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct fc_options *set = &cases[i].set;
        struct fc_options o;
        fc_options_init(&o);
        o.level = set->level, o.style = set->style, o.policy = set->policy, o.tunnel = set->tunnel;
        o.filter = set->filter, o.fields = set->fields, o.n_fields = set->n_fields;
        o.drop = set->drop ? set->drop : o.drop;
        o.protocols = set->protocols ? set->protocols : o.protocols;
        o.idle_ns = set->idle_ns ? set->idle_ns : o.idle_ns;
        o.active_ns = set->active_ns ? set->active_ns : o.active_ns;
        o.batch_rows = set->batch_rows ? set->batch_rows : o.batch_rows;
        o.engine = FC_ENGINE_NATIVE; /* the other engine would answer some of these */
        struct fc_run *run = NULL;
        struct fc_error err = {0};
        CHECK_INT(fc_open(&run, captures, 1, &o, &err), cases[i].status);
        CHECK(!run && err.status == (enum fc_status)cases[i].status);
        if (!strstr(err.text, cases[i].part))
            printf("case %zu: %s\n", i, err.text);
        CHECK(strstr(err.text, cases[i].part));
        CHECK_INT(err.offset, cases[i].status == FC_FILTER ? 1 : -1);
        CHECK_INT(fc_open(&run, captures, 1, &o, NULL), cases[i].status); /* without a struct fc_error */
    }
}

TEST(no_path_and_no_such_path)
{
    static const char *const missing[] = {PCAPS "demo.pcap", PCAPS "nothing.pcap"};
    static const char *const none[] = {PCAPS "*.none"};
    struct fc_run *run = NULL;
    struct fc_error err = {0};
    CHECK_INT(fc_open(&run, captures, 0, NULL, &err), FC_USAGE);
    CHECK_INT(fc_open(&run, missing, 2, NULL, &err), FC_NOT_FOUND);
    CHECK(strstr(err.text, "nothing.pcap"));
    CHECK_INT(fc_open(&run, none, 1, NULL, &err), FC_NOT_FOUND);
    CHECK(!run);
    fc_run_free(NULL);
}

TEST(words_for_rules_and_protocols)
{
    struct fc_error err = {0};
    uint32_t bits = 99;
    CHECK_INT(fc_drop_parse(&bits, "", &err), FC_OK);
    CHECK_INT(bits, 0);
    CHECK_INT(fc_drop_parse(&bits, "default", &err), FC_OK);
    CHECK_INT(bits, FC_DROP_DEFAULT);
    CHECK_INT(fc_drop_parse(&bits, "mdns, icmp", &err), FC_OK);
    CHECK_INT(bits, FC_DROP_MDNS | FC_DROP_ICMP);
    CHECK_INT(fc_drop_parse(&bits, "mdns,none", &err), FC_OK);
    CHECK_INT(bits, FC_DROP_MDNS);
    CHECK_INT(fc_drop_parse(&bits, "mdns,ssd", &err), FC_USAGE);
    CHECK_INT(err.offset, 5);
    CHECK_INT(bits, FC_DROP_MDNS);
    CHECK_INT(fc_protocols_parse(&bits, "tcp,icmpv6,esp", &err), FC_OK);
    CHECK_INT(bits, FC_TCP | FC_ICMP6 | FC_ESP);
    CHECK_INT(fc_protocols_parse(&bits, "TCP", &err), FC_USAGE);
    CHECK(strstr(err.text, "TCP"));
}

TEST(asking_for_icmp_flows_keeps_icmp)
{
    static const char *const path[] = {PCAPS "icmp_quotes.pcap"};
    struct fc_options options;
    fc_options_init(&options);
    uint64_t without = run_paths(path, 1, &options).rows;
    options.protocols |= FC_ICMP;
    CHECK(run_paths(path, 1, &options).rows > without);
}

__attribute__((constructor)) static void never_hang(void) { alarm(1200); }
