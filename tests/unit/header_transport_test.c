/* TCP and UDP. Expected values: tshark 4.0.17 on the same bytes. */
#include "field/ids_all.h"
#include "values.h"

static struct values v;

static const char *tcp_facts_text(const char *prefix, const char *hex, const struct tcp_facts *facts)
{
    values_begin(&v, prefix, hex);
    struct rd r = values_reader(&v);
    tcp_read(&v.row, &r, facts);
    return values_text(&v);
}

static const char *tcp(const char *prefix, const char *hex)
{
    struct tcp_facts facts = {.analysis.scale = TCP_SCALE_UNKNOWN};
    return tcp_facts_text(prefix, hex, &facts);
}

#define PORTS "03e9 07d2 000003e8 00000005 "

TEST(whole_header)
{
    struct tcp_facts facts = {.has_stream = true,
                              .stream = 4,
                              .has_base_seq = true,
                              .base_seq = 999,
                              .has_base_ack = true,
                              .base_ack = 4,
                              .analysis.scale = 7};
    CHECK_TEXT(
        tcp_facts_text("tcp.", PORTS "5018 0010 abcd 0001 6869", &facts),
        "tcp.srcport=1001 tcp.dstport=2002 tcp.port=1001 tcp.port=2002 tcp.stream=4 tcp.len=2 tcp.seq=1 "
        "tcp.seq_raw=1000 tcp.hdr_len=20 tcp.nxtseq=3 tcp.ack=1 tcp.ack_raw=5 tcp.flags=24 tcp.flags.res=0 "
        "tcp.flags.fin=0 tcp.flags.syn=0 tcp.flags.reset=0 tcp.flags.push=1 tcp.flags.ack=1 tcp.flags.urg=0 "
        "tcp.flags.ece=0 tcp.flags.cwr=0 tcp.flags.ae=0 "
        "tcp.flags.str=\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7\u00b7AP\u00b7\u00b7\u00b7 "
        "tcp.window_size_value=16 tcp.window_size=2048 tcp.window_size_scalefactor=128 tcp.checksum=43981 "
        "tcp.checksum.status=2 tcp.urgent_pointer=1 tcp.urgent_pointer.non_zero=1 tcp.payload=6869");
}

TEST(header_lengths)
{
    CHECK_TEXT(tcp("tcp.bogus", PORTS "4010 0010 0000 0000"), "tcp.bogus_header_length=1");
    CHECK_TEXT(tcp("tcp.flags", PORTS "4010 0010 0000 0000"), "");
    CHECK_TEXT(tcp("tcp.short", PORTS "6010 0010 0000 0000"), "tcp.short_segment=1");
    CHECK_TEXT(tcp("tcp.len", PORTS "6010 0010 0000 0000"), "");
    CHECK_TEXT(tcp("tcp.len", PORTS "5010 0010 0000 0000 00"), "tcp.len=1");
}

TEST(quotes_are_raw)
{
    struct tcp_facts facts = {.quoted = true, .has_base_seq = true, .base_seq = 999, .analysis.scale = 3};
    CHECK_TEXT(tcp_facts_text("tcp.seq", PORTS "5010 0010 0000 0000 00", &facts), "tcp.seq=1000");
    CHECK_TEXT(tcp_facts_text("tcp.window_size", PORTS "5010 0010 0000 0000 00", &facts),
               "tcp.window_size_value=16 tcp.window_size=16 tcp.window_size_scalefactor=8");
    CHECK_TEXT(tcp_facts_text("tcp.seq", "03e9 07d2 000003e8", &facts), "tcp.seq=1000");
    CHECK_TEXT(tcp("tcp.seq", "03e9 07d2 000003e8"), "");
    facts.ipv6 = true;
    CHECK_TEXT(tcp_facts_text("tcp.seq", PORTS "5010 0010 0000 0000 00", &facts),
               "tcp.seq=1000 tcp.seq_raw=1000");
}

TEST(resets_have_a_cause_instead_of_a_payload)
{
    CHECK_TEXT(tcp("tcp.payload", PORTS "5004 0010 0000 0000 6869"), "");
    CHECK_TEXT(tcp("tcp.reset", PORTS "5004 0010 0000 0000 6869"), "tcp.reset_cause=hi");
}

TEST(analysis_labels)
{
    struct tcp_facts facts = {.analysis = {.scale = TCP_SCALE_UNKNOWN,
                                           .flags = TCP_DUPLICATE_ACK | TCP_ZERO_WINDOW,
                                           .dup_num = 2,
                                           .dup_frame = 9}};
    CHECK_TEXT(
        tcp_facts_text("tcp.analysis", PORTS "5010 0010 0000 0000", &facts),
        "tcp.analysis.flags=1 tcp.analysis.duplicate_ack=1 tcp.analysis.zero_window=1 "
        "tcp.analysis.duplicate_ack=1 tcp.analysis.duplicate_ack_num=2 tcp.analysis.duplicate_ack_frame=9");
    CHECK_TEXT(tcp_facts_text("tcp.analysis", PORTS "6010 0010 0000 0000", &facts), "");
}

TEST(options)
{
    CHECK_TEXT(tcp("tcp.option_", PORTS "7002 0010 0000 0000 020405b4 01030307"),
               "tcp.option_kind=2 tcp.option_len=4 tcp.option_kind=1 tcp.option_kind=3 tcp.option_len=3");
    CHECK_TEXT(tcp("tcp.options.", PORTS "7002 0010 0000 0000 020405b4 0103030f"),
               "tcp.options.mss_val=1460 tcp.options.wscale.shift=15 tcp.options.wscale.multiplier=16384 "
               "tcp.options.wscale.shift.invalid=1");
    CHECK_TEXT(tcp("tcp.options.mss", PORTS "6002 0010 0000 0000 01010402"), "tcp.options.mss.absent=1");
    CHECK_TEXT(tcp("tcp.option.", PORTS "6002 0010 0000 0000 50000000"), "tcp.option.len.invalid=1");
    CHECK_TEXT(tcp("tcp.option", PORTS "6002 0010 0000 0000 50040102"),
               "tcp.options=50040102 tcp.option_kind=80 tcp.option_len=4 tcp.options.unknown.payload=0102 "
               "tcp.options.mss.absent=1");
    CHECK_TEXT(tcp("tcp.n", PORTS "6010 0010 0000 0000 00010203"),
               "tcp.nxtseq=1000 tcp.non_zero_bytes_after_eol=1");
}

TEST(nops_that_fill_a_word)
{
    CHECK_TEXT(tcp("tcp.nop", PORTS "6010 0010 0000 0000 01010101"), "tcp.nop=1");
    CHECK_TEXT(tcp("tcp.nop", PORTS "7010 0010 0000 0000 0402010101010402"), "");
    CHECK_TEXT(tcp("tcp.nop", PORTS "8010 0010 0000 0000 010402010402010402010402"), "tcp.nop=1");
}

TEST(selective_acknowledgments)
{
    struct tcp_facts facts = {.analysis.scale = TCP_SCALE_UNKNOWN, .has_base_ack = true, .base_ack = 4};
    CHECK_TEXT(
        tcp_facts_text("tcp.options.sack", PORTS "8010 0010 0000 0000 050a0000000a00000014 0101", &facts),
        "tcp.options.sack_le=6 tcp.options.sack_re=16 tcp.options.sack.count=1");
    CHECK_TEXT(
        tcp_facts_text("tcp.options.sack", PORTS "8010 0010 0000 0000 050a0000000400000005 0101", &facts),
        "tcp.options.sack_le=0 tcp.options.sack_re=1 tcp.options.sack.dsack_le=0 tcp.options.sack.dsack_re=1 "
        "tcp.options.sack.dsack=1 tcp.options.sack.count=1");
}

TEST(multipath)
{
    CHECK_TEXT(tcp("tcp.options.mptcp", PORTS "8002 0010 0000 0000 1e0c0181 1122334455667788"),
               "tcp.options.mptcp.subtype=0 tcp.options.mptcp.version=1 tcp.options.mptcp.flags=129 "
               "tcp.options.mptcp.checksumreq.flags=1 tcp.options.mptcp.extensibility.flag=0 "
               "tcp.options.mptcp.nomoresubflows.flag=0 tcp.options.mptcp.sha256.flag=1 "
               "tcp.options.mptcp.reserved.flag=0 tcp.options.mptcp.sendkey=1234605616436508552");
    CHECK_TEXT(tcp("tcp.options.mptcp.a", PORTS "6010 0010 0000 0000 1e044001"),
               "tcp.options.mptcp.addrid=1");
}

TEST(cut_segments_have_a_prefix_of_the_values)
{
    static const char hex[] = PORTS "8018 0010 abcd 0001 020405b4 1e050102aabb 0101 6869";
    static char whole[8192];
    struct tcp_facts facts = {.has_stream = true, .analysis = {.scale = 2, .flags = TCP_LOST_SEGMENT}};
    snprintf(whole, sizeof whole, "%s", tcp_facts_text("tcp.", hex, &facts));
    for (uint32_t cap = 0; cap < 34; cap++) {
        values_begin(&v, "tcp.", hex);
        v.slots[F_TCP_OPTIONS] = -1; /* its value has as many bytes as were captured */
        struct rd r = rd_make(v.bytes, cap, 34);
        tcp_read(&v.row, &r, &facts);
        const char *text = values_text(&v), *rest = strstr(whole, " tcp.options=");
        bool before = !strncmp(text, whole, strlen(text));
        bool behind = rest && !strncmp(text, whole, (size_t)(rest - whole)) &&
                      !strncmp(text + (rest - whole), strchr(rest + 1, ' '), strlen(text + (rest - whole)));
        CHECK(before || behind);
    }
}

/* ---- UDP ---- */

static const char *udp(const char *prefix, const char *hex, struct udp_facts facts)
{
    values_begin(&v, prefix, hex);
    struct rd r = values_reader(&v);
    udp_read(&v.row, &r, &facts);
    return values_text(&v);
}

TEST(udp_header)
{
    struct udp_facts facts = {.has_stream = true,
                              .stream = 2,
                              .time_ns = 9,
                              .times = {.known = true, .first_ns = 1, .previous_ns = 4}};
    CHECK_TEXT(
        udp("udp", "0457 08ae 000a 1234 6869", facts),
        "udp.srcport=1111 udp.dstport=2222 udp.port=1111 udp.port=2222 udp.length=10 udp.checksum=4660 "
        "udp.checksum.status=2 udp.stream=2 udp.time_relative=8 udp.time_delta=5 udp.payload=6869");
}

TEST(udp_lengths)
{
    struct udp_facts none = {0}, six = {.ipv6 = true}, partial = {.partial = true};
    CHECK_TEXT(udp("udp.length", "0457 08ae 0007 1234 6869", none), "udp.length=7 udp.length.bad=1");
    CHECK_TEXT(udp("udp.checksum", "0457 08ae 0007 1234 6869", none), "");
    CHECK_TEXT(udp("udp.length", "0457 08ae 0040 1234 6869", none), "udp.length=64 udp.length.bad=1");
    CHECK_TEXT(udp("udp.length", "0457 08ae 0040 1234 6869", partial), "udp.length=64");
    CHECK_TEXT(udp("udp.length", "0457 08ae 0000 1234 6869", six), "udp.length=0 udp.length.bad_zero=1");
    CHECK_TEXT(udp("udp.payload", "0457 08ae 0009 1234 6869", none), "udp.payload=6869");
    CHECK_TEXT(udp("udp.payload", "0457 08ae 0008 1234 6869", none), "");
}

TEST(udp_labels)
{
    struct udp_facts none = {0}, six = {.ipv6 = true}, lite = {.lite = true};
    CHECK_TEXT(udp("udp.possible", "1388 829b 0008 1234", none), "udp.possible_traceroute=1");
    CHECK_TEXT(udp("udp.possible", "1388 829a 0008 1234", none), "");
    CHECK_TEXT(udp("udp.checksum.", "1388 829b 0008 0000", none), "udp.checksum.status=3");
    CHECK_TEXT(udp("udp.checksum.", "1388 829b 0008 0000", six), "udp.checksum.zero=1 udp.checksum.status=4");
    CHECK_TEXT(udp("udp", "1388 829b 0003 1234 00", lite),
               "udp.srcport=5000 udp.dstport=33435 udp.port=5000 udp.port=33435 udp.possible_traceroute=1 "
               "udp.length=9 udplite.checksum_coverage.bad=1 udp.checksum=4660 udp.checksum.status=2 "
               "udp.payload=00");
}

static const char *icmp(const char *prefix, const char *hex, bool six)
{
    values_begin(&v, prefix, hex);
    struct rd r = values_reader(&v);
    if (six)
        icmp6_read(&v.row, &r);
    else
        icmp_read(&v.row, &r);
    return values_text(&v);
}

TEST(icmp_headers)
{
    CHECK_TEXT(icmp("icmp.", "0800 abcd 0102 0003 6869", false),
               "icmp.type=8 icmp.code=0 icmp.checksum=43981 icmp.ident=258 icmp.ident_le=513 icmp.seq=3 "
               "icmp.seq_le=768");
    CHECK_TEXT(icmp("icmp.", "0304 abcd 0000 05dc", false),
               "icmp.type=3 icmp.code=4 icmp.checksum=43981 icmp.mtu=1500");
    CHECK_TEXT(icmp("icmp.", "0303 abcd 0000 05dc", false), "icmp.type=3 icmp.code=3 icmp.checksum=43981");
    CHECK_TEXT(icmp("icmp.", "0800 abcd 01", false), "icmp.type=8 icmp.code=0 icmp.checksum=43981");
    CHECK_TEXT(icmp("icmp", "0200 abcd 0000 0500", true),
               "icmpv6.type=2 icmpv6.code=0 icmpv6.checksum=43981 icmpv6.mtu=1280");
    CHECK_TEXT(icmp("icmp", "8000 abcd 0001 0002", true),
               "icmpv6.type=128 icmpv6.code=0 icmpv6.checksum=43981 icmpv6.echo.identifier=1 "
               "icmpv6.echo.sequence_number=2");
}
