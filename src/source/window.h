/* The bytes of a capture as they go by: either all at hand (memory), or a bounded piece that is refilled. */
#ifndef FC_SOURCE_WINDOW_H
#define FC_SOURCE_WINDOW_H

#include <flowcontainer.h>

/* Puts at most `cap` bytes at dst and their number into *got; 0 with FC_OK is the end. */
typedef enum fc_status window_fill_fn(void *context, uint8_t *dst, size_t cap, size_t *got,
                                      struct fc_error *err);

struct window {
    const uint8_t *data; /* the bytes at hand */
    size_t pos, len;     /* the next byte; how many are at hand */
    uint64_t base;       /* offset in the capture of data[0] */
    uint8_t *buffer;     /* ours, NULL over memory */
    size_t capacity, hint;
    window_fill_fn *fill;
    void *context;
    bool ended;
    struct fc_error failure; /* why `fill` gave no more; FC_OK at a plain end */
};

void window_over_memory(struct window *w, const void *data, size_t len);
/* hint: bytes expected in all, 0 when not known; keeps the buffer of a small file small. */
void window_over_fill(struct window *w, window_fill_fn *fill, void *context, uint64_t hint);
/* window_need's slow half. */
bool window_refill(struct window *w, size_t n);
void window_free(struct window *w);

/* True when n bytes stand at data + pos. False: the capture ends before that, or `failure` says why not. */
static inline bool window_need(struct window *w, size_t n)
{
    return n <= w->len - w->pos || window_refill(w, n);
}

static inline const uint8_t *window_at(const struct window *w) { return w->data + w->pos; }
static inline uint64_t window_offset(const struct window *w) { return w->base + w->pos; }
static inline size_t window_left(const struct window *w) { return w->len - w->pos; }

#endif
