/* Values of headers that identify the connection are made zero in a copy of a packet's bytes. */
#ifndef FC_LOOK_MASK_H
#define FC_LOOK_MASK_H

#include "decode/packet.h"

/* `copy` has the n bytes that lie at `from` in the packet. `mask`: bits of enum fc_mask; docs/guide lists the
 * bytes that each makes zero. Headers of a tunnel are masked like all others. */
void mask_bytes(uint8_t *copy, const uint8_t *from, uint32_t n, const struct packet *packet, uint32_t mask);

#endif
