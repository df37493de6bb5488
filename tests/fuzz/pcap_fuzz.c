/* The input as a capture, compressed or not: every frame, every byte of it, options and blobs. The mutator
 * gives the blocks of a pcapng file the lengths that they have, most of the time. */
#include "source/source.h"

#include "../unit/source_memory.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifdef FC_FUZZ
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

enum { BLOCK_LEAST = 12 };

/* Makes each length of a little-endian block a multiple of 4 that fits, and the length behind it the same. */
static void mend_blocks(uint8_t *data, size_t size)
{
    static const uint8_t section[] = {0x0a, 0x0d, 0x0d, 0x0a};
    if (size < BLOCK_LEAST || memcmp(data, section, sizeof section) || data[8] != 0x4d)
        return;
    for (size_t at = 0; at + BLOCK_LEAST <= size;) {
        uint32_t len;
        memcpy(&len, data + at + 4, sizeof len);
        len &= ~3u;
        if (len < BLOCK_LEAST || len > size - at)
            len = (uint32_t)(size - at) & ~3u;
        memcpy(data + at + 4, &len, sizeof len);
        memcpy(data + at + len - 4, &len, sizeof len);
        at += len;
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    size = LLVMFuzzerMutate(data, size, most);
    if (seed % 4)
        mend_blocks(data, size);
    return size;
}
#endif

static uint64_t sum_bytes(const uint8_t *data, size_t len)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += data[i];
    return sum;
}

/* Checks that hold for every frame of any file. */
static uint64_t check_frame(const struct frame *f, uint32_t number)
{
    if (f->number != number || f->len > INT32_MAX || (!f->interface && !f->opaque))
        abort();
    uint64_t sum =
        sum_bytes(f->data, f->cap_len) + (f->options ? sum_bytes(f->options->data, f->options->len) : 0);
    return f->interface && f->interface->name ? sum + (uint8_t)f->interface->name[0] : sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct source *s = NULL;
    struct fc_error err = {0};
    struct frame f;
    enum fc_status status = source_open_memory(&s, "fuzz", data, size, &err);
    if ((status == FC_OK) != (s != NULL) || (status != FC_OK && (err.status != status || !err.text[0])))
        abort();
    if (!s)
        return 0;
    volatile uint64_t sum = 0;
    uint32_t n = 0;
    /* A few compressed bytes may hold gigabytes; the readers have met all their cases long before. */
    while (n < 100000 && (status = source_next(s, &f, &err)) == FC_OK && f.data)
        sum += check_frame(&f, ++n);
    for (size_t i = 0; i < source_n_blobs(s); i++)
        sum += sum_bytes(source_blob(s, i)->data, source_blob(s, i)->len);
    if (n < 100000 && (source_next(s, &f, &err) != FC_OK || f.data))
        abort();
    if (source_consumed(s) > size)
        abort();
    (void)sum;
    source_close(s);
    return 0;
}
