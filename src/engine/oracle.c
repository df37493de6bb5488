/* Records of a worker's child, and new children for those that die. Invariant: a record is handed out once
 * and whole, whatever its child did later: a new child begins at the first frame, as libwireshark's state
 * wants it, and what it says of frames already told is dropped. A frame that ends two children is left out
 * from then on. */
#include "engine/oracle.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/wire.h"
#include "engine/worker.h"

enum {
    MOST_SKIPPED = 32, /* frames of a capture that end a child, before the capture is given up */
    MOST_TOGETHER = 3, /* such frames close together are no fault of theirs: memory has ended */
    CLOSE = 16,
    MOST_STARTS = 100, /* children of a capture: somebody else may be ending them */
    PIPE = 1 << 20,
    LOOK_MS = 200 /* between two looks whether the run was cancelled */
};

struct oracle {
    const struct query *query;
    const struct progress *progress;
    int capture, spool; /* descriptors: what children read, the copy if one was made */
    char path[32];
    int records, page_file;
    volatile struct wire_progress *page;
    uint8_t *bytes;
    size_t len, cap, at; /* filled, room, read */
    struct wire_record record;
    bool running, has_record, ended;
    uint32_t told, died_at, n_starts;
    uint32_t skip[MOST_SKIPPED], n_skip;
};

/* ---- the capture as a descriptor ---- */

static bool write_all(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t written = write(fd, bytes, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        n -= (size_t)written;
    }
    return true;
}

static int temporary_file(void)
{
    FILE *file = tmpfile();
    int fd = file ? fcntl(fileno(file), F_DUPFD_CLOEXEC, 0) : -1;
    if (file)
        fclose(file);
    return fd;
}

static enum fc_status spool(struct oracle *o, int from, const struct input *input, struct fc_error *err)
{
    char bytes[1 << 16];
    ssize_t n = 0;
    o->spool = temporary_file();
    bool ok = o->spool >= 0 && (!input->memory || write_all(o->spool, input->memory, input->len));
    while (ok && from >= 0 && (n = read(from, bytes, sizeof bytes)) != 0)
        ok = n > 0 ? write_all(o->spool, bytes, (size_t)n) : errno == EINTR;
    if (!ok)
        return error_set(err, FC_IO, -1, "%s: no temporary copy: %s", input->name, strerror(errno));
    snprintf(o->path, sizeof o->path, "/proc/self/fd/%d", o->spool);
    return FC_OK;
}

static enum fc_status open_input(struct oracle *o, const struct input *input, struct fc_error *err)
{
    struct stat info;
    bool is_stdin = !input->memory && !strcmp(input->name, "-");
    if (!input->memory)
        o->capture =
            is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(input->name, O_RDONLY | O_CLOEXEC);
    if (!input->memory && (o->capture < 0 || fstat(o->capture, &info)))
        return error_set(err, errno == ENOENT ? FC_NOT_FOUND : FC_IO, -1, "%s: %s", input->name,
                         strerror(errno));
    if (!input->memory && !is_stdin && S_ISREG(info.st_mode))
        return FC_OK;
    enum fc_status status = spool(o, o->capture, input, err);
    if (o->capture >= 0)
        close(o->capture);
    o->capture = status ? -1 : fcntl(o->spool, F_DUPFD_CLOEXEC, 0);
    return status;
}

/* ---- children ---- */

static enum fc_status child_start(struct oracle *o, struct fc_error *err)
{
    int ends[2];
    uint64_t most = o->query->options.max_frames;
    if (o->n_starts++ == MOST_STARTS)
        return error_set(err, FC_IO, -1, "the wireshark engine died %d times over this capture", MOST_STARTS);
    if (pipe2(ends, O_CLOEXEC))
        return error_set(err, FC_IO, -1, "no pipe: %s", strerror(errno));
    fcntl(ends[0], F_SETPIPE_SZ, PIPE);
    o->page->frame = 0;
    o->len = o->at = 0;
    o->has_record = o->ended = false;
    enum fc_status status = worker_dissect(o->query->worker, (int[]){o->capture, ends[1], o->page_file},
                                           most < UINT32_MAX ? (uint32_t)most : 0, o->skip, o->n_skip, err);
    close(ends[1]);
    if (status)
        close(ends[0]);
    else
        o->records = ends[0];
    o->running = !status;
    return status;
}

static void child_forget(struct oracle *o)
{
    if (o->running)
        close(o->records);
    o->running = false;
}

static bool is_hopeless(const struct oracle *o, uint32_t frame)
{
    return o->n_skip >= MOST_TOGETHER - 1 && frame - o->skip[o->n_skip - MOST_TOGETHER + 1] <= CLOSE;
}

/* The pipe ended before the last record. */
static enum fc_status child_died(struct oracle *o, struct fc_error *err)
{
    uint32_t frame = o->page->frame;
    child_forget(o);
    if (!frame && o->died_at == UINT32_MAX)
        return error_set(err, FC_UNSUPPORTED, -1,
                         "the wireshark engine dies before it has read a frame of this capture");
    if (frame && frame == o->died_at) {
        if (is_hopeless(o, frame))
            return error_set(err, FC_IO, -1,
                             "libwireshark dies again and again from frame %u on: it may need more memory "
                             "than there is",
                             o->skip[o->n_skip - MOST_TOGETHER + 1]);
        if (o->n_skip == MOST_SKIPPED)
            return error_set(err, FC_FORMAT, -1,
                             "libwireshark dies of more than %d frames, the last one frame %u", MOST_SKIPPED,
                             frame);
        o->skip[o->n_skip++] = frame;
    }
    o->died_at = frame ? frame : UINT32_MAX;
    return child_start(o, err);
}

/* ---- records ---- */

/* More bytes behind what is there; *ended when there are none. */
static enum fc_status read_more(struct oracle *o, bool *ended, struct fc_error *err)
{
    struct pollfd waiting = {.fd = o->records, .events = POLLIN};
    while (poll(&waiting, 1, LOOK_MS) <= 0)
        if (atomic_load_explicit(&o->progress->cancelled, memory_order_relaxed))
            return FC_CANCELLED;
    ssize_t n = read(o->records, o->bytes + o->len, o->cap - o->len);
    if (n < 0 && errno != EINTR)
        return error_set(err, FC_IO, -1, "records of the wireshark engine: %s", strerror(errno));
    *ended = n == 0;
    o->len += n > 0 ? (size_t)n : 0;
    return FC_OK;
}

/* At least `need` bytes from `at` on, unless *ended. */
static enum fc_status fill(struct oracle *o, size_t need, bool *ended, struct fc_error *err)
{
    enum fc_status status = FC_OK;
    *ended = false;
    if (o->len - o->at >= need)
        return FC_OK;
    if (o->at)
        memmove(o->bytes, o->bytes + o->at, o->len - o->at);
    o->len -= o->at;
    o->at = 0;
    if (need > o->cap && !memory_reserve((void **)&o->bytes, &o->cap, need < PIPE ? PIPE : need, 1))
        return error_memory(err);
    while (!status && !*ended && o->len < need)
        status = read_more(o, ended, err);
    return status;
}

/* The next record's head into o->record, its values from o->at on. Bytes of the record before it are given
 * up. */
static enum fc_status next_record(struct oracle *o, struct fc_error *err)
{
    bool ended = false;
    enum fc_status status = o->running ? FC_OK : child_start(o, err);
    while (!status) {
        o->has_record = false;
        status = fill(o, sizeof o->record, &ended, err);
        if (!status && !ended) {
            memcpy(&o->record, o->bytes + o->at, sizeof o->record);
            if (o->record.len > WIRE_MOST)
                return error_set(err, FC_IO, -1, "the wireshark engine writes nonsense");
            status = fill(o, sizeof o->record + o->record.len, &ended, err);
        }
        if (status)
            break;
        if (ended) {
            status = child_died(o, err);
            continue;
        }
        o->at += sizeof o->record;
        o->has_record = true;
        o->ended = o->record.frame == 0;
        if (o->ended || o->record.frame > o->told)
            break;
        o->at += o->record.len;
    }
    return status;
}

static bool is_bytes(enum field_type type)
{
    return type == FT_STRING || type == FT_BYTES || type == FT_ETHER || type == FT_IPv6;
}

/* The child has seen bytes of strangers: what it writes is checked like them. */
static bool take_value(struct oracle *o, struct rd *r, struct row *row)
{
    struct wire_value value;
    const uint8_t *head = rd_bytes(r, sizeof value);
    if (!head)
        return false;
    memcpy(&value, head, sizeof value);
    const uint8_t *bytes = rd_bytes(r, value.len);
    if (!bytes || value.slot >= o->query->n_fields)
        return false;
    enum field_type type = o->query->fields[value.slot].type;
    if ((type == FT_ETHER && value.len != 6) || (type == FT_IPv6 && value.len != 16))
        return false;
    if (type == FT_STRING) {
        row_slot_utf8(row, value.slot, bytes, value.len);
        return true;
    }
    struct value *v = row_slot(row, value.slot);
    if (v && is_bytes(type)) {
        v->bytes = bytes;
        v->len = value.len;
    } else if (v) {
        v->u = value.bits;
    }
    return true;
}

static enum fc_status take_values(struct oracle *o, struct row *row, struct fc_error *err)
{
    struct rd r = rd_make(o->bytes + o->at, o->record.len, o->record.len);
    o->at += o->record.len;
    o->has_record = false;
    o->told = o->record.frame;
    for (uint32_t i = 0; i < o->record.n_values; i++)
        if (!take_value(o, &r, row))
            return error_set(err, FC_IO, -1, "the wireshark engine writes nonsense");
    return row->out_of_memory ? error_memory(err) : FC_OK;
}

static bool is_skipped(const struct oracle *o, uint32_t frame)
{
    for (uint32_t i = 0; i < o->n_skip; i++)
        if (o->skip[i] == frame)
            return true;
    return false;
}

static enum fc_status too_few(const struct oracle *o, struct fc_error *err)
{
    return error_set(err, FC_UNSUPPORTED, -1, "libwireshark reads only %u frames of this capture%s%.*s",
                     o->record.n_values, o->record.len ? ": " : "", (int)o->record.len,
                     (const char *)o->bytes + o->at);
}

enum fc_status oracle_frame(struct oracle *o, uint32_t frame, struct row *row, enum verdict *verdict,
                            struct fc_error *err)
{
    enum fc_status status = FC_OK;
    while (!status && !o->ended && !(o->has_record && o->record.frame >= frame)) {
        o->at += o->has_record ? o->record.len : 0;
        status = next_record(o, err);
    }
    if (status)
        return status;
    if (o->has_record && o->record.frame == frame) {
        *verdict = VERDICT_PASSED;
        return take_values(o, row, err);
    }
    if (o->ended && o->record.n_values < frame)
        return too_few(o, err);
    *verdict = is_skipped(o, frame) ? VERDICT_CRASHED : VERDICT_DROPPED;
    o->told = frame;
    return FC_OK;
}

/* ---- open and close ---- */

static enum fc_status make_page(struct oracle *o, struct fc_error *err)
{
    o->page_file = memfd_create("flowcontainer", MFD_CLOEXEC);
    if (o->page_file < 0 || ftruncate(o->page_file, sizeof *o->page))
        return error_set(err, FC_IO, -1, "no shared memory: %s", strerror(errno));
    void *page = mmap(NULL, sizeof *o->page, PROT_READ | PROT_WRITE, MAP_SHARED, o->page_file, 0);
    if (page == MAP_FAILED)
        return error_memory(err);
    o->page = page;
    return FC_OK;
}

enum fc_status oracle_open(struct oracle **out, const struct query *query, const struct input *input,
                           const struct progress *progress, struct fc_error *err)
{
    struct oracle *o = memory_zero(1, sizeof *o);
    if (!o)
        return error_memory(err);
    o->query = query;
    o->progress = progress;
    o->capture = o->spool = o->page_file = -1;
    enum fc_status status = make_page(o, err);
    if (!status)
        status = open_input(o, input, err);
    if (status)
        oracle_close(o);
    else
        *out = o;
    return status;
}

const char *oracle_path(const struct oracle *o) { return o->path[0] ? o->path : NULL; }

void oracle_close(struct oracle *o)
{
    if (!o)
        return;
    child_forget(o);
    if (o->page)
        munmap((void *)o->page, sizeof *o->page);
    for (int i = 0; i < 3; i++) {
        int fd = (int[]){o->capture, o->spool, o->page_file}[i];
        if (fd >= 0)
            close(fd);
    }
    memory_free(o->bytes);
    memory_free(o);
}
