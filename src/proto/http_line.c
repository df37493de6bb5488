/* Lines of HTTP, and the kind of a first line.
 * Invariant: a line that begins with a known method is a request, whatever follows.
 * Source: RFC 9112 sections 3 and 4; observed (tshark 4.0.17). */
#include <string.h>
#include <strings.h>

#include "proto/http.h"

static const char *const request_methods[] = {"GET",
                                              "PUT",
                                              "COPY",
                                              "HEAD",
                                              "LOCK",
                                              "MOVE",
                                              "POLL",
                                              "POST",
                                              "BCOPY",
                                              "BMOVE",
                                              "LABEL",
                                              "MERGE",
                                              "MKCOL",
                                              "PATCH",
                                              "TRACE",
                                              "DELETE",
                                              "REPORT",
                                              "SEARCH",
                                              "UNLOCK",
                                              "UPDATE",
                                              "BDELETE",
                                              "CHECKIN",
                                              "CONNECT",
                                              "OPTIONS",
                                              "CCM_POST",
                                              "CHECKOUT",
                                              "M-SEARCH",
                                              "PROPFIND",
                                              "BPROPFIND",
                                              "PROPPATCH",
                                              "BPROPPATCH",
                                              "MKACTIVITY",
                                              "UNCHECKOUT",
                                              "MKWORKSPACE",
                                              "RPC_CONNECT",
                                              "RPC_IN_DATA",
                                              "RPC_OUT_DATA",
                                              "VERSION-CONTROL",
                                              "BASELINE-CONTROL",
                                              "M-PUT",
                                              NULL};
static const char *const notification_methods[] = {"NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", NULL};

static bool word_is_one_of(const struct http_line *line, uint32_t len, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == len && !memcmp(line->text, *words, len))
            return true;
    return false;
}

struct http_line http_line_read(struct rd *r, bool more_may_come)
{
    struct http_line line = {.len = rd_cap_left(r)};
    struct rd look = *r;
    line.text = rd_bytes(&look, line.len);
    if (!line.text)
        return (struct http_line){.text = (const uint8_t *)""};
    const uint8_t *lf = memchr(line.text, '\n', line.len);
    const uint8_t *cr = memchr(line.text, '\r', lf ? (size_t)(lf - line.text) : line.len);
    uint32_t all = line.len;
    line.full = all;
    if (cr && cr + 1 == line.text + all && more_may_come)
        return line;
    if (cr || lf) {
        line.ended = true;
        line.len = (uint32_t)((cr ? cr : lf) - line.text);
        line.full = line.len + (cr && lf == cr + 1 ? 2 : 1);
    }
    rd_skip(r, line.full);
    return line;
}

enum http_kind http_kind_of(const struct http_line *line)
{
    const uint8_t *space = memchr(line->text, ' ', line->len);
    uint32_t n = space ? (uint32_t)(space - line->text) : line->len;
    if ((line->len >= 5 && !memcmp(line->text, "HTTP/", 5)) ||
        (line->len >= 3 && !memcmp(line->text, "ICY", 3)))
        return HTTP_RESPONSE;
    if (word_is_one_of(line, n, request_methods))
        return HTTP_REQUEST;
    return word_is_one_of(line, n, notification_methods) ? HTTP_NOTIFICATION : HTTP_OTHER;
}

bool http_line_is(const struct http_line *line, const char *name)
{
    size_t n = strlen(name);
    return line->len >= n && !strncasecmp((const char *)line->text, name, n);
}

uint64_t http_chunk_size(const struct http_line *line)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < line->len && n < UINT32_MAX; i++) {
        uint8_t c = line->text[i] | 0x20;
        if (c >= '0' && c <= '9')
            n = n << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            n = n << 4 | (uint64_t)(c - 'a' + 10);
        else
            break;
    }
    return n;
}

/* The number in the first three characters of the second word; digits end at the first other character. */
int http_status_of(const struct http_line *line)
{
    uint32_t at = 0, n = 0;
    while (at < line->len && line->text[at] != ' ')
        at++;
    while (at < line->len && line->text[at] == ' ')
        at++;
    while (at + n < line->len && line->text[at + n] != ' ')
        n++;
    if (n < 3)
        return -1;
    int status = 0;
    for (uint32_t i = 0; i < 3 && line->text[at + i] >= '0' && line->text[at + i] <= '9'; i++)
        status = status * 10 + (line->text[at + i] - '0');
    return status;
}
