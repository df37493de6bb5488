#include "base/log.h"

#include "base/memory.h"
#include "test.h"

static struct log_pool pool;

static uint64_t random_state = 1;
static uint64_t any(void)
{
    random_state = random_state * 6364136223846793005U + 1442695040888963407U;
    return random_state >> 1 ^ random_state >> 33;
}

static struct log_packet odd_packet(unsigned i)
{
    struct log_packet p = {.time_ns = (int64_t)(1600000000000000000 + (any() >> any() % 64)),
                           .forward = any() & 1};
    p.ip_len = (uint32_t)(any() >> any() % 64);
    p.payload_len = i % 3 == 0 ? 0 : i % 3 == 1 ? p.ip_len - (uint32_t)(any() % 300) : (uint32_t)any();
    if (i % 17 == 0)
        p.time_ns = LOG_NO_TIME;
    if (i % 19 == 0)
        p.time_ns = INT64_MAX;
    if (i % 23 == 0)
        p.time_ns = INT64_MIN + 1;
    return p;
}

static void put(struct log *log, const struct log_packet *p)
{
    log_put_packet(log, &pool, p->time_ns, p->forward, p->ip_len, p->payload_len);
}

static bool same(const struct log_packet *a, const struct log_packet *b)
{
    return a->time_ns == b->time_ns && a->forward == b->forward && a->ip_len == b->ip_len &&
           a->payload_len == b->payload_len;
}

TEST(packets_come_back_as_they_went_in)
{
    enum { N = 5000 };
    static struct log_packet packets[N];
    struct log log = {0};
    uint32_t payloads = 0;
    for (unsigned i = 0; i < N; i++) {
        packets[i] = odd_packet(i);
        payloads += packets[i].payload_len != 0;
        put(&log, &packets[i]);
    }
    CHECK_INT(log.n_packets, N);
    CHECK_INT(log.n_payloads, payloads);
    struct log_reader r = log_read(&log, 0);
    struct log_packet p;
    unsigned n = 0;
    while (log_next_packet(&r, &p)) {
        CHECK(n < N && same(&p, &packets[n]));
        n++;
    }
    CHECK_INT(n, N);
    log_pool_free(&pool);
}

TEST(every_length_of_log_ends_where_it_should)
{
    for (unsigned length = 0; length < 60; length++) {
        struct log log = {0};
        for (unsigned i = 0; i < length; i++)
            log_put_packet(&log, &pool, (int64_t)i * 1000, true, 40 + i, i);
        struct log_reader r = log_read(&log, 0);
        struct log_packet p;
        unsigned n = 0;
        while (log_next_packet(&r, &p)) {
            CHECK_INT(p.ip_len, 40 + n);
            CHECK_INT(p.payload_len, n);
            CHECK_INT(p.time_ns, n * 1000);
            n++;
        }
        CHECK_INT(n, length);
    }
    log_pool_free(&pool);
}

TEST(an_empty_log_holds_nothing)
{
    struct log log = {0};
    struct log_packet p;
    struct log_reader r = log_read(&log, 0), none = log_read(NULL, 0);
    CHECK(!log_next_packet(&r, &p));
    CHECK(!log_next_packet(&none, &p));
    CHECK(log_at_end(&r));
    CHECK(!pool.arena.block);
    CHECK(sizeof(struct log) <= 40);
}

TEST(small_flows_are_small_and_large_ones_waste_little)
{
    struct log one = {0}, two = {0}, four = {0}, many = {0};
    int64_t time = 1700000000123456789;
    pool.start_ns = time - 3600000000000;
    log_put_packet(&one, &pool, time, true, 60, 0);
    for (int i = 0; i < 2; i++) /* a question and its answer */
        log_put_packet(&two, &pool, time + i * 20000000, !i, 70 + i * 60, 42 + i * 60);
    CHECK(!one.held && !two.held && !pool.arena.block);
    for (int i = 0; i < 4; i++)
        log_put_packet(&four, &pool, time + i * 20000000, i & 1, 60, 0);
    CHECK_INT(four.held, 4);
    for (int i = 0; i < 100000; i++)
        log_put_packet(&many, &pool, time + i * 300000LL, i & 1, i & 1 ? 1500 : 52, i & 1 ? 1448 : 0);
    size_t used = 0, size = 0;
    for (struct log_chunk *c = many.last->next;; c = c->next) {
        size += c->size;
        used += c->used;
        if (c == many.last)
            break;
    }
    CHECK(size < 100000 * 5 && used > size / 10 * 9);
    log_pool_free(&pool);
}

static void check_times(const int64_t *times, size_t n, int64_t start_ns)
{
    struct log log = {0};
    pool.start_ns = start_ns;
    for (size_t i = 0; i < n; i++)
        log_put_packet(&log, &pool, times[i], i & 1, 100, 60);
    struct log_reader r = log_read(&log, start_ns);
    struct log_packet p;
    for (size_t i = 0; i < n; i++) {
        CHECK(log_next_packet(&r, &p));
        CHECK(p.time_ns == times[i]);
    }
    CHECK(log_at_end(&r));
    log_pool_free(&pool);
}

TEST(times_come_back_whatever_their_unit_and_distance)
{
    int64_t times[200];
    size_t n = 0;
    for (unsigned bit = 0; bit < 63;
         bit++) { /* every number of bytes, forth and back, whole microseconds and not */
        times[n++] = (int64_t)1 << bit;
        times[n++] = -((int64_t)1 << bit) / 1000 * 1000;
        times[n++] = ((int64_t)1 << bit) - 1;
    }
    times[n++] = LOG_NO_TIME;
    times[n++] = INT64_MAX;
    times[n++] = INT64_MIN + 1;
    times[n++] = INT64_MAX;
    check_times(times, n, 0);
    check_times(times, n, 1700000000000000000);
    check_times(times, n, INT64_MIN + 1);
}

TEST(headers_that_change_come_back)
{
    static const uint32_t headers[] = {52, 52, 64, 52, 0, 300, 52, 255, 256, 70000};
    static const uint32_t payloads[] = {0, 1448, 0, 65483, 65484, 1, 0, 1u << 20, UINT32_MAX};
    enum { N_HEADERS = sizeof headers / sizeof *headers, N_PAYLOADS = sizeof payloads / sizeof *payloads };
    struct log log = {0};
    for (unsigned i = 0; i < N_HEADERS * N_PAYLOADS; i++)
        log_put_packet(&log, &pool, i, i % 3 == 0, headers[i % N_HEADERS] + payloads[i % N_PAYLOADS],
                       payloads[i % N_PAYLOADS]);
    struct log_reader r = log_read(&log, 0);
    struct log_packet p;
    for (unsigned i = 0; i < N_HEADERS * N_PAYLOADS; i++) {
        CHECK(log_next_packet(&r, &p));
        CHECK_INT(p.payload_len, payloads[i % N_PAYLOADS]);
        CHECK_INT(p.ip_len, headers[i % N_HEADERS] + payloads[i % N_PAYLOADS]);
        CHECK(p.forward == (i % 3 == 0));
    }
    CHECK(log_at_end(&r));
    log_pool_free(&pool);
}

TEST(bytes_lie_over_chunks)
{
    struct log log = {0};
    uint8_t bytes[3000], scratch[3000];
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7);
    for (unsigned i = 0; i < 200; i++) {
        log_put_varint(&log, &pool, i * 15);
        log_put_bytes(&log, &pool, bytes, i * 15);
        log_put_varint(&log, &pool, UINT64_MAX - i);
    }
    struct log_reader r = log_read(&log, 0);
    for (unsigned i = 0; i < 200; i++) {
        size_t n = log_get_varint(&r);
        CHECK_INT(n, i * 15);
        CHECK(!memcmp(log_get_bytes(&r, n, scratch), bytes, n));
        CHECK(log_get_varint(&r) == UINT64_MAX - i);
    }
    CHECK(log_at_end(&r));
    log_pool_free(&pool);
}

TEST(memory_that_ends_leaves_a_readable_log)
{
    struct memory_state memory = {0};
    struct log log = {0};
    memory_fail_after(20); /* pieces of the log */
    unsigned n = 0;
    pool.arena.memory = &memory;
    for (; n < 100000 && !memory.ended; n += !memory.ended)
        log_put_packet(&log, &pool, n, true, 100, 60);
    memory_fail_after(-1);
    CHECK(n > 100 && n < 100000);
    CHECK_INT(log.n_packets, n);
    struct log_reader r = log_read(&log, 0);
    struct log_packet p;
    unsigned read = 0;
    while (log_next_packet(&r, &p))
        read++;
    CHECK_INT(read, n);
    log_pool_free(&pool);
    pool.arena.memory = NULL;
}

TEST(a_reset_pool_is_used_again)
{
    const struct arena_block *block = NULL;
    for (int round = 0; round < 6; round++) {
        struct log log = {0};
        for (int i = 0; i < 1000; i++)
            log_put_packet(&log, &pool, i, true, 100, 60);
        CHECK(round < 3 || pool.arena.block == block); /* the largest block is kept, and one is enough */
        block = pool.arena.block;
        log_pool_reset(&pool);
    }
    log_pool_free(&pool);
}

TEST(a_log_that_is_given_back_serves_the_next_one)
{
    struct log_pool own = {0};
    size_t first = 0;
    for (int round = 0; round < 100; round++) {
        struct log log = {0};
        for (unsigned i = 0; i < 3000; i++)
            log_put_packet(&log, &own, i * 1000, i & 1, 100 + i % 50, i % 40);
        struct log_reader r = log_read(&log, 0);
        struct log_packet p;
        unsigned n = 0;
        for (; log_next_packet(&r, &p); n++)
            CHECK(p.time_ns == n * 1000 && p.ip_len == 100 + n % 50 && p.payload_len == n % 40);
        CHECK_INT(n, 3000);
        size_t left = own.arena.left;
        first = round ? first : left;
        CHECK(left <= first && left + 4096 > first); /* the lists of unused pieces, once */
        log_give(&log, &own);
        CHECK(!log.held && !log.n_packets);
    }
    log_pool_free(&own);
}

TEST(pieces_of_an_arena_are_used_again_by_size)
{
    struct arena arena = {0};
    size_t before = 0;
    for (size_t n = 1; n < 100000; n += n / 3 + 1) {
        size_t size = arena_size(n);
        CHECK(size >= n && size <= n + (n > 128 ? n / 8 : 15) && arena_size(size) == size && size >= before);
        before = size;
        uint8_t *a = arena_take(&arena, n), *b = arena_take(&arena, n);
        CHECK(a && b && a != b);
        memset(a, 1, size);
        memset(b, 2, size);
        arena_give(&arena, a, n);
        arena_give(&arena, b, size);
        CHECK(arena_take(&arena, size) == b && arena_take(&arena, n) == a);
    }
    arena_free(&arena);
    CHECK(!arena.unused);
}
