/* Inside the room: functions that the files of the TCP reader share. */
#ifndef FC_PROTO_TCP_H
#define FC_PROTO_TCP_H

#include "proto/headers.h"

/* The facts about the segment that the readers of options need, and those that they find. */
struct tcp_context {
    uint16_t flags;    /* the twelve flag bits */
    uint32_t ack;      /* as sent */
    uint32_t base_ack; /* base of the other direction, to which the edges of SACK blocks are relative; 0: not
                          known */
    bool has_mss;      /* out: a maximum segment size was among the options */
};

/* Reads the next n bytes as options; r moves behind them, or fails if they were cut. */
void tcp_options_read(struct row *row, struct rd *r, uint32_t n, struct tcp_context *context);
/* Each function reads an option behind its length byte. */
void mptcp_read(struct row *row, struct rd *r);
void tcp_sack_read(struct row *row, struct rd *r, const struct tcp_context *context);
void tcp_experiment_read(struct row *row, struct rd *r, const struct tcp_context *context);
void tcp_fast_open_read(struct row *row, struct rd *r, const struct tcp_context *context);

#endif
