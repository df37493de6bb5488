/* The window: the part of a capture that is in memory at a time.
 *
 * Invariant: pos <= len, and data[0 .. len) are the bytes of the capture from offset `base` on. The window
 * holds as much as one record needs, and at least WINDOW_LEN. Files are read, not mapped: on a warm file of 1
 * GB, read() into half a megabyte took 0.13 s, and every way of mapping took 0.22 s or more, because the copy
 * stays in the cache while a fresh mapping costs a page fault each 64 KiB. Reading also cannot die of SIGBUS
 * when the file shrinks. */
#include "source/window.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"

/* A quarter of the smallest second-level cache in use: the bytes that read() has copied are still there when
 * a frame is decoded. */
static const size_t WINDOW_LEN = 128 * 1024;

void window_over_memory(struct window *w, const void *data, size_t len)
{
    *w = (struct window){.data = data, .len = len, .ended = true};
}

void window_over_fill(struct window *w, window_fill_fn *fill, void *context, uint64_t hint)
{
    *w = (struct window){.fill = fill, .context = context};
    w->hint = hint && hint < WINDOW_LEN ? (size_t)hint + 1
                                        : WINDOW_LEN; /* one more, for the read that meets the end */
}

/* Moves the bytes from pos on to the front, and makes room for n bytes there. Returns false when memory
 * ends. */
static bool window_make_room(struct window *w, size_t n)
{
    size_t left = window_left(w);
    if (n > w->capacity) {
        size_t capacity = w->capacity ? w->capacity * 2 : w->hint;
        uint8_t *buffer = memory_alloc(capacity = capacity < n ? n : capacity);
        if (!buffer)
            return error_memory(&w->failure) == FC_OK;
        if (left)
            memcpy(buffer, window_at(w), left);
        memory_free(w->buffer);
        w->buffer = buffer;
        w->capacity = capacity;
    } else if (left) {
        memmove(w->buffer, window_at(w), left);
    }
    w->base += w->pos;
    w->data = w->buffer;
    w->pos = 0;
    w->len = left;
    return true;
}

bool window_refill(struct window *w, size_t n)
{
    w->quiet = false;
    if (w->ended || w->failure.status != FC_OK)
        return false;
    if (!window_make_room(w, n))
        return false;
    while (w->len < n && !w->ended && !w->quiet) {
        size_t got = 0;
        enum fc_status status =
            w->fill(w->context, w->buffer + w->len, w->capacity - w->len, &got, &w->failure);
        w->quiet = status == FC_OK && got == WINDOW_QUIET;
        w->len += w->quiet ? 0 : got;
        w->ended = status != FC_OK || got == 0;
    }
    return w->len >= n;
}

void window_free(struct window *w)
{
    memory_free(w->buffer);
    *w = (struct window){0};
}
