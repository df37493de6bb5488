/* Compressed captures. The input is as it is stored; the mutator unpacks a gzip input, changes the bytes
 * inside and packs them again, because the checksums of damaged data hide all that follows. Every frame is
 * read. */
#include <stdlib.h>

#include "../unit/source_memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_FRAMES = 20000 };

#ifdef FC_FUZZ
#include <zlib.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

enum { MOST_PLAIN = 1 << 16, GZIP = 15 + 16 };

static size_t unpack(const uint8_t *data, size_t size, uint8_t *plain)
{
    z_stream z = {
        .next_in = (uint8_t *)data, .avail_in = (uInt)size, .next_out = plain, .avail_out = MOST_PLAIN};
    if (inflateInit2(&z, GZIP))
        return 0;
    inflate(&z, Z_FINISH);
    inflateEnd(&z);
    return z.total_out;
}

static size_t pack(const uint8_t *plain, size_t size, uint8_t *data, size_t most, int level)
{
    z_stream z = {
        .next_in = (uint8_t *)plain, .avail_in = (uInt)size, .next_out = data, .avail_out = (uInt)most};
    if (deflateInit2(&z, level, Z_DEFLATED, GZIP, 8, Z_DEFAULT_STRATEGY))
        return 0;
    bool whole = deflate(&z, Z_FINISH) == Z_STREAM_END;
    deflateEnd(&z);
    return whole ? z.total_out : 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    static uint8_t plain[MOST_PLAIN];
    size_t n = seed % 4 ? unpack(data, size, plain) : 0;
    if (n)
        n = pack(plain, LLVMFuzzerMutate(plain, n, MOST_PLAIN), data, most, seed % 3 ? 1 : 0);
    return n ? n : LLVMFuzzerMutate(data, size, most);
}
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct source *s = NULL;
    struct fc_error err = {0};
    struct frame f;
    volatile uint64_t sum = 0;
    enum fc_status status = source_open_memory(&s, "fuzz", data, size, &err);
    if ((status == FC_OK) != (s != NULL) || (status && !err.text[0]))
        abort();
    for (uint32_t n = 0; s && n < MOST_FRAMES && !source_next(s, &f, &err) && f.data; n++)
        for (uint32_t i = 0; i < f.cap_len; i++)
            sum += f.data[i];
    (void)sum;
    source_close(s);
    return 0;
}
