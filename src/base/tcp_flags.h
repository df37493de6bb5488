/* The labels of the TCP sequence analysis, one bit each, named like Wireshark's fields tcp.analysis.*. The
 * room flow/ sets them; the reader of the TCP header turns them into fields. FAST_ and
 * SPURIOUS_RETRANSMISSION are set together with RETRANSMISSION. */
#ifndef FC_BASE_TCP_FLAGS_H
#define FC_BASE_TCP_FLAGS_H

enum tcp_analysis_flag {
    TCP_RETRANSMISSION = 1 << 0,
    TCP_FAST_RETRANSMISSION = 1 << 1,
    TCP_SPURIOUS_RETRANSMISSION = 1 << 2,
    TCP_OUT_OF_ORDER = 1 << 3,
    TCP_REUSED_PORTS = 1 << 4,
    TCP_LOST_SEGMENT = 1 << 5,
    TCP_ACK_LOST_SEGMENT = 1 << 6,
    TCP_WINDOW_UPDATE = 1 << 7,
    TCP_WINDOW_FULL = 1 << 8,
    TCP_KEEP_ALIVE = 1 << 9,
    TCP_KEEP_ALIVE_ACK = 1 << 10,
    TCP_DUPLICATE_ACK = 1 << 11,
    TCP_ZERO_WINDOW_PROBE = 1 << 12,
    TCP_ZERO_WINDOW = 1 << 13,
    TCP_ZERO_WINDOW_PROBE_ACK = 1 << 14
};

/* Values of a window scale that are not shift counts: the handshake was not seen, or it had no such
 * option. */
enum { TCP_SCALE_UNKNOWN = -1, TCP_SCALE_NONE = -2 };

#endif
