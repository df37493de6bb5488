/* Packets and values put into a log, and read again: they are the same. The first byte chooses the extras of
 * packets, and whether packets or values are put; the rest are their bits. */
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 5000 };

static struct log_packet packets[MOST];
static struct log_extras extras[MOST];

static uint64_t bits(const uint8_t **data, const uint8_t *end)
{
    uint64_t u = 0;
    unsigned n = *data < end ? *(*data)++ % 9u : 0;
    for (; n && *data < end; n--)
        u = u << 8 | *(*data)++;
    return u;
}

static void log_packets(struct log_pool *pool, const uint8_t *data, const uint8_t *end, unsigned mask)
{
    struct log log = {0};
    size_t n = 0;
    pool->start_ns = (int64_t)bits(&data, end);
    for (; data < end && n < MOST; n++) {
        struct log_packet *p = &packets[n];
        *p = (struct log_packet){.forward = *data & 1};
        p->time_ns = *data++ & 2 ? LOG_NO_TIME : (int64_t)bits(&data, end);
        p->ip_len = (uint32_t)bits(&data, end);
        p->payload_len = (uint32_t)bits(&data, end);
        extras[n] = (struct log_extras){mask & LOG_TCP_FLAGS ? (uint32_t)bits(&data, end) : 0,
                                        mask & LOG_FRAME ? (uint32_t)bits(&data, end) : 0,
                                        mask & LOG_FRAME_LENGTH ? (uint32_t)bits(&data, end) : 0};
        log_put_packet(&log, pool, p->time_ns, p->forward, p->ip_len, p->payload_len);
        log_put_extras(&log, pool, mask, &extras[n]);
    }
    struct log_reader r = log_read(&log, pool->start_ns);
    for (size_t i = 0; i < n; i++) {
        struct log_packet p;
        struct log_extras e = {0};
        if (!log_next_packet(&r, &p))
            abort();
        log_next_extras(&r, mask, &e);
        if (p.time_ns != packets[i].time_ns || p.forward != packets[i].forward ||
            p.ip_len != packets[i].ip_len || p.payload_len != packets[i].payload_len ||
            memcmp(&e, &extras[i], sizeof e) || log.n_packets != n)
            abort();
    }
}

static void log_values(struct log_pool *pool, const uint8_t *data, const uint8_t *end)
{
    struct log log = {0};
    const uint8_t *from = data;
    uint8_t scratch[255];
    for (size_t i = 0; data < end; i++) { /* a number and some bytes in turn */
        size_t n = *data < end - data ? *data : 0;
        if (i % 2) {
            log_put_bytes(&log, pool, data, n);
            data += n + 1;
        } else {
            log_put_varint(&log, pool, bits(&data, end));
        }
    }
    struct log_reader r = log_read(&log, 0);
    for (size_t i = 0; from < end; i++) {
        size_t n = *from < end - from ? *from : 0;
        if (i % 2 ? n && memcmp(log_get_bytes(&r, n, scratch), from, n)
                  : log_get_varint(&r) != bits(&from, end))
            abort();
        from += i % 2 ? n + 1 : 0;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct log_pool pool = {0};
    if (size < 1)
        return 0;
    if (data[0] & 8)
        log_values(&pool, data + 1, data + size);
    else
        log_packets(&pool, data + 1, data + size, data[0] & 7);
    log_pool_free(&pool);
    return 0;
}
