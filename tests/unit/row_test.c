#include "field/row.h"

#include "base/memory.h"
#include "field/ids_all.h"
#include "test.h"

static int16_t slots[F_COUNT];
static struct arena arena;

static struct row row_of(field_id wanted)
{
    for (int i = 0; i < F_COUNT; i++)
        slots[i] = -1;
    slots[wanted] = 7;
    return (struct row){.slot_of = slots, .arena = &arena};
}

TEST(only_wanted_fields_are_kept)
{
    struct row row = row_of(F_IP_TTL);
    put_uint(&row, F_IP_PROTO, 6);
    put_uint(&row, F_IP_TTL, 64);
    CHECK_INT(row.n_values, 1);
    CHECK_INT(row.values[0].slot, 7);
    CHECK_INT(row.values[0].u, 64);
    row_free(&row);
}

TEST(rows_grow_and_are_reused)
{
    struct row row = row_of(F_IP_TTL);
    for (int round = 0; round < 2; round++) {
        row_reset(&row);
        for (unsigned i = 0; i < 1000; i++)
            put_uint(&row, F_IP_TTL, i);
        CHECK_INT(row.n_values, 1000);
        CHECK_INT(row.values[999].u, 999);
    }
    row_free(&row);
}

TEST(failed_reads_put_nothing)
{
    uint8_t bytes[] = {1, 2, 3};
    struct rd r = rd_make(bytes, 3, 3);
    struct row row = row_of(F_IP_ID);
    CHECK_INT(put_u16(&row, F_IP_ID, &r), 0x0102);
    CHECK_INT(put_u16(&row, F_IP_ID, &r), 0);
    put_bytes(&row, F_IP_ID, NULL, 3);
    CHECK_INT(row.n_values, 1);
    row_free(&row);
}

static void check_utf8(const char *in, uint32_t len, const char *out)
{
    struct row row = row_of(F_FRAME_COMMENT);
    put_text_utf8(&row, F_FRAME_COMMENT, (const uint8_t *)in, len);
    CHECK_INT(row.n_values, 1);
    CHECK_INT(row.values[0].len, strlen(out));
    CHECK(!memcmp(row.values[0].bytes, out, strlen(out)));
    row_free(&row);
    arena_free(&arena);
    arena = (struct arena){0};
}

TEST(text_is_made_valid)
{
    check_utf8("plain", 5, "plain");
    check_utf8("", 0, "");
    check_utf8("\xc3\xa9t\xc3\xa9", 5, "\xc3\xa9t\xc3\xa9");
    check_utf8("a\xff"
               "b",
               3,
               "a\xef\xbf\xbd"
               "b");
    check_utf8("\xc3", 1, "\xef\xbf\xbd");
    check_utf8("\xed\xa0\x80", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    check_utf8("\xf4\x90\x80\x80", 4, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    check_utf8("\xf0\x9f\x98\x80", 4, "\xf0\x9f\x98\x80");
}

TEST(memory_that_ends_is_noted)
{
    struct row row = row_of(F_IP_TTL);
    struct memory_state memory = {0};
    arena.memory = &memory;
    memory_fail_after(0);
    put_uint(&row, F_IP_TTL, 1);
    memory_fail_after(-1);
    arena.memory = NULL;
    CHECK(memory.ended);
    CHECK_INT(row.n_values, 0);
    row_free(&row);
}
