#include "table/text.h"

#include "table/values.h"
#include "test.h"

/* Returns the text of one value that went through a column, behind a null and with an array offset. */
static const char *text_of(struct field field, struct value value, enum fc_text style)
{
    static char out[400];
    struct column c;
    struct ArrowArray a;
    column_init(&c, "x", field_arrow_format(field.type));
    CHECK(column_put_null(&c) && column_put_null(&c) && values_to_column(&c, field.type, &value));
    CHECK(column_finish(&c, &a));
    CHECK_INT(text_value(out, sizeof out, &field, &a, 1, style), 0);
    a.offset = 1;
    a.length = 2;
    size_t n = text_value(out, sizeof out - 1, &field, &a, 1, style);
    CHECK(n < sizeof out);
    out[n] = 0;
    char cut[3] = {'#', '#', '#'};
    CHECK_INT(text_value(cut, 2, &field, &a, 1, style), n);
    CHECK(cut[2] == '#' && !memcmp(cut, out, n < 2 ? n : 2));
    a.release(&a);
    column_free(&c);
    return out;
}

static const char *of_uint(enum field_type type, enum field_base base, bool named, uint64_t u,
                           enum fc_text style)
{
    return text_of((struct field){.name = "x", .type = type, .base = base, .named = named},
                   (struct value){.u = u}, style);
}
static const char *hex(enum field_type type, uint64_t u)
{
    return of_uint(type, BASE_HEX, false, u, FC_TEXT_CLASSIC);
}
static const char *of_int(enum field_type type, int64_t i)
{
    return text_of((struct field){.name = "x", .type = type}, (struct value){.i = i}, FC_TEXT_TSHARK);
}
static const char *of_double(enum field_type type, double f)
{
    return text_of((struct field){.name = "x", .type = type}, (struct value){.f = f}, FC_TEXT_TSHARK);
}
static const char *of_bytes(const char *name, enum field_type type, const char *bytes, uint32_t len)
{
    return text_of((struct field){.name = name, .type = type},
                   (struct value){.bytes = (const uint8_t *)bytes, .len = len}, FC_TEXT_TSHARK);
}

TEST(integers)
{
    CHECK_TEXT(hex(FT_UINT8, 6), "0x06");
    CHECK_TEXT(hex(FT_UINT16, 0x800), "0x0800");
    CHECK_TEXT(hex(FT_UINT24, 0x1018), "0x001018");
    CHECK_TEXT(hex(FT_UINT32, 0), "0x00000000");
    CHECK_TEXT(hex(FT_UINT64, 0x40000000005), "0x0000040000000005");
    CHECK_TEXT(of_uint(FT_UINT8, BASE_DEC, false, 0, 0), "0");
    CHECK_TEXT(of_uint(FT_UINT64, BASE_DEC, false, UINT64_MAX, 0), "18446744073709551615");
    CHECK_TEXT(of_uint(FT_UINT16, BASE_HEX, true, 49195, FC_TEXT_TSHARK), "0xc02b");
    CHECK_TEXT(of_uint(FT_UINT16, BASE_HEX, true, 49195, FC_TEXT_CLASSIC), "49195");
    CHECK_TEXT(of_uint(FT_FRAMENUM, BASE_NONE, false, 12, 0), "12");
    CHECK_TEXT(of_uint(FT_CHAR, BASE_NONE, false, 'a', 0), "'a'");
    CHECK_TEXT(of_uint(FT_CHAR, BASE_NONE, false, 0x1f, 0), "'\\x1f'");
    CHECK_TEXT(of_int(FT_INT8, -2), "-2");
    CHECK_TEXT(of_int(FT_INT16, -32768), "-32768");
    CHECK_TEXT(of_int(FT_INT32, 5), "5");
    CHECK_TEXT(of_int(FT_INT64, INT64_MIN), "-9223372036854775808");
}

TEST(booleans_and_labels)
{
    CHECK_TEXT(of_uint(FT_BOOLEAN, BASE_NONE, true, 1, FC_TEXT_CLASSIC), "1");
    CHECK_TEXT(of_uint(FT_BOOLEAN, BASE_NONE, false, 0, 0), "0");
    CHECK_TEXT(of_uint(FT_NONE, BASE_NONE, false, 1, 0), "1");
}

TEST(floats)
{
    CHECK_TEXT(of_double(FT_FLOAT, 0.01383544), "0.0138354");
    CHECK_TEXT(of_double(FT_DOUBLE, 143.322), "143.322");
}

TEST(times)
{
    CHECK_TEXT(of_int(FT_RELATIVE_TIME, 1592993553619938000), "1592993553.619938000");
    CHECK_TEXT(of_int(FT_RELATIVE_TIME, -500000000), "-0.500000000");
    CHECK_TEXT(of_int(FT_RELATIVE_TIME, 0), "0.000000000");
    CHECK_TEXT(of_int(FT_ABSOLUTE_TIME, 1600000002500000000), "Sep 13, 2020 12:26:42.500000000 UTC");
    CHECK_TEXT(of_int(FT_ABSOLUTE_TIME, 1000), "Jan  1, 1970 00:00:00.000001000 UTC");
    CHECK_TEXT(of_int(FT_ABSOLUTE_TIME, -1), "Dec 31, 1969 23:59:59.999999999 UTC");
    CHECK_TEXT(of_int(FT_ABSOLUTE_TIME, 951782400000000000), "Feb 29, 2000 00:00:00.000000000 UTC");
    CHECK_TEXT(of_int(FT_ABSOLUTE_TIME, 1709251199000000000), "Feb 29, 2024 23:59:59.000000000 UTC");
    CHECK_TEXT(of_int(FT_ABSOLUTE_TIME, 1735689600000000000), "Jan  1, 2025 00:00:00.000000000 UTC");
    CHECK_TEXT(of_int(FT_ABSOLUTE_TIME, INT64_MAX), "Apr 11, 2262 23:47:16.854775807 UTC");
    CHECK_TEXT(of_int(FT_ABSOLUTE_TIME, INT64_MIN), "Sep 21, 1677 00:12:43.145224192 UTC");
}

TEST(strings_and_bytes)
{
    CHECK_TEXT(of_bytes("x", FT_STRING, "a\b\f\n\r\tz\\\"\v,\x7f", 12), "a\\b\\f\\n\\r\\tz\\\"\v,\x7f");
    CHECK_TEXT(of_bytes("x", FT_STRING, "", 0), "");
    CHECK_TEXT(of_bytes("x", FT_BYTES, "\x02\x04\x05\xb4", 4), "020405b4");
    CHECK_TEXT(of_bytes("x", FT_BYTES, "", 0), "<MISSING>");
    CHECK_TEXT(of_bytes("ipv6.opt.padn", FT_BYTES, "", 0), "<none>");
    CHECK_TEXT(of_bytes("x", FT_ETHER, "\x01\x02\x03\xaa\xbb\xcc", 6), "01:02:03:aa:bb:cc");
    CHECK_TEXT(of_uint(FT_IPv4, BASE_NONE, false, 0xc0000201, 0), "192.0.2.1");
    CHECK_TEXT(of_bytes("x", FT_IPv6, "\xff\x02\0\0\0\0\0\0\0\0\0\1\xff\xa4\xe1\x08", 16),
               "ff02::1:ffa4:e108");
}

TEST(bytes_with_something_between)
{
    struct value bytes = {.bytes = (const uint8_t *)"\xc8\x01\x0e", .len = 3}, none = {.bytes = bytes.bytes};
    struct field field = {.name = "x", .type = FT_BYTES, .base = BASE_COLON};
    CHECK_TEXT(text_of(field, bytes, FC_TEXT_TSHARK), "c8:01:0e");
    field.base = BASE_DASH;
    CHECK_TEXT(text_of(field, bytes, FC_TEXT_TSHARK), "c8-01-0e");
    field.base = BASE_DOT;
    CHECK_TEXT(text_of(field, bytes, FC_TEXT_TSHARK), "c8.01.0e");
    field.base = BASE_SPACE;
    CHECK_TEXT(text_of(field, bytes, FC_TEXT_TSHARK), "c8 01 0e");
    CHECK_TEXT(text_of(field, none, FC_TEXT_TSHARK), "<MISSING>");
    field.may_be_empty = true;
    CHECK_TEXT(text_of(field, none, FC_TEXT_TSHARK), "<none>");
}

/* Rules and fields come from other programs, so every type meets every base, and bases that there are not. */
TEST(every_type_has_a_text_in_every_base)
{
    static const uint8_t zeros[64];
    static const int64_t offsets[] = {0, 16, 16};
    const void *fixed[] = {NULL, zeros}, *listed[] = {NULL, offsets, zeros};
    struct ArrowArray one = {.length = 1, .n_buffers = 2, .buffers = fixed},
                      many = {.length = 1, .n_buffers = 3, .buffers = listed};
    char out[400];
    for (uint32_t type = 0; type <= FT_FRAMENUM; type++)
        for (uint32_t base = 0; base < 256; base++) {
            const char *format = field_arrow_format((enum field_type)type);
            bool list = strchr("uUzZ", format[0]) != NULL;
            for (int style = 0; style < 2; style++) {
                size_t len = fc_rule_text(out, sizeof out, type | base << 8, list ? &many : &one, 0, style);
                CHECK(len <= sizeof out);
            }
        }
    CHECK_INT(fc_rule_text(out, sizeof out, 255, &one, 0, FC_TEXT_TSHARK), 0);
}

TEST(a_rule_prints_as_its_field)
{
    struct column c;
    struct ArrowArray a;
    char out[20];
    struct field named = {.name = "x", .type = FT_UINT16, .base = BASE_HEX, .named = true};
    struct field padding = {.name = "x", .type = FT_BYTES, .may_be_empty = true};
    column_init(&c, "x", "S");
    CHECK(column_put16(&c, 0xc02b) && column_finish(&c, &a));
    CHECK_INT(fc_rule_text(out, sizeof out, text_rule(&named), &a, 0, FC_TEXT_TSHARK), 6);
    CHECK(!memcmp(out, "0xc02b", 6));
    CHECK_INT(fc_rule_text(out, sizeof out, text_rule(&named), &a, 0, FC_TEXT_CLASSIC), 5);
    CHECK(!memcmp(out, "49195", 5));
    a.release(&a);
    column_init(&c, "x", "Z");
    CHECK(column_put_bytes(&c, "", 0) && column_finish(&c, &a));
    CHECK_INT(fc_rule_text(out, sizeof out, text_rule(&padding), &a, 0, FC_TEXT_TSHARK), 6);
    a.release(&a);
    column_free(&c);
}

TEST(the_public_function_counts_fields_by_name)
{
    struct column c;
    struct ArrowArray a;
    char out[20];
    size_t i = 0;
    while (strcmp(field_table[field_order()[i]].name, "eth.type"))
        i++;
    column_init(&c, "x", "S");
    CHECK(column_put16(&c, 0x86dd) && column_finish(&c, &a));
    CHECK(fc_value_text(out, sizeof out, i, &a, 0, FC_TEXT_TSHARK) == 6 && !memcmp(out, "0x86dd", 6));
    CHECK(fc_value_text(out, sizeof out, i, &a, 0, FC_TEXT_CLASSIC) == 5 && !memcmp(out, "34525", 5));
    a.release(&a);
    column_free(&c);
}
