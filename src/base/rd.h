/* The reader of bytes: the only place of the project that compares a position with a length.
 *
 * A reader covers `len` bytes of the wire, of which the first `cap` were captured (cap <= len). A read beyond
 * the captured bytes fails as RD_CUT, a read beyond the bytes of the wire as RD_MALFORMED. The first failure
 * stays: later reads return 0 or NULL and do not move. So a parser reads straight on and calls rd_ok only
 * where the answer matters.
 * Integers are in network byte order, except where a name ends in _le. */
#ifndef FC_BASE_RD_H
#define FC_BASE_RD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rd_fail { RD_OK, RD_CUT, RD_MALFORMED };

struct rd {
    const uint8_t *data;
    uint32_t pos;
    uint32_t cap; /* captured bytes from `data` on */
    uint32_t len; /* bytes of the wire from `data` on, >= cap */
    uint8_t fail; /* enum rd_fail */
};

static inline struct rd rd_make(const uint8_t *data, uint32_t cap, uint32_t len)
{
    return (struct rd){.data = data, .pos = 0, .cap = cap < len ? cap : len, .len = len, .fail = RD_OK};
}

static inline bool rd_ok(const struct rd *r) { return r->fail == RD_OK; }

/* The bytes of the wire that are left, and the captured ones among them. */
static inline uint32_t rd_left(const struct rd *r) { return r->len - r->pos; }
static inline uint32_t rd_cap_left(const struct rd *r) { return r->cap > r->pos ? r->cap - r->pos : 0; }

/* Returns true when the next n bytes were captured; otherwise the reader fails. */
static inline bool rd_need(struct rd *r, uint32_t n)
{
    if (r->fail)
        return false;
    if (n <= r->cap && r->pos <= r->cap - n)
        return true;
    r->fail = (n <= r->len && r->pos <= r->len - n) ? RD_CUT : RD_MALFORMED;
    return false;
}

/* Returns true when the next n bytes were captured. The reader does not fail. */
static inline bool rd_has(const struct rd *r, uint32_t n)
{
    return !r->fail && n <= r->cap && r->pos <= r->cap - n;
}

static inline uint8_t rd_u8(struct rd *r) { return rd_need(r, 1) ? r->data[r->pos++] : 0; }

/* Returns the next n bytes, or NULL on failure. With n = 0 the pointer is valid. */
static inline const uint8_t *rd_bytes(struct rd *r, uint32_t n)
{
    if (!rd_need(r, n))
        return NULL;
    const uint8_t *p = r->data + r->pos;
    r->pos += n;
    return p;
}

static inline uint16_t rd_be16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
static inline uint32_t rd_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline uint64_t rd_be64(const uint8_t *p) { return (uint64_t)rd_be32(p) << 32 | rd_be32(p + 4); }
static inline uint16_t rd_le16(const uint8_t *p) { return (uint16_t)(p[1] << 8 | p[0]); }
static inline uint32_t rd_le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}
static inline uint64_t rd_le64(const uint8_t *p) { return (uint64_t)rd_le32(p + 4) << 32 | rd_le32(p); }

static inline uint16_t rd_u16(struct rd *r)
{
    const uint8_t *p = rd_bytes(r, 2);
    return p ? rd_be16(p) : 0;
}
static inline uint32_t rd_u24(struct rd *r)
{
    const uint8_t *p = rd_bytes(r, 3);
    return p ? (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2] : 0;
}
static inline uint32_t rd_u32(struct rd *r)
{
    const uint8_t *p = rd_bytes(r, 4);
    return p ? rd_be32(p) : 0;
}
static inline uint64_t rd_u64(struct rd *r)
{
    const uint8_t *p = rd_bytes(r, 8);
    return p ? rd_be64(p) : 0;
}
static inline uint16_t rd_u16_le(struct rd *r)
{
    const uint8_t *p = rd_bytes(r, 2);
    return p ? rd_le16(p) : 0;
}
static inline uint32_t rd_u32_le(struct rd *r)
{
    const uint8_t *p = rd_bytes(r, 4);
    return p ? rd_le32(p) : 0;
}
static inline uint64_t rd_u64_le(struct rd *r)
{
    const uint8_t *p = rd_bytes(r, 8);
    return p ? rd_le64(p) : 0;
}

/* Skips n bytes of the wire, whether or not they were captured. */
static inline bool rd_skip(struct rd *r, uint32_t n)
{
    if (r->fail)
        return false;
    if (n > rd_left(r)) {
        r->fail = RD_MALFORMED;
        return false;
    }
    r->pos += n;
    return true;
}

/* Reads at `at` bytes beyond the position, without moving. Returns 0 when the bytes were not captured. */
static inline uint8_t rd_peek8(const struct rd *r, uint32_t at)
{
    return rd_has(r, at + 1) ? r->data[r->pos + at] : 0;
}
static inline uint16_t rd_peek16(const struct rd *r, uint32_t at)
{
    return rd_has(r, at + 2) ? rd_be16(r->data + r->pos + at) : 0;
}
static inline uint32_t rd_peek32(const struct rd *r, uint32_t at)
{
    return rd_has(r, at + 4) ? rd_be32(r->data + r->pos + at) : 0;
}

/* Returns a reader over the next n bytes of the wire, and moves beyond them. If the wire has fewer, both
 * readers fail. */
static inline struct rd rd_sub(struct rd *r, uint32_t n)
{
    struct rd s = {.data = r->data + (r->pos < r->cap ? r->pos : r->cap), .fail = r->fail};
    uint32_t cap = rd_cap_left(r);
    if (!rd_skip(r, n)) {
        s.fail = r->fail;
        return s;
    }
    s.len = n;
    s.cap = cap < n ? cap : n;
    return s;
}

/* Returns a reader over all the bytes that are left, without moving. */
static inline struct rd rd_rest(const struct rd *r)
{
    struct rd s = {
        .data = r->data + (r->pos < r->cap ? r->pos : r->cap), .cap = rd_cap_left(r), .len = rd_left(r)};
    s.fail = r->fail;
    return s;
}

#endif
