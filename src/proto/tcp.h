/* What the files of the TCP reader share. Only for proto/. */
#ifndef FC_PROTO_TCP_H
#define FC_PROTO_TCP_H

#include "proto/headers.h"

/* What an option's reader may want to know of the segment. */
struct tcp_context {
    uint16_t flags;   /* the twelve flag bits */
    uint32_t ack;     /* as sent */
    uint32_t base_seq; /* of the other direction: SACK edges are told relative to it; 0 when not known */
};

/* The next n bytes are options; r steps over them, or fails where they are cut. */
void tcp_options_read(struct row *row, struct rd *r, uint32_t n, const struct tcp_context *context);

#endif
