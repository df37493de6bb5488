/* NTP messages. Expected values: tshark 4.0.17 on the same bytes. */
#include "proto/datagrams.h"
#include "values.h"

static struct values v;
static bool is_whole;

static const char *ntp(const char *prefix, const char *hex)
{
    values_begin(&v, prefix, hex);
    struct rd r = values_reader(&v);
    is_whole = ntp_protocol.read(&v.row, &r);
    return values_text(&v);
}

#define CLOCK "02 06 ec 00000a01 00000b02 c0a80001 "
#define TIMES "e000000080000000 0000000000000000 7fffffffffffffff 8000000000000001 "

TEST(clock)
{
    CHECK_TEXT(
        ntp("ntp.", "24" CLOCK TIMES),
        "ntp.flags=36 ntp.flags.li=0 ntp.flags.vn=4 ntp.flags.mode=4 ntp.stratum=2 ntp.ppoll=6 "
        "ntp.precision=236 ntp.rootdelay=2561 ntp.rootdispersion=2818 ntp.refid=c0a80001 "
        "ntp.reftime=1549107584500000000 ntp.org=0 ntp.rec=4233462143999999999 ntp.xmt=-61505152000000000");
    CHECK(is_whole);
    CHECK_TEXT(ntp("ntp.flags.", "e3" CLOCK TIMES), "ntp.flags.li=3 ntp.flags.vn=4 ntp.flags.mode=3");
    CHECK(is_whole);
}

/* Fractions of a second are cut to nanoseconds, not rounded. */
TEST(fractions)
{
    CHECK_TEXT(ntp("ntp.reftime", "24" CLOCK "83aa7e8000000004 00"), "ntp.reftime=0");
    CHECK_TEXT(ntp("ntp.reftime", "24" CLOCK "83aa7e8000000005 00"), "ntp.reftime=1");
    CHECK_TEXT(ntp("ntp.reftime", "24" CLOCK "83aa7e8000000008 00"), "ntp.reftime=1");
    CHECK_TEXT(ntp("ntp.reftime", "24" CLOCK "83aa7e80ffffffff 00"), "ntp.reftime=999999999");
}

TEST(authenticators)
{
    CHECK_TEXT(ntp("ntp.keyid", "24" CLOCK TIMES "000102"), "");
    CHECK(is_whole);
    CHECK_TEXT(ntp("ntp.keyid", "24" CLOCK TIMES "00000001"), "ntp.keyid=00000001");
    CHECK_TEXT(ntp("ntp.mac", "24" CLOCK TIMES "00000001"), "");
    CHECK_TEXT(ntp("ntp.mac", "24" CLOCK TIMES "00000001 000102030405060708090a0b0c0d0e0f"),
               "ntp.mac=000102030405060708090a0b0c0d0e0f");
    CHECK_TEXT(ntp("ntp.keyid", "24" CLOCK TIMES "0000000f 000102030405060708090a0b0c0d0e0f"),
               "ntp.keyid=0000000f");
    CHECK(is_whole);
}

/* Extensions, control messages and private messages are not native. */
TEST(not_native)
{
    CHECK_TEXT(ntp("ntp.keyid", "24" CLOCK TIMES "01040010 000000000000000000000000"), "");
    CHECK(!is_whole);
    CHECK_TEXT(ntp("ntp.keyid", "24" CLOCK TIMES "01040010 000000000000000000000000 "
                                "00000001 000000000000000000000000 00000000"),
               "");
    CHECK(!is_whole);
    ntp("ntp.", "24" CLOCK TIMES "00000010 000102030405060708090a0b0c0d0e0f");
    CHECK(!is_whole);
    CHECK_TEXT(ntp("ntp.", "16 02 0001"), "ntp.flags=22 ntp.flags.li=0 ntp.flags.vn=2 ntp.flags.mode=6");
    CHECK(!is_whole);
    CHECK_TEXT(ntp("ntp.", "97 00 032a"), "ntp.flags=151 ntp.flags.vn=2 ntp.flags.mode=7");
    CHECK(!is_whole);
}

/* The values of a cut message are a prefix of those of the whole message. */
TEST(cut_anywhere)
{
    static const char hex[] = "24" CLOCK TIMES "00000001 000102030405060708090a0b0c0d0e0f";
    static char whole[8192];
    strcpy(whole, ntp("ntp.", hex));
    uint32_t len = (uint32_t)v.len;
    for (uint32_t cap = 0; cap < len; cap++) {
        values_begin(&v, "ntp.", hex);
        struct rd r = rd_make(v.bytes, cap, len);
        CHECK(ntp_protocol.read(&v.row, &r));
        const char *part = values_text(&v);
        CHECK(!strncmp(part, whole, strlen(part)));
    }
}
