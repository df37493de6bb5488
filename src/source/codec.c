/* Decompressors: zlib, zstd, lz4, xz and bzip2 behind one interface.
 *
 * Invariant: `step` moves `io` by exactly the bytes that it used and wrote, so that all the bytes before the
 * cut of a cut file come out. (This is why each library is called directly: libarchive drops up to 128 KiB
 * before a cut.) Each library is optional.
 * Source: the manuals of the libraries. */
#include "source/codec.h"

#include <string.h>

#include "base/memory.h"
#include "base/rd.h"

/* zlib and bzip2 count in 32 bits. */
__attribute__((unused)) static unsigned at_most_u32(size_t n)
{
    return n < 1u << 30 ? (unsigned)n : 1u << 30;
}

__attribute__((unused)) static void io_moved(struct codec_io *io, size_t used, size_t made)
{
    io->in += used;
    io->in_len -= used;
    io->out += made;
    io->out_len -= made;
}

#ifdef FC_HAVE_ZLIB
#include <zlib.h>

static void *gzip_start(void)
{
    z_stream *z = memory_zero(1, sizeof *z);
    if (z && inflateInit2(z, 15 + 16) == Z_OK) /* a window of 32 KiB, a gzip header */
        return z;
    memory_free(z);
    return NULL;
}

static enum codec_result gzip_step(void *state, struct codec_io *io)
{
    z_stream *z = state;
    unsigned in = at_most_u32(io->in_len), out = at_most_u32(io->out_len);
    z->next_in = (Bytef *)io->in;
    z->avail_in = in;
    z->next_out = io->out;
    z->avail_out = out;
    int result = inflate(z, Z_NO_FLUSH);
    io_moved(io, in - z->avail_in, out - z->avail_out);
    if (result == Z_STREAM_END)
        return CODEC_END;
    return result == Z_OK || result == Z_BUF_ERROR ? CODEC_MORE : CODEC_BROKEN;
}

static bool gzip_again(void *state) { return inflateReset(state) == Z_OK; }

static void gzip_stop(void *state)
{
    inflateEnd(state);
    memory_free(state);
}
#define GZIP gzip_start, gzip_step, gzip_again, gzip_stop
#else
#define GZIP NULL, NULL, NULL, NULL
#endif

#ifdef FC_HAVE_BZIP2
#include <bzlib.h>

static void *bzip2_start(void)
{
    bz_stream *z = memory_zero(1, sizeof *z);
    if (z && BZ2_bzDecompressInit(z, 0, 0) == BZ_OK)
        return z;
    memory_free(z);
    return NULL;
}

static enum codec_result bzip2_step(void *state, struct codec_io *io)
{
    bz_stream *z = state;
    unsigned in = at_most_u32(io->in_len), out = at_most_u32(io->out_len);
    z->next_in = (char *)io->in;
    z->avail_in = in;
    z->next_out = (char *)io->out;
    z->avail_out = out;
    int result = BZ2_bzDecompress(z);
    io_moved(io, in - z->avail_in, out - z->avail_out);
    if (result == BZ_STREAM_END)
        return CODEC_END;
    return result == BZ_OK ? CODEC_MORE : CODEC_BROKEN;
}

static bool bzip2_again(void *state)
{
    BZ2_bzDecompressEnd(state);
    memset(state, 0, sizeof(bz_stream));
    return BZ2_bzDecompressInit(state, 0, 0) == BZ_OK;
}

static void bzip2_stop(void *state)
{
    BZ2_bzDecompressEnd(state);
    memory_free(state);
}
#define BZIP2 bzip2_start, bzip2_step, bzip2_again, bzip2_stop
#else
#define BZIP2 NULL, NULL, NULL, NULL
#endif

#ifdef FC_HAVE_LZMA
#include <lzma.h>

/* A limit on the decoder's memory. Files of the strongest preset need 65 MiB. */
static const uint64_t XZ_MEMORY = 256u << 20;

static bool xz_again(void *state) { return lzma_stream_decoder(state, XZ_MEMORY, 0) == LZMA_OK; }

static void *xz_start(void)
{
    lzma_stream *z = memory_zero(1, sizeof *z);
    if (z && xz_again(z))
        return z;
    memory_free(z);
    return NULL;
}

static enum codec_result xz_step(void *state, struct codec_io *io)
{
    lzma_stream *z = state;
    z->next_in = io->in;
    z->avail_in = io->in_len;
    z->next_out = io->out;
    z->avail_out = io->out_len;
    lzma_ret result = lzma_code(z, LZMA_RUN);
    io_moved(io, io->in_len - z->avail_in, io->out_len - z->avail_out);
    if (result == LZMA_STREAM_END)
        return CODEC_END;
    return result == LZMA_OK || result == LZMA_BUF_ERROR ? CODEC_MORE : CODEC_BROKEN;
}

static void xz_stop(void *state)
{
    lzma_end(state);
    memory_free(state);
}
#define XZ xz_start, xz_step, xz_again, xz_stop
#else
#define XZ NULL, NULL, NULL, NULL
#endif

#ifdef FC_HAVE_ZSTD
#include <zstd.h>

static void *zstd_start(void) { return ZSTD_createDStream(); }

static enum codec_result zstd_step(void *state, struct codec_io *io)
{
    ZSTD_inBuffer in = {io->in, io->in_len, 0};
    ZSTD_outBuffer out = {io->out, io->out_len, 0};
    size_t result = ZSTD_decompressStream(state, &out, &in);
    io_moved(io, in.pos, out.pos);
    if (ZSTD_isError(result))
        return CODEC_BROKEN;
    return result == 0 ? CODEC_END : CODEC_MORE;
}

static bool zstd_again(void *state) { return !ZSTD_isError(ZSTD_initDStream(state)); }
static void zstd_stop(void *state) { ZSTD_freeDStream(state); }
#define ZSTD zstd_start, zstd_step, zstd_again, zstd_stop
#else
#define ZSTD NULL, NULL, NULL, NULL
#endif

#ifdef FC_HAVE_LZ4
#include <lz4frame.h>

static void *lz4_start(void)
{
    LZ4F_dctx *context = NULL;
    return LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)) ? NULL : context;
}

static enum codec_result lz4_step(void *state, struct codec_io *io)
{
    size_t used = io->in_len, made = io->out_len;
    size_t result = LZ4F_decompress(state, io->out, &made, io->in, &used, NULL);
    if (LZ4F_isError(result))
        return CODEC_BROKEN;
    io_moved(io, used, made);
    return result == 0 ? CODEC_END : CODEC_MORE;
}

static bool lz4_again(void *state)
{
    LZ4F_resetDecompressionContext(state);
    return true;
}

static void lz4_stop(void *state) { LZ4F_freeDecompressionContext(state); }
#define LZ4 lz4_start, lz4_step, lz4_again, lz4_stop
#else
#define LZ4 NULL, NULL, NULL, NULL
#endif

enum { CODEC_GZIP, CODEC_ZSTD, CODEC_LZ4, CODEC_XZ, CODEC_BZIP2 };

static const struct codec CODECS[] = {
    [CODEC_GZIP] = {"gzip", "zlib", "\x1f\x8b\x08", 3, GZIP},
    [CODEC_ZSTD] = {"zstd", "libzstd", "\x28\xb5\x2f\xfd", 4, ZSTD},
    [CODEC_LZ4] = {"lz4", "liblz4", "\x04\x22\x4d\x18", 4, LZ4},
    [CODEC_XZ] = {"xz", "liblzma",
                  "\xfd"
                  "7zXZ\0",
                  6, XZ},
    [CODEC_BZIP2] = {"bzip2", "libbz2", "BZh", 3, BZIP2},
};

/* Skippable frames of zstd and lz4, magic numbers 0x184d2a50 to 0x184d2a5f. They hold no data; parallel zstd
 * writes one before each of its frames. */
static bool is_skippable(const uint8_t *data, size_t len)
{
    struct rd r = rd_make(data, len < 4 ? (uint32_t)len : 4, 4);
    return (rd_u32_le(&r) & ~15u) == 0x184d2a50;
}

const struct codec *codec_find(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < sizeof CODECS / sizeof CODECS[0]; i++)
        if (len >= CODECS[i].magic_len && !memcmp(data, CODECS[i].magic, CODECS[i].magic_len))
            return &CODECS[i];
    return is_skippable(data, len) ? &CODECS[CODEC_ZSTD] : NULL;
}

bool codec_continues(const struct codec *codec, const uint8_t *data, size_t len)
{
    bool may_skip = codec == &CODECS[CODEC_ZSTD] || codec == &CODECS[CODEC_LZ4];
    return codec_find(data, len) == codec || (may_skip && is_skippable(data, len));
}
