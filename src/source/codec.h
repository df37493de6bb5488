/* Decompressors behind one interface. */
#ifndef FC_SOURCE_CODEC_H
#define FC_SOURCE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum codec_result {
    CODEC_MORE,  /* not at the end: `step` needs more input or more room */
    CODEC_END,   /* a member, frame or stream has ended; another one may follow */
    CODEC_BROKEN /* the input is damaged */
};

/* The input that is left and the room that is left for output, in bytes. `step` moves both. */
struct codec_io {
    const uint8_t *in;
    size_t in_len;
    uint8_t *out;
    size_t out_len;
};

struct codec {
    const char *name;    /* the name of the format: "gzip" */
    const char *library; /* the library that a build needs; it is absent if `start` is NULL */
    const char *magic;   /* the first bytes of such files */
    uint8_t magic_len;
    void *(*start)(void); /* returns the state; NULL: out of memory */
    enum codec_result (*step)(void *state, struct codec_io *io);
    bool (*again)(void *state); /* prepares the state for the next member; false: failed */
    void (*stop)(void *state);
};

/* Returns the codec of files that begin with these bytes, or NULL if there is none. */
const struct codec *codec_find(const uint8_t *data, size_t len);
/* Returns true if these bytes, which follow a whole member, begin another member. */
bool codec_continues(const struct codec *codec, const uint8_t *data, size_t len);

enum { CODEC_MAGIC_MAX = 6 };

#endif
