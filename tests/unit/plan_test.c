#include "field/ids_all.h"
#include "run/plan.h"
#include "test.h"

TEST(a_field_belongs_to_its_releases)
{
    static const struct field late = {.name = "x.late", .releases = SINCE(4_2)};
    static const struct field early = {.name = "x.early", .releases = UNTIL(4_0)};
    struct fc_error error;
    CHECK_INT(plan_check_release(&late, RELEASE_4_0, &error), FC_FIELD);
    CHECK_TEXT(error.text,
               "\"x.late\" is a field of Wireshark 4.2 and later; this query is answered as Wireshark 4.0");
    CHECK_INT(plan_check_release(&late, RELEASE_4_2, NULL), FC_OK);
    CHECK_INT(plan_check_release(&early, RELEASE_4_0, NULL), FC_OK);
    CHECK_INT(plan_check_release(&early, RELEASE_4_4, &error), FC_FIELD);
    CHECK_TEXT(error.text,
               "\"x.early\" is a field of Wireshark up to 4.0; this query is answered as Wireshark 4.4");
}

/* Wireshark has JA4 since 4.2; the native engine gives it for every release. */
TEST(fingerprints_are_in_every_release)
{
    for (int release = 0; release < N_RELEASES; release++)
        CHECK_INT(plan_check_release(&field_table[F_TLS_HANDSHAKE_JA4], (enum release)release, NULL), FC_OK);
}

TEST(a_native_query_is_of_the_native_release)
{
    const char *const names[] = {"tls.handshake.ja4", "ip.ttl"};
    struct fc_options options;
    struct query query;
    fc_options_init(&options);
    options.fields = names;
    options.n_fields = 2;
    options.engine = FC_ENGINE_NATIVE;
    CHECK_INT(plan_make(&query, &options, NULL), FC_OK);
    CHECK_INT(query.release, RELEASE_NATIVE);
    plan_free(&query);
}

/* http.request_number is gone since Wireshark 4.4. */
TEST(the_plan_asks_each_field_for_the_release)
{
    const char *const names[] = {"ip.ttl", "http.request_number"};
    struct fc_options options;
    struct query query;
    struct fc_error error;
    fc_options_init(&options);
    options.fields = names;
    options.n_fields = 2;
    options.engine = FC_ENGINE_NATIVE;
    CHECK_INT(plan_make_as(&query, &options, RELEASE_4_2, NULL), FC_OK);
    plan_free(&query);
    CHECK_INT(plan_make_as(&query, &options, RELEASE_4_4, &error), FC_FIELD);
    CHECK_TEXT(error.text,
               "\"http.request_number\" is a field of Wireshark up to 4.2; this query is answered as "
               "Wireshark 4.4");
}

/* Without the engine's name libwireshark would have to answer, and is not found here. */
TEST(fields_of_other_releases_are_libwiresharks)
{
    const char *const names[] = {"http.request_number"};
    struct fc_options options;
    struct query query;
    struct fc_error error;
    setenv("FLOWCONTAINER_WORKER", "/nonexistent/worker", 1);
    fc_options_init(&options);
    options.fields = names;
    options.n_fields = 1;
    CHECK_INT(plan_make_as(&query, &options, RELEASE_4_2, NULL), FC_OK);
    plan_free(&query);
    CHECK(plan_make_as(&query, &options, RELEASE_4_4, &error) != FC_OK);
    CHECK(strstr(error.text, "\"http.request_number\" is a field of Wireshark up to 4.2") == error.text);
    unsetenv("FLOWCONTAINER_WORKER");
}
