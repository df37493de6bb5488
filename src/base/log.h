/* The packets of a flow, kept until the row of the flow is written: an append-only log of bytes in small
 * chunks.
 *
 * Every flow has one log of packets (log_put_packet, log_next_packet) and, if fields are asked for, a second
 * log of values, which table/values.h fills. An empty log is all zero and has no chunk. Its first chunk has
 * 64 bytes; later ones have about a seventh of the log's size. Chunks come from a pool, which is reset whole;
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

struct log_pool {
    struct arena arena;
};
static inline void log_pool_reset(struct log_pool *pool) { arena_reset(&pool->arena); }
static inline void log_pool_free(struct log_pool *pool) { arena_free(&pool->arena); }

struct log_chunk {
    struct log_chunk *next;
    uint16_t used; /* used bytes; not valid in the newest chunk, see log_grow */
    uint16_t size; /* with this header */
    uint8_t bytes[];
};

/* The state of one log. Zero-initialise it. */
struct log {
    struct log_chunk *first, *last;
    uint8_t *next;       /* where the next byte goes */
    uint32_t left;       /* free bytes there */
    uint32_t held;       /* bytes of all chunks; counted only until chunks have their largest size */
    int64_t last_ns;     /* time of the newest packet that has a time */
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

/* The record of a packet: a byte of flags, 1 to 8 bytes of time difference (zigzag), 2 or 4 bytes of ip_len,
 * and the payload: no byte when there is none, one byte that holds ip_len - payload_len, or four bytes that
 * hold payload_len. In practice a record has 7 to 9 bytes. */
enum {
    LOG_FORWARD = 1,
    LOG_TIME_SHIFT = 1, /* 3 bits hold the number of bytes of the time difference, less 1 */
    LOG_LONG_IP = 16,
    LOG_SHORT_PAYLOAD = 32,
    LOG_LONG_PAYLOAD = 64,
    LOG_TIMELESS = 128,
    LOG_RECORD_MAX = 17,
    LOG_RECORD_ROOM = 24 /* bytes that log_encode may write to, beyond the record too */
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

static inline uint32_t log_encode(uint8_t *out, uint64_t time, unsigned flags, uint32_t ip_len,
                                  uint32_t payload_len)
{
    unsigned time_len = (unsigned)(71 - __builtin_clzll(time | 1)) >> 3;
    uint8_t *p = out + 1;
    log_le64(p, time);
    p += time_len;
    bool long_ip = ip_len > UINT16_MAX;
    log_le32(p, ip_len);
    p += long_ip ? 4 : 2;
    uint32_t other = ip_len - payload_len;
    bool long_payload = payload_len && other > UINT8_MAX;
    log_le32(p, long_payload ? payload_len : other);
    p += long_payload ? 4 : payload_len != 0;
    *out = (uint8_t)(flags | (time_len - 1) << LOG_TIME_SHIFT | (long_ip ? LOG_LONG_IP : 0) |
                     (long_payload  ? LOG_LONG_PAYLOAD
                      : payload_len ? LOG_SHORT_PAYLOAD
                                    : 0));
    return (uint32_t)(p - out);
}

/* Appends one packet: its time in nanoseconds (or LOG_NO_TIME), its direction, and two lengths in bytes,
 * which the caller defines. A packet with payload_len 0 does not appear in the payload columns. When memory
 * ends, the log is unchanged. */
static inline void log_put_packet(struct log *log, struct log_pool *pool, int64_t time_ns, bool forward,
                                  uint32_t ip_len, uint32_t payload_len)
{
    bool timed = time_ns != LOG_NO_TIME;
    uint64_t time = timed ? log_zigzag((int64_t)((uint64_t)time_ns - (uint64_t)log->last_ns)) : 0;
    unsigned flags = (forward ? LOG_FORWARD : 0) | (timed ? 0 : LOG_TIMELESS);
    if (log->left >= LOG_RECORD_ROOM) {
        uint32_t n = log_encode(log->next, time, flags, ip_len, payload_len);
        log->next += n;
        log->left -= n;
    } else {
        uint8_t record[LOG_RECORD_ROOM];
        if (!log_put_slow(log, pool, record, log_encode(record, time, flags, ip_len, payload_len)))
            return;
    }
    log->last_ns = timed ? time_ns : log->last_ns;
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
    const struct log_chunk *chunk;
    const uint8_t *next, *end;
    int64_t last_ns;
};
struct log_packet {
    int64_t time_ns; /* LOG_NO_TIME if the packet has none */
    uint32_t ip_len, payload_len;
    bool forward;
};

/* Returns a reader at the start of the log. The log must not grow while it is read. A NULL log is empty. */
struct log_reader log_read(const struct log *log);
/* Moves on to the next chunk that has bytes. Returns false at the end of the log. */
bool log_turn(struct log_reader *r);

/* Reads the next packet. Returns false at the end of the log. */
static inline bool log_next_packet(struct log_reader *r, struct log_packet *out)
{
    if (r->next == r->end && !log_turn(r))
        return false;
    /* A record lies in one chunk. The loads reach at most 7 bytes beyond it, which ARENA_SLACK allows. */
    const uint8_t *p = r->next;
    unsigned flags = *p++;
    unsigned time_len = (flags >> LOG_TIME_SHIFT & 7) + 1;
    uint64_t time = rd_le64(p) & UINT64_MAX >> (64 - 8 * time_len);
    p += time_len;
    uint32_t ip_len = rd_le32(p) & (flags & LOG_LONG_IP ? UINT32_MAX : UINT16_MAX);
    p += flags & LOG_LONG_IP ? 4 : 2;
    uint32_t payload_len = flags & LOG_SHORT_PAYLOAD ? ip_len - *p : 0;
    p += (flags & LOG_SHORT_PAYLOAD) != 0;
    if (__builtin_expect(flags & LOG_LONG_PAYLOAD, 0)) {
        payload_len = rd_le32(p);
        p += 4;
    }
    r->next = p;
    r->last_ns = (int64_t)((uint64_t)r->last_ns + (uint64_t)log_unzigzag(time));
    out->time_ns = __builtin_expect(flags & LOG_TIMELESS, 0) ? LOG_NO_TIME : r->last_ns;
    out->ip_len = ip_len;
    out->payload_len = payload_len;
    out->forward = flags & LOG_FORWARD;
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
