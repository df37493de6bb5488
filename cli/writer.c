/* Buffered writing to a descriptor, and texts that grow.
 *
 * Invariant: the first error stays in `error`, and nothing is written after it, so a caller may check it
 * late. Numbers are written two digits at a time, because they dominate the time of output.
 */
#include "writer.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "stop.h"

enum { OUT_LARGE = 1 << 20, OUT_SMALL = 2 * OUT_ROOM };

bool out_open(struct out *out, int fd, bool small)
{
    *out = (struct out){.fd = fd, .cap = small ? OUT_SMALL : OUT_LARGE};
    out->buf = malloc(out->cap);
    return out->buf != NULL;
}

/* True if the caller should try again. For a non-blocking descriptor it waits until it is writable. */
static bool wait_again(int fd)
{
    if (errno == EINTR)
        return !stop_asked();
    if (errno != EAGAIN && errno != EWOULDBLOCK)
        return false;
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    return poll(&ready, 1, -1) >= 0 || (errno == EINTR && !stop_asked());
}

static void write_all(struct out *out, const char *bytes, size_t len)
{
    while (len && !out->error) {
        ssize_t n = write(out->fd, bytes, len);
        if (n >= 0) {
            bytes += n;
            len -= (size_t)n;
        } else if (!wait_again(out->fd)) {
            out->error = errno;
        }
    }
}

/* Writes the characters that are safe on a terminal. A character of UTF-8 is not cut: callers flush behind
 * whole rows, and a buffer that is full before holds 1 MB of one row. */
static void write_clean(struct out *out, const char *bytes, size_t len)
{
    struct text clean = {0};
    out->clean(&clean, bytes, len);
    write_all(out, clean.p, clean.len);
    if (clean.failed && !out->error)
        out->error = ENOMEM;
    text_free(&clean);
}

static void write_some(struct out *out, const char *bytes, size_t len)
{
    if (out->clean)
        write_clean(out, bytes, len);
    else
        write_all(out, bytes, len);
}

void out_flush(struct out *out)
{
    write_some(out, out->buf, out->len);
    out->len = 0;
}

void out_spill(struct out *out, const char *text, size_t len)
{
    out_flush(out);
    if (len > out->cap) {
        write_some(out, text, len);
        return;
    }
    memcpy(out->buf, text, len);
    out->len = len;
}

int out_close(struct out *out)
{
    if (!out->buf)
        return out->error;
    out_flush(out);
    free(out->buf);
    out->buf = NULL;
    return out->error;
}

static const char DIGIT_PAIRS[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";

void out_uint(struct out *out, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    for (; value >= 100; value /= 100) {
        at -= 2;
        memcpy(digits + at, DIGIT_PAIRS + value % 100 * 2, 2);
    }
    if (value >= 10) {
        at -= 2;
        memcpy(digits + at, DIGIT_PAIRS + value * 2, 2);
    } else {
        digits[--at] = (char)('0' + value);
    }
    out_bytes(out, digits + at, sizeof digits - at);
}

void out_int(struct out *out, int64_t value)
{
    if (value < 0)
        out_char(out, '-');
    out_uint(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void out_float(struct out *out, double value, uint8_t width)
{
    char text[40];
    int least = width == 4 ? 6 : 15;
    int most = width == 4 ? 9 : 17;
    for (int digits = least; digits <= most; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        double back = strtod(text, NULL);
        if (width == 4 ? (float)back == (float)value : back == value)
            break;
    }
    out_text(out, text);
}

void out_hex(struct out *out, const uint8_t *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        char *at = out_room(out, 2);
        at[0] = digits[bytes[i] >> 4];
        at[1] = digits[bytes[i] & 15];
        out->len += 2;
    }
}

char *text_room(struct text *text, size_t n)
{
    if (text->cap - text->len >= n)
        return text->p + text->len;
    size_t cap = text->cap * 2 + n + 64;
    char *grown = realloc(text->p, cap);
    if (!grown) {
        text->failed = true;
        return NULL;
    }
    text->p = grown;
    text->cap = cap;
    return grown + text->len;
}

void text_add(struct text *text, const char *bytes, size_t len)
{
    char *room = text_room(text, len);
    if (!room || !len)
        return;
    memcpy(room, bytes, len);
    text->len += len;
}

void text_free(struct text *text)
{
    free(text->p);
    *text = (struct text){0};
}
