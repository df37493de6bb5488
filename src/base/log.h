/* What a flow remembers of its packets until its row is written: an append-only log of bytes in small chunks.
 *
 * Every flow has one log of packets (log_put_packet, log_next_packet) and, when fields are asked for, a
 * second one that table/values.h fills. A log that was never written to is all zero and holds no memory; its
 * first chunk has 64 bytes, later ones about a seventh of what the log holds. Chunks live in a pool that is
 * reset whole. */
#ifndef FC_BASE_LOG_H
#define FC_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/rd.h"

#define LOG_NO_TIME INT64_MIN /* the time of a packet that has none */

struct log_pool {
    struct arena arena;
};
static inline void log_pool_reset(struct log_pool *pool) { arena_reset(&pool->arena); }
static inline void log_pool_free(struct log_pool *pool) { arena_free(&pool->arena); }

struct log_chunk {
    struct log_chunk *next;
    uint32_t used; /* bytes; of the newest chunk only the log knows */
    uint8_t bytes[];
};

/* Zero-initialise. */
struct log {
    struct log_chunk *first, *last;
    uint8_t *next;       /* where the next byte goes */
    uint32_t left;       /* bytes free there */
    uint32_t held;       /* bytes of all chunks, as far as growth cares */
    int64_t last_ns;     /* time of the newest packet that has one */
    uint32_t n_packets;  /* records put; in a log of values: packets that have some */
    uint32_t n_payloads; /* of them with payload_len > 0; in a log of values: index of the newest packet */
};

/* The newest chunk's fill is written down only when it is left, so that an append touches the log and one
 * line. */
bool log_grow(struct log *log, struct log_pool *pool);
bool log_put_slow(struct log *log, struct log_pool *pool, const uint8_t *bytes, uint32_t len);

/* Bytes of any number; they may be spread over chunks. False when memory ends. */
bool log_put_bytes(struct log *log, struct log_pool *pool, const void *bytes, size_t len);
bool log_put_long_varint(struct log *log, struct log_pool *pool, uint64_t u);
/* 7 bits a byte, low ones first. Never spread over chunks. */
static inline bool log_put_varint(struct log *log, struct log_pool *pool, uint64_t u)
{
    if (u >= 0x80 || !log->left)
        return log_put_long_varint(log, pool, u);
    *log->next++ = (uint8_t)u;
    log->left--;
    return true;
}

static inline uint64_t log_zigzag(int64_t i) { return (uint64_t)i << 1 ^ (uint64_t)(i >> 63); }
static inline int64_t log_unzigzag(uint64_t u) { return (int64_t)(u >> 1 ^ (0 - (u & 1))); }

/* A packet's record: a byte of flags, 1 to 8 bytes of time difference, 2 or 4 of ip_len, and of the payload
 * length nothing (there is none), one byte (ip_len - payload_len) or four (the length). 7 to 9 bytes in
 * practice. */
enum {
    LOG_FORWARD = 1,
    LOG_TIME_SHIFT = 1, /* 3 bits: bytes of the time difference - 1 */
    LOG_LONG_IP = 16,
    LOG_SHORT_PAYLOAD = 32,
    LOG_LONG_PAYLOAD = 64,
    LOG_TIMELESS = 128,
    LOG_RECORD_MAX = 17,
    LOG_RECORD_ROOM = 24 /* what encoding may touch */
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

/* One packet: its time (LOG_NO_TIME: none), its direction and its two lengths, whatever the caller counts as
 * such. A payload_len of 0 keeps it out of the payload columns. False when memory ends; the log is then as
 * before. */
static inline bool log_put_packet(struct log *log, struct log_pool *pool, int64_t time_ns, bool forward,
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
            return false;
    }
    log->last_ns = timed ? time_ns : log->last_ns;
    log->n_packets++;
    log->n_payloads += payload_len != 0;
    return true;
}

struct log_reader {
    const struct log *log;
    const struct log_chunk *chunk;
    const uint8_t *next, *end;
    int64_t last_ns;
};
struct log_packet {
    int64_t time_ns; /* LOG_NO_TIME: none */
    uint32_t ip_len, payload_len;
    bool forward;
};

/* Fetches the start of a log that will be read soon. */
static inline void log_prefetch(const struct log *log) { __builtin_prefetch(log->first); }
/* Reads from the start; the log may not grow meanwhile. A NULL log is empty. */
struct log_reader log_read(const struct log *log);
/* Goes on to the chunk after this one; false at the end. */
bool log_turn(struct log_reader *r);

/* False at the end. */
static inline bool log_next_packet(struct log_reader *r, struct log_packet *out)
{
    if (r->next == r->end && !log_turn(r))
        return false;
    /* A record lies whole in its chunk; loads reach at most 7 bytes past it, which the arena allows. */
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

/* True when nothing is left to read. */
static inline bool log_at_end(struct log_reader *r) { return r->next == r->end && !log_turn(r); }
uint64_t log_get_long_varint(struct log_reader *r);
static inline uint64_t log_get_varint(struct log_reader *r)
{
    if (r->next == r->end || *r->next >= 0x80)
        return log_get_long_varint(r);
    return *r->next++;
}
/* The next n bytes: in place when they lie together, else copied into scratch, which has room for n. */
const uint8_t *log_get_bytes(struct log_reader *r, size_t n, uint8_t *scratch);
/* How many bytes lie together at the reader. */
static inline size_t log_together(const struct log_reader *r) { return (size_t)(r->end - r->next); }

#endif
