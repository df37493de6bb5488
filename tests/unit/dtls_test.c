/* DTLS: records, hellos, fragments in every order, cut and divided at every byte. Expected values: RFC 6347;
 * tshark 4.0.17 on the same bytes. */
#include "proto/dtls.h"
#include "values.h"

/* A ClientHello with a cookie, example.com, a group and an SRTP profile. */
#define BODY                                                                                                 \
    "fefd000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f0004616263640004c02bc02f0100002500" \
    "00001"                                                                                                  \
    "0000e00000b6578616d706c652e636f6d000a000400020017000e00050002000100"
#define HELLO "16fefd00000000000000000063 01000057 0001 000000 000057 " BODY
#define ALERT "15fefd00000000000000050002 0100"

enum { BODY_LEN = 87, UP = 0, DOWN = 1 };

static struct values v;
static struct arena conversation;
static struct dtls dtls;
static struct dtls_path path;
static uint32_t frame;

static void begin(void)
{
    arena_free(&conversation);
    path = (struct dtls_path){0};
    dtls_reset(&dtls);
    frame = 0;
}

/* Returns the values of a datagram of which `cap` bytes were captured. */
static const char *push_cut(const char *prefix, const char *hex, uint8_t direction, uint32_t cap)
{
    bool has_ids = dtls.has_ids, doubt = dtls.doubt;
    values_begin(&v, prefix, hex);
    dtls_init(&dtls, &conversation, v.slots);
    dtls.has_ids = has_ids;
    dtls.doubt = doubt;
    struct rd r = rd_make(v.bytes, cap < v.len ? cap : (uint32_t)v.len, (uint32_t)v.len);
    struct dtls_facts facts = {.frame = ++frame,
                               .sport = direction ? 4433 : 40000,
                               .dport = direction ? 40000 : 4433,
                               .direction = direction,
                               .path = &path};
    dtls_read(&dtls, &v.row, &r, &facts);
    return values_text(&v);
}

static const char *push(const char *prefix, const char *hex, uint8_t direction)
{
    return push_cut(prefix, hex, direction, UINT32_MAX);
}

/* Writes a record with bytes [from, to) of the body of the hello. */
static const char *piece(char *out, unsigned from, unsigned to)
{
    int n =
        sprintf(out, "16fefd0000000000000000%04x01000057 0001 %06x %06x ", 12 + to - from, from, to - from);
    memcpy(out + n, BODY + 2 * from, 2 * (to - from));
    out[n + 2 * (int)(to - from)] = 0;
    return out;
}

static bool recognised(const char *hex, uint32_t cap)
{
    uint8_t bytes[256];
    uint32_t len = (uint32_t)test_hex(bytes, sizeof bytes, pairs(hex));
    struct rd r = rd_make(bytes, cap < len ? cap : len, len);
    return dtls_recognises(&dtls, &r, NULL);
}

TEST(record)
{
    begin();
    CHECK_TEXT(push("dtls.", "17fefd0001000000000007 0003 616263", UP),
               "dtls.record=1 dtls.record.content_type=23 dtls.record.version=65277 dtls.record.epoch=1 "
               "dtls.record.sequence_number=7 dtls.record.length=3 dtls.app_data=616263");
    CHECK_TEXT(push("tls.", "17fefd0001000000000007 0003 616263", UP), "");
    CHECK_TEXT(
        push("dtls.alert", ALERT ALERT, UP),
        "dtls.alert_message=1 dtls.alert_message.level=1 dtls.alert_message.desc=0 dtls.alert_message=1 "
        "dtls.alert_message.level=1 dtls.alert_message.desc=0");
    CHECK_TEXT(push("dtls.record.length", "17fefd0001000000000007 0003 6162", UP), "dtls.record.length=3");
    CHECK_TEXT(push("dtls.record", "17fefc0001000000000007 0003 616263", UP), "");
}

TEST(hello)
{
    begin();
    CHECK_TEXT(push("dtls.handshake.cookie", HELLO, UP),
               "dtls.handshake.cookie_length=4 dtls.handshake.cookie=61626364");
    CHECK_TEXT(
        push("dtls.handshake.extensions_server_name", HELLO, UP),
        "dtls.handshake.extensions_server_name_list_len=14 dtls.handshake.extensions_server_name_type=0 "
        "dtls.handshake.extensions_server_name_len=11 dtls.handshake.extensions_server_name=example.com");
    CHECK_TEXT(push("dtls.use_srtp", HELLO, UP),
               "dtls.use_srtp.protection_profiles_length=2 dtls.use_srtp.protection_profile=1 "
               "dtls.use_srtp.mki_length=0");
    CHECK_TEXT(push("dtls.handshake.ja3_full", HELLO, UP),
               "dtls.handshake.ja3_full=65277,49195-49199,0-10-14,23,");
    CHECK_TEXT(push("dtls.handshake.ja4", HELLO, UP),
               "dtls.handshake.ja4=dd2d020300_b6f57f3be927_7b7e4f486f6a "
               "dtls.handshake.ja4_r=dd2d020300_c02b,c02f_000a,000e");
    CHECK(path.tls.has_server && path.tls.server == DOWN);
}

TEST(verify_request)
{
    begin();
    CHECK_TEXT(
        push("dtls.handshake.", "16feff0000000000000000 0013 03000007 0000 000000 000007 feff 04 61626364",
             DOWN),
        "dtls.handshake.type=3 dtls.handshake.length=7 dtls.handshake.message_seq=0 "
        "dtls.handshake.fragment_offset=0 dtls.handshake.fragment_length=7 dtls.handshake.version=65279 "
        "dtls.handshake.cookie_length=4 dtls.handshake.cookie=61626364");
    CHECK_INT(path.tls.version, TLS_11);
}

TEST(ciphertext)
{
    begin();
    CHECK_TEXT(push("dtls.handshake", "16fefd0001000000000000 0010 63636363636363636363636363636363", UP),
               "dtls.handshake=1");
    CHECK_TEXT(push("dtls.handshake", "16fefd0001000000000000 0010 01000063000100000000111163636363", UP),
               "dtls.handshake=1");
}

/* A message is shown at the last fragment, and only if that fragment ends it. */
TEST(fragments_in_every_order)
{
    static const unsigned edges[] = {0, 20, 40, BODY_LEN};
    static const struct {
        unsigned order[3];
        const char *frames;
    } cases[] = {{{0, 1, 2}, "dtls.fragment=1 dtls.fragment=2 dtls.fragment=3 dtls.fragment.count=3"},
                 {{1, 0, 2}, "dtls.fragment=2 dtls.fragment=1 dtls.fragment=3 dtls.fragment.count=3"},
                 {{0, 2, 1}, ""},
                 {{2, 0, 1}, ""},
                 {{1, 2, 0}, ""},
                 {{2, 1, 0}, ""}};
    char hex[512];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin();
        for (int j = 0; j < 2; j++) {
            unsigned k = cases[i].order[j];
            CHECK_TEXT(push("dtls.fragment", piece(hex, edges[k], edges[k + 1]), UP), "");
        }
        unsigned k = cases[i].order[2];
        CHECK_TEXT(push("dtls.fragment.", piece(hex, edges[k], edges[k + 1]), UP),
                   *cases[i].frames ? "dtls.fragment.count=3" : "");
        CHECK(!path.messages->next && path.messages->whole);
        piece(hex, 0, 20);
        strcat(hex, ALERT); /* Wireshark stops reading at a repeated fragment */
        CHECK_TEXT(push("dtls.alert_message.level", hex, UP), "");
    }
}

TEST(fragments_that_overlap)
{
    char hex[512];
    begin();
    push("", piece(hex, 0, 30), UP);
    push("", piece(hex, 20, 50), UP);
    CHECK_TEXT(push("dtls.fragment", piece(hex, 50, BODY_LEN), UP),
               "dtls.fragments=1 dtls.fragment=1 dtls.fragment=2 dtls.fragment.overlap=1 dtls.fragment=3 "
               "dtls.fragment.count=3");
    begin();
    piece(hex, 0, 30);
    hex[sizeof "16fefd0000000000000000001e01000057 0001 000000 00001e " + 20] ^= 1;
    push("", hex, UP);
    CHECK_TEXT(push("dtls.fragment", piece(hex, 0, 60), UP), "");
    CHECK_TEXT(push("dtls.fragment", piece(hex, 60, BODY_LEN), UP),
               "dtls.fragments=1 dtls.fragment=1 dtls.fragment.error=2 dtls.fragment.overlap=1 "
               "dtls.fragment.overlap.conflicts=1 dtls.fragment=3 dtls.fragment.count=3");
}

/* Two or three fragments, divided at any byte, give the values of the whole message. */
TEST(split_everywhere)
{
    static char whole[8192];
    char hex[512];
    begin();
    strcpy(whole, push("dtls.handshake.extension", HELLO, UP));
    CHECK(strlen(whole) > 100);
    for (unsigned i = 1; i < BODY_LEN; i++)
        for (unsigned j = i + 1; j <= BODY_LEN; j += 7) {
            begin();
            CHECK_TEXT(push("dtls.handshake.extension", piece(hex, 0, i), UP), "");
            if (j < BODY_LEN)
                CHECK_TEXT(push("dtls.handshake.extension", piece(hex, i, j), UP), "");
            CHECK_TEXT(push("dtls.handshake.extension", piece(hex, j < BODY_LEN ? j : i, BODY_LEN), UP),
                       whole);
            CHECK(path.messages && !path.messages->pieces && path.held == sizeof *path.messages);
        }
}

/* The values of a cut datagram are a prefix of those of the whole datagram; the body is shown whole or not at
 * all. */
TEST(cut_everywhere)
{
    static char all[8192];
    begin();
    strcpy(all, push("dtls.", HELLO ALERT, UP));
    for (uint32_t cut = 0; cut < 127; cut++) {
        begin();
        const char *text = push_cut("dtls.", HELLO ALERT, UP, cut);
        CHECK(!strncmp(all, text, strlen(text)));
        CHECK((*text != 0) == (cut >= 13));
        CHECK((strstr(text, "cookie") != NULL) == (cut >= 112));
    }
}

TEST(limit)
{
    char hex[512];
    begin();
    path.held = DTLS_HELD_LIMIT - 40;
    push("", piece(hex, 0, 20), UP);
    CHECK(dtls.refused == 1 && !path.messages->pieces);
}

/* A forgotten path keeps nothing. */
TEST(fragments_are_given_back)
{
    char hex[512];
    begin();
    push("", piece(hex, 0, 20), UP);
    CHECK(path.messages && path.messages->pieces && path.held > 20);
    dtls_path_forget(&dtls, &path);
    CHECK(!path.messages && !path.held);
}

TEST(connection_id)
{
    static const char record[] = "19fefd0001000000000001 4349 0003 616263";
    begin();
    CHECK_TEXT(push("dtls.record.connection_id", "19fefd0001000000000001 0003 616263", DOWN),
               "dtls.record.connection_id=");
    push("",
         "16fefd0000000000000000 003f 01000033 0000 000000 000033 fefd 0001020304050607 08090a0b0c0d0e0f "
         "1011121314151617 18191a1b1c1d1e1f 00 00 0002c02b 0100 0007 0036 0003 02 4349",
         UP);
    CHECK(dtls.has_ids);
    CHECK_TEXT(push("dtls.record.connection_id", record, DOWN), "dtls.record.connection_id=4349");
    CHECK_TEXT(push("dtls.enc_content", record, DOWN), "dtls.enc_content=616263");
    CHECK(!dtls.doubt);
    CHECK_TEXT(push("dtls.record", record, UP), ""); /* the client chose this ID for datagrams to itself */
    CHECK(dtls.doubt);
}

TEST(recognised)
{
    begin();
    CHECK(recognised(ALERT, 99) && recognised(ALERT ALERT, 99) && recognised(HELLO, 199));
    CHECK(recognised("17010000000000000000000001 7a", 99) && recognised("17feff00000000000000000001 7a", 99));
    CHECK(!recognised("17fefe00000000000000000001 7a", 99) &&
          !recognised("17fefc00000000000000000001 7a", 99));
    CHECK(!recognised("13fefd00000000000000000001 7a", 99) &&
          !recognised("1afefd00000000000000000001 7a", 99));
    CHECK(!recognised("17fefd00000000000000000002 7a", 99) &&
          !recognised("17fefd00000000000000000001 7a7a", 99));
    CHECK(!recognised("17fefd000000000000000000", 99) && !recognised("", 99));
    CHECK(recognised(HELLO, 3) && !recognised(HELLO, 2) && recognised(ALERT ALERT, 15));
}
