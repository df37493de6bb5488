/* QUIC: the examples of RFC 9001 appendix A, and a handshake in pieces. Expected values: the RFC; tshark
 * 4.0.17 on the same bytes. */
#include "proto/quic.h"
#include "proto/quic_conn.h"
#include "values.h"

/* RFC 9001 A.2: the Initial of the client, packet number 2. FIRST and SECOND hold its ClientHello in two
 * pieces; MIXED holds the first piece in three frames, not in order. */
#define CLIENT                                                                                               \
    "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9bd8bab936b47d92ec356c0bab"   \
    "7df5976d27cd449f63300099f3991c260ec4c60d17b31f8429157bb35a1282a643a8d2262cad67500cadb8e7378c8eb7539e"   \
    "c4d4905fed1bee1fc8aafba17c750e2c7ace01e6005f80fcb7df621230c83711b39343fa028cea7f7fb5ff89eac2308249a0"   \
    "2252155e2347b63d58c5457afd84d05dfffdb20392844ae812154682e9cf012f9021a6f0be17ddd0c2084dce25ff9b06cde5"   \
    "35d0f920a2db1bf362c23e596d11a4f5a6cf3948838a3aec4e15daf8500a6ef69ec4e3feb6b1d98e610ac8b7ec3faf6ad760"   \
    "b7bad1db4ba3485e8a94dc250ae3fdb41ed15fb6a8e5eba0fc3dd60bc8e30c5c4287e53805db059ae0648db2f64264ed5e39"   \
    "be2e20d82df566da8dd5998ccabdae053060ae6c7b4378e846d29f37ed7b4ea9ec5d82e7961b7f25a9323851f681d582363a"   \
    "a5f89937f5a67258bf63ad6f1a0b1d96dbd4faddfcefc5266ba6611722395c906556be52afe3f565636ad1b17d508b73d874"   \
    "3eeb524be22b3dcbc2c7468d54119c7468449a13d8e3b95811a198f3491de3e7fe942b330407abf82a4ed7c1b311663ac698"   \
    "90f4157015853d91e923037c227a33cdd5ec281ca3f79c44546b9d90ca00f064c99e3dd97911d39fe9c5d0b23a229a234cb3"   \
    "6186c4819e8b9c5927726632291d6a418211cc2962e20fe47feb3edf330f2c603a9d48c0fcb5699dbfe5896425c5bac4aee8"   \
    "2e57a85aaf4e2513e4f05796b07ba2ee47d80506f8d2c25e50fd14de71e6c418559302f939b0e1abd576f279c4b2e0feb85c"   \
    "1f28ff18f58891ffef132eef2fa09346aee33c28eb130ff28f5b766953334113211996d20011a198e3fc433f9f2541010ae1"   \
    "7c1bf202580f6047472fb36857fe843b19f5984009ddc324044e847a4f4a0ab34f719595de37252d6235365e9b84392b0610"   \
    "85349d73203a4a13e96f5432ec0fd4a1ee65accdd5e3904df54c1da510b0ff20dcc0c77fcb2c0e0eb605cb0504db87632cf3"   \
    "d8b4dae6e705769d1de354270123cb11450efc60ac47683d7b8d0f811365565fd98c4c8eb936bcab8d069fc33bd801b03ade"   \
    "a2e1fbc5aa463d08ca19896d2bf59a071b851e6c239052172f296bfb5e72404790a2181014f3b94a4e97d117b438130368cc"   \
    "39dbb2d198065ae3986547926cd2162f40a29f0c3c8745c0f50fba3852e566d44575c29d39a03f0cda721984b6f440591f35"   \
    "5e12d439ff150aab7613499dbd49adabc8676eef023b15b65bfc5ca06948109f23f350db82123535eb8a7433bdabcb909271"   \
    "a6ecbcb58b936a88cd4e8f2e6ff5800175f113253d8fa9ca8885c2f552e657dc603f252e1a8e308f76f0be79e2fb8f5d5fbb"   \
    "e2e30ecadd220723c8c0aea8078cdfcb3868263ff8f0940054da48781893a7e49ad5aff4af300cd804a6b6279ab3ff3afb64"   \
    "491c85194aab760d58a606654f9f4400e8b38591356fbf6425aca26dc85244259ff2b19c41b9f96f3ca9ec1dde434da7d2d3"   \
    "92b905ddf3d1f9af93d1af5950bd493f5aa731b4056df31bd267b6b90a079831aaf579be0a39013137aac6d404f518cfd468"   \
    "40647e78bfe706ca4cf5e9c5453e9f7cfd2b8b4c8d169a44e55c88d4a9a7f9474241e221af44860018ab0856972e194cd934"

#define FIRST                                                                                                \
    "c900000001088394c8f03e5157080000407ce7594e9e46b451be9b7ca3cac0a5a46d3cde86ea1ba948b493c65035757d070d"   \
    "55f5e8dc088bde29b4615c30345b27fb15e5e566eb0368d7f1e3ba76b4ddde8b3162714bcb3d2b949c2dedd203be8c7cdb3c"   \
    "be4bacbc32e89de18847650fdf5421a704078683498a0218542289e3e4b421f8ada1e337cf66d7cdd5b0"

#define SECOND                                                                                               \
    "c900000001088394c8f03e515708000040a6707a5afb6c7acffc8a82c3cee1dd9ca4017cc0254767978b836410ba4d2a802a"   \
    "5fe4f0a7a6367e8e72b5c67df0c82b28b0d2bbae8de5b21edadc3d44711ab509b9cb1a1fc8b1be2e4a8a8119832a2f835f56"   \
    "424d7db5bc7838e769d8823cd7e2ad59195f283a081d521650cfa7b4bad059e6d2c12e77e860c91d4d0fa4eced3fa669bd6d"   \
    "60dd08245c3b2f2a7bfd37f7a6b3ea196b3aad5d6735584a8c615b40a9435ae9f911"

#define MIXED                                                                                                \
    "c500000001088394c8f03e51570800004085d2be3f5c1dfbb6d67983494317aed9eb0ccd68563bbdcfa0bf36754316d690b0"   \
    "f889d44e644f318e3f25604071dffeeafa89e78bba36c67647036dc632be269d67a401cf5ca8bd9573eb0d012f7d635b2b9e"   \
    "611873dfd26280cde4c9b164463319342fb9bf70ad9f6b93d6695b816d1adcfa8475f6974da70e18994347544b650d60dc92"   \
    "de"
/* RFC 9001 A.3: the Initial of the server. A.4: a Retry. */
#define SERVER                                                                                               \
    "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb38cc5a9" \
    "9f5ede4c"                                                                                               \
    "f73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd93795d77d" \
    "06edbb7a"                                                                                               \
    "af2f58891850abbdca3d20398c276456cbc42158407dd074ee"
#define RETRY "ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba"

static struct values v;
static struct arena conversation;
static struct cipher cipher;
static struct quic quic;
static struct quic_path path;
static uint32_t frame;

static void begin(void)
{
    arena_free(&conversation);
    quic = (struct quic){.arena = &conversation, .cipher = &cipher};
    path = (struct quic_path){0};
    frame = 0;
}

/* Returns the values of a datagram of which `cap` bytes were captured. */
static const char *push_cut(const char *prefix, const char *hex, bool from_server, uint32_t cap)
{
    struct quic_end client = {.port = 40000}, server = {.port = 443};
    values_begin(&v, prefix, hex);
    struct rd r = rd_make(v.bytes, cap < v.len ? cap : (uint32_t)v.len, (uint32_t)v.len);
    struct quic_facts facts = {.frame = ++frame,
                               .src = from_server ? server : client,
                               .dst = from_server ? client : server,
                               .path = &path};
    if (path.claimed || quic_recognises(&quic, &r))
        quic_read(&quic, &v.row, &r, &facts);
    return values_text(&v);
}

static const char *push(const char *prefix, const char *hex, bool from_server)
{
    return push_cut(prefix, hex, from_server, UINT32_MAX);
}

TEST(keys)
{
    static const uint8_t client[] = {0x1f, 0x36, 0x96, 0x13, 0xdd, 0x76, 0xd5, 0x46,
                                     0x77, 0x30, 0xef, 0xcb, 0xe3, 0xb1, 0xa2, 0x2d};
    static const uint8_t server_hp[] = {0xc2, 0x06, 0xb8, 0xd9, 0xb9, 0xf0, 0xf3, 0x76,
                                        0x44, 0x43, 0x0b, 0x49, 0x0e, 0xea, 0xa3, 0x14};
    struct quic_conn conn = {.version = QUIC_V1,
                             .initial = {8, {0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08}}};
    CHECK(quic_keys_make(&cipher, &conn));
    CHECK(!memcmp(conn.keys[0].key, client, sizeof client));
    CHECK(!memcmp(conn.keys[1].hp, server_hp, sizeof server_hp));
}

TEST(client_initial)
{
    begin();
    CHECK_TEXT(push("quic.packet_number", CLIENT, false), "quic.packet_number_length=3 quic.packet_number=2");
    begin();
    CHECK_TEXT(push("quic.frame_type", CLIENT, false), "quic.frame_type=6 quic.frame_type=0");
    begin();
    CHECK_TEXT(push("quic.padding", CLIENT, false), "quic.padding_length=917");
    begin();
    CHECK_TEXT(
        push("tls.handshake.extensions_server_name", CLIENT, false),
        "tls.handshake.extensions_server_name_list_len=14 tls.handshake.extensions_server_name_type=0 "
        "tls.handshake.extensions_server_name_len=11 tls.handshake.extensions_server_name=example.com");
    begin();
    CHECK_TEXT(push("tls.handshake.ja3", CLIENT, false),
               "tls.handshake.ja3_full=771,4865-4866,0-65281-10-16-5-51-43-13-45-28-57,29-23-24, "
               "tls.handshake.ja3=41bc9ae914d6cb3bd0bd0a5453ab7d7f");
    begin();
    CHECK_TEXT(push("tls.quic.parameter.initial_max_data", CLIENT, false),
               "tls.quic.parameter.initial_max_data=4611686018427387903");
    CHECK_TEXT(push("quic.retransmission", CLIENT, false), "quic.retransmission=1");
}

TEST(server_initial)
{
    begin();
    push("", CLIENT, false);
    CHECK_TEXT(push("quic.packet_number", SERVER, true), "quic.packet_number_length=1 quic.packet_number=1");
    begin();
    push("", CLIENT, false);
    CHECK_TEXT(push("tls.handshake.ciphersuite", SERVER, true), "tls.handshake.ciphersuite=4865");
    begin(); /* without the packet of the client there are no keys */
    CHECK_TEXT(push("quic.decryption", SERVER, true), "quic.decryption_failed=1");
}

TEST(retry)
{
    begin();
    push("", CLIENT, false);
    CHECK_TEXT(push("quic.retry", RETRY, true),
               "quic.retry_token=746f6b656e quic.retry_integrity_tag=04a265ba2eff4d829058fb3f0f2496ba");
}

/* Two connections whose servers chose the same ID: a short header belongs to the connection of its path, and
 * on a new path to the connection that claimed the ID last. */
TEST(id_claimed_twice)
{
    static const char other[] =
        "c4 00000001 08 2222222222222222 00 00 4014 0000000000000000000000000000000000000000";
    static const char data[] = "41 f067a5502a4262b5 00000000000000000000000000000000";
    begin();
    push("", CLIENT, false);
    push("", SERVER, true);
    struct quic_path first = path;
    path = (struct quic_path){0};
    push("", other, false);
    push("", SERVER, true);
    CHECK_TEXT(push("quic.connection.number", data, false), "quic.connection.number=1");
    path = first;
    CHECK_TEXT(push("quic.connection.number", data, false), "quic.connection.number=0");
    path = (struct quic_path){0};
    CHECK_TEXT(push("quic.connection.number", data, false), "quic.connection.number=1");
}

/* A connection with a client ID, a server ID and an initial ID of its own, all from its number. */
static void connect(uint32_t number, struct quic_path *on)
{
    struct quic_head head = {.type = QUIC_INITIAL, .version = QUIC_V1, .dcid.len = 8, .scid.len = 8};
    struct quic_facts facts = {.src.port = 40000, .dst.port = 443, .path = on};
    bool from_server;
    memcpy(head.dcid.bytes, &number, sizeof number);
    memcpy(head.scid.bytes, &number, sizeof number);
    head.dcid.bytes[7] = 1;
    CHECK(quic_connect(&quic, &head, &facts, &from_server) && !from_server);
}

static bool is_connected(uint32_t number)
{
    uint8_t packet[20] = {0x40};
    struct quic_path other = {0};
    struct quic_facts facts = {.src.port = 443, .dst.port = 40000, .path = &other};
    bool from_server;
    memcpy(packet + 1, &number, sizeof number);
    struct rd r = rd_make(packet, sizeof packet, sizeof packet);
    const struct quic_conn *conn = quic_connect_short(&quic, &r, &facts, &from_server);
    CHECK(!conn || conn->number == number);
    return conn != NULL;
}

TEST(silent_connections_are_forgotten)
{
    enum { MANY = 10 * QUIC_KEPT };
    struct quic_path first = {0}, second = {0};
    begin();
    for (uint32_t i = 0; i < MANY; i++) {
        quic.age.now = i / 10; /* 3,000 connections in 300 s */
        quic.age.limit = quic.age.now < 300 ? 0 : quic.age.now - 300;
        struct quic_path on = {0};
        connect(i, i == 0 ? &first : i == 1 ? &second : &on);
        if (i && i % 1000 == 0)
            CHECK(quic_path_stays(&quic, &first)); /* it speaks now and then */
    }
    CHECK(quic.n_conns < QUIC_KEPT + QUIC_KEPT / 2 && quic.n_forgotten == MANY - quic.n_conns);
    CHECK(quic.n_names == 2 * quic.n_conns);
    for (uint32_t i = MANY - 3000; i < MANY; i++)
        CHECK(is_connected(i));
    CHECK(is_connected(0) && !is_connected(1));
    CHECK(quic_path_stays(&quic, &first) && !quic_path_stays(&quic, &second));
}

/* Pieces that wait are given back with their connection, and used again. */
TEST(waiting_pieces_are_given_back)
{
    begin();
    push("", SECOND, false);
    struct quic_conn *conn = quic_path_conn(&path);
    CHECK(conn && conn->streams[0].held);
    if (conn)
        quic_stream_forget(&quic, &conn->streams[0]);
    CHECK(conn && !conn->streams[0].held && !conn->streams[0].pieces.n);
}

TEST(pieces)
{
    static const char name[] = "tls.handshake.extensions_server_name=example.com";
    begin();
    CHECK_TEXT(push("tls.handshake", FIRST, false), "tls.handshake=1");
    CHECK(strstr(push("tls.handshake", SECOND, false), name) != NULL);
    begin();
    CHECK_TEXT(push("tls.handshake", SECOND, false), "");
    CHECK(strstr(push("", FIRST, false), "quic.crypto.fragment=2 quic.crypto.fragment=1") != NULL);
    begin();
    CHECK_TEXT(push("quic.crypto.fragment", MIXED, false),
               "quic.crypto.fragment=1 quic.crypto.fragment=1 quic.crypto.fragment=1 quic.crypto.fragments=1 "
               "quic.crypto.fragment.count=3");
    CHECK(strstr(push("tls.handshake", SECOND, false), name) != NULL);
}

/* A cut Initial has at most the values of its header; the handshake is shown whole or not at all. */
TEST(cut_everywhere)
{
    static char all[8192];
    begin();
    strcpy(all, push("quic.scil", CLIENT, false));
    for (uint32_t cut = 0; cut < 1200; cut++) {
        begin();
        const char *text = push_cut("quic.scil", CLIENT, false, cut);
        CHECK(!strncmp(all, text, strlen(text)));
        CHECK((*text != 0) == (cut >= 38)); /* the header protection needs a sample that ends there */
        begin();
        CHECK_TEXT(push_cut("tls.", CLIENT, false, cut), "");
    }
}

TEST(recognised)
{
    begin();
    CHECK_TEXT(push("quic.version", "c0 01020304 00 00 00 00000000000000", false), "");
    CHECK_TEXT(
        push("quic.version", "c0 00000001 15 00 00 00000000000000000000000000000000000000000000", false), "");
    CHECK_TEXT(push("quic.connection", "41 0102030405060708090a0b0c0d0e0f1011121314151617", false), "");
    CHECK(!path.claimed);
    push("", CLIENT, false);
    CHECK(path.claimed);
    CHECK_TEXT(push("quic.connection", "41 0102030405060708090a0b0c0d0e0f1011121314151617", false),
               "quic.connection.number=0");
}
