/* Bodies compressed with DEFLATE, in any of the forms that HTTP servers send.
 * Invariant: a damaged gzip stream gives nothing, not even the bytes before the damage; a stream that only
 * ends early gives the bytes before its end. Checksums and bytes behind the stream are not examined.
 * Source: RFC 1950, 1951, 1952; Wireshark's answers to damage were observed (tshark 4.0.17). */
#include "base/inflate.h"

#ifdef FC_HAVE_ZLIB
#include <string.h>
#include <zlib.h>

#include "base/rd.h"

/* The framing of the stream, as zlib's inflateInit2 takes it. */
enum { ZLIB_FORM = MAX_WBITS, BARE_FORM = -MAX_WBITS };

static void *zlib_take(void *arena, unsigned n, unsigned size)
{
    return arena_alloc(arena, (size_t)n * size);
}

static void zlib_give(void *arena, void *memory)
{
    (void)arena;
    (void)memory;
}

static bool output_grow(struct arena *arena, uint8_t **out, uint32_t used, uint32_t *room, uint32_t most)
{
    *room = *room < most / 2 ? *room * 2 : most;
    uint8_t *bigger = arena_alloc(arena, *room);
    if (!bigger)
        return false;
    memcpy(bigger, *out, used);
    *out = bigger;
    return true;
}

static enum inflate_result inflate_stream(struct arena *arena, struct rd r, int form, uint32_t limit,
                                          uint8_t **out, uint32_t *out_len)
{
    z_stream z = {.zalloc = zlib_take, .zfree = zlib_give, .opaque = arena};
    uint32_t guess = rd_cap_left(&r) < limit / 4 ? rd_cap_left(&r) * 4 + 64 : limit;
    uint32_t room =
        guess < limit ? guess : limit + 1; /* the one byte beyond the limit shows that the body is too long */
    z.avail_in = rd_cap_left(&r);
    z.next_in = (uint8_t *)(uintptr_t)rd_bytes(&r, z.avail_in);
    *out = arena_alloc(arena, room);
    if (!*out || inflateInit2(&z, form) != Z_OK)
        return INFLATE_MEMORY;
    for (;;) {
        z.next_out = *out + z.total_out;
        z.avail_out = room - (uint32_t)z.total_out;
        int status = inflate(&z, Z_SYNC_FLUSH);
        *out_len = (uint32_t)z.total_out;
        if (status == Z_MEM_ERROR)
            return INFLATE_MEMORY;
        if (status == Z_STREAM_END || status == Z_BUF_ERROR || (status == Z_OK && z.avail_out))
            return INFLATE_OK;
        if (status != Z_OK)
            return INFLATE_BROKEN;
        if (z.total_out > limit)
            return INFLATE_MISSING;
        if (!output_grow(arena, out, *out_len, &room, limit + 1))
            return INFLATE_MEMORY;
    }
}

/* The header is: identification 16 bits, method 8, flags 8, time 32, extra flags 8, system 8, then a name
 * that ends with NUL if its flag is set. */
static enum inflate_result skip_gzip_header(struct rd *r)
{
    enum { FLAG_NAME = 8, FLAG_TEXT = 1, DEFLATE = 8 };
    rd_skip(r, 2);
    uint8_t method = rd_u8(r), flags = rd_u8(r);
    rd_skip(r, 6);
    if (rd_ok(r) &&
        flags & ~(FLAG_NAME | FLAG_TEXT)) /* experiments have not covered Wireshark's answer to these flags */
        return INFLATE_MISSING;
    while (flags & FLAG_NAME && rd_ok(r) && rd_u8(r))
        ;
    return rd_ok(r) && method == DEFLATE && rd_left(r) ? INFLATE_OK : INFLATE_BROKEN;
}

enum inflate_result inflate_body(struct arena *arena, const uint8_t *in, uint32_t len, uint32_t limit,
                                 uint8_t **out, uint32_t *out_len)
{
    struct rd r = rd_make(in, len, len);
    if (rd_peek16(&r, 0) == 0x1f8b) {
        enum inflate_result header = skip_gzip_header(&r);
        return header ? header : inflate_stream(arena, rd_rest(&r), BARE_FORM, limit, out, out_len);
    }
    enum inflate_result result = inflate_stream(arena, r, ZLIB_FORM, limit, out, out_len);
    return result == INFLATE_BROKEN && !*out_len ? inflate_stream(arena, r, BARE_FORM, limit, out, out_len)
                                                 : result;
}

#else

enum inflate_result inflate_body(struct arena *arena, const uint8_t *in, uint32_t len, uint32_t limit,
                                 uint8_t **out, uint32_t *out_len)
{
    (void)arena, (void)in, (void)len, (void)limit, (void)out, (void)out_len;
    return INFLATE_MISSING;
}

#endif
