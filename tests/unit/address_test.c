#include "base/address.h"

#include <arpa/inet.h>

#include "test.h"

static const char *text(const struct address *a)
{
    static char out[ADDRESS_TEXT_CAP + 1];
    size_t n = address_text(out, a);
    CHECK(n <= ADDRESS_TEXT_CAP);
    out[n] = 0;
    return out;
}

static const char *text6(const char *from)
{
    struct address a = {.family = 6};
    CHECK(inet_pton(AF_INET6, from, a.bytes) == 1);
    return text(&a);
}

TEST(ipv4)
{
    CHECK_TEXT(text(&(struct address){4, {192, 0, 2, 1}}), "192.0.2.1");
    CHECK_TEXT(text(&(struct address){4, {255, 255, 255, 255}}), "255.255.255.255");
    CHECK_TEXT(text(&(struct address){4, {0, 9, 10, 99}}), "0.9.10.99");
    CHECK_TEXT(text(&(struct address){4, {100, 101, 200, 209}}), "100.101.200.209");
}

TEST(ipv6)
{
    CHECK_TEXT(text6("2001:db8:0:0:0:0:0:1"), "2001:db8::1");
    CHECK_TEXT(text6("::"), "::");
    CHECK_TEXT(text6("::1"), "::1");
    CHECK_TEXT(text6("fe80::"), "fe80::");
    CHECK_TEXT(text6("2001:0:0:1:0:0:0:1"), "2001:0:0:1::1");
    CHECK_TEXT(text6("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");
    CHECK_TEXT(text6("1:0:0:2:0:0:3:4"), "1::2:0:0:3:4");
    CHECK_TEXT(text6("::ffff:192.0.2.1"), "::ffff:192.0.2.1");
    CHECK_TEXT(text6("ABCD:EF01:2345:6789:ABCD:EF01:2345:6789"), "abcd:ef01:2345:6789:abcd:ef01:2345:6789");
}

TEST(none_and_mac)
{
    CHECK_TEXT(text(&(struct address){0}), "");
    char out[ADDRESS_TEXT_CAP + 1];
    out[address_ether(out, (const uint8_t[]){0, 0, 0x5e, 0xff, 0x53, 1})] = 0;
    CHECK_TEXT(out, "00:00:5e:ff:53:01");
}

/* The C library writes IPv6 addresses by the same rules. */
TEST(as_inet_ntop)
{
    uint32_t seed = 7;
    for (int i = 0; i < 200000; i++) {
        struct address a = {.family = i & 1 ? 4 : 6};
        for (int j = 0; j < 16; j++) {
            seed = seed * 1664525 + 1013904223;
            a.bytes[j] = seed >> 28 < 9 ? 0 : seed >> 28 < 11 ? 0xff : (uint8_t)(seed >> 20);
        }
        char want[INET6_ADDRSTRLEN];
        inet_ntop(i & 1 ? AF_INET : AF_INET6, a.bytes, want, sizeof want);
        if (strcmp(text(&a), want)) {
            CHECK_TEXT(text(&a), want);
            return;
        }
    }
}
