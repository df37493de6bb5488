/* The list of all fields without a worker: the native fields, found by their names. */
#include <stdlib.h>
#include <string.h>

#include <flowcontainer.h>

#include "field/field.h"
#include "test.h"

static struct fc_fields *load(void)
{
    struct fc_error err = {0};
    struct fc_fields *fields = NULL;
    setenv("FLOWCONTAINER_WORKER", "/nonexistent/worker", 1);
    CHECK(fc_fields_load(&fields, &err) == FC_OK);
    return fields;
}

TEST(without_a_worker_the_native_fields_are_listed)
{
    struct fc_fields *fields = load();
    CHECK(fc_fields_count(fields) == fc_n_fields());
    CHECK(!*fc_fields_wireshark(fields));
    for (size_t i = 0; i < fc_n_fields(); i++) {
        struct fc_field_info a = fc_fields_at(fields, i), b = fc_field(i);
        CHECK(!strcmp(a.name, b.name) && !strcmp(a.type, b.type) && !strcmp(a.engine, "native"));
        CHECK(a.text_rule == b.text_rule && a.single == b.single && !strcmp(a.unit, b.unit));
        CHECK(fc_fields_find(fields, b.name) == i);
    }
    CHECK(!fc_fields_at(fields, fc_n_fields()).name);
    CHECK(fc_fields_find(fields, "ip.tttl") == SIZE_MAX);
    CHECK(fc_fields_find(fields, "") == SIZE_MAX);
    fc_fields_free(fields);
    fc_fields_free(NULL);
}

TEST(near_names_are_the_nearest)
{
    const char *near[3];
    struct fc_fields *fields = load();
    CHECK(fc_fields_nearest(near, 3, fields, "ip.tttl") >= 1 && !strcmp(near[0], "ip.ttl"));
    CHECK(fc_fields_nearest(near, 3, fields, "ttl") >= 1 && !strcmp(near[0], "ip.ttl"));
    CHECK(fc_fields_nearest(near, 3, fields, "tcp.srcprot") >= 1 && !strcmp(near[0], "tcp.srcport"));
    CHECK(fc_fields_nearest(near, 3, fields, "nothing.like.it.at.all.anywhere") == 0);
    CHECK(fc_fields_nearest(near, 0, fields, "ip.ttl") == 0);
    CHECK(fc_fields_nearest(near, 3, fields, "") == 0);
    fc_fields_free(fields);
}

TEST(a_name_of_today_stays)
{
    char out[8];
    struct fc_fields *fields = load();
    CHECK(fc_fields_today(out, sizeof out, fields, "ip.ttl") == 6 && !strcmp(out, "ip.ttl"));
    CHECK(fc_fields_today(out, sizeof out, fields, "tcp.srcport") == 11 && !strcmp(out, "tcp.src"));
    fc_fields_free(fields);
}

TEST(a_search_holds_no_more_than_asked)
{
    struct field_search search;
    field_search_begin(&search, "ip.src", 100);
    CHECK(search.most == FIELD_NEAREST_MOST);
    for (size_t i = 0; i < field_count(); i++)
        field_search_take(&search, field_table[field_order()[i]].name);
    CHECK(search.found && search.found <= FIELD_NEAREST_MOST && !strcmp(search.names[0], "ip.src"));
    for (size_t i = 1; i < search.found; i++)
        CHECK(search.distances[i - 1] <= search.distances[i]);
}
