#include "field/field.h"
#include "test.h"

TEST(names_are_sorted_and_told_apart)
{
    for (int i = 1; i < F_COUNT; i++)
        CHECK(strcmp(field_table[i - 1].name, field_table[i].name) < 0);
    for (int i = 0; i < F_COUNT; i++) {
        CHECK_INT(field_find(field_table[i].name), i);
        CHECK_INT(field_order()[i], i);
        CHECK(field_table[i].description[0] != 0);
    }
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
