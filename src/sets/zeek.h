/* Zeek's connections (a13de64): the shared parts of the family zeek-conn. Inside of this room. */
#ifndef FC_SETS_ZEEK_H
#define FC_SETS_ZEEK_H

#include "sets/csv.h"
#include "sets/set.h"
#include "sets/table.h"

/* ---- zeek_frame.c: frames to IP packets ---- */

/* An IP packet behind its tunnels, whole again if it came in fragments. */
struct zeek_packet {
    uint8_t src[16], dst[16]; /* network byte order; an IPv4 address is in the first 4 bytes */
    bool is_ip4;
    uint8_t protocol;
    uint32_t total;      /* length by the IP header, 0 where the header says 0 */
    uint32_t header;     /* of all IP headers */
    uint32_t n_payload;  /* by the IP header; 0 where total is 0 */
    const uint8_t *body; /* behind the IP headers */
    uint32_t n_body;     /* captured bytes of it */
    uint32_t wire;       /* bytes of the frame, from the IP header on for inner packets */
};

/* Fragments that wait for the rest of their datagram. */
struct zeek_fragments {
    struct set_table table;
    uint8_t *whole; /* the datagram that became whole last */
    size_t whole_capacity;
};
FC_MUST_USE bool zeek_fragments_init(struct zeek_fragments *fragments);
void zeek_fragments_free(struct zeek_fragments *fragments);

enum zeek_found {
    ZEEK_NONE,
    ZEEK_WAITS, /* a fragment, kept for its datagram */
    ZEEK_PACKET,
    ZEEK_NO_MEMORY
};
/* The IP packet that a frame holds or completes. */
enum zeek_found zeek_decode(struct zeek_packet *out, struct zeek_fragments *fragments,
                            const struct set_view *view, bool ignore_checksums);
/* The one's complement sum of a pseudo header and the bytes; 0xffff where a checksum among them is right. */
uint32_t zeek_sum(const struct zeek_packet *packet, const uint8_t *data, uint32_t n, bool pseudo_header);

/* ---- the state of a connection ---- */

struct zeek_range {
    uint64_t begin, end; /* relative sequence numbers */
};

struct zeek_stream {
    struct zeek_range *ranges; /* received and not yet trimmed; ascending, apart from each other */
    size_t n, capacity;
    uint64_t next, trimmed, held;
    bool skips, ended;
};

enum zeek_state { INACTIVE, SYN_SENT, SYN_ACK_SENT, PARTIAL, ESTABLISHED, CLOSED, RESET };
enum { ZEEK_FIN = 1, ZEEK_SYN = 2, ZEEK_RST = 4, ZEEK_ACK = 16 };
enum zeek_scaled { SCALED_T, SCALED_C, SCALED_W, SCALED_G, N_SCALED };

/* An event that is noted at its 1st, 10th, 100th ... occurrence. */
struct zeek_counter {
    uint64_t n, next;
};

struct zeek_conn;

struct zeek_end {
    bool is_orig, closed;
    uint8_t state, before; /* enum zeek_state: now, and before the last change */
    uint64_t start;
    uint32_t last, ack;
    uint64_t last_wraps, ack_wraps;
    uint64_t fins, fin_end;
    struct zeek_counter counters[N_SCALED];
    uint64_t syn_at, fin_at, rst_at; /* relative numbers of the last such segments */
    struct zeek_stream stream;
};

struct zeek_tcp {
    struct zeek_end ends[2];
    uint8_t orig; /* index of the originator's end */
    bool active, partial, deferred, deferred_event;
    uint8_t seen; /* 1: a packet of the originator, 2: of the responder */
};

enum zeek_timer_kind { TIMER_IDLE, TIMER_DELETE, TIMER_ATTEMPT, TIMER_EXPIRE };

struct zeek_timer {
    double when;
    uint64_t order, serial; /* serial: of the connection */
    uint32_t epoch;
    uint8_t kind;
    struct zeek_conn *conn;
};

struct zeek_key {
    uint8_t low[16], high[16];
    uint16_t low_port, high_port;
    uint8_t protocol, one_way, is_ip4, zero;
};

struct zeek_side {
    uint8_t address[16];
    uint16_t port;
    uint64_t packets, bytes;
};

enum zeek_transport { ZEEK_TCP, ZEEK_UDP, ZEEK_ICMP, ZEEK_OTHER };

enum { HISTORY_INLINE = 24 };

struct zeek_conn {
    struct set_entry entry;
    struct zeek_key key;
    struct zeek_world *world;
    uint64_t serial; /* 0: removed */
    struct zeek_side orig, resp;
    uint8_t transport, ip_protocol;
    double first, last, idle;
    char history[HISTORY_INLINE];
    struct set_buffer more_history; /* everything, once the history is longer */
    uint32_t n_history;
    uint8_t marks[2]; /* enum zeek_mark; of the responder, of the originator */
    uint64_t missed;
    int64_t sizes[2]; /* UDP, ICMP: payload; -1: no packet */
    struct zeek_counter bad[2];
    uint32_t epoch, idle_epoch;
    bool long_idle; /* the time-out of an interactive session begins after this packet */
    struct zeek_tcp tcp;
};

struct zeek_world {
    struct set set;
    struct set_table conns;
    struct zeek_fragments fragments;
    struct zeek_timer *timers; /* a heap */
    size_t n_timers, timers_capacity;
    uint64_t order, serials;
    double now;
    bool ignore_checksums;
    bool failed;                        /* memory ended, or the sink refused a row */
    uint8_t server_ports[2][65536 / 8]; /* a bit each; TCP, UDP */
    const char *capture;
};

/* History letters of which a side has one, or one for each new sequence number. */
enum zeek_mark { MARK_S = 1, MARK_F = 2, MARK_R = 4, MARK_D = 8, MARK_A = 16, MARK_I = 32, MARK_Q = 64 };

/* ---- zeek_history.c ---- */

void zeek_note(struct zeek_conn *conn, char letter, bool is_orig);
/* Counts; notes the letter at the 1st, 10th, 100th ... time. */
void zeek_count(struct zeek_conn *conn, struct zeek_counter *counter, char letter, bool is_orig);
/* Exchanges originator and responder. */
void zeek_flip(struct zeek_conn *conn);

/* ---- zeek_timer.c ---- */

void zeek_timer(struct zeek_conn *conn, double when, enum zeek_timer_kind kind);
/* Takes the first timer out of the heap, which is not empty. */
struct zeek_timer zeek_timer_take(struct zeek_world *world);
void zeek_inactivity(struct zeek_conn *conn, double seconds);
/* Makes all timers of the connection but that of idleness void. */
static inline void zeek_timers_cancel(struct zeek_conn *conn) { conn->epoch++; }

/* ---- zeek_row.c: columns ---- */

const struct set_column *zeek_columns(size_t *n);
bool zeek_row(struct zeek_conn *conn, const struct set_sink *sink);

/* ---- zeek_ports.c ---- */

bool zeek_is_server_port(const struct zeek_world *world, bool udp, uint16_t port);
/* The likely server ports of a text, or of the default scripts; false: the text is none of ports. */
bool zeek_server_ports(uint8_t bits[2][65536 / 8], const char *text);

static inline struct zeek_end *zeek_orig(struct zeek_tcp *tcp) { return &tcp->ends[tcp->orig]; }
static inline struct zeek_end *zeek_resp(struct zeek_tcp *tcp) { return &tcp->ends[!tcp->orig]; }
static inline struct zeek_end *zeek_peer(struct zeek_tcp *tcp, const struct zeek_end *end)
{
    return &tcp->ends[end == &tcp->ends[0]];
}

/* ---- zeek_tcp.c ---- */

void zeek_tcp_init(struct zeek_tcp *tcp);
void zeek_tcp_free(struct zeek_tcp *tcp);
/* header: 20 captured bytes at least; size: payload by the IP header; have: captured payload. */
void zeek_tcp_packet(struct zeek_conn *conn, bool is_orig, const uint8_t *header, uint32_t size,
                     uint32_t have);
/* Whether a segment begins a new connection with the same ends. */
bool zeek_tcp_is_reuse(struct zeek_tcp *tcp, const uint8_t *header, uint32_t n);

/* ---- zeek_side.c ---- */

/* Bytes of payload that a side has sent, by its sequence numbers. */
uint64_t zeek_tcp_size(struct zeek_tcp *tcp, const struct zeek_end *end);
bool zeek_tcp_nothing_acked(const struct zeek_end *end);
/* The relative number; the position of the side's acknowledgement. */
static inline uint64_t zeek_tcp_acked(const struct zeek_end *e)
{
    return (e->ack_wraps << 32) + e->ack - e->start;
}

/* ---- zeek_stream.c ---- */

void zeek_stream_init(struct zeek_stream *stream);
void zeek_stream_free(struct zeek_stream *stream);
void zeek_stream_data(struct zeek_conn *conn, struct zeek_end *end, uint64_t seq, uint64_t size);
/* The side's bytes up to seq are acknowledged. Returns true when these were new. */
bool zeek_stream_acked(struct zeek_conn *conn, struct zeek_end *end, uint64_t seq);
bool zeek_stream_pending(struct zeek_conn *conn, struct zeek_end *end);
/* True once, when everything up to the end of the stream was seen or given up. */
bool zeek_stream_ends(struct zeek_conn *conn, struct zeek_end *end);

#endif
