/* A compressed capture: compressed bytes in a window of their own, decompressed bytes out of it. */
#ifndef FC_SOURCE_UNPACK_H
#define FC_SOURCE_UNPACK_H

#include "source/codec.h"
#include "source/window.h"

struct unpack;

/* Takes the window over the compressed bytes, and leaves an empty one behind. Returns NULL when memory
 * ends. */
struct unpack *unpack_new(const struct codec *codec, struct window *packed);
/* A fill function for window_over_fill. Errors: FC_CUT (the compressed bytes end too early), FC_FORMAT
 * (damaged). */
enum fc_status unpack_fill(void *context, uint8_t *dst, size_t cap, size_t *got, struct fc_error *err);
/* Compressed bytes used so far. */
uint64_t unpack_consumed(const struct unpack *u);
void unpack_free(struct unpack *u);

#endif
