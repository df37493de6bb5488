/* The bytes of a capture, in order: all of them at once (in memory), or a bounded piece that is refilled. */
#ifndef FC_SOURCE_WINDOW_H
#define FC_SOURCE_WINDOW_H

#include <flowcontainer.h>

/* Writes at most `cap` bytes to dst and their number to *got. 0 bytes with FC_OK is the end; WINDOW_QUIET
 * with FC_OK says that a pipe has no bytes now and has not ended. A failure may come with bytes before it. */
typedef enum fc_status window_fill_fn(void *context, uint8_t *dst, size_t cap, size_t *got,
                                      struct fc_error *err);

#define WINDOW_QUIET SIZE_MAX

struct window {
    const uint8_t *data; /* the bytes at hand */
    size_t pos, len;     /* index of the next byte; number of bytes at hand */
    uint64_t base;       /* offset of data[0] in the capture */
    uint8_t *buffer;     /* owned; NULL over memory */
    size_t capacity, hint;
    window_fill_fn *fill;
    void *context;
    bool ended;
    bool quiet;              /* the last refill met a pipe without bytes; a later refill may get some */
    struct fc_error failure; /* the failure of `fill`; FC_OK at a plain end */
};

void window_over_memory(struct window *w, const void *data, size_t len);
/* `hint` is the expected number of bytes in all, or 0 if it is not known; it keeps the buffer of a small file
 * small. */
void window_over_fill(struct window *w, window_fill_fn *fill, void *context, uint64_t hint);
/* The slow path of window_need. */
bool window_refill(struct window *w, size_t n);
void window_free(struct window *w);

/* Returns true when n bytes are at data + pos. Otherwise the capture ends before that, `quiet` says that a
 * pipe has no more bytes yet, or `failure` says why no more bytes came. */
static inline bool window_need(struct window *w, size_t n)
{
    return n <= w->len - w->pos || window_refill(w, n);
}

static inline const uint8_t *window_at(const struct window *w) { return w->data + w->pos; }
static inline uint64_t window_offset(const struct window *w) { return w->base + w->pos; }
static inline size_t window_left(const struct window *w) { return w->len - w->pos; }

#endif
