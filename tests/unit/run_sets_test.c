/* Feature sets of other programs through flowcontainer.h: tables, options, refusals, memory that ends.
 * Values: tests/diff/test_sets.py. */
#include <flowcontainer.h>
#include <string.h>

#include "base/memory.h"
#include "test.h"

#define PCAPS FC_SOURCE_DIR "/tests/pcaps/"

static const char *const all[] = {"cic-classic", "cic-corrected", "nfstream",
                                  "nprint",      "zeek-conn",     "netflow"};
enum { N_ALL = sizeof all / sizeof all[0], MOST_TABLES = 8 };

struct answer {
    enum fc_status status;
    uint64_t rows[MOST_TABLES], kept, in_none, left_out;
    size_t n_problems;
};

static struct fc_options options_of(const char *const *features, size_t n, const struct fc_set_options *sets)
{
    struct fc_options options;
    fc_options_init(&options);
    options.features = features;
    options.n_features = n;
    options.sets = sets;
    return options;
}

static void take_counts(struct answer *answer, const struct fc_run *run)
{
    for (size_t i = 0, n = fc_run_n_counts(run); i < n; i++) {
        struct fc_count count = fc_run_count(run, i);
        answer->kept += strcmp(count.name, "kept") ? 0 : count.packets;
        answer->in_none += strcmp(count.name, "in_no_family") ? 0 : count.packets;
        answer->left_out += strncmp(count.name, "left_out_by_", 12) ? 0 : count.packets;
    }
}

static struct answer pull(const char *const *paths, size_t n, const struct fc_options *options,
                          struct fc_error *err)
{
    struct answer answer = {.status = FC_OK};
    struct fc_run *run = NULL;
    struct ArrowArray batch;
    size_t table;
    answer.status = fc_open(&run, paths, n, options, err);
    while (!answer.status) {
        answer.status = fc_run_next(run, &table, &batch, err);
        if (answer.status || !batch.release)
            break;
        answer.rows[table] += (uint64_t)batch.length;
        batch.release(&batch);
    }
    memory_fail_after(-1);
    if (run) {
        take_counts(&answer, run);
        answer.n_problems = fc_run_n_problems(run);
    }
    fc_run_free(run);
    return answer;
}

static const char *const demo[] = {PCAPS "demo.pcap"};

TEST(several_tables_come_from_one_reading)
{
    struct fc_options options = options_of(all, N_ALL, NULL);
    struct answer together = pull(demo, 1, &options, NULL);
    CHECK_INT(together.status, FC_OK);
    CHECK_INT(together.kept + together.in_none, 210);
    for (size_t i = 0; i < N_ALL; i++) {
        struct fc_options one = options_of(&all[i], 1, NULL);
        struct answer alone = pull(demo, 1, &one, NULL);
        CHECK_INT(alone.rows[0], together.rows[i]);
        CHECK(alone.rows[0] > 0);
        CHECK_INT(alone.in_none, alone.left_out);
        CHECK_INT(alone.kept + alone.in_none, 210);
    }
}

TEST(threads_and_batches_change_nothing)
{
    const char *paths[40];
    for (size_t i = 0; i < 40; i++)
        paths[i] = i % 3 ? PCAPS "demo.pcap" : PCAPS "cut_record.pcap";
    struct fc_options options = options_of(all, N_ALL, NULL);
    struct answer want = pull(paths, 40, &options, NULL);
    options.jobs = 3;
    options.batch_rows = 7;
    struct answer got = pull(paths, 40, &options, NULL);
    CHECK_INT(got.status, FC_OK);
    CHECK(!memcmp(got.rows, want.rows, sizeof got.rows));
    CHECK_INT(got.kept, want.kept);
    CHECK_INT(got.left_out, want.left_out);
    CHECK_INT(got.n_problems, want.n_problems);
    CHECK_INT(got.n_problems, 14);
}

TEST(a_stream_has_one_table)
{
    struct fc_options options = options_of(all, 2, NULL);
    struct fc_run *run = NULL;
    struct ArrowArrayStream stream;
    CHECK_INT(fc_open(&run, demo, 1, &options, NULL), FC_OK);
    CHECK_INT(fc_run_n_tables(run), 2);
    CHECK_TEXT(fc_run_table_name(run, 1), "cic-corrected");
    CHECK_INT(fc_run_table_n_columns(run, 0), 84);
    CHECK_INT(fc_run_table_n_columns(run, 1), 94);
    CHECK_TEXT(fc_run_table_column(run, 1, 0)->name, "Flow ID");
    CHECK_TEXT(fc_run_table_column(run, 1, 7)->unit, "us");
    CHECK(!fc_run_table_column(run, 2, 0));
    CHECK_INT(fc_run_export(run, &stream, NULL), FC_USAGE);
    fc_run_free(run);
}

TEST(a_run_may_be_left_in_the_middle)
{
    const char *paths[] = {PCAPS "demo.pcap", PCAPS "demo.pcap", PCAPS "demo.pcap"};
    for (uint32_t jobs = 1; jobs <= 2; jobs++) {
        struct fc_options options = options_of(all, N_ALL, NULL);
        struct fc_run *run = NULL;
        struct ArrowArray batch;
        size_t table;
        options.jobs = jobs;
        options.batch_rows = 1;
        CHECK_INT(fc_open(&run, paths, 3, &options, NULL), FC_OK);
        CHECK_INT(fc_run_next(run, &table, &batch, NULL), FC_OK);
        CHECK_INT(batch.length, 1);
        batch.release(&batch);
        fc_run_free(run);
    }
}

/* The first value of the column of a run of one table. */
static double first_real(const struct fc_set_options *sets, const char *name, bool *is_null)
{
    struct fc_options options = options_of(all, 1, sets);
    struct fc_run *run = NULL;
    struct ArrowArray batch;
    size_t table, at = 0;
    double value = -1;
    CHECK_INT(fc_open(&run, demo, 1, &options, NULL), FC_OK);
    while (strcmp(fc_run_column(run, at)->name, name))
        at++;
    CHECK_INT(fc_run_next(run, &table, &batch, NULL), FC_OK);
    const struct ArrowArray *column = batch.children[at];
    const uint8_t *valid = column->buffers[0];
    *is_null = valid && !(valid[0] & 1);
    value = ((const double *)column->buffers[1])[0];
    batch.release(&batch);
    fc_run_free(run);
    return value;
}

TEST(undefined_values_are_fillings_or_null)
{
    struct fc_set_options sets;
    bool is_null;
    fc_set_options_init(&sets);
    CHECK(first_real(&sets, "Idle Mean", &is_null) == 0);
    CHECK(!is_null);
    sets.nulls = true;
    first_real(&sets, "Idle Mean", &is_null);
    CHECK(is_null);
    first_real(&sets, "Flow IAT Mean", &is_null);
    CHECK(!is_null);
}

static size_t set_columns(struct fc_set_options *sets, const char *first)
{
    struct fc_options options = options_of(all, 1, sets);
    struct fc_run *run = NULL;
    CHECK_INT(fc_open(&run, demo, 1, &options, NULL), FC_OK);
    size_t n = fc_run_n_columns(run);
    CHECK_TEXT(fc_run_column(run, 0)->name, first);
    fc_run_free(run);
    return n;
}

TEST(names_and_captures_change_the_columns)
{
    struct fc_set_options sets;
    fc_set_options_init(&sets);
    sets.capture = true;
    CHECK_INT(set_columns(&sets, "capture"), 85);
    sets.capture = false;
    sets.names = "cic-ids2017";
    CHECK_INT(set_columns(&sets, "Flow ID"), 85);
    sets.names = "cse-cic-ids2018";
    CHECK_INT(set_columns(&sets, "Flow ID"), 84);
    sets.names = "hieulw";
    CHECK_INT(set_columns(&sets, "src_ip"), 82);
}

TEST(text_has_a_head)
{
    struct fc_set_options sets;
    fc_set_options_init(&sets);
    sets.form = FC_SET_TEXT;
    sets.names = "cic-ids2017";
    struct fc_options options = options_of(all, 1, &sets);
    struct fc_run *run = NULL;
    CHECK_INT(fc_open(&run, demo, 1, &options, NULL), FC_OK);
    CHECK(!strncmp(fc_run_table_head(run, 0), "Flow ID, Source IP, Source Port,", 32));
    CHECK_TEXT(fc_run_column(run, 0)->name, "text");
    CHECK_INT(fc_run_n_columns(run), 1);
    fc_run_free(run);
}

static void check_refused(const struct fc_options *options, const char *word)
{
    struct fc_run *run = NULL;
    struct fc_error err = {0};
    CHECK_INT(fc_open(&run, demo, 1, options, &err), FC_USAGE);
    CHECK(strstr(err.text, word) != NULL);
}

TEST(what_has_no_effect_is_refused)
{
    static const char *const mixed[] = {"nfstream", "stats"}, *const twice[] = {"nfstream", "nfstream"};
    static const char *const fields[] = {"ip.ttl"};
    struct fc_set_options sets;
    fc_set_options_init(&sets);
    struct fc_options o = options_of(mixed, 2, NULL);
    check_refused(&o, "together");
    o = options_of(twice, 2, NULL);
    check_refused(&o, "twice");
    o = options_of(mixed, 1, NULL);
    o.filter = "tcp";
    check_refused(&o, "filter");
    o.filter = NULL;
    o.fields = fields;
    o.n_fields = 1;
    check_refused(&o, "fields");
    o.n_fields = 0;
    o.level = FC_LEVEL_PACKETS;
    check_refused(&o, "level");
    o.level = FC_LEVEL_FLOWS;
    o.sets = &sets;
    sets.names = "hieulw";
    check_refused(&o, "names");
    sets.names = NULL;
    sets.idle_ns = 1;
    check_refused(&o, "whole seconds");
    sets.idle_ns = 0;
    sets.accounting_mode = 4;
    check_refused(&o, "accounting_mode");
    sets.accounting_mode = 0;
    sets.size = 0;
    check_refused(&o, "size");
    sets.size = sizeof sets;
    sets.nulls = true;
    o.features = &mixed[1];
    check_refused(&o, "nulls");
}

TEST(families_have_columns_and_faults)
{
    struct fc_family *family = NULL;
    CHECK_INT(fc_n_families(), 9);
    CHECK(!fc_family_at(9).name);
    for (size_t i = 0; i < fc_n_families(); i++) {
        CHECK_INT(fc_family_open(&family, fc_family_at(i).name, NULL, NULL), FC_OK);
        CHECK(fc_family_n_columns(family) >= 4);
        for (size_t c = 0; c < fc_family_n_columns(family); c++)
            CHECK(*fc_family_column(family, c)->description);
        CHECK(!fc_family_fault(family, fc_family_n_faults(family)));
        fc_family_free(family);
    }
    CHECK_INT(fc_family_open(&family, "cic", NULL, NULL), FC_USAGE);
}

TEST(memory_may_end_anywhere)
{
    static const char *const path[] = {PCAPS "names.pcap"};
    struct fc_set_options sets;
    fc_set_options_init(&sets);
    sets.splt = 3;
    for (int form = FC_SET_VALUES; form <= FC_SET_JSON; form++) {
        sets.form = (enum fc_set_form)form;
        struct fc_options options = options_of(all, N_ALL, &sets);
        struct answer want = pull(path, 1, &options, NULL);
        struct answer got = {.status = FC_MEMORY};
        for (int64_t i = 0; got.status; i += 1 + i / 8) {
            memory_fail_after(i);
            got = pull(path, 1, &options, NULL);
            CHECK(got.status == FC_OK || got.status == FC_MEMORY);
        }
        CHECK(!memcmp(got.rows, want.rows, sizeof got.rows));
    }
}
