/* Streams that are encrypted from their first bytes on: in their later frames there is nothing to be found
 * but what the protocols below and the encryption itself have. */
#ifndef FC_APPS_OPAQUE_H
#define FC_APPS_OPAQUE_H

#include "look/examine.h"

/* To be called once for every frame; what was seen of a stream is kept in its conversation. True: this frame
 * lies within such a stream, behind what shows that it is one. */
bool opaque_frame(const struct examined *examined);

#endif
