/* HTTP/1 and SSH over TCP: messages whole, cut, and divided at every byte. Expected values: tshark 4.0.17 on
 * the same bytes. */
#include "proto/http.h"
#include "proto/registry.h"
#include "values.h"

static struct values v;
static uint8_t state[1024];
static struct arena arena;
static const struct protocol *claimed;

static struct pdu_facts facts_of(uint32_t frame, bool may_wait)
{
    return (struct pdu_facts){.frame = frame,
                              .sport = 40000,
                              .dport = 22,
                              .may_wait = may_wait,
                              .arena = &arena,
                              .conversation = &claimed};
}

static void begin(const char *prefix)
{
    values_begin(&v, prefix, "");
    memset(state, 0, sizeof state);
}

/* Reads messages as reassembly does. Returns the wish of a protocol that waits for more bytes. */
static struct reasm_wish walk(const struct protocol *p, uint32_t frame, const char *bytes, size_t cap,
                              size_t len)
{
    struct reasm_view view = {.bytes = rd_make((const uint8_t *)bytes, (uint32_t)cap, (uint32_t)len),
                              .may_wait = cap == len};
    struct pdu_facts facts = facts_of(frame, view.may_wait);
    return protocol_walk(p, &v.row, state, &view, &facts);
}

static const char *http(const char *prefix, const char *text)
{
    begin(prefix);
    walk(&http_protocol, 1, text, strlen(text), strlen(text));
    arena_free(&arena);
    return values_text(&v);
}

#define REQUEST "GET /p?q=1 HTTP/1.1\r\nHost: h.example\r\nCookie: a=1; b\r\n\r\n"
#define RESPONSE "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"

TEST(request)
{
    CHECK_TEXT(
        http("http.", REQUEST),
        "http.request.method=GET http.request.uri=/p?q=1 http.request.uri.path=/p http.request.uri.query=q=1 "
        "http.request.uri.query.parameter=q=1 http.request.version=HTTP/1.1 http.request.line=Host: "
        "h.example\r\n http.host=h.example http.request.line=Cookie: a=1; b\r\n http.cookie=a=1; b "
        "http.cookie_pair=a=1 http.cookie_pair=b http.request=1 http.request_number=1 "
        "http.request.full_uri=http://h.example/p?q=1");
    CHECK_TEXT(http("http.request", "FOO / HTTP/1.1\r\n\r\n"), "");
    CHECK_TEXT(http("http.request.v", "GET  /y HTTP/1.1\r\n\r\n"), "http.request.version=/y HTTP/1.1");
}

TEST(bodies)
{
    CHECK_TEXT(http("http.file_data", RESPONSE), "http.file_data=hello");
    CHECK_TEXT(http("http.chunk", CHUNKED),
               "http.chunk_size=3 http.chunk_data=616263 http.chunk_boundary=0d0a http.chunk_size=0");
    CHECK_TEXT(http("http.file_data", CHUNKED), "http.file_data=abc");
    CHECK_TEXT(
        http("http.file_data", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"),
        "");
    CHECK_TEXT(
        http("http.file_data", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 2\r\n\r\nab"),
        "");
    CHECK_TEXT(http("http.file_data", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), "");
}

TEST(doubtful_bodies)
{
    static const char *const bodies[] = {"Content-Encoding: br\r\n",
                                         "Content-Type: application/dns-message\r\n",
                                         "Content-Type: text/html\r\nContent-Encoding: deflate\r\n", NULL};
    static const bool told[] = {true, true, false};
    for (int i = 0; bodies[i]; i++) {
        char text[256];
        bool doubt = false;
        int n = snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\n%sContent-Length: 2\r\n\r\nab", bodies[i]);
        begin("http.");
        struct pdu_facts facts = facts_of(1, true);
        facts.readers = READER_BIT(READER_HTTP) | READER_BIT(READER_DNS);
        facts.doubt = &doubt;
        struct reasm_view view = {.bytes = rd_make((const uint8_t *)text, (uint32_t)n, (uint32_t)n),
                                  .may_wait = true};
        protocol_walk(&http_protocol, &v.row, state, &view, &facts);
        CHECK(doubt == told[i]);
        values_text(&v);
        arena_free(&arena);
    }
}

TEST(pipeline)
{
    CHECK_TEXT(http("http.request_number", REQUEST REQUEST), "http.request_number=1 http.request_number=2");
    CHECK_TEXT(http("http.response.code", RESPONSE CHUNKED "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"),
               "http.response.code=200 http.response.code=200 http.response.code=404");
    CHECK_TEXT(http("http.response.code", "HTTP/1.1 200 OK\r\n\r\nabc"),
               ""); /* the body continues until the FIN */
    CHECK_TEXT(http("http.response.code", "HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n"),
               "http.response.code=304");
    CHECK_TEXT(
        http("http.response.code", "HEAD / HTTP/1.1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
        "http.response.code=200");
}

/* Reads two parts as reassembly does: the second one with the bytes that the first one left. */
static const char *split(const struct protocol *p, const char *prefix, const char *text, size_t len,
                         size_t at)
{
    begin(prefix);
    struct reasm_wish wish = walk(p, 1, text, at, at);
    size_t from = wish.more ? wish.offset : at;
    walk(p, 2, text + from, len - from, len - from);
    arena_free(&arena);
    return values_text(&v);
}

static void check_split(const struct protocol *p, const char *prefix, const char *text, size_t len,
                        size_t from)
{
    static char whole[8192];
    strcpy(whole, split(p, prefix, text, len, 0));
    CHECK(whole[0]);
    for (size_t at = from; at < len; at++)
        CHECK_TEXT(split(p, prefix, text, len, at), whole);
}

static const char ssh_text[] =
    "SSH-2.0-x\r\n\0\0\0\x48\x04\x14"
    "0123456789abcdef\0\0\0\1k\0\0\0\1h\0\0\0\1c\0\0\0\1s\0\0\0\1m\0\0\0\1n\0\0\0\1z\0\0\0\1y"
    "\0\0\0\0\0\0\0\0\0\0\0\0\0pppp";

TEST(split_anywhere)
{
    check_split(&http_protocol, "http.re", REQUEST REQUEST, strlen(REQUEST REQUEST), 1);
    check_split(&http_protocol, "http.response.", RESPONSE CHUNKED, strlen(RESPONSE CHUNKED), 1);
    check_split(&ssh_protocol, "ssh.", ssh_text, sizeof ssh_text - 1,
                4); /* Wireshark needs more bytes to recognise SSH */
}

static void check_cut(const struct protocol *p, const char *prefix, const char *text, size_t len)
{
    static char whole[8192];
    strcpy(whole, split(p, prefix, text, len, 0));
    for (size_t cap = 0; cap < len; cap++) {
        begin(prefix);
        walk(p, 1, text, cap, len);
        arena_free(&arena);
        const char *part = values_text(&v);
        CHECK(!strncmp(part, whole, strlen(part)));
    }
}

TEST(cut_anywhere)
{
    check_cut(&http_protocol, "http.request.m", REQUEST, strlen(REQUEST));
    check_cut(&http_protocol, "http.host", REQUEST, strlen(REQUEST));
    check_cut(&ssh_protocol, "ssh.", ssh_text, sizeof ssh_text - 1);
}

TEST(ssh_offer)
{
    begin("ssh.kex");
    walk(&ssh_protocol, 1, ssh_text, sizeof ssh_text - 1, sizeof ssh_text - 1);
    const char *text = values_text(&v);
    CHECK(strstr(text, "ssh.kex_algorithms=k "));
    CHECK(strstr(text, "ssh.kex.hassh_algorithms=k;c;m;z "));
    CHECK(strstr(text, "ssh.kex.hassh=a43df007d8e88e96ede733eff566209f"));
}
