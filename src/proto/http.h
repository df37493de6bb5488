/* HTTP/1 messages (RFC 9112) over TCP, and in SSDP datagrams. */
#ifndef FC_PROTO_HTTP_H
#define FC_PROTO_HTTP_H

#include "proto/registry.h"

extern const struct protocol http_protocol;

enum http_kind { HTTP_OTHER, HTTP_REQUEST, HTTP_RESPONSE, HTTP_NOTIFICATION };

/* A request and its response, as far as they were seen. */
struct http_exchange {
    uint32_t request_frame, response_frame; /* 0: none */
    int64_t request_ns;
};

/* What a conversation remembers. */
struct http_state {
    bool seen;                        /* a request or response came: from then on other bytes are HTTP, too */
    bool handed_on;                   /* to another protocol, after CONNECT or an upgrade */
    bool upgraded;                    /* of the two it was the latter: HTTP itself is no more */
    bool head, connect;               /* methods of the newest request */
    struct http_exchange now, before; /* the newest exchange and the one before it */
    uint32_t number;                  /* of the newest, from 1; 0: none yet */
    uint8_t *uri;                     /* of the newest request, in full where its host is known; NULL: none */
    uint32_t uri_len, uri_room;
    bool uri_is_full;
};

/* One message, or what comes where one is expected; r spans it. The last argument says what comes from
 * elsewhere. */
void http_message_read(struct row *row, struct rd *r, struct http_state *state,
                       const struct pdu_facts *facts);

/* ---- inside the parser ---- */

struct http_line {
    const uint8_t *text;
    uint32_t len;  /* without its end */
    uint32_t full; /* with it */
    bool ended;
};

/* The next line, which r steps over: up to CR LF, LF, or a CR alone. A CR that is the last byte of r ends a
 * line only when nothing more can come. */
struct http_line http_line_read(struct rd *r, bool more_may_come);
enum http_kind http_kind_of(const struct http_line *line);
bool http_line_is(const struct http_line *line, const char *name); /* "content-length:" in any case */
int http_status_of(const struct http_line *line);                  /* -1: none */

/* What the headers say that the body depends on. */
struct http_head {
    enum http_kind kind;
    int status;
    bool has_length, chunked;
    uint64_t length;
    bool open_line;                   /* the head ends with text that has no line end: it is no body */
    bool upgrades;                    /* to a protocol that takes over */
    bool is_http2;                    /* namely that one */
    const uint8_t *host, *uri, *type; /* NULL: none */
    uint32_t host_len, uri_len, type_len;
    const uint8_t *encoding, *transfer; /* of the body; NULL: not told */
    uint32_t encoding_len, transfer_len;
};
/* Bytes that one body may have once it is unpacked. Past it libwireshark is asked. */
enum { HTTP_BODY_LIMIT = 64 << 20 };
/* What stands behind the head, r at its first byte. */
void http_body_read(struct row *row, struct rd *r, const struct http_head *head,
                    const struct pdu_facts *facts);
/* A chunk's size, of the line that announces it. */
uint64_t http_chunk_size(const struct http_line *line);

/* Header lines, from the start line on, up to and with the empty line: values into the row. */
void http_head_read(struct row *row, struct rd *r, struct http_head *head);

#endif
