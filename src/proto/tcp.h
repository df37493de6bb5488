/* What the files of the TCP reader share. Only for proto/. */
#ifndef FC_PROTO_TCP_H
#define FC_PROTO_TCP_H

#include "proto/headers.h"

/* What the options' readers want to know of the segment, and what they find out. */
struct tcp_context {
    uint16_t flags; /* the twelve flag bits */
    uint32_t ack;   /* as sent */
    uint32_t
        base_ack; /* base of the other direction: edges of blocks are told relative to it; 0: not known */
    bool has_mss; /* out */
};

/* The next n bytes are options; r steps over them, or fails where they are cut. */
void tcp_options_read(struct row *row, struct rd *r, uint32_t n, struct tcp_context *context);
/* The option behind its length byte. */
void mptcp_read(struct row *row, struct rd *r);
void tcp_sack_read(struct row *row, struct rd *r, const struct tcp_context *context);
void tcp_experiment_read(struct row *row, struct rd *r, const struct tcp_context *context);
void tcp_fast_open_read(struct row *row, struct rd *r, const struct tcp_context *context);

#endif
