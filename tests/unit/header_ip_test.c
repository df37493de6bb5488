/* IPv4, IPv6, their options and extension headers. Expected values: tshark 4.0.17 on the same bytes. */
#include "values.h"

static struct values v;
#define BASE4 "0001 4000 40 fd 1234 0a000001 0a000002 "

static const char *ip4(const char *prefix, const char *hex)
{
    struct ip_facts facts = {0};
    values_begin(&v, prefix, hex);
    struct rd r = values_reader(&v);
    ip4_read(&v.row, &r, &facts);
    return values_text(&v);
}

static const char *ip4_options(const char *prefix, const char *options)
{
    char hex[512];
    size_t words = strlen(options) / 8;
    snprintf(hex, sizeof hex, "4%x00 00%02x " BASE4 "%s", (unsigned)(5 + words), (unsigned)(20 + 4 * words),
             options);
    return ip4(prefix, hex);
}

TEST(whole_header)
{
    CHECK_TEXT(
        ip4("ip.", "45b8 0014" BASE4),
        "ip.version=4 ip.hdr_len=20 ip.dsfield=184 ip.dsfield.dscp=46 ip.dsfield.ecn=0 ip.len=20 ip.id=1 "
        "ip.flags=2 ip.flags.rb=0 ip.flags.df=1 ip.flags.mf=0 ip.frag_offset=0 ip.ttl=64 ip.proto=253 "
        "ip.checksum=4660 ip.checksum.status=2 ip.src=10.0.0.1 ip.addr=10.0.0.1 ip.src_host=10.0.0.1 "
        "ip.host=10.0.0.1 ip.dst=10.0.0.2 ip.addr=10.0.0.2 ip.dst_host=10.0.0.2 ip.host=10.0.0.2");
}

TEST(lengths_that_cannot_be)
{
    CHECK_TEXT(ip4("ip.", "35"), "ip.version=3 ip.bogus_ip_version=1");
    CHECK_TEXT(ip4("ip.", "44000014"), "ip.version=4 ip.hdr_len=16 ip.bogus_header_length=1");
    CHECK_TEXT(ip4("ip.bogus", "4500 0013" BASE4), "ip.bogus_ip_length=1");
    CHECK_TEXT(ip4("ip.dst", "4500 0013" BASE4), "");
    CHECK_TEXT(ip4("ip.bogus", "4500 0015" BASE4), "ip.bogus_ip_length=1");
    CHECK_TEXT(ip4("ip.dst", "4500 0015" BASE4), "ip.dst=10.0.0.2 ip.dst_host=10.0.0.2");
    CHECK_TEXT(ip4("ip.len", "4500 0000" BASE4), "ip.len=20");
}

TEST(ttl_labels)
{
    CHECK_TEXT(ip4("ip.ttl", "4500 0014 0001 0000 04 11 0000 0a000001 0a000002"),
               "ip.ttl=4 ip.ttl.too_small=1");
    CHECK_TEXT(ip4("ip.ttl", "4500 0014 0001 0000 05 11 0000 0a000001 0a000002"), "ip.ttl=5");
    CHECK_TEXT(ip4("ip.ttl", "4500 0014 0001 0000 01 59 0000 0a000001 0a000002"), "ip.ttl=1");
    CHECK_TEXT(ip4("ip.ttl", "4500 0014 0001 0000 02 11 0000 0a000001 e0000005"), "ip.ttl=2 ip.ttl.lncb=1");
    CHECK_TEXT(ip4("ip.ttl", "4500 0014 0001 0000 ff 11 0000 0a000001 e00000fb"), "ip.ttl=255");
    CHECK_TEXT(ip4("ip.ttl", "4500 0014 0001 0000 ff 02 0000 0a000001 e00000fb"), "ip.ttl=255 ip.ttl.lncb=1");
}

TEST(options)
{
    CHECK_TEXT(ip4_options("ip.opt.ra", "94040005"), "ip.opt.ra=5");
    CHECK_TEXT(ip4_options("ip.nop", "01010101"), "ip.nop=1");
    CHECK_TEXT(ip4_options("ip.nop", "0b0405dc1e02010101010000"), "");
    CHECK_TEXT(ip4_options("ip.opt.len", "94030000"), "ip.opt.len=3 ip.opt.len.invalid=1");
    CHECK_TEXT(ip4_options("ip.opt.", "dd04aabb"), "");
    CHECK_TEXT(ip4_options("ip.rec_rt", "070b08010203040506070800"),
               "ip.rec_rt=1.2.3.4 ip.rec_rt_host=1.2.3.4");
    CHECK_TEXT(ip4_options("ip.empty_rt", "070b08010203040506070800"),
               "ip.empty_rt=5.6.7.8 ip.empty_rt_host=5.6.7.8");
}

TEST(source_route_changes_the_destination)
{
    CHECK_TEXT(ip4_options("ip.dst", "830b0401020304050607 0800"), "ip.dst=5.6.7.8 ip.dst_host=5.6.7.8");
    CHECK_TEXT(ip4_options("ip.cur_rt", "830b04010203040506070800"),
               "ip.cur_rt=10.0.0.2 ip.cur_rt_host=10.0.0.2");
    CHECK_TEXT(ip4_options("ip.src_rt", "830b04010203040506070800"),
               "ip.src_rt=1.2.3.4 ip.src_rt_host=1.2.3.4");
    CHECK_TEXT(ip4_options("ip.dst", "830b0c01020304050607 0800"), "ip.dst=10.0.0.2 ip.dst_host=10.0.0.2");
}

TEST(cipso)
{
    CHECK_TEXT(ip4_options("ip.cipso", "860c0000000501060007a001"),
               "ip.cipso.doi=5 ip.cipso.tag_type=1 ip.cipso.sensitivity_level=7 ip.cipso.categories=0,2,15");
    CHECK_TEXT(ip4_options("ip.cipso", "860e000000050508000700090001 0000"),
               "ip.cipso.doi=5 ip.cipso.tag_type=5 ip.cipso.sensitivity_level=7 ip.cipso.categories=9-1");
    CHECK_TEXT(ip4_options("ip.cipso", "860a00000005010900070000"),
               "ip.cipso.doi=5 ip.cipso.tag_type=1 ip.cipso.malformed=1");
}

#define ADDRESSES "20010db8000000000000000000000001 fe80000000000000021122fffe334455 "

static const char *ip6(const char *prefix, const char *hex)
{
    struct ip_facts facts = {0};
    values_begin(&v, prefix, hex);
    struct rd r = values_reader(&v);
    ip6_read(&v.row, &r, &facts);
    return values_text(&v);
}

static const char *ip6_extension(const char *prefix, uint8_t number, const char *hex)
{
    static const uint8_t header[40] = {0x60, 0, 0, 0, 0, 1, 0, 64};
    struct ip_facts facts = {0};
    values_begin(&v, prefix, hex);
    struct rd r = values_reader(&v);
    ip6_extension_read(&v.row, &r, number, header, &facts);
    return values_text(&v);
}

TEST(ip6_header)
{
    CHECK_TEXT(
        ip6("ipv6.", "6b81 2345 0001 11 40" ADDRESSES "ff"),
        "ipv6.version=6 ipv6.tclass=184 ipv6.tclass.dscp=46 ipv6.tclass.ecn=0 ipv6.flow=74565 ipv6.plen=1 "
        "ipv6.nxt=17 ipv6.hlim=64 ipv6.src=2001:db8::1 ipv6.addr=2001:db8::1 ipv6.src_host=2001:db8::1 "
        "ipv6.host=2001:db8::1 ipv6.dst=fe80::211:22ff:fe33:4455 ipv6.addr=fe80::211:22ff:fe33:4455 "
        "ipv6.dst_host=fe80::211:22ff:fe33:4455 ipv6.host=fe80::211:22ff:fe33:4455 "
        "ipv6.dst_slaac_mac=00:11:22:33:44:55 ipv6.slaac_mac=00:11:22:33:44:55");
    CHECK_TEXT(ip6("ipv6.plen", "6000 0000 0002 11 40" ADDRESSES "ff"),
               "ipv6.plen=2 ipv6.plen_exceeds_framing=1");
    CHECK_TEXT(ip6("ipv6.plen", "6000 0000 0000 11 40" ADDRESSES), "ipv6.plen=0 ipv6.plen_zero=1");
    CHECK_TEXT(ip6("ipv6.plen", "6000 0000 0000 3b 40" ADDRESSES), "ipv6.plen=0");
    CHECK_TEXT(ip6("ip", "70"), "ip.version=7 ipv6.version=7 ipv6.bogus_ipv6_version=1");
}

TEST(teredo)
{
    CHECK_TEXT(
        ip6("ipv6.t", "6000 0000 0000 3b 40 20010000413 6e378 8000 63bf 3fff fdd2"
                      "00000000000000000000000000000000"),
        "ipv6.tclass=0 ipv6.tclass.dscp=0 ipv6.tclass.ecn=0 ipv6.ts_ipv4=65.54.227.120 ipv6.tc_port=40000 "
        "ipv6.tc_ipv4=192.0.2.45");
}

TEST(ip6_options)
{
    CHECK_TEXT(ip6_extension("ipv6.opt.r", 0, "1100 05020001 0100"), "ipv6.opt.router_alert=1");
    CHECK_TEXT(ip6_extension("ipv6.opt.h", 60, "1100 05020001 0100"), "ipv6.opt.header_mismatch=1");
    CHECK_TEXT(ip6_extension("ipv6.hop", 0, "1100 05020001 0100"),
               "ipv6.hopopts.nxt=17 ipv6.hopopts.len=0 ipv6.hopopts.len_oct=8");
    CHECK_TEXT(ip6_extension("ipv6.opt_", 60, "1100 04020102 0100"), "ipv6.opt_unknown_data=02");
    CHECK_TEXT(ip6_extension("ipv6.opt.type.r", 0, "1100 000000 050200"), "ipv6.opt.type.rest=5");
    CHECK_TEXT(ip6_extension("ipv6.frag", 44, "1100 0019 00000007"),
               "ipv6.fraghdr.nxt=17 ipv6.fraghdr.reserved_octet=0 ipv6.fraghdr.offset=3 "
               "ipv6.fraghdr.reserved_bits=0 ipv6.fraghdr.more=1 ipv6.fraghdr.ident=7");
}

TEST(fragments)
{
    static const uint32_t frames[] = {3, 1};
    static const uint8_t data[] = {0xab, 0xcd};
    struct fragment_facts fragments = {.n_frames = 2, .frames = frames, .len = 2, .data = data};
    struct ip_facts facts = {.fragments = &fragments};
    values_begin(&v, "ip.", "4500 0014" BASE4);
    for (size_t i = 0; i < field_count(); i++) {
        uint16_t id = field_order()[i];
        if (!strstr(field_table[id].name, "fragment") && !strstr(field_table[id].name, "reassembled"))
            v.slots[id] = -1;
    }
    struct rd r = values_reader(&v);
    ip4_read(&v.row, &r, &facts);
    CHECK_TEXT(values_text(&v), "ip.fragments=abcd ip.fragment=3 ip.fragment=1 ip.fragment.count=2 "
                                "ip.reassembled.length=2 ip.reassembled.data=abcd");
}

TEST(cut_packets_have_a_prefix_of_the_values)
{
    struct ip_facts facts = {0};
    static char whole[8192];
    snprintf(whole, sizeof whole, "%s", ip4("ip.", "4800 0020" BASE4 "94040005 070704 01020304 00"));
    for (uint32_t cap = 0; cap < 32; cap++) {
        values_begin(&v, "ip.", "4800 0020" BASE4 "94040005 070704 01020304 00");
        struct rd r = rd_make(v.bytes, cap, 32);
        ip4_read(&v.row, &r, &facts);
        const char *text = values_text(&v);
        CHECK(!strncmp(text, whole, strlen(text)));
    }
}
