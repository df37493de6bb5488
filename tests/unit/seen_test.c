/* The values that a flow keeps: all, each once, or the first one of a field, by the columns. */
#include "table/seen.h"

#include "base/memory.h"
#include "table/values.h"
#include "test.h"

enum { ALL, SET, FIRST, TEXTS, BOTH, N_SLOTS };

static const enum field_type types[N_SLOTS] = {FT_UINT32, FT_UINT32, FT_UINT32, FT_STRING, FT_UINT32};
static const struct wanted_column asked[] = {
    {.source = WANTED_FIELD, .index = ALL, .values = FC_VALUES_PACKETS},
    {.source = WANTED_FIELD, .index = SET, .values = FC_VALUES_SET},
    {.source = WANTED_FIELD, .index = FIRST, .values = FC_VALUES_FIRST},
    {.source = WANTED_FIELD, .index = TEXTS, .values = FC_VALUES_SET},
    {.source = WANTED_FIELD, .index = BOTH, .values = FC_VALUES_FIRST},
    {.source = WANTED_FIELD, .index = BOTH, .values = FC_VALUES_LIST},
    {.source = WANTED_BASE, .index = 0},
};

static struct seen_plan plan_of(const struct wanted_column *columns, size_t n)
{
    struct wanted wanted = {.n_fields = N_SLOTS, .columns = columns, .n_columns = n};
    struct seen_plan plan;
    CHECK_INT(seen_plan_make(&plan, &wanted, types), FC_OK);
    return plan;
}

/* How many of the values stay. */
static uint32_t sift(struct seen *seen, const struct seen_plan *plan, struct arena *arena,
                     struct value *values, uint32_t n)
{
    struct row row = {.values = values, .n_values = n};
    seen_sift(seen, plan, &row, arena);
    return row.n_values;
}

static uint32_t sift_number(struct seen *seen, const struct seen_plan *plan, struct arena *arena,
                            uint16_t slot, uint64_t number)
{
    return sift(seen, plan, arena, &(struct value){.slot = slot, .u = number}, 1);
}

TEST(each_field_keeps_what_its_columns_tell)
{
    struct seen_plan plan = plan_of(asked, sizeof asked / sizeof *asked);
    struct arena arena = {0};
    struct seen seen = {0};
    for (uint32_t i = 0; i < 3000; i++) {
        uint64_t number = i % 1000;
        CHECK_INT(sift_number(&seen, &plan, &arena, ALL, number), 1);
        CHECK_INT(sift_number(&seen, &plan, &arena, BOTH, number), 1);
        CHECK_INT(sift_number(&seen, &plan, &arena, SET, number), i < 1000);
        CHECK_INT(sift_number(&seen, &plan, &arena, FIRST, number), i == 0);
    }
    CHECK_INT(seen.n_marks, 1000);
    struct seen_mark *marks = seen.marks;
    seen_give(&seen, &plan, &arena);
    CHECK(arena_take(&arena, seen.capacity * sizeof *marks) == marks);
    arena_free(&arena);
    seen_plan_free(&plan);
}

TEST(text_differs_by_its_bytes_and_its_field)
{
    struct seen_plan plan = plan_of(asked, sizeof asked / sizeof *asked);
    struct arena arena = {0};
    struct seen seen = {0};
    struct value values[] = {
        {.slot = TEXTS, .len = 1, .bytes = (const uint8_t *)"a"},
        {.slot = TEXTS, .len = 2, .bytes = (const uint8_t *)"a"},
        {.slot = TEXTS, .len = 1, .bytes = (const uint8_t *)"a"},
        {.slot = SET, .u = 7},
        {.slot = TEXTS, .len = 0, .bytes = (const uint8_t *)""},
        {.slot = SET, .u = 7},
    };
    CHECK_INT(sift(&seen, &plan, &arena, values, 6), 4);
    CHECK(values[0].len == 1 && values[1].len == 2 && values[2].slot == SET && values[3].len == 0);
    arena_free(&arena);
    seen_plan_free(&plan);
}

TEST(nothing_is_looked_at_when_all_is_needed)
{
    struct wanted_column every[N_SLOTS];
    for (uint32_t i = 0; i < N_SLOTS; i++)
        every[i] = (struct wanted_column){.source = WANTED_FIELD, .index = i};
    struct seen_plan plan = plan_of(every, N_SLOTS);
    CHECK(!plan.needs);
    CHECK_INT(sift_number(&(struct seen){0}, &plan, NULL, SET, 1), 1);
    seen_plan_free(&plan);
}

TEST(memory_that_ends_is_said)
{
    struct seen_plan plan = plan_of(asked, sizeof asked / sizeof *asked);
    for (uint16_t slot = SET; slot <= FIRST; slot++) {
        struct memory_state memory = {0};
        struct arena arena = {.memory = &memory};
        struct seen seen = {0};
        memory_fail_after(0);
        sift_number(&seen, &plan, &arena, slot, 1);
        memory_fail_after(-1);
        CHECK(memory.ended);
        arena_free(&arena);
    }
    struct seen_plan none;
    struct wanted wanted = {.n_fields = 1};
    memory_fail_after(0);
    CHECK_INT(seen_plan_make(&none, &wanted, types), FC_MEMORY);
    memory_fail_after(-1);
    seen_plan_free(&plan);
}
