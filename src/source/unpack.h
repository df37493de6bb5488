/* A compressed capture: the packed bytes in one window, the unpacked ones out of it. */
#ifndef FC_SOURCE_UNPACK_H
#define FC_SOURCE_UNPACK_H

#include "source/codec.h"
#include "source/window.h"

struct unpack;

/* Takes the packed window over, and leaves an empty one behind. NULL: out of memory. */
struct unpack *unpack_new(const struct codec *codec, struct window *packed);
/* For window_over_fill. FC_CUT when the packed bytes end too early, FC_FORMAT when they are damaged. */
enum fc_status unpack_fill(void *context, uint8_t *dst, size_t cap, size_t *got, struct fc_error *err);
/* Packed bytes used so far. */
uint64_t unpack_consumed(const struct unpack *u);
void unpack_free(struct unpack *u);

#endif
