/* A packet on its way into its flow: all that logs, totals, features and bytes may take of it. */
#ifndef FC_FLOW_KEPT_H
#define FC_FLOW_KEPT_H

#include "base/log.h"
#include "decode/packet.h"

struct kept_packet {
    int64_t time_ns;              /* LOG_NO_TIME: the capture has none */
    uint32_t ip_len, payload_len; /* bytes, as the style of the query counts them */
    uint32_t frame, frame_len;    /* frame.number, frame.len */
    uint16_t tcp_flags;           /* tcp.flags, 12 bits; 0 for other protocols */
    bool forward;                 /* client to server */
    const struct packet *packet;  /* all its layers */
    const struct layer *layer;    /* the transport header whose flow this is; layer->net: its IP header */
};

#endif
