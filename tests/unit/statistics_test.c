/* Statistics as columns of a run: chosen by family and by name, beside the log and without it. */
#include <flowcontainer.h>
#include <stdio.h>

#include "test.h"

static char path[] = FC_SOURCE_DIR "/tests/pcaps/demo.pcap";

/* The first batch of the demo capture; false when the query was refused, and then *err says why. */
static bool read_demo(const struct fc_options *options, struct ArrowArray *batch, struct fc_run **run,
                      struct fc_error *err)
{
    const char *paths[] = {path};
    struct ArrowArrayStream stream;
    *run = NULL;
    if (fc_open(run, paths, 1, options, err))
        return false;
    CHECK(fc_run_export(*run, &stream, err) == FC_OK);
    CHECK(!stream.get_next(&stream, batch));
    stream.release(&stream);
    return true;
}

static double sum_of_doubles(const struct ArrowArray *column)
{
    double sum = 0;
    for (int64_t i = 0; i < column->length; i++)
        sum += ((const double *)column->buffers[1])[i];
    return sum;
}

TEST(single_statistics_are_the_same_with_and_without_a_log)
{
    static const struct fc_column alone[] = {{.source = "fwd_ip_len_mean"},
                                             {.source = "iat_std_ns", .name = "s"}};
    static const struct fc_column both[] = {
        {.source = "ip_lengths"}, {.source = "fwd_ip_len_mean"}, {.source = "iat_std_ns"}};
    struct ArrowArray a, b;
    struct fc_run *run_a, *run_b;
    struct fc_error err;
    struct fc_options options;
    fc_options_init(&options);
    options.columns = alone;
    options.n_columns = 2;
    CHECK(read_demo(&options, &a, &run_a, &err));
    options.columns = both;
    options.n_columns = 3;
    CHECK(read_demo(&options, &b, &run_b, &err));
    CHECK(a.length > 5 && a.length == b.length);
    CHECK(sum_of_doubles(a.children[0]) > 0 && sum_of_doubles(a.children[1]) > 0);
    for (int i = 0; i < 2; i++)
        CHECK(!memcmp(a.children[i]->buffers[1], b.children[i + 1]->buffers[1], (size_t)a.length * 8));
    a.release(&a);
    b.release(&b);
    fc_run_free(run_a);
    fc_run_free(run_b);
}

TEST(families_stand_behind_the_columns)
{
    static const char *const families[] = {"basic", "stats", "entropy", "ip_len_mean"};
    struct ArrowArray batch;
    struct fc_run *run;
    struct fc_error err;
    struct fc_options options;
    fc_options_init(&options);
    CHECK(read_demo(&options, &batch, &run, &err));
    int64_t plain = batch.n_children;
    batch.release(&batch);
    fc_run_free(run);
    options.features = families;
    options.n_features = 4;
    CHECK(read_demo(&options, &batch, &run, &err));
    /* Of basic the columns of both directions are new; ip_len_mean is there already. */
    CHECK_INT(batch.n_children, plain + 4 + 3 * 38 + 3 * 5);
    batch.release(&batch);
    fc_run_free(run);
}

static void check_refused(const struct fc_options *options, const char *word)
{
    struct ArrowArray batch;
    struct fc_run *run;
    struct fc_error err;
    CHECK(!read_demo(options, &batch, &run, &err));
    if (!strstr(err.text, word))
        printf("%s\n", err.text);
    CHECK(strstr(err.text, word) != NULL);
}

TEST(what_there_is_not_is_named)
{
    static const char *const unknown[] = {"statss"};
    static const struct fc_column twice[] = {{.source = "ip_len_mean"},
                                             {.source = "ip_len_mean", .name = "x"}};
    static const struct fc_column with_values[] = {{.source = "ip_len_mean", .values = FC_VALUES_FIRST}};
    static const struct fc_column near[] = {{.source = "ip_len_meen"}};
    struct fc_options options;
    fc_options_init(&options);
    options.features = unknown;
    options.n_features = 1;
    check_refused(&options, "statss");
    options.n_features = 0;
    options.columns = twice;
    options.n_columns = 2;
    check_refused(&options, "twice");
    options.columns = with_values;
    options.n_columns = 1;
    check_refused(&options, "not a field");
    options.columns = near;
    check_refused(&options, "near it: ip_len_mean");
    options.columns = NULL;
    options.level = FC_LEVEL_PACKETS;
    options.features = unknown;
    options.n_features = 1;
    check_refused(&options, "level of flows");
}
