/* Decompressors behind one shape. */
#ifndef FC_SOURCE_CODEC_H
#define FC_SOURCE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum codec_result {
    CODEC_MORE,  /* goes on: wants input or room */
    CODEC_END,   /* a member, frame or stream is whole; another may follow */
    CODEC_BROKEN /* the input is damaged */
};

/* What is left to read and to fill; step moves both. */
struct codec_io {
    const uint8_t *in;
    size_t in_len;
    uint8_t *out;
    size_t out_len;
};

struct codec {
    const char *name;    /* "gzip" */
    const char *library; /* what to build with, when `start` is NULL: not built in */
    const char *magic;   /* how its files begin */
    uint8_t magic_len;
    void *(*start)(void); /* NULL: out of memory */
    enum codec_result (*step)(void *state, struct codec_io *io);
    bool (*again)(void *state); /* makes ready for the next member */
    void (*stop)(void *state);
};

/* The codec whose files begin with these bytes; NULL: none. */
const struct codec *codec_find(const uint8_t *data, size_t len);
/* Whether these bytes, after a whole member, begin another one. */
bool codec_continues(const struct codec *codec, const uint8_t *data, size_t len);

enum { CODEC_MAGIC_MAX = 6 };

#endif
