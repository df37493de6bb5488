/* Start lines and header lines of HTTP.
 * Invariant: the head ends with the empty line, or before the first line that is neither a header nor empty.
 * Source: RFC 9112 sections 3 to 5, and the RFC of each header; observed (tshark 4.0.17). */
#include <string.h>
#include <strings.h>

#include "field/ids_http.h"
#include "proto/http.h"

#define HEADER(name, field) {name, sizeof name - 1, field}
static const struct {
    const char *name;
    uint32_t len;
    field_id field;
} headers[] = {
    HEADER("Accept", F_HTTP_ACCEPT),
    HEADER("Accept-Encoding", F_HTTP_ACCEPT_ENCODING),
    HEADER("Accept-Language", F_HTTP_ACCEPT_LANGUAGE),
    HEADER("Authorization", F_HTTP_AUTHORIZATION),
    HEADER("Cache-Control", F_HTTP_CACHE_CONTROL),
    HEADER("Connection", F_HTTP_CONNECTION),
    HEADER("Content-Encoding", F_HTTP_CONTENT_ENCODING),
    HEADER("Content-Length", F_HTTP_CONTENT_LENGTH_HEADER),
    HEADER("Content-Type", F_HTTP_CONTENT_TYPE),
    HEADER("Cookie", F_HTTP_COOKIE),
    HEADER("Date", F_HTTP_DATE),
    HEADER("HTTP2-Settings", F_HTTP_HTTP2_SETTINGS),
    HEADER("Host", F_HTTP_HOST),
    HEADER("Last-Modified", F_HTTP_LAST_MODIFIED),
    HEADER("Location", F_HTTP_LOCATION),
    HEADER("Proxy-Authenticate", F_HTTP_PROXY_AUTHENTICATE),
    HEADER("Proxy-Authorization", F_HTTP_PROXY_AUTHORIZATION),
    HEADER("Referer", F_HTTP_REFERER),
    HEADER("Sec-WebSocket-Accept", F_HTTP_SEC_WEBSOCKET_ACCEPT),
    HEADER("Sec-WebSocket-Extensions", F_HTTP_SEC_WEBSOCKET_EXTENSIONS),
    HEADER("Sec-WebSocket-Key", F_HTTP_SEC_WEBSOCKET_KEY),
    HEADER("Sec-WebSocket-Protocol", F_HTTP_SEC_WEBSOCKET_PROTOCOL),
    HEADER("Sec-WebSocket-Version", F_HTTP_SEC_WEBSOCKET_VERSION),
    HEADER("Server", F_HTTP_SERVER),
    HEADER("Set-Cookie", F_HTTP_SET_COOKIE),
    HEADER("Transfer-Encoding", F_HTTP_TRANSFER_ENCODING),
    HEADER("Upgrade", F_HTTP_UPGRADE),
    HEADER("User-Agent", F_HTTP_USER_AGENT),
    HEADER("WWW-Authenticate", F_HTTP_WWW_AUTHENTICATE),
    HEADER("X-Forwarded-For", F_HTTP_X_FORWARDED_FOR),
};

struct text {
    const uint8_t *at;
    uint32_t len;
};

/* Returns the word at the front. *rest then begins behind it and behind the blanks after it. */
static struct text word_of(struct text *rest)
{
    struct text word = {rest->at, 0};
    while (word.len < rest->len && word.at[word.len] != ' ')
        word.len++;
    uint32_t next = word.len;
    while (next < rest->len && rest->at[next] == ' ')
        next++;
    rest->at += next;
    rest->len -= next;
    return word;
}

static void put_part(struct row *row, field_id id, struct text text)
{
    put_text_wire(row, id, text.at, text.len);
}

/* Puts the parts between separators. */
static void put_parts(struct row *row, field_id id, struct text text, char separator, bool blanks)
{
    for (;;) {
        while (blanks && text.len && *text.at == ' ') {
            text.at++;
            text.len--;
        }
        const uint8_t *end = text.len ? memchr(text.at, separator, text.len) : NULL;
        uint32_t n = end ? (uint32_t)(end - text.at) : text.len;
        if (n)
            put_part(row, id, (struct text){text.at, n});
        if (!end)
            return;
        text.at += n + 1;
        text.len -= n + 1;
    }
}

static void uri_put(struct row *row, struct text uri)
{
    put_part(row, F_HTTP_REQUEST_URI, uri);
    const uint8_t *nul = uri.len ? memchr(uri.at, 0, uri.len) : NULL;
    if (nul) /* only the text before it is divided into parts */
        uri.len = (uint32_t)(nul - uri.at);
    const uint8_t *mark = uri.len ? memchr(uri.at, '?', uri.len) : NULL;
    uint32_t n = mark ? (uint32_t)(mark - uri.at) : uri.len;
    if (n + 1 >= uri.len)
        return;
    struct text query = {mark + 1, uri.len - n - 1};
    put_part(row, F_HTTP_REQUEST_URI_PATH, (struct text){uri.at, n});
    put_part(row, F_HTTP_REQUEST_URI_QUERY, query);
    put_parts(row, F_HTTP_REQUEST_URI_QUERY_PARAMETER, query, '&', false);
}

static void request_line_put(struct row *row, const struct http_line *line, struct http_head *head)
{
    struct text rest = {line->text, line->len};
    put_part(row, F_HTTP_REQUEST_METHOD, word_of(&rest));
    if (rest.at - line->text > 2 && rest.at[-1] == ' ' &&
        rest.at[-2] == ' ') { /* two blanks: the URI between them is empty */
        rest.at--;
        rest.len++;
    }
    struct text uri = word_of(&rest);
    uri_put(row, uri);
    put_part(row, F_HTTP_REQUEST_VERSION, rest);
    head->uri = uri.at;
    head->uri_len = uri.len;
}

static void response_line_put(struct row *row, const struct http_line *line, struct http_head *head)
{
    struct text rest = {line->text, line->len};
    put_part(row, F_HTTP_RESPONSE_VERSION, word_of(&rest));
    head->status = http_status_of(line);
    if (head->status < 0)
        return;
    put_uint(row, F_HTTP_RESPONSE_CODE, (uint64_t)head->status);
    word_of(&rest);
    if (rest.len)
        put_part(row, F_HTTP_RESPONSE_PHRASE, rest);
}

/* The colon behind the name of a header, whatever characters the name has. NULL: the line is not a header. */
static const uint8_t *colon_of(const struct http_line *line)
{
    return line->len ? memchr(line->text, ':', line->len) : NULL;
}

static void length_put(struct row *row, struct text value, struct http_head *head)
{
    uint64_t length = 0;
    uint32_t i = 0;
    for (; i < value.len && value.at[i] >= '0' && value.at[i] <= '9' && length < UINT64_MAX / 20; i++)
        length = length * 10 + (uint64_t)(value.at[i] - '0');
    if (!i || (i < value.len && value.at[i] != ' ' && value.at[i] != '\t'))
        return;
    head->has_length = true;
    head->length = length;
    put_uint(row, F_HTTP_CONTENT_LENGTH, length);
}

static bool text_begins(struct text text, const char *word)
{
    size_t n = strlen(word);
    return text.len >= n && !strncasecmp((const char *)text.at, word, n);
}

/* Uses the headers whose values have more than text. */
static void note_header(struct row *row, field_id field, struct text value, struct http_head *head)
{
    switch (field) {
    case F_HTTP_CONTENT_LENGTH_HEADER:
        length_put(row, value, head);
        break;
    case F_HTTP_COOKIE:
        put_parts(row, F_HTTP_COOKIE_PAIR, value, ';', true);
        break;
    case F_HTTP_CONTENT_TYPE:
        head->type = value.at;
        head->type_len = value.len;
        break;
    case F_HTTP_CONTENT_ENCODING:
        head->encoding = value.at;
        head->encoding_len = value.len;
        break;
    case F_HTTP_TRANSFER_ENCODING:
        head->chunked = text_begins(value, "chunked");
        head->transfer = value.at;
        head->transfer_len = value.len;
        break;
    case F_HTTP_UPGRADE:
        head->is_http2 = text_begins(value, "h2c");
        head->upgrades =
            text_begins(value, "websocket") || text_begins(value, "h2c") || text_begins(value, "SSTP");
        break;
    case F_HTTP_HOST: {
        const uint8_t *nul = value.len ? memchr(value.at, 0, value.len) : NULL;
        head->host = value.at;
        head->host_len = nul ? (uint32_t)(nul - value.at) : value.len;
        break;
    }
    default:
        break;
    }
}

static void header_put(struct row *row, const struct http_line *line, const uint8_t *colon,
                       struct http_head *head)
{
    uint32_t name_len = (uint32_t)(colon - line->text);
    struct text value = {colon + 1, line->len - name_len - 1};
    while (value.len && (*value.at == ' ' || *value.at == '\t')) {
        value.at++;
        value.len--;
    }
    if (head->kind == HTTP_REQUEST)
        put_text_wire(row, F_HTTP_REQUEST_LINE, line->text, line->full);
    else if (head->kind == HTTP_RESPONSE)
        put_text_wire(row, F_HTTP_RESPONSE_LINE, line->text, line->full);
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        if (headers[i].len == name_len && !strncasecmp((const char *)line->text, headers[i].name, name_len)) {
            put_part(row, headers[i].field, value);
            note_header(row, headers[i].field, value, head);
        }
}

void http_head_read(struct row *row, struct rd *r, struct http_head *head)
{
    struct rd ahead = *r;
    struct http_line line = http_line_read(&ahead, false);
    head->kind = http_kind_of(&line);
    bool begun = head->kind != HTTP_OTHER; /* bytes without a start line may be a body alone */
    if (begun)
        *r = ahead;
    if (head->kind == HTTP_RESPONSE)
        response_line_put(row, &line, head);
    else if (begun)
        request_line_put(row, &line, head);
    while (rd_left(r)) {
        if (!rd_cap_left(r)) {
            if (begun && line.ended) /* cut between two lines */
                r->fail = RD_CUT;
            return;
        }
        ahead = *r;
        line = http_line_read(&ahead, false);
        const uint8_t *colon = colon_of(&line);
        if (begun && !line.ended && rd_left(&ahead) && !colon) {
            r->fail = RD_CUT;
            return;
        }
        head->open_line = begun && !line.ended && !colon;
        if (line.len && !colon)
            return;
        *r = ahead;
        if (!line.len)
            return;
        header_put(row, &line, colon, head);
        begun = true;
    }
}
