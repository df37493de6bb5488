/* TLS: hellos, cut and divided at every byte. Expected values: tshark 4.0.17 on the same bytes. */
#include "proto/registry.h"
#include "proto/tls.h"
#include "values.h"

/* A ClientHello with GREASE, SNI, ALPN, groups, point formats and versions, in one record. */
#define HELLO                                                                                                \
    "1603010079 01000075 0303 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 00 0006 "     \
    "0a0a1301c02f "                                                                                          \
    "0100 0046 00000011000f00000c746573742e6578616d706c65 0010000e000c02683208687474702f312e31 "             \
    "000a000800061a1a001d0017 000b00020100 002b00050403040303 0a0a0000"
#define HELLO_TEXT                                                                                           \
    "tls.handshake.ciphersuite=2570 tls.handshake.ciphersuite=4865 tls.handshake.ciphersuite=49199"

static struct values v;
static struct tls_state state;
static struct arena conversation;
static struct reasm reasm;
static struct reasm_side sides[2];
static const struct protocol *next;
static uint8_t direction;
static uint32_t frame;

static struct reasm_wish show(void *context, const struct reasm_view *view)
{
    (void)context;
    struct pdu_facts facts = {.frame = frame,
                              .sport = direction ? 443 : 40000,
                              .dport = direction ? 40000 : 443,
                              .direction = direction,
                              .may_wait = view->may_wait,
                              .arena = &conversation,
                              .conversation = &next};
    return protocol_walk(&tls_protocol, &v.row, &state, view, &facts);
}

static void begin(const char *prefix, const char *hex)
{
    reasm_reset(&reasm);
    arena_free(&conversation);
    memset(sides, 0, sizeof sides);
    memset(&state, 0, sizeof state);
    frame = direction = 0;
    values_begin(&v, prefix, hex);
}

/* Sends bytes [from, to) as a segment. The first byte of the capture has sequence number 1. */
static void push(uint32_t from, uint32_t to, bool hidden)
{
    struct reasm_segment s = {.payload = rd_make(v.bytes + from, to - from, to - from),
                              .seq = 1 + from,
                              .hidden = hidden,
                              .show = show};
    frame++;
    reasm_turn(&reasm);
    reasm_push(&reasm, &sides[direction], &s);
}

static const char *whole(const char *prefix, const char *hex)
{
    begin(prefix, hex);
    push(0, (uint32_t)v.len, false);
    return values_text(&v);
}

/* The example in the definition of JA4, as a hello in another order and with GREASE. */
#define JA4_HELLO                                                                                            \
    "16030100e2010000de030300000000000000000000000000000000000000000000000000000000000000000000201a1a"       \
    "130113021303c02bc02fc02cc030cca9cca8c013c014009c009d002f0035010000952a2a0000001b0003020002000000"       \
    "0b0009000006612e746573740033000200000010000e000c02683208687474702f312e31446900050003026832001700"       \
    "00002d000201010005000501000000000023000000120000002b0007063a3a03040303ff01000100000b00020100000a"       \
    "00040002001d001500020000000d00120010040308040401050308050501080606014a4a000100"

TEST(ja4)
{
    CHECK_TEXT(
        whole("tls.handshake.ja4", JA4_HELLO),
        "tls.handshake.ja4=t13d1516h2_8daaf6152771_e5627efa2ab1 "
        "tls.handshake.ja4_r=t13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,"
        "cca8,"
        "cca9_0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01_0403,0804,0401,0503,0805,"
        "0501,0806,0601");
    CHECK_TEXT(whole("tls.handshake.ja4", "160301002d010000290301"
                                          "0000000000000000000000000000000000000000000000000000000000000000"
                                          "00000200350100"),
               "tls.handshake.ja4=t10i010000_692296a295db_000000000000 tls.handshake.ja4_r=t10i010000_0035_");
}

TEST(client_hello)
{
    CHECK_TEXT(whole("tls.record", HELLO), "tls.record=1 tls.record.content_type=22 tls.record.version=769 "
                                           "tls.record.length=121");
    CHECK_TEXT(
        whole("tls.handshake.extensions_server_name", HELLO),
        "tls.handshake.extensions_server_name_list_len=15 tls.handshake.extensions_server_name_type=0 "
        "tls.handshake.extensions_server_name_len=12 tls.handshake.extensions_server_name=test.example");
    CHECK_TEXT(whole("tls.handshake.extensions_alpn_str", HELLO),
               "tls.handshake.extensions_alpn_str_len=2 tls.handshake.extensions_alpn_str=h2 "
               "tls.handshake.extensions_alpn_str_len=8 tls.handshake.extensions_alpn_str=http/1.1");
    CHECK_TEXT(whole("tls.handshake.ciphersuite", HELLO), "tls.handshake.ciphersuites=1 " HELLO_TEXT);
    CHECK_TEXT(whole("tls.handshake.ja3", HELLO),
               "tls.handshake.ja3_full=771,4865-49199,0-16-10-11-43,29-23,0 "
               "tls.handshake.ja3=93dc557e17c1c32acd85702470b8032e");
    CHECK_TEXT(whole("tls.handshake.extension.data", HELLO), "tls.handshake.extension.data=");
    CHECK_TEXT(whole("tls.handshake.random_time", HELLO), "tls.handshake.random_time=66051000000000");
}

/* Only the captured part is shown: the header of the record, or all of it. */
TEST(cut_everywhere)
{
    static char all[8192];
    strcpy(all, whole("tls.", HELLO));
    for (uint32_t cut = 0; cut < 126; cut++) {
        begin("tls.", HELLO);
        struct reasm_segment s = {.payload = rd_make(v.bytes, cut, 126), .seq = 1, .show = show};
        reasm_push(&reasm, &sides[0], &s);
        const char *text = values_text(&v);
        CHECK(!strncmp(all, text, strlen(text)));
        CHECK((*text != 0) == (cut >= 5));
    }
}

TEST(split_everywhere)
{
    static char all[8192];
    strcpy(all, whole("tls.", HELLO));
    for (uint32_t i = 1; i < 126; i++)
        for (uint32_t j = i; j < 126; j++) {
            begin("tls.", HELLO);
            push(0, i, false);
            if (j > i)
                push(i, j, false);
            CHECK_INT(v.row.n_values, 0);
            push(j, 126, false);
            CHECK_TEXT(values_text(&v), all);
        }
}

TEST(out_of_order)
{
    begin("tls.handshake.type", HELLO);
    push(0, 30, false);
    push(60, 90, false);
    push(30, 60, true);
    push(90, 126, false);
    CHECK_TEXT(values_text(&v), "tls.handshake.type=1");
    begin("tls.handshake.type", HELLO); /* a late segment completes it: it is shown nowhere */
    push(0, 30, false);
    push(60, 126, false);
    push(30, 60, true);
    CHECK_TEXT(values_text(&v), "");
}

/* A message in several records: its values at the last one, and a label for each part. */
TEST(several_records)
{
    CHECK_TEXT(whole("tls.handshake", "1603030002 0100 1603030005 0000000000"),
               "tls.handshake=1 "
               "tls.handshake=1 tls.handshake.fragments=1 tls.handshake.fragment=1 tls.handshake.fragment=1 "
               "tls.handshake.fragment.count=2 tls.handshake=1 tls.handshake.type=1 tls.handshake.length=0");
}

TEST(alerts)
{
    CHECK_TEXT(whole("tls.alert", "15030300020228"),
               "tls.alert_message=1 tls.alert_message.level=2 tls.alert_message.desc=40");
    CHECK_TEXT(whole("tls.alert", "150303000402280228"), "tls.alert_message=1");
}

TEST(lengths_that_lie)
{
    /* The list of cipher suites reaches beyond the message. */
    CHECK_TEXT(whole("tls.malformed",
                     "1603030030 0100002c 0303 "
                     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 00 00ff "
                     "13011302130313041305"),
               "tls.malformed.buffer_too_small=1");
    CHECK_TEXT(whole("tls.record.length", "16030300"), "");
}

TEST(text_is_refused)
{
    struct rd get = rd_make((const uint8_t *)"GET / HTTP/1.1", 14, 14);
    CHECK(!tls_protocol.accepts(&state, &get, NULL));
    begin("tls.", HELLO);
    struct rd hello = values_reader(&v);
    CHECK(tls_protocol.accepts(&state, &hello, NULL) && tls_protocol.recognises(&hello, NULL));
    values_text(&v);
    reasm_reset(&reasm);
    arena_free(&conversation);
}

static bool is_taken(const char *text)
{
    uint32_t len = (uint32_t)strlen(text);
    struct rd r = rd_make((const uint8_t *)text, len, len);
    return tls_protocol.accepts(NULL, &r, NULL);
}

/* As tshark 4.0.17 with one segment of these bytes on port 443. */
TEST(text_is_of_another_protocol_from_five_bytes_on)
{
    CHECK(is_taken("a") && is_taken("abc") && is_taken("abcd") && is_taken("ab\nde"));
    CHECK(!is_taken("abcde") && !is_taken("GET /"));
}
