/* Logs. A log's chunks grow with the log, so that neither a flow of one packet nor a flow of a million
 * packets wastes much memory.
 * Invariants: the record of a packet lies in one chunk, and so does a varint; only plain bytes may be split
 * over chunks. While the log has no chunk, `left` is 0, so that every append comes to log_put_slow. The
 * reader does not check lengths again, because it reads only records that this file wrote. */
#include "base/log.h"

enum {
    FIRST_CHUNK = 64,
    SECOND_CHUNK = 96,  /* from this size on, the header of a chunk is an eighth of it or less */
    LAST_CHUNK = 16384, /* at this size the header and the unused tail no longer matter */
    SHARE =
        12,   /* a chunk is at most a twelfth of the log before it, so at worst 8 % of the memory is unused */
    UNIT = 16 /* of log.held, and of the sizes of an arena's pieces */
};

static uint32_t log_chunk_size(uint32_t held)
{
    if (!held)
        return FIRST_CHUNK;
    uint32_t size = held * UNIT / SHARE;
    return size < SECOND_CHUNK ? SECOND_CHUNK : size > LAST_CHUNK ? LAST_CHUNK : size;
}

/* Makes a new chunk the newest one of the log. The bytes of a log without a chunk move into it. */
static void log_append(struct log *log, struct log_chunk *chunk, uint32_t size)
{
    uint32_t n = 0;
    if (log->held) {
        log->last->used = (uint16_t)(log->next - log->last->bytes);
        chunk->next = log->last->next;
        log->last->next = chunk;
    } else {
        n = log->n_small;
        memcpy(chunk->bytes, log->small, n);
        chunk->next = chunk;
    }
    log->last = chunk;
    log->next = chunk->bytes + n;
    log->left = (uint16_t)(size - (uint32_t)offsetof(struct log_chunk, bytes) - n);
    if (log->held < SHARE * LAST_CHUNK / UNIT)
        log->held = (uint16_t)(log->held + size / UNIT);
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
    log_append(log, chunk, size);
    return true;
}

void log_give(struct log *log, struct log_pool *pool)
{
    struct log_chunk *chunk = log->held ? log->last->next : NULL;
    for (bool is_last = false; chunk && !is_last;) {
        struct log_chunk *next = chunk->next;
        is_last = chunk == log->last;
        arena_give(&pool->arena, chunk, chunk->size);
        chunk = next;
    }
    *log = (struct log){0};
}

/* Appends to `small`, as long as the log has no chunk and the bytes fit there. */
static bool log_put_small(struct log *log, const uint8_t *bytes, size_t len)
{
    if (log->held || len > (size_t)(LOG_SMALL - log->n_small))
        return false;
    memcpy(log->small + log->n_small, bytes, len);
    log->n_small = (uint8_t)(log->n_small + len);
    return true;
}

bool log_put_slow(struct log *log, struct log_pool *pool, const uint8_t *bytes, uint32_t len)
{
    if (log_put_small(log, bytes, len))
        return true;
    if (log->left < len && !log_grow(log, pool))
        return false;
    memcpy(log->next, bytes, len);
    log->next += len;
    log->left = (uint16_t)(log->left - len);
    return true;
}

void log_put_bytes(struct log *log, struct log_pool *pool, const void *bytes, size_t len)
{
    const uint8_t *from = bytes;
    if (log_put_small(log, from, len))
        return;
    while (len) {
        if (!log->left && !log_grow(log, pool))
            return;
        uint32_t n = len < log->left ? (uint32_t)len : log->left;
        memcpy(log->next, from, n);
        log->next += n;
        log->left = (uint16_t)(log->left - n);
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
    bool is_last = chunk == r->log->last;
    r->chunk = chunk;
    r->next = chunk->bytes;
    r->end = is_last ? r->log->next : chunk->bytes + chunk->used;
    if (!is_last) /* the chunks of one log lie far apart when many flows grow at once */
        __builtin_prefetch(chunk->next);
}

struct log_reader log_read(const struct log *log, int64_t start_ns)
{
    struct log_reader r = {.log = log, .last_ns = start_ns};
    if (log && log->held) {
        log_open(&r, log->last->next);
    } else if (log) {
        r.next = log->small;
        r.end = log->small + log->n_small;
    }
    return r;
}

bool log_turn(struct log_reader *r)
{
    /* A chunk is empty when it was allocated for a record that then failed because memory ended. */
    while (r->chunk && r->next == r->end && r->chunk != r->log->last)
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
