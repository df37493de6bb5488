/* The messages of the command on standard error, and text made safe for a terminal.
 *
 * Invariant: no byte of a capture, a file name or a filter reaches a terminal as a control character. UTF-8
 * as RFC 3629 defines it: no surrogates, no overlong forms.
 */
#include "say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool say_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
    }
    return false;
}

size_t say_screen_width(int fd)
{
    struct winsize size = {0};
    if (!isatty(fd))
        return 0;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col)
        return size.ws_col;
    const char *columns = getenv("COLUMNS");
    long n = columns ? strtol(columns, NULL, 10) : 0;
    return n > 0 ? (size_t)n : 80;
}

bool say_colour(int fd)
{
    const char *no = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    return !(no && *no) && term && strcmp(term, "dumb") != 0 && isatty(fd);
}

/* The lowest code point that a sequence of this length may encode. */
static const unsigned UTF8_LOWEST[5] = {0, 0, 0x80, 0x800, 0x10000};

size_t say_utf8_next(const char *bytes, size_t len, unsigned *out)
{
    unsigned first = (unsigned char)bytes[0];
    if (first < 0x80) {
        *out = first;
        return 1;
    }
    size_t n = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || n > len)
        return 0;
    unsigned code = first & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        unsigned next = (unsigned char)bytes[i];
        if ((next & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (next & 0x3f);
    }
    *out = code;
    return code < UTF8_LOWEST[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : n;
}

/* Control characters (C0, DEL, C1), and the marks that change the writing direction. */
static bool is_unsafe(unsigned code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200e && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

void say_clean(struct text *out, const char *bytes, size_t len, bool utf8)
{
    while (len) {
        unsigned code = 0;
        size_t n = say_utf8_next(bytes, len, &code);
        if (n && !is_unsafe(code) && (utf8 || n == 1)) {
            text_add(out, bytes, n);
        } else {
            char escaped[8];
            n = 1;
            text_add(out, escaped,
                     (size_t)snprintf(escaped, sizeof escaped, "\\x%02x", (unsigned char)*bytes));
        }
        bytes += n;
        len -= n;
    }
}

void say_lines(struct text *out, const char *bytes, size_t len)
{
    bool utf8 = say_utf8();
    for (const char *end = bytes + len; bytes < end;) {
        const char *feed = memchr(bytes, '\n', (size_t)(end - bytes));
        size_t n = feed ? (size_t)(feed - bytes) : (size_t)(end - bytes);
        say_clean(out, bytes, n, utf8);
        if (feed)
            text_add(out, "\n", 1);
        bytes += n + (feed != NULL);
    }
}

/* An approximation that suits the text in captures: combining marks take no column, East Asian wide forms
 * two. */
static size_t code_width(unsigned code)
{
    if ((code >= 0x300 && code < 0x370) || (code >= 0x200b && code < 0x2010) ||
        (code >= 0xfe00 && code < 0xfe10))
        return 0;
    bool wide = (code >= 0x1100 && code < 0x1160) || (code >= 0x2e80 && code < 0xa4d0) ||
                (code >= 0xac00 && code < 0xd7a4) || (code >= 0xf900 && code < 0xfb00) ||
                (code >= 0xff00 && code < 0xff61) || (code >= 0x1f300 && code < 0x1fb00) ||
                (code >= 0x20000 && code < 0x40000);
    return wide ? 2 : 1;
}

size_t say_width(const char *text, size_t len)
{
    size_t width = 0;
    while (len) {
        unsigned code = 0;
        size_t n = say_utf8_next(text, len, &code);
        width += n ? code_width(code) : 1;
        n = n ? n : 1;
        text += n;
        len -= n;
    }
    return width;
}

static void say_line(const char *before, const char *text)
{
    struct text clean = {0};
    text_add(&clean, before, strlen(before));
    say_clean(&clean, text, strlen(text), say_utf8());
    text_add(&clean, "\n", 1);
    struct out out;
    if (out_open(&out, STDERR_FILENO, true)) {
        out_bytes(&out, clean.p, clean.len);
        out_close(&out);
    }
    text_free(&clean);
}

static void say_list(const char *format, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, format, args) < 0)
        return;
    say_line("flowcontainer: ", text);
    free(text);
}

void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say_list(format, args);
    va_end(args);
}

int say_usage(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say_list(format, args);
    va_end(args);
    say_line("", "Try `flowcontainer --help'.");
    return EXIT_USAGE;
}

void say_error(const struct fc_error *err, const char *filter)
{
    say("%s", err->text);
    if (!filter || err->status != FC_FILTER || err->offset < 0)
        return;
    struct text before = {0};
    size_t len = strlen(filter);
    size_t at = (uint64_t)err->offset < len ? (size_t)err->offset : len;
    say_clean(&before, filter, at, say_utf8());
    size_t width = before.len ? say_width(before.p, before.len) : 0;
    text_free(&before);
    say_line("    ", filter);
    char *caret = malloc(width + 2);
    if (!caret)
        return;
    memset(caret, ' ', width);
    memcpy(caret + width, "^", 2);
    say_line("    ", caret);
    free(caret);
}
