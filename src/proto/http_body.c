/* Bodies of HTTP: chunks are joined, DEFLATE is undone, and the result is shown or read by the reader of its
 * type.
 * Invariant: a body that cannot be decompressed is not shown. Bytes that are made here live in the arena of
 * the row.
 * Source: RFC 9112 section 7.1; RFC 9110 section 8.4; observed (tshark 4.0.17). */
#include <string.h>
#include <strings.h>

#include "base/inflate.h"
#include "field/ids_http.h"
#include "proto/http.h"
#include "proto/signs.h"
#include "proto/x509.h"

static bool text_is(const uint8_t *text, uint32_t len, const char *word)
{
    return len == strlen(word) && !strncasecmp((const char *)text, word, len);
}

static bool text_is_one_of(const uint8_t *text, uint32_t len, const char *const *words)
{
    while (*words && !text_is(text, len, *words))
        words++;
    return *words;
}

/* ---- chunks ---- */

/* Reads the lines behind the last chunk, up to the empty line. */
static void trailer_read(struct row *row, struct rd *r)
{
    struct rd start = *r;
    uint32_t len = 0;
    for (;;) {
        struct http_line line = http_line_read(r, false);
        if (!line.ended || !line.len)
            break;
        len += line.full;
    }
    if (len)
        put_text_wire(row, F_HTTP_CHUNKED_TRAILER_PART, rd_bytes(&start, len), len);
}

/* Reads the data of a chunk and the line end behind it. Returns false if they are not complete. */
static bool chunk_read(struct row *row, struct rd *r, uint64_t size, uint8_t *out)
{
    struct rd ahead = *r;
    const uint8_t *data = size <= rd_left(r) ? rd_bytes(&ahead, (uint32_t)size) : NULL;
    struct rd end = ahead;
    struct http_line line = http_line_read(&ahead, false);
    if (!data || !line.ended)
        return false;
    put_uint(row, F_HTTP_CHUNK_SIZE, size);
    put_bytes(row, F_HTTP_CHUNK_DATA, data, (uint32_t)size);
    put_bytes(row, F_HTTP_CHUNK_BOUNDARY, rd_bytes(&end, line.full), line.full);
    memcpy(out, data, size);
    *r = ahead;
    return true;
}

/* Joins all chunks. Returns NULL if there is no last chunk. */
static const uint8_t *chunks_read(struct row *row, struct rd *r, uint32_t *len)
{
    uint8_t *out = arena_alloc(row->arena, rd_cap_left(r) + 1);
    *len = 0;
    while (out && rd_cap_left(r)) {
        struct rd ahead = *r;
        struct http_line line = http_line_read(&ahead, false);
        uint64_t size = http_chunk_size(&line);
        if (!line.ended)
            return NULL;
        if (!size) {
            put_uint(row, F_HTTP_CHUNK_SIZE, 0);
            *r = ahead;
            trailer_read(row, r);
            return out;
        }
        if (!chunk_read(row, &ahead, size, out + *len))
            return NULL;
        *len += (uint32_t)size;
        *r = ahead;
    }
    return NULL;
}

/* ---- encodings ---- */

/* Undoes the encoding of the body. Returns NULL if the encoding cannot be undone, or Wireshark does not know
 * it. */
static const uint8_t *body_decode(struct row *row, const uint8_t *body, uint32_t *len,
                                  const struct http_head *head, const struct pdu_facts *facts)
{
    static const char *const deflate[] = {"gzip", "x-gzip", "deflate", "x-deflate", NULL};
    uint8_t *out = NULL;
    uint32_t out_len = 0;
    if (!head->encoding || text_is(head->encoding, head->encoding_len, "identity"))
        return body;
    if (text_is(head->encoding, head->encoding_len, "br"))
        pdu_doubt(facts, APP_READERS);
    if (!text_is_one_of(head->encoding, head->encoding_len, deflate))
        return NULL;
    enum inflate_result result = inflate_body(row->arena, body, *len, HTTP_BODY_LIMIT, &out, &out_len);
    if (result == INFLATE_MISSING)
        pdu_doubt(facts, APP_READERS);
    if (result == INFLATE_MEMORY)
        arena_ended(row->arena);
    *len = out_len;
    return result == INFLATE_OK ? out : NULL;
}

/* Returns true for transfer codings other than chunks, which hide the body from Wireshark. */
static bool is_hidden(const struct http_head *head, const struct pdu_facts *facts)
{
    static const char *const open[] = {"identity", "chunked", NULL};
    static const char *const hidden[] = {"gzip", "deflate", "compress", NULL};
    if (!head->transfer || text_is_one_of(head->transfer, head->transfer_len, open))
        return false;
    if (!text_is_one_of(head->transfer, head->transfer_len, hidden))
        pdu_doubt(facts, APP_READERS);
    return true;
}

/* ---- types ---- */

/* Reports types of bodies that contain fields of other protocols. */
static void media_note(const struct http_head *head, const struct rd *body, const struct pdu_facts *facts)
{
    static const char multipart[] = "multipart";
    enum { LEN = sizeof multipart - 1 };
    uint32_t readers = sign_media(head->type, head->type_len);
    if (head->type_len >= LEN && !strncasecmp((const char *)head->type, multipart, LEN) &&
        (head->encoding || sign_inside(*body, facts->readers)))
        readers |= APP_READERS;
    pdu_doubt(facts, readers);
}

static bool is_ocsp(const struct http_head *head)
{
    static const char type[] = "application/ocsp-response";
    enum { LEN = sizeof type - 1 };
    return head->type_len >= LEN && !strncasecmp((const char *)head->type, type, LEN);
}

void http_body_read(struct row *row, struct rd *r, const struct http_head *head,
                    const struct pdu_facts *facts)
{
    bool ocsp = head->type && facts->readers & READER_BIT(READER_X509) && is_ocsp(head);
    bool chunked = row_wants(row, F_HTTP_CHUNK_SIZE) || row_wants(row, F_HTTP_CHUNK_DATA) ||
                   row_wants(row, F_HTTP_CHUNK_BOUNDARY) || row_wants(row, F_HTTP_CHUNKED_TRAILER_PART);
    if (head->type)
        media_note(head, r, facts);
    /* experiments have not covered a body that was cut, or that has no head */
    if ((r->cap < r->len || head->kind == HTTP_OTHER) && row_wants(row, F_HTTP_FILE_DATA))
        pdu_doubt(facts, READER_BIT(READER_HTTP));
    if (!ocsp && !row_wants(row, F_HTTP_FILE_DATA) && !(chunked && head->chunked))
        return;
    struct rd rest = rd_rest(r);
    uint32_t len = rd_cap_left(&rest);
    const uint8_t *body = head->chunked ? chunks_read(row, &rest, &len) : rd_bytes(&rest, len);
    if (!body || !len || is_hidden(head, facts) || !(body = body_decode(row, body, &len, head, facts)) ||
        !len)
        return;
    put_text_wire(row, F_HTTP_FILE_DATA, body, len);
    if (!ocsp)
        return;
    row->malformed = false;
    ocsp_read(row, rd_make(body, len, len));
    pdu_doubt(facts, row->malformed ? READER_BIT(READER_X509) : 0);
}
