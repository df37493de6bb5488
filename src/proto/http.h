/* HTTP/1 messages (RFC 9112), over TCP and in SSDP datagrams. */
#ifndef FC_PROTO_HTTP_H
#define FC_PROTO_HTTP_H

#include "proto/registry.h"

enum http_kind { HTTP_OTHER, HTTP_REQUEST, HTTP_RESPONSE, HTTP_NOTIFICATION };

/* A request and its response, as far as they were seen. */
struct http_exchange {
    uint32_t request_frame, response_frame; /* 0: none */
    int64_t request_ns;
};

/* How far a message was looked at that waits for more bytes, so that each segment costs its own bytes only.
 */
struct http_scan {
    uint32_t seq, len; /* of the bytes that were looked at; len 0: none */
    enum { SCAN_FIRST_LINE, SCAN_HEADERS, SCAN_CHUNK, SCAN_AFTER_CHUNK, SCAN_TRAILER } stage;
    uint32_t body, at; /* offsets of the body, and of the line that is next */
    bool open;         /* that line has no end yet */
    uint64_t need;     /* the end of the chunk at that line; 0: not known */
};

/* The state of a conversation. */
struct http_state {
    bool seen;          /* a request or response was seen; from then on, all other bytes are HTTP too */
    bool handed_on;     /* another protocol has followed, after CONNECT or an upgrade */
    bool upgraded;      /* the other protocol follows an upgrade, not a CONNECT: HTTP has ended */
    bool head, connect; /* methods of the newest request */
    struct http_exchange now, before; /* the newest exchange and the one before it */
    uint32_t number;                  /* of the newest exchange, from 1; 0: none yet */
    uint8_t *uri;                     /* of the newest request, in full if its host is known; NULL: none */
    uint32_t uri_len, uri_room;
    bool uri_is_full;
    struct http_scan scans[2]; /* by direction */
};

/* Reads one message, or other bytes where a message is expected; r covers them. `facts` holds the facts that
 * the message itself does not contain. */
void http_message_read(struct row *row, struct rd *r, struct http_state *state,
                       const struct pdu_facts *facts);

/* ---- inside the parser ---- */

struct http_line {
    const uint8_t *text;
    uint32_t len;  /* without the line end */
    uint32_t full; /* with the line end */
    bool ended;
};

/* Reads the next line: up to CR LF, LF, or a CR alone. A CR that is the last byte of r ends the line only if
 * no more bytes can follow. */
struct http_line http_line_read(struct rd *r, bool more_may_come);
enum http_kind http_kind_of(const struct http_line *line);
bool http_line_is(const struct http_line *line,
                  const char *name);              /* compares without regard to case: "content-length:" */
int http_status_of(const struct http_line *line); /* -1: none */
/* The size of a chunk, from the line that announces it. */
uint64_t http_chunk_size(const struct http_line *line);

/* The facts of the headers that the body depends on. */
struct http_head {
    enum http_kind kind;
    int status;
    bool has_length, chunked;
    uint64_t length;
    bool open_line;                   /* the head ends with text without a line end, so there is no body */
    bool upgrades;                    /* to a protocol that replaces HTTP */
    bool is_http2;                    /* that protocol is HTTP/2 */
    const uint8_t *host, *uri, *type; /* NULL: none */
    uint32_t host_len, uri_len, type_len;
    const uint8_t *encoding, *transfer; /* codings of the body; NULL: not stated */
    uint32_t encoding_len, transfer_len;
};
/* The most bytes that a body may have after decompression. Larger bodies are handed over to libwireshark. */
enum { HTTP_BODY_LIMIT = 64 << 20 };
/* Reads the body; r is at its first byte. */
void http_body_read(struct row *row, struct rd *r, const struct http_head *head,
                    const struct pdu_facts *facts);

/* Reads the start line and the header lines, up to the empty line, which is included. */
void http_head_read(struct row *row, struct rd *r, struct http_head *head);

#endif
