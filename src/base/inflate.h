/* DEFLATE (RFC 1951) in the forms that HTTP sends: gzip, zlib, bare. Through zlib, where it was built in. */
#ifndef FC_BASE_INFLATE_H
#define FC_BASE_INFLATE_H

#include <stdbool.h>

#include "base/arena.h"

enum inflate_result {
    INFLATE_OK,
    INFLATE_BROKEN,  /* nothing to show */
    INFLATE_MISSING, /* not built in, or more than `limit` would come out */
    INFLATE_MEMORY
};
/* What comes out, in the arena; of input that ends early as much as there is. */
enum inflate_result inflate_body(struct arena *arena, const uint8_t *in, uint32_t len, uint32_t limit,
                                 uint8_t **out, uint32_t *out_len);

#endif
