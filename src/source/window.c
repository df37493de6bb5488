/* The window: how much of a capture is in memory at a time.
 *
 * Invariant: pos <= len, and data[0 .. len) are the bytes of the capture from offset `base` on. Only as much
 * is held as one record needs, at least WINDOW_LEN. Files are read, not mapped: measured on a warm 1 GB file,
 * read() into half a megabyte takes 0.13 s where every way of mapping takes 0.22 s or more, because a copied
 * piece lies in the cache and a fresh mapping costs a page fault each 64 KiB. It also cannot die of SIGBUS
 * when the file shrinks.
 */
#include "source/window.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"

/* About half of a second-level cache. */
static const size_t WINDOW_LEN = 512 * 1024;

void window_over_memory(struct window *w, const void *data, size_t len)
{
    *w = (struct window){.data = data, .len = len, .ended = true};
}

void window_over_fill(struct window *w, window_fill_fn *fill, void *context, uint64_t hint)
{
    *w = (struct window){.fill = fill, .context = context};
    w->hint =
        hint && hint < WINDOW_LEN ? (size_t)hint + 1 : WINDOW_LEN; /* + 1: the read that finds the end */
}

/* Room for n bytes from pos on, which moves to the front. */
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
    if (w->ended || w->failure.status != FC_OK)
        return false;
    if (!window_make_room(w, n))
        return false;
    while (w->len < n && !w->ended) {
        size_t got = 0;
        enum fc_status status =
            w->fill(w->context, w->buffer + w->len, w->capacity - w->len, &got, &w->failure);
        w->len += got;
        w->ended = status != FC_OK || got == 0;
    }
    return w->len >= n;
}

void window_free(struct window *w)
{
    memory_free(w->buffer);
    *w = (struct window){0};
}
