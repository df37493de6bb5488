/* Buffered writing to a descriptor, without stdio: one megabyte at a time, and no error is ever lost. */
#ifndef FC_CLI_WRITER_H
#define FC_CLI_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text;

struct out {
    int fd;
    char *buf;
    size_t len, cap;
    int error; /* errno of the first failed write; all later output is discarded */
    void (*clean)(struct text *out, const char *bytes,
                  size_t len); /* the characters that are safe on a terminal; NULL: all */
    bool quote_formulas;       /* in cells of CSV */
};

/* The most bytes that one call of out_room may ask for. */
enum { OUT_ROOM = 4096 };

/* False if memory ran out. A small buffer is for messages. */
bool out_open(struct out *out, int fd, bool small);
void out_flush(struct out *out);
/* Flushes and frees the buffer; returns 0, or the errno of the first failure. Does not close the descriptor.
 */
int out_close(struct out *out);
void out_spill(struct out *out, const char *text, size_t len);

/* n <= OUT_ROOM free bytes; the caller adds the number of used bytes to out->len. */
static inline char *out_room(struct out *out, size_t n)
{
    if (out->cap - out->len < n)
        out_flush(out);
    return out->buf + out->len;
}

static inline void out_bytes(struct out *out, const char *text, size_t len)
{
    if (out->cap - out->len < len) {
        out_spill(out, text, len);
        return;
    }
    if (len) /* an empty text may be NULL */
        memcpy(out->buf + out->len, text, len);
    out->len += len;
}

static inline void out_char(struct out *out, char c)
{
    *out_room(out, 1) = c;
    out->len++;
}

static inline void out_text(struct out *out, const char *text) { out_bytes(out, text, strlen(text)); }

void out_uint(struct out *out, uint64_t value);
void out_int(struct out *out, int64_t value);
/* The shortest decimal that reads back as the same number of `width` bytes. */
void out_float(struct out *out, double value, uint8_t width);
void out_hex(struct out *out, const uint8_t *bytes, size_t len);

/* A text that grows. If memory runs out, the new part is left out and `failed` is set. */
struct text {
    char *p;
    size_t len, cap;
    bool failed;
};

/* Makes room for n more bytes after len; NULL if memory ran out. */
char *text_room(struct text *text, size_t n);
void text_add(struct text *text, const char *bytes, size_t len);
void text_free(struct text *text);

#endif
