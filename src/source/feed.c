/* Invariant: the caller's functions are called by one thread at a time for one reading, and each reading that
 * was opened is closed once. Their answers are checked, because they are not code of this library. */
#include "source/feed.h"

#include <stdatomic.h>
#include <string.h>

#include "base/error.h"
#include "source/copy.h"

static bool is_set(const _Atomic bool *flag)
{
    return flag && atomic_load_explicit(flag, memory_order_relaxed);
}

/* The failure of a function of the caller, which may have said nothing about it. */
static enum fc_status failure_of(enum fc_status status, const struct fc_error *said, const char *deed,
                                 struct fc_error *err)
{
    char text[sizeof said->text];
    memcpy(text, said->text, sizeof text);
    text[sizeof text - 1] = 0;
    if (!text[0])
        return error_set(err, status, -1, "the input cannot be %s: %s", deed, fc_status_name(status));
    return error_set(err, status, said->offset, "%s", text);
}

enum fc_status feed_open(struct feed *feed, const struct fc_input *input, const struct source_watch *watch,
                         struct fc_error *err)
{
    struct fc_error said = {.offset = -1};
    void *reading = NULL;
    *feed = (struct feed){0};
    if (is_set(watch->cancelled))
        return error_set(err, FC_CANCELLED, -1, "cancelled");
    enum fc_status status = input->open(input->context, &reading, &said);
    if (status)
        return failure_of(status, &said, "opened", err);
    *feed = (struct feed){.input = input, .reading = reading};
    return FC_OK;
}

enum fc_status feed_read(struct feed *feed, uint8_t *dst, size_t cap, size_t *got, int patience_ms,
                         const struct source_watch *watch, struct fc_error *err)
{
    for (int left = patience_ms;;) {
        struct fc_error said = {.offset = -1};
        *got = 0;
        if (is_set(watch->cancelled))
            return error_set(err, FC_CANCELLED, -1, "cancelled");
        enum fc_status status = feed->input->read(feed->reading, dst, cap, got, &said);
        if (status) {
            *got = 0;
            return failure_of(status, &said, "read", err);
        }
        if (*got <= cap) {
            feed->offset += *got;
            return FC_OK;
        }
        size_t said_len = *got;
        *got = 0;
        if (said_len != FC_INPUT_QUIET)
            return error_set(err, FC_IO, -1, "the input says that it read %zu bytes into room for %zu",
                             said_len, cap);
        if (is_set(watch->finishing))
            return FC_OK;
        if (patience_ms >= 0 && (left -= SOURCE_LOOK_MS) <= 0) {
            *got = FC_INPUT_QUIET;
            return FC_OK;
        }
    }
}

enum fc_status feed_copy(struct feed *feed, struct copy *copy, struct fc_error *err)
{
    const struct source_watch watch = {copy->cancelled, copy->finishing};
    uint8_t bytes[1 << 16];
    size_t n = 1;
    enum fc_status status = FC_OK;
    while (!status && n && copy_goes_on(copy)) {
        status = feed_read(feed, bytes, sizeof bytes, &n, -1, &watch, err);
        if (!status)
            status = copy_put(copy, bytes, n, 0, err);
    }
    return status;
}

void feed_close(struct feed *feed)
{
    if (feed->input && feed->input->close)
        feed->input->close(feed->reading);
    *feed = (struct feed){0};
}
