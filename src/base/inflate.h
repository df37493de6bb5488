/* DEFLATE (RFC 1951) in the forms that HTTP uses: within gzip, within zlib, and bare. zlib does the work, if
 * the build has it. */
#ifndef FC_BASE_INFLATE_H
#define FC_BASE_INFLATE_H

#include <stdbool.h>

#include "base/arena.h"

enum inflate_result {
    INFLATE_OK,
    INFLATE_BROKEN,  /* the input is not DEFLATE, or it is damaged: there is no output */
    INFLATE_MISSING, /* the build lacks zlib, the output would exceed `limit`, or the gzip header has an
                        option that is not read */
    INFLATE_MEMORY
};
/* Decompresses `len` bytes. *out is allocated in the arena and has *out_len bytes, at most `limit`. If the
 * input ends early, the output is all that could be decompressed. */
enum inflate_result inflate_body(struct arena *arena, const uint8_t *in, uint32_t len, uint32_t limit,
                                 uint8_t **out, uint32_t *out_len);

#endif
