/* Decompression, in steps as large as the reader asks for.
 *
 * Invariant: an error is reported only after all the bytes before it have been handed out. Members that
 * follow each other are one capture; other bytes behind the last member are damage. */
#include "source/unpack.h"

#include "base/error.h"
#include "base/memory.h"

struct unpack {
    const struct codec *codec;
    void *state;
    struct window packed;
    bool between;         /* between two members: the next one has not begun */
    enum fc_status after; /* the status to return after the last bytes; FC_OK until the end is met */
};

struct unpack *unpack_new(const struct codec *codec, struct window *packed)
{
    struct unpack *u = memory_zero(1, sizeof *u);
    if (!u)
        return NULL;
    u->codec = codec;
    u->state = codec->start();
    if (!u->state) {
        memory_free(u);
        return NULL;
    }
    u->packed = *packed;
    *packed = (struct window){0};
    return u;
}

/* Begins the next member. Returns false if there is none. */
static bool unpack_again(struct unpack *u)
{
    window_need(&u->packed, CODEC_MAGIC_MAX);
    if (!codec_continues(u->codec, window_at(&u->packed), window_left(&u->packed)))
        return false;
    u->between = false;
    return u->codec->again(u->state);
}

/* The status behind the last member. */
static enum fc_status unpack_end(struct unpack *u, struct fc_error *err)
{
    struct window *w = &u->packed;
    if (w->failure.status != FC_OK)
        return error_set(err, w->failure.status, -1, "%s", w->failure.text);
    if (window_left(w) == 0)
        return FC_OK;
    return error_set(err, FC_FORMAT, -1, "damaged: the bytes from offset %llu of the file on are not %s data",
                     (unsigned long long)window_offset(w), u->codec->name);
}

/* Decompresses once. Returns the number of bytes that came out. Sets *ended at the end of the data, and then
 * u->after if the data should not end there. */
static size_t unpack_step(struct unpack *u, uint8_t *dst, size_t cap, bool *ended, struct fc_error *err)
{
    struct window *w = &u->packed;
    bool has_input = window_need(w, 1);
    struct codec_io io = {window_at(w), window_left(w), dst, cap};
    enum codec_result result = u->codec->step(u->state, &io);
    size_t used = window_left(w) - io.in_len, made = cap - io.out_len;
    w->pos += used;
    u->between = result == CODEC_END;
    *ended = true;
    if (result == CODEC_BROKEN)
        u->after = error_set(err, FC_FORMAT, -1, "the %s data are damaged at offset %llu of the file",
                             u->codec->name, (unsigned long long)window_offset(w));
    else if (!has_input && !made && w->failure.status != FC_OK)
        u->after = error_set(err, w->failure.status, -1, "%s", w->failure.text);
    else if (!has_input && !made && result != CODEC_END && !w->quiet)
        u->after =
            error_set(err, FC_CUT, -1, "cut short: the %s data end before their end mark", u->codec->name);
    else
        *ended = false;
    return made;
}

enum fc_status unpack_fill(void *context, uint8_t *dst, size_t cap, size_t *got, struct fc_error *err)
{
    struct unpack *u = context;
    bool ended = false;
    *got = 0;
    while (*got == 0 && !ended) {
        if (u->between && !unpack_again(u)) {
            *got = u->packed.quiet ? WINDOW_QUIET : 0;
            return u->packed.quiet ? FC_OK : unpack_end(u, err);
        }
        *got = unpack_step(u, dst, cap, &ended, err);
        if (!*got && !ended && u->packed.quiet)
            *got = WINDOW_QUIET;
    }
    return ended ? u->after : FC_OK;
}

uint64_t unpack_consumed(const struct unpack *u) { return window_offset(&u->packed); }

void unpack_free(struct unpack *u)
{
    if (!u)
        return;
    u->codec->stop(u->state);
    window_free(&u->packed);
    memory_free(u);
}
