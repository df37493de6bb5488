/* Running totals of the packets of a flow in one direction. */
#ifndef FC_BASE_TOTALS_H
#define FC_BASE_TOTALS_H

#include <stdint.h>

struct totals {
    uint64_t bytes;                    /* of the IP packets */
    uint64_t payload_bytes;            /* of the packets whose payload is not empty */
    uint32_t packets, payload_packets; /* frames are numbered with 32 bits */
};

static inline void totals_take(struct totals *t, uint32_t ip_len, uint32_t payload_len)
{
    t->packets++;
    t->bytes += ip_len;
    t->payload_packets += payload_len != 0;
    t->payload_bytes += payload_len;
}

#endif
