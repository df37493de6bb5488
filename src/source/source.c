/* A source: opens a capture, recognises its format, and returns its frames.
 *
 * Invariant: `next` is the reader of the recognised format until that reader has met the end or an error;
 * from then on `next` is source_end, which returns only the end. The format is recognised by the first bytes,
 * never by the file name. */
#include "source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/os.h"
#include "source/copy.h"
#include "source/inner.h"

enum { PIPE_LEN = 1 << 20 };

static bool is_set(const _Atomic bool *flag)
{
    return flag && atomic_load_explicit(flag, memory_order_relaxed);
}

/* Waits until the pipe has bytes or ends (*ready), for as long as the caller of source_next allows. */
static enum fc_status wait_for_bytes(struct source *s, bool *ready, struct fc_error *err)
{
    int left = s->patience_ms;
    for (;;) {
        struct pollfd waiting = {.fd = s->fd, .events = POLLIN};
        int ms = left < 0 || left > SOURCE_LOOK_MS ? SOURCE_LOOK_MS : left;
        if (is_set(s->watch.cancelled))
            return error_set(err, FC_CANCELLED, -1, "cancelled");
        int found = poll(&waiting, 1, ms);
        if (found < 0 && errno != EINTR)
            return error_set(err, FC_IO, -1, "cannot read: %s", strerror(errno));
        *ready = found > 0;
        if (found > 0 || left == 0 || is_set(s->watch.finishing))
            return FC_OK;
        left -= left > 0 ? ms : 0;
    }
}

/* Whether bytes can be read now. If not, *status is the failure, or *got says whether the pipe is quiet or
 * ends here. */
static bool has_bytes(struct source *s, size_t *got, enum fc_status *status, struct fc_error *err)
{
    bool ready = false;
    *status = wait_for_bytes(s, &ready, err);
    *got = *status || is_set(s->watch.finishing) ? 0 : WINDOW_QUIET;
    return !*status && ready;
}

static enum fc_status fill_from_file(void *context, uint8_t *dst, size_t cap, size_t *got,
                                     struct fc_error *err)
{
    struct source *s = context;
    enum fc_status status = FC_OK;
    ssize_t n;
    do {
        if (s->is_pipe && !has_bytes(s, got, &status, err))
            return status;
        n = read(s->fd, dst, cap);
    } while (n < 0 && (errno == EINTR || errno == EAGAIN));
    if (n < 0)
        return error_set(err, FC_IO, -1, "cannot read: %s", strerror(errno));
    *got = (size_t)n;
    return FC_OK;
}

static enum fc_status fill_from_feed(void *context, uint8_t *dst, size_t cap, size_t *got,
                                     struct fc_error *err)
{
    struct source *s = context;
    enum fc_status status =
        feed_read(&s->feed, dst, cap, got, s->is_pipe ? s->patience_ms : -1, &s->watch, err);
    *got = *got == FC_INPUT_QUIET ? WINDOW_QUIET : *got;
    return status;
}

/* Replaces the window over compressed bytes by one over decompressed bytes. */
static enum fc_status source_decompress(struct source *s, const struct codec *codec, struct fc_error *err)
{
    if (!codec->start)
        return error_set(err, FC_UNSUPPORTED, 0,
                         "compressed with %s, but this build lacks %s: install its "
                         "development files and build again, or unpack the capture first",
                         codec->name, codec->library);
    s->unpack = unpack_new(codec, &s->window);
    if (!s->unpack)
        return error_memory(err);
    s->stable = false;
    snprintf(s->packing, sizeof s->packing, " (%s)", codec->name);
    window_over_fill(&s->window, unpack_fill, s->unpack, 0);
    return FC_OK;
}

/* Opens the format of the bytes at the front of the window. */
static enum fc_status recognise_format(struct source *s, struct fc_error *err)
{
    struct window *w = &s->window;
    bool has_magic = window_need(w, 4);
    if (!has_magic && w->failure.status != FC_OK)
        return error_set(err, w->failure.status, 0, "%s", w->failure.text);
    if (window_left(w) == 0) {
        source_set_format(s, "empty");
        return FC_OK;
    }
    if (!has_magic)
        return sniff_refuse(s, err);
    uint32_t magic = rd_be32(window_at(w));
    if (pcap_recognise(magic) || pcap_recognise(rd_le32(window_at(w))))
        return pcap_open(s, err);
    if (magic == PCAPNG_MAGIC)
        return pcapng_open(s, err);
    return sniff_refuse(s, err);
}

static struct source *source_new(const char *name)
{
    struct source *s = memory_zero(1, sizeof *s);
    if (!s)
        return NULL;
    s->fd = -1;
    s->patience_ms = -1;
    s->next = source_end;
    s->name = memory_text(name);
    if (s->name)
        return s;
    memory_free(s);
    return NULL;
}

static enum fc_status finish_open(struct source **out, struct source *s, struct fc_error *err)
{
    enum fc_status status = FC_OK;
    window_need(&s->window, CODEC_MAGIC_MAX);
    const struct codec *codec = codec_find(window_at(&s->window), window_left(&s->window));
    if (codec)
        status = source_decompress(s, codec, err);
    if (status == FC_OK)
        status = recognise_format(s, err);
    const struct fc_error *failure = &s->window.failure;
    if (status == FC_CUT && failure->status) /* the header is not cut short: it could not be read */
        status = error_set(err, failure->status, 0, "%s", failure->text);
    if (status == FC_OK)
        *out = s;
    else
        source_close(s);
    return status;
}

/* A descriptor of its own for the place. O_NONBLOCK: the opening of a named pipe does not wait for its
 * writer, because such a wait could not be cancelled. */
static int open_descriptor(const struct source_place *place)
{
    bool is_descriptor = place->kind == SOURCE_DESCRIPTOR;
    if (is_descriptor || strcmp(place->name, "-") == 0)
        return fcntl(is_descriptor ? place->descriptor : STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    return open(place->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

static enum fc_status open_file(struct source *s, const struct source_place *place, struct fc_error *err)
{
    s->fd = open_descriptor(place);
    if (s->fd < 0)
        return error_set(err, errno == ENOENT || errno == ENOTDIR ? FC_NOT_FOUND : FC_IO, -1, "%s",
                         strerror(errno));
    struct stat st;
    if (fstat(s->fd, &st) < 0)
        return error_set(err, FC_IO, -1, "%s", strerror(errno));
    if (S_ISDIR(st.st_mode))
        return error_set(err, FC_IO, -1, "is a folder, not a capture");
    s->is_pipe = !S_ISREG(st.st_mode);
    if (S_ISFIFO(st.st_mode))
        os_pipe_grow(s->fd, PIPE_LEN); /* fewer waits of the writer, so that a capturing one drops less */
    window_over_fill(&s->window, fill_from_file, s, s->is_pipe ? 0 : (uint64_t)st.st_size);
    return FC_OK;
}

static enum fc_status open_feed(struct source *s, const struct fc_input *input, struct fc_error *err)
{
    s->is_pipe = input->kind == FC_INPUT_PIPE;
    window_over_fill(&s->window, fill_from_feed, s, s->is_pipe ? 0 : input->size);
    return feed_open(&s->feed, input, &s->watch, err);
}

static enum fc_status open_bytes(struct source *s, const struct source_place *place, struct fc_error *err)
{
    s->stable = place->kind == SOURCE_MEMORY;
    if (place->kind == SOURCE_INPUT)
        return open_feed(s, place->input, err);
    if (!s->stable)
        return open_file(s, place, err);
    window_over_memory(&s->window, place->memory, place->len);
    return FC_OK;
}

enum fc_status source_open(struct source **out, const char *path, struct fc_error *err)
{
    const struct source_place place = {.kind = SOURCE_PATH, .name = path};
    const struct source_watch nobody = {0};
    return source_open_place(out, &place, &nobody, err);
}

enum fc_status source_open_place(struct source **out, const struct source_place *place,
                                 const struct source_watch *watch, struct fc_error *err)
{
    *out = NULL;
    struct source *s = source_new(place->name);
    if (!s)
        return error_memory(err);
    s->watch = *watch;
    enum fc_status status = open_bytes(s, place, err);
    if (status == FC_OK)
        status = finish_open(out, s, err);
    else
        source_close(s);
    /* A reader of a header that did not come whole may have called it cut short. */
    return status && is_set(watch->cancelled) ? error_set(err, FC_CANCELLED, -1, "cancelled") : status;
}

bool source_reads_once(const struct source_place *place)
{
    struct stat st;
    if (place->kind == SOURCE_INPUT)
        return place->input->kind == FC_INPUT_PIPE;
    if (place->kind != SOURCE_PATH)
        return place->kind == SOURCE_DESCRIPTOR;
    return strcmp(place->name, "-") == 0 || (stat(place->name, &st) == 0 && !S_ISREG(st.st_mode));
}

uint64_t source_size(const struct source_place *place)
{
    struct stat st;
    if (place->kind == SOURCE_INPUT)
        return place->input->size;
    if (place->kind != SOURCE_PATH)
        return place->kind == SOURCE_MEMORY ? place->len : 0;
    return stat(place->name, &st) || !S_ISREG(st.st_mode) ? 0 : (uint64_t)st.st_size;
}

bool source_is_packed(int file)
{
    uint8_t head[CODEC_MAGIC_MAX];
    ssize_t n = pread(file, head, sizeof head, 0);
    return n > 0 && codec_find(head, (size_t)n);
}

enum fc_status source_unpack(const struct source_place *place, struct copy *copy, struct fc_error *err)
{
    struct source *s = source_new(place->name);
    if (!s)
        return error_memory(err);
    s->watch = (struct source_watch){copy->cancelled, copy->finishing};
    enum fc_status status = open_bytes(s, place, err);
    if (!status)
        window_need(&s->window, CODEC_MAGIC_MAX);
    const struct codec *codec = status ? NULL : codec_find(window_at(&s->window), window_left(&s->window));
    if (codec)
        status = source_decompress(s, codec, err);
    struct window *w = &s->window;
    while (!status && copy_goes_on(copy) &&
           window_need(w, 1)) { /* damage is met again by the reader of the copy */
        size_t n = window_left(w);
        w->pos += n;
        status = copy_put(copy, window_at(w) - n, n, s->unpack ? unpack_consumed(s->unpack) : 0, err);
    }
    enum fc_status failed = w->failure.status;
    if (!status && (failed == FC_MEMORY || failed == FC_CANCELLED))
        status = error_set(err, failed, -1, "%s", w->failure.text);
    source_close(s);
    return status;
}

enum fc_status source_next(struct source *s, struct frame *out, struct fc_error *err)
{
    enum { PPP_WITH_DIRECTION = 204 };
    enum fc_status status = s->next(s, out, err);
    if (!status && out->data && !out->number) /* the counter of 32 bits is at its end, as in Wireshark */
        return source_stop(s, FC_UNSUPPORTED, out->offset, err, "more than %u frames", UINT32_MAX);
    /* To Wireshark the direction byte is not a part of the frame, nor of its lengths. */
    if (!status && !s->join && out->interface && out->interface->link_type == PPP_WITH_DIRECTION &&
        out->cap_len) {
        out->data++;
        out->cap_len--;
        out->len -= out->len > 0;
    }
    return status;
}

void source_close(struct source *s)
{
    if (!s)
        return;
    join_close(s->join);
    if (s->fd >= 0)
        close(s->fd);
    feed_close(&s->feed);
    window_free(&s->window);
    unpack_free(s->unpack);
    for (size_t i = 0; i < s->n_interfaces; i++) {
        memory_free(s->interfaces[i]->shown.name);
        memory_free(s->interfaces[i]->shown.description);
        memory_free(s->interfaces[i]);
    }
    memory_free(s->interfaces);
    for (size_t i = 0; i < s->n_blobs && !s->stable; i++)
        memory_free((void *)s->blobs[i].data);
    memory_free(s->blobs);
    memory_free(s->name);
    memory_free(s);
}

void source_patience(struct source *s, int ms) { s->patience_ms = ms; }
bool source_is_quiet(const struct source *s) { return s->window.quiet; }
bool source_is_pipe(const struct source *s) { return s->is_pipe; }
/* The source that describes the frame at hand: of a joined one, the capture that is being read. */
static const struct source *shown(const struct source *s)
{
    const struct source *current = s->join ? join_current(s->join) : NULL;
    return current ? current : s;
}

const char *source_format(const struct source *s) { return shown(s)->format; }
size_t source_n_interfaces(const struct source *s) { return shown(s)->n_interfaces; }
size_t source_n_blobs(const struct source *s) { return shown(s)->n_blobs; }

uint64_t source_consumed(const struct source *s)
{
    if (s->join)
        return join_consumed(s->join);
    return s->unpack ? unpack_consumed(s->unpack) : window_offset(&s->window);
}

const struct capture_interface *source_interface(const struct source *s, size_t i)
{
    return &shown(s)->interfaces[i]->shown;
}

const struct source_blob *source_blob(const struct source *s, size_t i) { return &shown(s)->blobs[i]; }
