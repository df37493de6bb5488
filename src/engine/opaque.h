/* Streams that are encrypted from their first bytes on: in their later frames there is nothing to be found but what
 * the protocols below and the encryption itself have. */
#ifndef FC_ENGINE_OPAQUE_H
#define FC_ENGINE_OPAQUE_H

#include "engine/examine.h"

struct opaque {
    uint8_t *tcp, *udp; /* state by stream number */
    size_t tcp_cap, udp_cap;
    bool failed; /* memory ended */
};

/* To be called for every frame. True: this one lies within such a stream, behind what shows that it is one. */
bool opaque_frame(struct opaque *opaque, const struct examined *examined);
void opaque_free(struct opaque *opaque);

#endif
