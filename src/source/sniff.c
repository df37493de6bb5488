/* The format of a file that is not a capture we read, for the error message only.
 *
 * Invariant: the source does not change.
 * Source: the published magic numbers of the formats. */
#include <string.h>

#include "base/error.h"
#include "source/inner.h"

/* The first bytes of a format and its name. `is_capture`: a capture format that is not read here. */
struct sniff_magic {
    const char *bytes;
    uint8_t len;
    bool is_capture;
    const char *what;
};

#define MAGIC(text, is_capture, what) {text, sizeof(text) - 1, is_capture, what}

static const struct sniff_magic MAGICS[] = {
    MAGIC("snoop\0\0\0", true, "a Solaris snoop capture"),
    MAGIC("GMBU", true, "a Microsoft Network Monitor 2 capture"),
    MAGIC("RTSS", true, "a Microsoft Network Monitor 1 capture"),
    MAGIC("TRSNIFF data    \x1a", true, "a Sniffer capture"),
    MAGIC("XCP\0", true, "a NetXRay capture"),
    MAGIC("\x7fver", true, "an EtherPeek capture"),
    MAGIC("btsnoop\0", true, "a Bluetooth btsnoop capture"),
    MAGIC("PK\x03\x04", false, "a zip archive"),
    MAGIC("Rar!", false, "a RAR archive"),
    MAGIC("7z\xbc\xaf\x27\x1c", false, "a 7-Zip archive"),
    MAGIC("%PDF", false, "a PDF document"),
    MAGIC("\x7f"
          "ELF",
          false, "a program"),
    MAGIC("\x89PNG", false, "a picture"),
    MAGIC("PAR1", false, "a Parquet file"),
    MAGIC("ARROW1", false, "an Arrow file"),
    MAGIC("SQLite format 3", false, "an SQLite database"),
    MAGIC("\x89HDF", false, "an HDF5 file"),
};

static bool looks_like_text(const uint8_t *p, size_t n)
{
    for (const uint8_t *end = p + n; p < end; p++)
        if (*p < 0x20 && !memchr("\t\n\v\f\r\x1b", *p, 6))
            return false;
    return true;
}

enum fc_status sniff_refuse(struct source *s, struct fc_error *err)
{
    struct window *w = &s->window;
    window_need(w, 512);
    size_t n = window_left(w);
    if (n < 4)
        return error_set(err, FC_FORMAT, 0, "not a capture (only %zu bytes)", n);
    for (size_t i = 0; i < sizeof MAGICS / sizeof MAGICS[0]; i++) {
        const struct sniff_magic *m = &MAGICS[i];
        if (n < m->len || memcmp(window_at(w), m->bytes, m->len))
            continue;
        if (m->is_capture)
            return error_set(err, FC_UNSUPPORTED, 0,
                             "%s, a format that is not supported; convert it to pcapng first "
                             "(editcap IN OUT)",
                             m->what);
        return error_set(err, FC_FORMAT, 0, "not a capture (looks like %s)", m->what);
    }
    if (looks_like_text(window_at(w), n < 512 ? n : 512))
        return error_set(err, FC_FORMAT, 0, "not a capture (looks like text)");
    return error_set(err, FC_FORMAT, 0, "not a capture (begins with bytes %08x)", rd_be32(window_at(w)));
}
