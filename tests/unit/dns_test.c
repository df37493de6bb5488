/* DNS messages. Expected values: tshark 4.0.17 on the same bytes. */
#include "proto/dns_match.h"
#include "values.h"

static struct values v;

static const char *dns(const char *prefix, enum dns_kind kind, const char *hex)
{
    struct dns_facts facts = {.kind = kind};
    values_begin(&v, prefix, hex);
    struct rd r = values_reader(&v);
    dns_read(&v.row, &r, &facts);
    return values_text(&v);
}

#define QUERY "0001 0100 0001 0000 0000 0000 "
#define ANSWER "0001 8180 0000 0001 0000 0000 "

TEST(header)
{
    CHECK_TEXT(dns("dns.", DNS_PLAIN, "0001 0120 0000 0000 0000 0000"),
               "dns.id=1 dns.flags=288 dns.flags.response=0 dns.flags.opcode=0 dns.flags.truncated=0 "
               "dns.flags.recdesired=1 dns.flags.z=0 dns.flags.authenticated=1 dns.flags.checkdisable=0 "
               "dns.count.queries=0 dns.count.answers=0 dns.count.auth_rr=0 dns.count.add_rr=0");
    CHECK_TEXT(dns("dns.flags.", DNS_LLMNR, "0001 8500 0000 0000 0000 0000"),
               "dns.flags.response=1 dns.flags.opcode=0 dns.flags.conflict=1 dns.flags.truncated=0 "
               "dns.flags.tentative=1 dns.flags.rcode=0");
    CHECK_TEXT(dns("dns.count", DNS_PLAIN, "0001 2800 0000 0000 0000 0000"),
               "dns.count.zones=0 dns.count.prerequisites=0 dns.count.updates=0 dns.count.add_rr=0");
}

TEST(names)
{
    CHECK_TEXT(dns("dns.qry.name", DNS_PLAIN, QUERY "0161 03636f6d 00 0001 0001"),
               "dns.qry.name=a.com dns.qry.name.len=5");
    CHECK_TEXT(dns("dns.qry.name", DNS_PLAIN, QUERY "00 0001 0001"),
               "dns.qry.name=<Root> dns.qry.name.len=6");
    CHECK_TEXT(dns("dns.qry.name", DNS_PLAIN, QUERY "0161 00 0001 0001"),
               "dns.qry.name=a dns.qry.name.len=0");
    CHECK_TEXT(dns("dns.qry.name", DNS_PLAIN, QUERY "c00c 0001 0001"),
               "dns.qry.name=<Name contains a pointer that loops> dns.qry.name.len=36");
    CHECK_TEXT(dns("dns.qry.name", DNS_PLAIN, QUERY "03 770077 00 0001 0001"),
               "dns.qry.name=w\\000w dns.qry.name.len=3");
    CHECK_TEXT(dns("dns.qry.name", DNS_PLAIN, QUERY "04 c2ad ff 09 00 0001 0001"),
               "dns.qry.name=\\u00AD\uFFFD\\t dns.qry.name.len=4");
    CHECK_TEXT(dns("dns.qry.name", DNS_PLAIN, QUERY "80 00 0001 0001"), "");
}

TEST(records)
{
    CHECK_TEXT(
        dns("dns.", DNS_PLAIN, "0001 8180 0000 0001 0000 0000 00 0001 0001 0000003c 0004 01020304") +
            strlen("dns.id=1 "),
        "dns.flags=33152 dns.flags.response=1 dns.flags.opcode=0 dns.flags.authoritative=0 "
        "dns.flags.truncated=0 dns.flags.recdesired=1 dns.flags.rcode=0 dns.flags.recavail=1 dns.flags.z=0 "
        "dns.flags.authenticated=0 dns.flags.checkdisable=0 dns.count.queries=0 dns.count.answers=1 "
        "dns.count.auth_rr=0 dns.count.add_rr=0 dns.resp.name=<Root> dns.resp.type=1 dns.resp.class=1 "
        "dns.resp.ttl=60 dns.resp.len=4 dns.a=1.2.3.4");
    CHECK_TEXT(dns("dns.mx", DNS_PLAIN, ANSWER "00 000f 0001 00000001 0005 000a 016d 00"),
               "dns.mx.preference=10 dns.mx.mail_exchange=m");
    CHECK_TEXT(dns("dns.txt", DNS_PLAIN, ANSWER "00 0010 0001 00000001 0005 02 6869 01 ff"),
               "dns.txt.length=2 dns.txt=hi dns.txt.length=1 dns.txt=\uFFFD");
    CHECK_TEXT(
        dns("dns.svcb", DNS_PLAIN, ANSWER "00 0041 0001 00000001 000a 0001 00 0001 0003 02 6832"),
        "dns.svcb.svcpriority=1 dns.svcb.targetname=<Root> dns.svcb.svcparam=1 dns.svcb.svcparam.key=1 "
        "dns.svcb.svcparam.value.length=3 dns.svcb.svcparam.alpn.length=2 dns.svcb.svcparam.alpn=h2");
    CHECK_TEXT(dns("dns.srv", DNS_PLAIN,
                   ANSWER "025f73 025f74 0178 00 0021 0001 00000001 0009 0001 0002 0003 0179 00"),
               "dns.srv.service=_s dns.srv.proto=_t dns.srv.name=x dns.srv.priority=1 dns.srv.weight=2 "
               "dns.srv.port=3 dns.srv.target=y");
    CHECK_TEXT(dns("dns.resp.cache_flush", DNS_MDNS, ANSWER "00 0001 8001 00000001 0004 01020304"),
               "dns.resp.cache_flush=1");
}

/* The values of a cut message are a prefix of those of the whole message. */
TEST(cut_anywhere)
{
    static const char hex[] =
        "0001 8180 0001 0002 0000 0001 0161 03636f6d 00 0001 0001 c00c 0005 0001 00000001 0004 "
        "0162 c00e c00c 0010 0001 00000001 0003 02 6869 00 0029 1000 00000000 000c 000a 0008 "
        "0102030405060708";
    static char whole[8192];
    strcpy(whole, dns("dns.", DNS_PLAIN, hex));
    uint32_t len = (uint32_t)v.len;
    for (uint32_t cap = 0; cap < len; cap++) {
        struct dns_facts facts = {.kind = DNS_PLAIN};
        values_begin(&v, "dns.", hex);
        struct rd r = rd_make(v.bytes, cap, len);
        dns_read(&v.row, &r, &facts);
        const char *part = values_text(&v);
        CHECK(!strncmp(part, whole, strlen(part)));
    }
}

static struct rd message(const uint8_t bytes[4]) { return rd_make(bytes, 4, 4); }

TEST(matching)
{
    static const uint8_t query[] = {0, 7, 1, 0}, response[] = {0, 7, 0x81, 0x80};
    struct dns_matcher m = {0};
    struct dns_match got;
    const int64_t second = INT64_C(1000000000);
    dns_match(&m, &got, message(response), 3, 1, 0, false);
    CHECK(got.unsolicited);
    dns_match(&m, &got, message(query), 3, 2, second, false);
    CHECK(!got.retransmission);
    dns_match(&m, &got, message(query), 3, 3, 2 * second, false);
    CHECK(got.retransmission && got.query_frame == 2);
    dns_match(&m, &got, message(response), 4, 4, 2 * second, false);
    CHECK(got.unsolicited);
    dns_match(&m, &got, message(query), 3, 5, 6 * second, false);
    CHECK(!got.retransmission);
    dns_match(&m, &got, message(response), 3, 6, 7 * second, true);
    CHECK(got.unsolicited);
    dns_match(&m, &got, message(response), 3, 7, 7 * second, false);
    CHECK(got.query_frame == 5);
    CHECK_INT(got.time_ns, second);
    dns_match(&m, &got, message(response), 3, 8, 8 * second, false);
    CHECK(got.retransmission && got.response_frame == 7);
    dns_matcher_reset(&m);
    dns_match(&m, &got, message(response), 3, 9, 9 * second, false);
    CHECK(got.unsolicited);
    dns_matcher_free(&m);
}

/* Puts a query of its own conversation. */
static void ask(struct dns_matcher *m, uint64_t number, int64_t time_ns)
{
    static const uint8_t query[] = {0, 7, 1, 0};
    struct dns_match got;
    dns_match(m, &got, message(query), number, (uint32_t)number + 1, time_ns, false);
    CHECK(!got.retransmission);
}

static bool is_answered(struct dns_matcher *m, uint64_t number, int64_t time_ns)
{
    static const uint8_t response[] = {0, 7, 0x81, 0x80};
    struct dns_match got;
    dns_match(m, &got, message(response), number, UINT32_MAX, time_ns, false);
    CHECK(got.unsolicited || got.query_frame == number + 1);
    return !got.unsolicited;
}

TEST(old_queries_are_forgotten)
{
    enum { MANY = 5 * DNS_KEPT };
    const int64_t second = INT64_C(1000000000);
    struct dns_matcher m = {.silence_ns = 300 * second};
    for (uint64_t i = 0; i < MANY; i++)
        ask(&m, i, (int64_t)i * second / 50); /* 15,000 queries in 300 s */
    CHECK(m.n_queries < DNS_KEPT + DNS_KEPT / 2 && m.n_forgotten == MANY - m.n_queries);
    CHECK(m.n_slots <= 4 * DNS_KEPT);
    for (uint64_t i = MANY - 15000; i < MANY; i++) /* all of the last 300 s are there, wherever they moved */
        CHECK(is_answered(&m, i, MANY * second / 50));
    CHECK(!is_answered(&m, 0, MANY * second / 50));
    dns_matcher_free(&m);
}

TEST(the_number_of_queries_is_limited)
{
    struct dns_matcher m = {.limit = 1000};
    for (uint64_t i = 0; i < 5000; i++)
        ask(&m, i, 0);
    CHECK(m.n_queries == 1000 && m.n_forgotten == 4000 && is_answered(&m, 4999, 0));
    dns_matcher_free(&m);
}
