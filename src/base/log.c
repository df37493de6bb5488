/* Logs. A log's chunks grow with the log, so that neither a flow of one packet nor a flow of a million
 * packets wastes much memory.
 * Invariant: the record of a packet lies in one chunk, and so does a varint; only plain bytes may be split
 * over chunks. The reader does not check lengths again, because it reads only records that this file
 * wrote. */
#include "base/log.h"

enum {
    FIRST_CHUNK = 64,   /* a cache line, with room for five packets */
    SECOND_CHUNK = 128, /* from this size on, the header of a chunk is less than a tenth of it */
    LAST_CHUNK = 16384, /* at this size the header and the unused tail no longer matter */
    SHARE =
        7 /* a chunk is at most a seventh of the log before it, so at worst 14 % of the memory is unused */
};

static uint32_t log_chunk_size(uint32_t held)
{
    if (!held)
        return FIRST_CHUNK;
    uint32_t size = held / SHARE;
    return size < SECOND_CHUNK ? SECOND_CHUNK : size > LAST_CHUNK ? LAST_CHUNK : size;
}

/* Appends a chunk, and stores the number of used bytes of the chunk before it. For the newest chunk only the
 * log has that number, so that a usual append touches only two cache lines. Returns false when memory ends.
 */
static bool log_grow(struct log *log, struct log_pool *pool)
{
    uint32_t size = (uint32_t)arena_size(log_chunk_size(log->held));
    struct log_chunk *chunk = arena_take(&pool->arena, size);
    if (!chunk)
        return false;
    *chunk = (struct log_chunk){.size = (uint16_t)size};
    if (log->last) {
        log->last->used = (uint16_t)(log->next - log->last->bytes);
        log->last->next = chunk;
    } else {
        log->first = chunk;
    }
    log->last = chunk;
    log->next = chunk->bytes;
    log->left = size - (uint32_t)offsetof(struct log_chunk, bytes);
    if (log->held < SHARE * LAST_CHUNK)
        log->held += size;
    return true;
}

void log_give(struct log *log, struct log_pool *pool)
{
    for (struct log_chunk *chunk = log->first, *next; chunk; chunk = next) {
        next = chunk->next;
        arena_give(&pool->arena, chunk, chunk->size);
    }
    *log = (struct log){0};
}

bool log_put_slow(struct log *log, struct log_pool *pool, const uint8_t *bytes, uint32_t len)
{
    if (log->left < len && !log_grow(log, pool))
        return false;
    memcpy(log->next, bytes, len);
    log->next += len;
    log->left -= len;
    return true;
}

void log_put_bytes(struct log *log, struct log_pool *pool, const void *bytes, size_t len)
{
    const uint8_t *from = bytes;
    while (len) {
        if (!log->left && !log_grow(log, pool))
            return;
        uint32_t n = len < log->left ? (uint32_t)len : log->left;
        memcpy(log->next, from, n);
        log->next += n;
        log->left -= n;
        from += n;
        len -= n;
    }
}

void log_put_long_varint(struct log *log, struct log_pool *pool, uint64_t u)
{
    uint8_t bytes[10];
    uint32_t n = 0;
    for (; u >= 0x80; u >>= 7)
        bytes[n++] = (uint8_t)(u | 0x80);
    bytes[n++] = (uint8_t)u;
    (void)log_put_slow(log, pool, bytes, n);
}

static void log_open(struct log_reader *r, const struct log_chunk *chunk)
{
    r->chunk = chunk;
    r->next = chunk->bytes;
    r->end = chunk == r->log->last ? r->log->next : chunk->bytes + chunk->used;
    if (chunk->next) /* the chunks of one log lie far apart when many flows grow at once */
        __builtin_prefetch(chunk->next);
}

struct log_reader log_read(const struct log *log)
{
    struct log_reader r = {.log = log};
    if (log && log->first)
        log_open(&r, log->first);
    return r;
}

bool log_turn(struct log_reader *r)
{
    /* A chunk is empty when it was allocated for a record that then failed because memory ended. */
    while (r->chunk && r->next == r->end && r->chunk->next)
        log_open(r, r->chunk->next);
    return r->next != r->end;
}

uint64_t log_get_long_varint(struct log_reader *r)
{
    if (r->next == r->end && !log_turn(r))
        return 0;
    uint64_t u = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint8_t byte = *r->next++;
        u |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return u;
    }
}

const uint8_t *log_get_bytes(struct log_reader *r, size_t n, uint8_t *scratch)
{
    if (r->next == r->end)
        log_turn(r);
    const uint8_t *p = r->next;
    if (n <= log_together(r)) {
        r->next += n;
        return p;
    }
    for (size_t done = 0; done < n;) {
        size_t part = n - done < log_together(r) ? n - done : log_together(r);
        memcpy(scratch + done, r->next, part);
        r->next += part;
        done += part;
        if (done < n && !log_turn(r))
            break;
    }
    return scratch;
}
