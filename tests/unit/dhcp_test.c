/* Messages of BOOTP and DHCP. Expected values: tshark 4.0.17 on the same bytes. */
#include "proto/datagrams.h"
#include "values.h"

static struct values v;
static bool is_whole;

static const char *dhcp(const char *prefix, const char *hex)
{
    values_begin(&v, prefix, hex);
    struct rd r = values_reader(&v);
    is_whole = dhcp_protocol.accepts(&r) && dhcp_protocol.read(&v.row, &r);
    return values_text(&v);
}

#define ZEROS_16 "00000000000000000000000000000000 "
#define ZEROS_64 ZEROS_16 ZEROS_16 ZEROS_16 ZEROS_16
#define NAMES ZEROS_64 ZEROS_64 ZEROS_64
#define ADDRESSES "01020304 05060708 090a0b0c 0d0e0f10 "
#define COOKIE "63825363 "
#define BOOTP "01 01 06 00 12345678 0005 8000 " ADDRESSES "020000000001 00000000000000000000 " NAMES
#define HEAD BOOTP COOKIE
#define DISCOVER HEAD "35 01 01 "

TEST(header)
{
    CHECK_TEXT(
        dhcp("dhcp.", DISCOVER "ff"),
        "dhcp.type=1 dhcp.hw.type=1 dhcp.hw.len=6 dhcp.hops=0 dhcp.id=305419896 dhcp.secs=5 dhcp.flags=32768 "
        "dhcp.flags.bc=1 dhcp.flags.reserved=0 dhcp.ip.client=1.2.3.4 dhcp.ip.your=5.6.7.8 "
        "dhcp.ip.server=9.10.11.12 dhcp.ip.relay=13.14.15.16 dhcp.hw.mac_addr=02:00:00:00:00:01 "
        "dhcp.hw.addr_padding=00000000000000000000 dhcp.server= dhcp.file= dhcp.cookie=99.130.83.99 "
        "dhcp.option.type=53 dhcp.option.length=1 dhcp.option.value=01 dhcp.option.dhcp=1 dhcp.option.type=0 "
        "dhcp.option.end=255");
    CHECK(is_whole);
    CHECK_TEXT(dhcp("dhcp.bootp", HEAD "ff"), "dhcp.bootp=1");
    CHECK(is_whole);
    CHECK_TEXT(dhcp("dhcp.secs", "02 01 06 00 12345678 0500 0000 00"), "dhcp.secs=5");
    CHECK_TEXT(
        dhcp("dhcp.hw.", "01 01 05 00 12345678 0005 8000 " ADDRESSES "0102030405 0000000000000000000000"),
        "dhcp.hw.type=1 dhcp.hw.len=5 dhcp.hw.addr=01020304050000000000000000000000 "
        "dhcp.hw.addr_padding=0000000000000000000000");
    CHECK_TEXT(dhcp("dhcp.hw.", "01 01 11 00 12345678 0005 8000 " ADDRESSES ZEROS_16 ZEROS_16),
               "dhcp.hw.type=1 dhcp.hw.len=17");
    CHECK_TEXT(dhcp("dhcp.", "01 01 06 00 12345678"), ""); /* too short for the address */
}

TEST(options)
{
    CHECK_TEXT(dhcp("dhcp.option.router", DISCOVER "03 08 01010101 02020202 ff"),
               "dhcp.option.router=1.1.1.1 dhcp.option.router=2.2.2.2");
    CHECK_TEXT(dhcp("dhcp.option.router", DISCOVER "03 05 01010101 02 ff"), "dhcp.option.router=1.1.1.1");
    CHECK_TEXT(dhcp("dhcp.option.requested", DISCOVER "32 05 01010101 02 ff"), "");
    CHECK_TEXT(
        dhcp("dhcp.option.re", DISCOVER "37 03 01 03 ff ff"),
        "dhcp.option.request_list_item=1 dhcp.option.request_list_item=3 dhcp.option.request_list_item=255");
    CHECK_TEXT(dhcp("dhcp.option.hostname", DISCOVER "0c 05 68 c3 a9 00 78 ff"),
               "dhcp.option.hostname=h\uFFFD\uFFFD");
    CHECK_TEXT(dhcp("dhcp.option.time_offset", DISCOVER "02 04 fffffff0 ff"), "dhcp.option.time_offset=-16");
    CHECK_TEXT(dhcp("dhcp.option.static", DISCOVER "21 08 01020304 05060708 ff"),
               "dhcp.option.static_route.ip=1.2.3.4 dhcp.option.static_route.router=5.6.7.8");
    CHECK_TEXT(
        dhcp("dhcp.option.classless", DISCOVER "79 0d 18 0a0000 01010101 00 02020202 ff"),
        "dhcp.option.classless_static_route=180a000001010101 dhcp.option.classless_static_route=0002020202");
    CHECK_TEXT(dhcp("dhcp.option.ip_forwarding", DISCOVER "13 01 02 ff"), "dhcp.option.ip_forwarding=1");
    CHECK_TEXT(dhcp("dhcp.fqdn.", DISCOVER "51 04 09 01 02 61 ff"),
               "dhcp.fqdn.flags=9 dhcp.fqdn.mbz=0 dhcp.fqdn.n=1 dhcp.fqdn.e=0 dhcp.fqdn.o=0 dhcp.fqdn.s=1 "
               "dhcp.fqdn.rcode1=1 dhcp.fqdn.rcode2=2 dhcp.fqdn.name=a");
    CHECK(is_whole);
    CHECK_TEXT(dhcp("dhcp.option.v", DISCOVER "c8 00 c9 01 07 ff"),
               "dhcp.option.value=01 dhcp.option.value= dhcp.option.value=07");
    CHECK_TEXT(dhcp("dhcp.option.", HEAD "0000 35 01 01 00 ff 000102"),
               "dhcp.option.type=0 dhcp.option.padding=0000 dhcp.option.type=53 dhcp.option.length=1 "
               "dhcp.option.value=01 dhcp.option.dhcp=1 dhcp.option.type=0 dhcp.option.padding=00 "
               "dhcp.option.type=0 "
               "dhcp.option.end=255 dhcp.option.padding=000102");
    CHECK(is_whole);
}

TEST(client_identifiers)
{
    CHECK_TEXT(dhcp("dhcp.hw.", DISCOVER "3d 07 06 020304050607 ff") +
                   strlen("dhcp.hw.type=1 dhcp.hw.len=6 "),
               "dhcp.hw.mac_addr=02:00:00:00:00:01 dhcp.hw.addr_padding=00000000000000000000 dhcp.hw.type=6 "
               "dhcp.hw.mac_addr=02:03:04:05:06:07");
    CHECK_TEXT(dhcp("dhcp.client_id", DISCOVER "3d 03 00 6869 ff"),
               "dhcp.client_id.type=0 dhcp.client_id.undef=hi");
    CHECK_TEXT(dhcp("dhcp.client_id", DISCOVER "3d 03 01 6869 ff"), "");
    CHECK(is_whole);
    dhcp("dhcp.", DISCOVER "3d 03 ff 6869 ff");
    CHECK(!is_whole);
}

/* Messages with parts that are not native, so that they are handed over to libwireshark. */
TEST(not_native)
{
    static const char *const messages[] = {
        DISCOVER "34 01 01 ff",             /* overload */
        DISCOVER "52 04 01 02 0001 ff",     /* relay agent information */
        DISCOVER "77 05 03 666f6f 00 ff",   /* domain search */
        DISCOVER "51 05 04 00 00 01 61 ff", /* a name in the format of DNS */
        DISCOVER "3c 04 706b7463 ff",       /* the capabilities of a telephone */
        DISCOVER "3c 01 61 2b 01 00 ff",    /* vendor specific information with a vendor class */
        DISCOVER "79 05 21 0000000000 ff",  /* a mask of 33 bits */
        DISCOVER "5e 02 0101 ff",           /* too short */
        HEAD "35 00 ff",                    /* a message type without a value */
        DISCOVER "0c 08 616263",            /* a length beyond the end */
        DISCOVER "0c",
        BOOTP "61626364 00", /* no cookie */
    };
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        dhcp("dhcp.", messages[i]);
        CHECK(!is_whole);
    }
    dhcp("dhcp.", DISCOVER "2b 01 00 ff");
    CHECK(is_whole);
}

/* The values of a cut message are a prefix of those of the whole message; a message with unfinished options
 * has none. */
TEST(cut_anywhere)
{
    static const char hex[] =
        DISCOVER "0c 02 6869 3d 07 01 020304050607 37 02 0103 00 00 79 05 00 02020202 ff 0000";
    static char whole[8192];
    strcpy(whole, dhcp("dhcp.", hex));
    CHECK(is_whole);
    uint32_t len = (uint32_t)v.len;
    for (uint32_t cap = 0; cap < len; cap++) {
        values_begin(&v, "dhcp.", hex);
        struct rd r = rd_make(v.bytes, cap, len);
        CHECK(!dhcp_protocol.accepts(&r) || dhcp_protocol.read(&v.row, &r) == (cap >= len - 2));
        const char *part = values_text(&v);
        CHECK(!strncmp(part, whole, strlen(part)) && !*part == (cap < len - 2));
    }
}
