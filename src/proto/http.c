/* HTTP/1 messages: the end of a message, and the fields of a message as a whole.
 * Invariant: the values of a message belong to the frame that completes its body. A response without a length
 * continues to the end of the connection, unless it can have no body.
 * Source: RFC 9112 section 6; observed (tshark 4.0.17). */
#include "proto/http.h"

#include <string.h>
#include <strings.h>

#include "base/time.h"
#include "field/ids_http.h"
#include "proto/signs.h"

static bool has_no_body(const struct http_state *state, int status)
{
    return state->head || (state->connect && status / 100 == 2) || status / 100 == 1 || status == 204 ||
           status == 304;
}

/* ---- the end of a message ---- */

/* The limit on a head, in bytes. Longer heads are handed over to libwireshark. */
enum { HEAD_LIMIT = 64 << 10 };

/* Reads the header lines that determine the body. Returns false if they are not complete. */
static bool headers_scan(struct rd *r, struct http_head *head, bool may_wait)
{
    for (;;) {
        if (!rd_left(r))
            return !may_wait;
        struct http_line line = http_line_read(r, may_wait);
        if (!line.ended)
            return !may_wait;
        if (!line.len)
            return true;
        const uint8_t *colon = memchr(line.text, ':', line.len), *value = colon ? colon + 1 : line.text;
        uint32_t n = colon ? line.len - (uint32_t)(value - line.text) : 0;
        for (; n && (*value == ' ' || *value == '\t'); value++)
            n--;
        if (http_line_is(&line, "Content-Length:") && n && *value >= '0' && *value <= '9') {
            head->has_length = true;
            head->length = 0;
            for (uint32_t i = 0; i < n && value[i] >= '0' && value[i] <= '9' && head->length < UINT32_MAX;
                 i++)
                head->length = head->length * 10 + (uint64_t)(value[i] - '0');
        } else if (http_line_is(&line, "Transfer-Encoding:")) {
            head->chunked = n >= 7 && !strncasecmp((const char *)value, "chunked", 7);
        }
    }
}

/* Steps over the chunks and the trailer, line by line from r on. Returns false if they are not complete; the
 * scan then says where to go on. */
static bool chunks_scan(struct rd *r, struct http_scan *scan, bool may_wait)
{
    scan->open = false;
    scan->need = 0;
    for (;;) {
        scan->at = r->pos;
        struct http_line line = http_line_read(r, may_wait);
        if (!line.ended) {
            scan->open = true;
            return false;
        }
        if (scan->stage == SCAN_CHUNK) {
            uint64_t size = http_chunk_size(&line);
            if (size > rd_left(r)) {
                scan->need = r->pos + size;
                return false;
            }
            rd_skip(r, (uint32_t)size);
            scan->stage = size ? SCAN_AFTER_CHUNK : SCAN_TRAILER;
        } else if (!line.len && scan->stage == SCAN_TRAILER) {
            return true;
        } else if (!line.len) { /* lines before it hold bytes that the size of the chunk does not count */
            scan->stage = SCAN_CHUNK;
        }
    }
}

/* ---- looking on ---- */

static bool is_line_end(uint8_t c) { return c == '\r' || c == '\n'; }

/* Returns true if a head may end in the bytes from `from` on: in two line ends, which are not one CR LF. */
static bool has_empty_line(const struct rd *whole, uint32_t from)
{
    for (uint32_t i = from > 3 ? from - 3 : 0; i + 1 < whole->cap; i++)
        if (is_line_end(whole->data[i]) && is_line_end(whole->data[i + 1]) &&
            (whole->data[i] != '\r' || whole->data[i + 1] != '\n'))
            return true;
    return false;
}

static bool has_line_end(const struct rd *whole, uint32_t from)
{
    for (uint32_t i = from ? from - 1 : 0; i < whole->cap; i++)
        if (is_line_end(whole->data[i]))
            return true;
    return false;
}

/* Returns true if the bytes that have come since the last look may complete what it waits for. */
static bool scan_is_worth_it(const struct http_scan *scan, const struct rd *whole)
{
    if (scan->stage == SCAN_FIRST_LINE || scan->stage == SCAN_HEADERS)
        return rd_left(whole) > HEAD_LIMIT || (scan->stage == SCAN_HEADERS ? has_empty_line(whole, scan->len)
                                                                           : has_line_end(whole, scan->len));
    return scan->open ? has_line_end(whole, scan->len) : rd_left(whole) >= scan->need;
}

/* One empty line may precede a message. */
static void skip_empty(struct rd *r)
{
    struct rd ahead = *r;
    struct http_line line = http_line_read(&ahead, true);
    if (line.ended && !line.len && line.full == 2 && rd_cap_left(&ahead))
        *r = ahead;
}

/* Bytes that begin in another way are not HTTP, whatever protocol owns the port. */
static bool is_text(const struct rd *r)
{
    uint8_t first = rd_peek8(r, 0);
    return !rd_has(r, 1) || (first >= ' ' && first <= '~');
}

static int64_t http_give_up(const struct pdu_facts *facts)
{
    pdu_doubt(facts, APP_READERS);
    return PDU_STOP;
}

static bool says(const struct http_line *line, const char *value)
{
    return line->len >= strlen(value) && memmem(line->text, line->len, value, strlen(value));
}

/* Returns true for heads that Wireshark reads in ways that experiments have not covered: unusual spellings of
 * the length or coding of the body, a host with characters beyond ASCII, a CONNECT without a host, and heads
 * that were cut. r is behind the first line. */
static bool http_head_is_odd(struct rd r, const struct http_line *first)
{
    bool host = false, odd = r.cap < r.len;
    struct http_line line = http_line_read(&r, true);
    for (; line.ended && line.len && !odd; line = http_line_read(&r, true)) {
        const uint8_t *colon = memchr(line.text, ':', line.len);
        if (http_line_is(&line, "Transfer-Encoding:"))
            odd = !says(&line, "chunked");
        bool length = http_line_is(&line, "Content-Length:"), name = http_line_is(&line, "Host:");
        host |= name;
        for (const uint8_t *c = colon ? colon + 1 : line.text; (length || name) && c < line.text + line.len;
             c++)
            odd |= length ? !strchr("0123456789 ", *c) || !*c : *c >= 0x80;
    }
    return odd || (http_line_is(first, "CONNECT ") && !host);
}

/* Returns true if only the end of the last line of a chunked body is missing. */
static bool ends_nearly(const struct rd *r)
{
    static const char end[] = "\r\n0\r\n\r";
    uint32_t n = rd_cap_left(r), len = sizeof end - 1;
    struct rd look = *r;
    const uint8_t *bytes = rd_bytes(&look, n);
    return bytes && ((n >= len && !memcmp(bytes + n - len, end, len)) ||
                     (n >= len - 1 && !memcmp(bytes + n - (len - 1), end, len - 1)));
}

/* Returns the length of a message with chunks; r is at scan->at. */
static int64_t chunked_length(const struct rd *whole, struct rd *r, struct http_scan *scan,
                              const struct pdu_facts *facts)
{
    bool may_wait = facts->may_wait && !facts->fin;
    struct rd body = *whole;
    if (chunks_scan(r, scan, may_wait))
        return r->pos;
    rd_skip(&body, scan->body);
    if (may_wait && ends_nearly(&body))
        pdu_doubt(facts, READER_BIT(READER_HTTP));
    return may_wait ? PDU_ONE_MORE : (int64_t)r->len;
}

/* Returns the length of the message; r is behind the head. */
static int64_t body_length(const struct http_state *state, const struct rd *whole, struct rd *r,
                           const struct http_head *head, const struct pdu_facts *facts,
                           struct http_scan *scan)
{
    bool may_wait = facts->may_wait && !facts->fin;
    if (head->kind == HTTP_RESPONSE && has_no_body(state, head->status))
        return r->pos;
    if (head->chunked) {
        *scan = (struct http_scan){.stage = SCAN_CHUNK, .body = r->pos};
        return chunked_length(whole, r, scan, facts);
    }
    if (head->has_length && head->length > INT32_MAX) /* longer than any body that can be waited for */
        return may_wait ? PDU_UNTIL_FIN : (int64_t)r->len;
    if (head->has_length)
        return may_wait || head->length <= rd_left(r) ? (int64_t)(r->pos + head->length) : r->len;
    if (head->kind == HTTP_RESPONSE)
        return may_wait ? PDU_UNTIL_FIN : (int64_t)r->len;
    return r->pos;
}

/* Returns the length of the message from its first byte on. */
static int64_t message_length(const struct http_state *state, const struct rd *whole,
                              const struct pdu_facts *facts, struct http_scan *scan)
{
    struct rd r = *whole;
    skip_empty(&r);
    if (!is_text(&r)) /* such bytes need no further segment */
        return state->seen ? (int64_t)rd_left(whole) : PDU_STOP;
    struct rd start = r;
    struct http_line line = http_line_read(&start, facts->may_wait);
    struct http_head head = {.kind = http_kind_of(&line)};
    if (!line.ended && facts->may_wait)
        return rd_left(whole) > HEAD_LIMIT ? http_give_up(facts) : PDU_ONE_MORE;
    if (sign_http2(&r))
        pdu_doubt(facts, READER_BIT(READER_X509) | READER_BIT(READER_DNS));
    if (head.kind == HTTP_OTHER) { /* before the first message, only bytes that begin like a header count */
        bool header = line.len && memchr(line.text, ':', line.len);
        return state->seen || header ? (int64_t)rd_left(whole) : PDU_STOP;
    }
    head.status = head.kind == HTTP_RESPONSE ? http_status_of(&line) : 0;
    if (http_head_is_odd(start, &line))
        pdu_doubt(facts, READER_BIT(READER_HTTP));
    scan->stage = SCAN_HEADERS;
    if (!headers_scan(&start, &head, facts->may_wait))
        return rd_left(whole) > HEAD_LIMIT ? http_give_up(facts) : PDU_ONE_MORE;
    return body_length(state, whole, &start, &head, facts, scan);
}

/* Returns the length of a message, from where the last look ended. */
static int64_t look_on(const struct http_state *state, const struct rd *whole, const struct pdu_facts *facts,
                       struct http_scan *scan)
{
    struct rd r = *whole;
    if (!scan_is_worth_it(scan, whole))
        return PDU_ONE_MORE;
    if (scan->stage == SCAN_FIRST_LINE || scan->stage == SCAN_HEADERS)
        return message_length(state, whole, facts, scan);
    rd_skip(&r, scan->at);
    return chunked_length(whole, &r, scan, facts);
}

static int64_t http_length(void *context, const struct rd *whole, const struct pdu_facts *facts)
{
    struct http_state *state = context;
    struct http_scan *scan = &state->scans[facts->direction];
    if (state->handed_on)
        return state->upgraded ? PDU_STOP : (int64_t)rd_left(whole);
    bool again = facts->grows && !facts->fin && scan->len && scan->seq == facts->seq;
    if (!again)
        *scan = (struct http_scan){0};
    int64_t n = again ? look_on(state, whole, facts, scan) : message_length(state, whole, facts, scan);
    scan->seq = facts->seq;
    scan->len = facts->grows && n == PDU_ONE_MORE ? whole->len : 0;
    return n;
}

/* ---- a message ---- */

static bool is_absolute(const struct http_head *head)
{
    return (head->uri_len >= 7 && !strncasecmp((const char *)head->uri, "http://", 7)) ||
           (head->uri_len >= 8 && !strncasecmp((const char *)head->uri, "https://", 8));
}

/* Keeps the URI for the response. Returns true if it is a full URI. */
static bool uri_keep(struct http_state *state, const struct http_head *head, struct arena *arena)
{
    static const char scheme[] = "http://";
    enum { SCHEME = sizeof scheme - 1 };
    bool as_is = is_absolute(head) || state->connect, full = state->connect || head->host;
    if (!full && state->uri_is_full) /* Wireshark then keeps the earlier URI */
        return false;
    state->uri_is_full = full;
    uint32_t prefix = as_is || !head->host ? 0 : (uint32_t)SCHEME + head->host_len;
    uint32_t len = prefix + head->uri_len;
    if (len > state->uri_room || !state->uri) {
        uint8_t *room = arena_take(arena, 2 * (size_t)len + 1);
        if (!room)
            return false;
        if (state->uri)
            arena_give(arena, state->uri, state->uri_room);
        state->uri = room;
        state->uri_room = 2 * len + 1;
    }
    if (prefix) {
        memcpy(state->uri, scheme, SCHEME);
        memcpy(state->uri + SCHEME, head->host, head->host_len);
    }
    if (head->uri_len)
        memcpy(state->uri + prefix, head->uri, head->uri_len);
    state->uri_len = len;
    return full;
}

static void request_note(struct row *row, struct http_state *state, const struct http_head *head,
                         const struct pdu_facts *facts)
{
    state->before = state->now;
    state->now = (struct http_exchange){.request_frame = facts->frame, .request_ns = facts->time_ns};
    put_bool(row, F_HTTP_REQUEST, true);
    put_uint(row, F_HTTP_REQUEST_NUMBER, ++state->number);
    if (state->before.request_frame)
        put_uint(row, F_HTTP_PREV_REQUEST_IN, state->before.request_frame);
    if (uri_keep(state, head, facts->arena))
        put_text_wire(row, F_HTTP_REQUEST_FULL_URI, state->uri, state->uri_len);
}

static void notification_note(struct row *row, struct http_state *state, const struct http_head *head,
                              const struct pdu_facts *facts)
{
    put_bool(row, F_HTTP_NOTIFICATION, true);
    if (uri_keep(state, head, facts->arena))
        put_text_wire(row, F_HTTP_REQUEST_FULL_URI, state->uri, state->uri_len);
}

static void response_note(struct row *row, struct http_state *state, const struct pdu_facts *facts)
{
    if (!state->number || state->now.response_frame) {
        state->before = state->now;
        state->now = (struct http_exchange){0};
        state->number++;
    }
    state->now.response_frame = facts->frame;
    put_bool(row, F_HTTP_RESPONSE, true);
    put_uint(row, F_HTTP_RESPONSE_NUMBER, state->number);
    if (state->before.request_frame)
        put_uint(row, F_HTTP_PREV_REQUEST_IN, state->before.request_frame);
    if (state->before.response_frame)
        put_uint(row, F_HTTP_PREV_RESPONSE_IN, state->before.response_frame);
    if (state->now.request_frame) {
        put_uint(row, F_HTTP_REQUEST_IN, state->now.request_frame);
        put_int(row, F_HTTP_TIME, time_diff(facts->time_ns, state->now.request_ns));
    }
    if (state->uri)
        put_text_wire(row, F_HTTP_RESPONSE_FOR_URI, state->uri, state->uri_len);
}

/* After CONNECT and upgrades, another protocol follows. */
static void hand_on(struct http_state *state, const struct http_head *head, const struct pdu_facts *facts)
{
    if (head->status / 100 == 2 && state->connect) {
        bool is_unread;
        uint32_t port = 0, i = state->uri_len;
        while (i && state->uri[i - 1] != ':')
            i--;
        for (; i && i < state->uri_len && state->uri[i] >= '0' && state->uri[i] <= '9' && port < 65536; i++)
            port = port * 10 + (uint32_t)(state->uri[i] - '0');
        const struct protocol *next =
            port && port < 65536 ? protocol_of_port((uint16_t)port, &is_unread) : NULL;
        if (next && next != &http_protocol)
            *facts->conversation = next;
        else
            pdu_doubt(facts, APP_READERS);
        state->handed_on = true;
    } else if (head->status == 101 && head->upgrades) {
        state->handed_on = state->upgraded = true;
        pdu_doubt(facts, state->now.request_frame
                             ? 0
                             : APP_READERS); /* the answer to a request that was lost, or that comes later */
        pdu_doubt(facts, head->is_http2 ? READER_BIT(READER_X509) | READER_BIT(READER_DNS)
                                        : 0); /* content types in compressed headers */
    } else if (head->status == 101) {
        pdu_doubt(facts, APP_READERS);
    }
}

void http_message_read(struct row *row, struct rd *r, struct http_state *state, const struct pdu_facts *facts)
{
    struct http_head head = {0};
    skip_empty(r);
    struct rd look = *r;
    struct http_line line = http_line_read(&look, false);
    if (!is_text(r))
        return;
    if (http_kind_of(&line) == HTTP_REQUEST) {
        state->head = http_line_is(&line, "HEAD ");
        state->connect = http_line_is(&line, "CONNECT ");
    }
    http_head_read(row, r, &head);
    state->seen |= head.kind != HTTP_OTHER;
    if (!rd_ok(r)) {
        pdu_doubt(
            facts,
            READER_BIT(READER_HTTP)); /* experiments have not covered the values of a head that was cut */
        return;
    }
    if (head.kind == HTTP_REQUEST)
        request_note(row, state, &head, facts);
    else if (head.kind == HTTP_NOTIFICATION)
        notification_note(row, state, &head, facts);
    else if (head.kind == HTTP_RESPONSE)
        response_note(row, state, facts);
    if (head.kind == HTTP_RESPONSE)
        hand_on(state, &head, facts);
    if (rd_left(r) && !head.open_line)
        http_body_read(row, r, &head, facts);
}

static bool http_read(struct row *row, struct rd *r, void *context, const struct pdu_facts *facts)
{
    struct http_state *state = context;
    if (!state->handed_on)
        http_message_read(row, r, state, facts);
    return true;
}

/* On any port: the first line begins or ends with "HTTP/1.". */
static bool http_recognises(const struct rd *whole, const struct pdu_facts *facts)
{
    static const char token[] = "HTTP/1.";
    enum { TOKEN = sizeof token - 1, VERSION = TOKEN + 1 };
    struct rd r = *whole;
    (void)facts;
    struct http_line line = http_line_read(&r, true);
    if (!line.ended || line.len < VERSION || line.len == VERSION)
        return false;
    return http_line_is(&line, token) ||
           !strncasecmp((const char *)line.text + line.len - VERSION, token, TOKEN);
}

static void http_forget(void *state, struct arena *arena)
{
    struct http_state *http = state;
    if (http->uri)
        arena_give(arena, http->uri, http->uri_room);
}

const struct protocol http_protocol = {.name = "http",
                                       .readers = READER_BIT(READER_HTTP),
                                       .owner = OWNER_HTTP,
                                       .shown_when_read = true,
                                       .state_len = sizeof(struct http_state),
                                       .recognises = http_recognises,
                                       .length = http_length,
                                       .read = http_read,
                                       .forget = http_forget};
