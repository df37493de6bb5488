/* fc_options of callers that were built against an older or a newer header. */
#include <flowcontainer.h>
#include <stddef.h>

#include "test.h"

static const uint8_t empty[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, [16] = 0xff, 0xff, [20] = 1};

static enum fc_status open_with(const void *options, struct fc_error *err)
{
    struct fc_run *run = NULL;
    enum fc_status status = fc_open_memory(&run, "empty", empty, sizeof empty, options, err);
    CHECK((run != NULL) == (status == FC_OK));
    fc_run_free(run);
    return status;
}

TEST(an_older_caller)
{
    /* The header of a release in which filter was the last member. */
    struct {
        size_t size;
        const char *const *fields;
        size_t n_fields;
        const char *filter;
        uint8_t behind[64];
    } old;
    struct fc_error err;
    memset(&old, 0xee, sizeof old);
    fc_options_init_sized((struct fc_options *)&old, offsetof(struct fc_options, level));
    CHECK_INT(old.size, offsetof(struct fc_options, level));
    CHECK(!old.fields && !old.n_fields && !old.filter);
    for (size_t i = 0; i < sizeof old.behind; i++)
        CHECK_INT(old.behind[i], 0xee);
    CHECK(open_with(&old, &err) == FC_OK); /* garbage behind `size` is not read */
    old.filter = "nonsense ==";
    CHECK(open_with(&old, &err) == FC_FILTER);
}

TEST(a_newer_caller)
{
    struct {
        struct fc_options known;
        uint64_t later[3];
    } newer;
    struct fc_error err;
    memset(&newer, 0xee, sizeof newer);
    fc_options_init_sized(&newer.known, sizeof newer);
    CHECK(newer.known.size == sizeof newer && newer.known.batch_rows == 65536 && !newer.later[2]);
    CHECK(open_with(&newer, &err) == FC_OK);
    newer.later[2] = 1;
    CHECK(open_with(&newer, &err) == FC_UNSUPPORTED);
    CHECK(strstr(err.text, FC_VERSION) != NULL);
}

TEST(a_struct_that_nobody_filled_in)
{
    struct fc_options o;
    struct fc_error err;
    memset(&o, 0, sizeof o);
    CHECK(open_with(&o, &err) == FC_USAGE);
    memset(&o, 0xee, sizeof o);
    CHECK(open_with(&o, &err) == FC_USAGE);
    CHECK(strstr(err.text, "fc_options_init") != NULL);
    fc_options_init(&o);
    CHECK(open_with(&o, &err) == FC_OK && open_with(NULL, &err) == FC_OK);
}

/* ---- the columns that are chosen ---- */

static enum fc_status choose(const struct fc_column *columns, size_t n, struct fc_error *err)
{
    struct fc_options o;
    fc_options_init(&o);
    o.engine = FC_ENGINE_NATIVE;
    o.columns = columns;
    o.n_columns = n;
    return open_with(&o, err);
}

TEST(columns_that_are_refused)
{
    struct fc_error err;
    static const struct {
        struct fc_column columns[2];
        size_t n;
        enum fc_status status;
        const char *text;
    } cases[] = {
        {{{"src"}}, 0, FC_USAGE, "no column"},
        {{{"fwd_byte"}}, 1, FC_FIELD, "near it: fwd_bytes"},
        {{{"ip.tll"}}, 1, FC_FIELD, "near it: ip.ttl"},
        {{{"src"}, {"src", "client"}}, 2, FC_USAGE, "\"src\" is asked for twice"},
        {{{"src", "x"}, {"dst", "x"}}, 2, FC_USAGE, "\"x\" is asked for twice"},
        {{{"src", NULL, FC_VALUES_FIRST}}, 1, FC_USAGE, "not a field"},
        {{{"identity", "x"}}, 1, FC_USAGE, "group"},
        {{{"src", ""}}, 1, FC_USAGE, "empty"},
        {{{"reason"}}, 1, FC_FIELD, "unknown column \"reason\""},
        {{{NULL}}, 1, FC_USAGE, "without a source"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK(choose(cases[i].columns, cases[i].n, &err) == cases[i].status);
        CHECK(strstr(err.text, cases[i].text) != NULL);
    }
}

TEST(a_group_adds_the_columns_that_are_not_there_yet)
{
    static const struct fc_column columns[] = {
        {"dst"}, {"default"}, {"identity"}, {"ip_len_mean"}, {"stats"}};
    struct fc_options o;
    struct fc_run *run = NULL;
    fc_options_init(&o);
    o.columns = columns;
    o.n_columns = sizeof columns / sizeof *columns;
    CHECK(fc_open_memory(&run, "empty", empty, sizeof empty, &o, NULL) == FC_OK);
    CHECK_TEXT(fc_run_column(run, 0)->name, "dst");
    size_t n_dst = 0, n_means = 0;
    for (size_t i = 0; i < fc_run_n_columns(run); i++) {
        n_dst += !strcmp(fc_run_column(run, i)->name, "dst");
        n_means += !strcmp(fc_run_column(run, i)->name, "ip_len_mean");
    }
    CHECK(n_dst == 1 && n_means == 1);
    fc_run_free(run);
}

TEST(columns_in_the_order_asked_for)
{
    static const struct fc_column columns[] = {
        {"dst"}, {"sni", NULL, FC_VALUES_FIRST}, {"totals"}, {"ip.ttl", "hops", FC_VALUES_SET}, {"ip.ttl"}};
    static const char *const names[] = {"dst",
                                        "sni",
                                        "packets",
                                        "bytes",
                                        "payload_packets",
                                        "payload_bytes",
                                        "fwd_packets",
                                        "bwd_packets",
                                        "fwd_bytes",
                                        "bwd_bytes",
                                        "fwd_payload_packets",
                                        "bwd_payload_packets",
                                        "fwd_payload_bytes",
                                        "bwd_payload_bytes",
                                        "hops",
                                        "ip.ttl"};
    struct fc_options o;
    struct fc_run *run = NULL;
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    fc_options_init(&o);
    o.engine = FC_ENGINE_NATIVE;
    o.columns = columns;
    o.n_columns = sizeof columns / sizeof *columns;
    CHECK(fc_open_memory(&run, "empty", empty, sizeof empty, &o, NULL) == FC_OK);
    CHECK_INT(fc_run_n_columns(run), sizeof names / sizeof *names);
    CHECK_INT(fc_run_n_fields(run), 2);
    CHECK(fc_run_export(run, &stream, NULL) == FC_OK && stream.get_schema(&stream, &schema) == 0);
    for (size_t i = 0; i < fc_run_n_columns(run); i++) {
        CHECK_TEXT(fc_run_column(run, i)->name, names[i]);
        CHECK_TEXT(schema.children[i]->name, names[i]);
    }
    CHECK(!fc_run_column(run, sizeof names / sizeof *names));
    CHECK_TEXT(fc_run_column(run, 1)->source, "tls.handshake.extensions_server_name");
    CHECK(fc_run_column(run, 14)->is_field && fc_run_column(run, 14)->values == FC_VALUES_SET);
    CHECK_TEXT(schema.children[1]->format, "U");
    CHECK_TEXT(schema.children[14]->children[0]->format, "C");
    CHECK_TEXT(schema.children[15]->children[0]->format, "+s");
    schema.release(&schema);
    stream.release(&stream);
    fc_run_free(run);
}

TEST(every_column_says_its_type)
{
    for (int level = FC_LEVEL_FLOWS; level <= FC_LEVEL_FRAMES; level++) {
        for (size_t i = 0; i < fc_n_columns((enum fc_level)level); i++) {
            const struct fc_column_info *c = fc_column_at((enum fc_level)level, i);
            CHECK(*c->name && *c->type && *c->group && *c->description && !c->is_field);
        }
        CHECK(!fc_column_at((enum fc_level)level, fc_n_columns((enum fc_level)level)));
    }
    CHECK_INT(fc_n_columns(FC_LEVEL_FRAMES), fc_n_columns(FC_LEVEL_PACKETS) + 1);
    for (size_t i = 0; i < fc_n_short_names(); i++)
        CHECK(fc_field_find(fc_short_name_at(i)->field) != SIZE_MAX);
    CHECK(!fc_short_name_at(fc_n_short_names()));
}
