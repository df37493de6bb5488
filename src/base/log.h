/* The packets of a flow, kept until the row of the flow is written: an append-only log of bytes in small
 * chunks.
 *
 * Every flow has one log of packets (log_put_packet, log_next_packet) and, if fields are asked for, a second
 * log of values, which table/values.h fills. An empty log is all zero. Its first 16 bytes, one or two
 * packets, lie in struct log itself; a longer log has chunks. Chunks come from a pool, which is reset whole;
 * a log that is not needed any more may give its chunks back before that. */
#ifndef FC_BASE_LOG_H
#define FC_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/rd.h"

#define LOG_NO_TIME INT64_MIN /* marks a packet without a time */

/* start_ns: the times in the logs are relative to it, so that those of a flow's first packet are short. Set
 * it while the pool has no packets; 0 is always right. */
struct log_pool {
    struct arena arena;
    int64_t start_ns;
};
static inline void log_pool_reset(struct log_pool *pool)
{
    arena_reset(&pool->arena);
    pool->start_ns = 0;
}
static inline void log_pool_free(struct log_pool *pool)
{
    arena_free(&pool->arena);
    pool->start_ns = 0;
}

struct log_chunk {
    struct log_chunk *next; /* of the newest chunk: the first one */
    uint16_t used;          /* used bytes; not valid in the newest chunk, see log_grow */
    uint16_t size;          /* with this header */
    uint8_t bytes[];
};

enum { LOG_SMALL = 16 };

/* The state of one log. Zero-initialise it. */
struct log {
    union {
        uint8_t small[LOG_SMALL]; /* while the log has no chunk */
        struct {
            struct log_chunk *last;
            uint8_t *next; /* where the next byte goes */
        };
    };
    uint16_t left; /* free bytes there; 0 while the log has no chunk */
    uint16_t held; /* bytes of all chunks, in units of 16; counted only until chunks have their largest size;
                      0: no chunk */
    uint8_t n_small;     /* used bytes of `small` */
    uint8_t header[2];   /* ip_len - payload_len of the newest packet of each direction; 0: none yet */
    int64_t last_ns;     /* time of the newest packet that has a time, less start_ns */
    uint32_t n_packets;  /* packets; in a log of values: packets that have values */
    uint32_t n_payloads; /* packets with payload_len > 0; in a log of values: index of the newest packet */
};

/* Gives the chunks of the log back to its pool; the log is then empty. */
void log_give(struct log *log, struct log_pool *pool);

/* The slow path of the functions below. Appends nothing and returns false when memory ends. */
bool log_put_slow(struct log *log, struct log_pool *pool, const uint8_t *bytes, uint32_t len);

/* When memory ends, the functions below set pool->arena.memory and append nothing, or a part; such a log is
 * not to be read. */

/* Appends `len` bytes, which may be split over chunks. */
void log_put_bytes(struct log *log, struct log_pool *pool, const void *bytes, size_t len);
void log_put_long_varint(struct log *log, struct log_pool *pool, uint64_t u);
/* Appends a number, 7 bits in each byte, low bits first, within one chunk. */
static inline void log_put_varint(struct log *log, struct log_pool *pool, uint64_t u)
{
    if (u >= 0x80 || !log->left) {
        log_put_long_varint(log, pool, u);
    } else {
        *log->next++ = (uint8_t)u;
        log->left--;
    }
}

static inline uint64_t log_zigzag(int64_t i) { return (uint64_t)i << 1 ^ (uint64_t)(i >> 63); }
static inline int64_t log_unzigzag(uint64_t u) { return (int64_t)(u >> 1 ^ (0 - (u & 1))); }

/* The record of a packet: a byte of flags, the time difference (zigzag, 0 to 6 or 8 bytes, in microseconds
 * where it is a whole number of them), and the lengths. Most packets have the header (ip_len - payload_len)
 * of the packet before in the same direction: their lengths take no byte where the payload is empty, and
 * otherwise the two bytes of ip_len. In practice a record has 3 to 6 bytes. */
enum {
    LOG_FORWARD = 1,
    LOG_TIME_SHIFT = 1, /* 3 bits: the number of bytes of the time difference; 7 stands for 8 */
    LOG_MICROSECONDS = 16,
    LOG_FORM_SHIFT = 5, /* 2 bits of enum log_form */
    LOG_TIMELESS = 128,
    LOG_RECORD_MAX = 17,
    LOG_RECORD_ROOM = 24 /* bytes that log_encode may write to, beyond the record too */
};
enum log_form {
    LOG_KNOWN_HEADER,  /* no payload */
    LOG_KNOWN_PAYLOAD, /* ip_len, 2 bytes */
    LOG_NEW_HEADER,    /* header, 1 byte; payload_len, 2 bytes */
    LOG_LONG           /* ip_len and payload_len, 4 bytes each */
};

static inline void log_le64(uint8_t *p, uint64_t u)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(p, &u, 8);
#else
    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)(u >> 8 * i);
#endif
}
static inline void log_le32(uint8_t *p, uint32_t u)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(p, &u, 4);
#else
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(u >> 8 * i);
#endif
}

/* Notes the header of a packet whose header was not known; writer and reader of a log do the same. A header
 * of the one direction is expected in the other one, too, until that has a packet. */
static inline void log_note_header(uint8_t header[2], bool forward, uint32_t ip_len, uint32_t payload_len)
{
    uint32_t h = ip_len - payload_len;
    if (h > UINT8_MAX)
        return;
    header[forward] = (uint8_t)h;
    if (!header[!forward])
        header[!forward] = (uint8_t)h;
}

/* `known`: the packet has the expected header, and ip_len has 16 bits. */
static inline uint32_t log_encode(uint8_t *out, int64_t diff, unsigned flags, bool known, uint32_t ip_len,
                                  uint32_t payload_len)
{
    int64_t microseconds = diff / 1000;
    bool whole = microseconds * 1000 == diff;
    uint64_t time = log_zigzag(whole ? microseconds : diff);
    unsigned time_len = time ? (unsigned)(71 - __builtin_clzll(time)) >> 3 : 0;
    unsigned time_code = time_len < 7 ? time_len : 7;
    uint8_t *p = out + 1;
    log_le64(p, time);
    p += time_len == 7 ? 8 : time_len;
    enum log_form form = payload_len ? LOG_KNOWN_PAYLOAD : LOG_KNOWN_HEADER;
    if (__builtin_expect(known, 1)) {
        log_le32(p, ip_len);
        p += payload_len ? 2 : 0;
    } else if (ip_len - payload_len <= UINT8_MAX && payload_len <= UINT16_MAX) {
        form = LOG_NEW_HEADER;
        *p++ = (uint8_t)(ip_len - payload_len);
        log_le32(p, payload_len);
        p += 2;
    } else {
        form = LOG_LONG;
        log_le32(p, ip_len);
        log_le32(p + 4, payload_len);
        p += 8;
    }
    *out = (uint8_t)(flags | time_code << LOG_TIME_SHIFT | (whole ? LOG_MICROSECONDS : 0) |
                     (unsigned)form << LOG_FORM_SHIFT);
    return (uint32_t)(p - out);
}

/* Appends one packet: its time in nanoseconds (or LOG_NO_TIME), its direction, and two lengths in bytes,
 * which the caller defines. A packet with payload_len 0 does not appear in the payload columns. When memory
 * ends, the log is unchanged. */
static inline void log_put_packet(struct log *log, struct log_pool *pool, int64_t time_ns, bool forward,
                                  uint32_t ip_len, uint32_t payload_len)
{
    bool timed = time_ns != LOG_NO_TIME;
    int64_t now = timed ? (int64_t)((uint64_t)time_ns - (uint64_t)pool->start_ns) : log->last_ns;
    int64_t diff = (int64_t)((uint64_t)now - (uint64_t)log->last_ns);
    unsigned flags = (forward ? LOG_FORWARD : 0) | (timed ? 0 : LOG_TIMELESS);
    bool known = ip_len - payload_len == log->header[forward] && ip_len <= UINT16_MAX;
    if (log->left >= LOG_RECORD_ROOM) {
        uint32_t n = log_encode(log->next, diff, flags, known, ip_len, payload_len);
        log->next += n;
        log->left = (uint16_t)(log->left - n);
    } else {
        uint8_t record[LOG_RECORD_ROOM];
        if (!log_put_slow(log, pool, record, log_encode(record, diff, flags, known, ip_len, payload_len)))
            return;
    }
    if (!known)
        log_note_header(log->header, forward, ip_len, payload_len);
    log->last_ns = now;
    log->n_packets++;
    log->n_payloads += payload_len != 0;
}

/* Facts of a packet that stand behind its record where they are wanted: bits of a mask that is the same for
 * the whole log. */
enum log_extra { LOG_TCP_FLAGS = 1, LOG_FRAME = 2, LOG_FRAME_LENGTH = 4 };
struct log_extras {
    uint32_t tcp_flags, frame, frame_len;
};
static inline void log_put_extras(struct log *log, struct log_pool *pool, unsigned mask,
                                  const struct log_extras *e)
{
    if (mask & LOG_TCP_FLAGS)
        log_put_varint(log, pool, e->tcp_flags);
    if (mask & LOG_FRAME)
        log_put_varint(log, pool, e->frame);
    if (mask & LOG_FRAME_LENGTH)
        log_put_varint(log, pool, e->frame_len);
}

struct log_reader {
    const struct log *log;
    const struct log_chunk *chunk; /* NULL: `small` is read */
    const uint8_t *next, *end;
    int64_t last_ns;
    uint8_t header[2];
};
struct log_packet {
    int64_t time_ns; /* LOG_NO_TIME if the packet has none */
    uint32_t ip_len, payload_len;
    bool forward;
};

/* Returns a reader at the start of the log. start_ns is that of its pool; a log without packets needs none.
 * The log must neither grow nor move while it is read. A NULL log is empty. */
struct log_reader log_read(const struct log *log, int64_t start_ns);
/* Moves on to the next chunk that has bytes. Returns false at the end of the log. */
bool log_turn(struct log_reader *r);

/* The lengths of a packet whose header was not expected. Returns the end of the record. */
static inline const uint8_t *log_get_lengths(const uint8_t *p, enum log_form form, struct log_packet *out)
{
    if (form == LOG_NEW_HEADER) {
        out->payload_len = rd_le32(p + 1) & UINT16_MAX;
        out->ip_len = *p + out->payload_len;
        return p + 3;
    }
    out->ip_len = rd_le32(p);
    out->payload_len = rd_le32(p + 4);
    return p + 8;
}

/* Reads the next packet. Returns false at the end of the log. */
static inline bool log_next_packet(struct log_reader *r, struct log_packet *out)
{
    if (r->next == r->end && !log_turn(r))
        return false;
    /* A record lies in one piece. The loads reach at most 8 bytes beyond it, which ARENA_SLACK and struct log
     * allow. */
    const uint8_t *p = r->next;
    unsigned flags = *p++;
    bool forward = flags & LOG_FORWARD;
    unsigned time_code = flags >> LOG_TIME_SHIFT & 7;
    uint64_t mask = time_code == 7 ? UINT64_MAX : ((uint64_t)1 << 8 * time_code) - 1;
    int64_t diff = log_unzigzag(rd_le64(p) & mask);
    p += time_code + (time_code == 7);
    uint64_t unit = flags & LOG_MICROSECONDS ? 1000 : 1;
    r->last_ns = (int64_t)((uint64_t)r->last_ns + (uint64_t)diff * unit);
    out->time_ns = __builtin_expect(flags & LOG_TIMELESS, 0) ? LOG_NO_TIME : r->last_ns;
    out->forward = forward;
    enum log_form form = (enum log_form)(flags >> LOG_FORM_SHIFT & 3);
    if (__builtin_expect(form <= LOG_KNOWN_PAYLOAD, 1)) { /* either follows the other at random: no branch */
        uint32_t header = r->header[forward], has_payload = 0 - (uint32_t)form;
        out->ip_len = (rd_le32(p) & UINT16_MAX & has_payload) | (header & ~has_payload);
        out->payload_len = out->ip_len - header;
        r->next = p + 2 * (unsigned)form;
    } else {
        r->next = log_get_lengths(p, form, out);
        log_note_header(r->header, forward, out->ip_len, out->payload_len);
    }
    return true;
}

/* Returns true when nothing is left to read. */
static inline bool log_at_end(struct log_reader *r) { return r->next == r->end && !log_turn(r); }
uint64_t log_get_long_varint(struct log_reader *r);
static inline uint64_t log_get_varint(struct log_reader *r)
{
    if (r->next == r->end || *r->next >= 0x80)
        return log_get_long_varint(r);
    return *r->next++;
}
/* Reads the next n bytes. Returns them in place if they lie in one chunk; otherwise copies them into
 * `scratch`, which has room for n. */
const uint8_t *log_get_bytes(struct log_reader *r, size_t n, uint8_t *scratch);
/* The bytes between the reader and the end of its chunk. */
static inline size_t log_together(const struct log_reader *r) { return (size_t)(r->end - r->next); }

/* The extras behind the packet that was read last. */
static inline void log_next_extras(struct log_reader *r, unsigned mask, struct log_extras *out)
{
    if (mask & LOG_TCP_FLAGS)
        out->tcp_flags = (uint32_t)log_get_varint(r);
    if (mask & LOG_FRAME)
        out->frame = (uint32_t)log_get_varint(r);
    if (mask & LOG_FRAME_LENGTH)
        out->frame_len = (uint32_t)log_get_varint(r);
}

#endif
