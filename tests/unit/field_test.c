#include "field/field.h"
#include "field/ids_all.h"
#include "test.h"

TEST(ids_are_in_the_order_of_names)
{
    const uint16_t *order = field_order();
    for (size_t i = 1; i < field_count(); i++) {
        CHECK(strcmp(field_table[order[i - 1]].name, field_table[order[i]].name) < 0);
        CHECK(order[i - 1] < order[i]);
    }
    for (size_t i = 0; i < field_count(); i++) {
        CHECK_INT(field_find(field_table[order[i]].name), order[i]);
        CHECK(field_table[order[i]].description[0] != 0);
    }
    CHECK(order[field_count() - 1] < F_COUNT);
}

TEST(every_id_has_one_reader)
{
    size_t with_reader = 0;
    for (int id = 0; id < F_COUNT; id++)
        with_reader += field_table[id].reader != READER_NONE;
    CHECK_INT(with_reader, field_count());
    CHECK(field_is_header(F_IP_TTL) && field_is_header(F_UDPLITE_CHECKSUM_COVERAGE_BAD));
    CHECK(!field_is_header(F_TLS_RECORD) && !field_is_header(F_DHCP_ID));
}

TEST(readers_of_slots)
{
    int16_t slots[F_COUNT];
    memset(slots, 0xff, sizeof slots);
    CHECK_INT(field_readers(slots), 0);
    slots[F_IP_VERSION] = 0;
    slots[F_X509AF_SERIALNUMBER] = 1;
    CHECK_INT(field_readers(slots), READER_BIT(READER_IP) | READER_BIT(READER_X509));
}

TEST(find_wants_the_exact_name)
{
    CHECK_INT(field_find("ip.ttl"), F_IP_TTL);
    CHECK_INT(field_find("ip.tt"), F_COUNT);
    CHECK_INT(field_find("ip.ttll"), F_COUNT);
    CHECK_INT(field_find("IP.ttl"), F_COUNT);
    CHECK_INT(field_find(""), F_COUNT);
}

TEST(nearest_names)
{
    const char *near[3];
    CHECK(field_nearest(near, 3, "ip.tll") > 0);
    CHECK_TEXT(near[0], "ip.ttl");
    CHECK(field_nearest(near, 3, "tcp.windw_size") > 0);
    CHECK_TEXT(near[0], "tcp.window_size");
    CHECK_INT(field_nearest(near, 3, "window_size"), 3);
    CHECK_INT(field_nearest(near, 3, "quite something else altogether"), 0);
    CHECK_INT(field_nearest(near, 3, ""), 0);
    CHECK_INT(field_nearest(near, 0, "ip.tll"), 0);
}

TEST(types)
{
    CHECK_TEXT(field_type_name(field_table[F_IP_SRC].type), "FT_IPv4");
    CHECK_TEXT(field_arrow_format(FT_UINT8), "C");
    CHECK_TEXT(field_arrow_format(FT_UINT24), "I");
    CHECK_TEXT(field_arrow_format(FT_RELATIVE_TIME), "tDn");
    CHECK_INT(field_hex_digits(FT_UINT16), 4);
    CHECK_INT(field_hex_digits(FT_UINT24), 6);
    CHECK(field_table[F_FRAME_NUMBER].single && !field_table[F_IP_SRC].single);
    CHECK(field_table[F_IP_PROTO].named && !field_table[F_IP_TTL].named);
    CHECK_INT(field_table[F_TCP_FLAGS].base, BASE_HEX);
    CHECK_INT(field_table[F_TCP_PORT].base, BASE_DEC);
}

static bool ends_in(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n >= m && !strcmp(name + n - m, end);
}

/* The rules of looks_ahead.def are for other fields, and yet none of them contradicts fields.def. */
TEST(looks_ahead_rules_agree_with_the_table)
{
    size_t ahead_fields = 0;
    for (size_t i = 0; i < field_count(); i++) {
        const struct field *f = &field_table[field_order()[i]];
        bool frame = f->type == FT_FRAMENUM, ahead = false;
#define AHEAD_FRAME_END(end) ahead |= frame && ends_in(f->name, end);
#define AHEAD_FRAME(field) ahead |= frame && !strcmp(f->name, field);
#define AHEAD_BEGIN(begin) ahead |= !strncmp(f->name, begin, strlen(begin));
#define AHEAD_FIELD(field) ahead |= !strcmp(f->name, field);
#include "field/looks_ahead.def"
        CHECK_INT(f->looks_ahead, ahead);
        ahead_fields += ahead;
    }
    CHECK_INT(ahead_fields, 3);
}
