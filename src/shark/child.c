/* Invariant: each record is handed out once and whole, even if its process dies later. A new process begins
 * at the first frame, because dissection has state, and its records of frames that were handed out before are
 * dropped. A frame that ends two processes, or that takes too long once, is left out from then on. */
#include "shark/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/os.h"

enum {
    CLOSE = 16,
    MOST_STARTS = 100, /* processes for one part: something else may be ending them */
    PIPE = 1 << 20,
    READ = 1 << 17,
    MOST_CHILDREN = 256,
    LOOK_MS = 50 /* between two checks whether the run was cancelled */
};

/* ---- the process ---- */

static enum fc_status page_make(struct child *c, struct fc_error *err)
{
    c->page_len = sizeof *c->page + c->part.n_numbers * sizeof(uint32_t);
    /* The process may write to the page, but not shorten it: the next look at it would be a SIGBUS. */
    c->page_file = os_shared_file(c->page_len);
    if (c->page_file < 0)
        return error_set(err, FC_IO, -1, "no shared memory: %s", strerror(errno));
    struct wire_page *page = mmap(NULL, c->page_len, PROT_READ | PROT_WRITE, MAP_SHARED, c->page_file, 0);
    if (page == MAP_FAILED)
        return error_memory(err);
    if (c->part.n_numbers)
        memcpy(page->numbers, c->part.numbers, c->part.n_numbers * sizeof(uint32_t));
    page->n_numbers = c->part.n_numbers;
    page->first_ns = c->part.first_ns;
    c->page = page;
    return FC_OK;
}

static enum fc_status process_take(struct child *c, bool fresh, int records, struct fc_error *err)
{
    enum fc_status status = worker_child_take(c->worker, fresh, &c->process, err);
    if (status)
        return status;
    const int fds[] = {c->part.file, records, c->page_file};
    const struct part *p = &c->part;
    status = p->links ? worker_child_locate(&c->process, fds, p->last, c->skip, c->n_skip, p->links,
                                            p->n_links, err)
                      : worker_child_dissect(&c->process, fds, p->last, c->skip, c->n_skip, err);
    if (status)
        close(c->process.socket);
    return status;
}

static enum fc_status process_start(struct child *c, struct fc_error *err)
{
    int ends[2];
    if (c->n_starts++ == MOST_STARTS)
        return error_set(err, FC_IO, -1, "the wireshark engine died %d times over this capture", MOST_STARTS);
    if (!os_pipe(ends))
        return error_set(err, FC_IO, -1, "no pipe: %s", strerror(errno));
    os_pipe_grow(ends[0], PIPE);
    c->page->frame = c->page->is_slow = 0;
    c->page->n_slow = c->n_slow;
    c->len = c->at = 0;
    bool fresh = c->n_starts > 1; /* a process without history: if it dies, the frame alone is to blame */
    enum fc_status status = process_take(c, fresh, ends[1], err);
    if (status && !fresh && status != FC_MEMORY) /* it may have died while it was idle */
        status = process_take(c, true, ends[1], err);
    close(ends[1]);
    if (status)
        close(ends[0]);
    else
        c->records = ends[0];
    c->running = !status;
    return status;
}

static void process_forget(struct child *c)
{
    if (!c->running)
        return;
    close(c->records);
    if (c->ended)
        worker_child_give(c->worker, c->process);
    else
        close(c->process.socket); /* its next write ends it */
    c->running = false;
}

/* The position of the frame among the frames of the part. */
static uint32_t place_of(const struct part *part, uint32_t frame)
{
    uint32_t from = 0, to = part->n_numbers;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (part->numbers[middle] < frame)
            from = middle + 1;
        else
            to = middle;
    }
    return part->n_numbers ? from : frame;
}

/* Notes a frame that ends processes. */
static bool is_hopeless(struct child *c, uint32_t frame)
{
    uint32_t first = c->fatal[0];
    memmove(c->fatal, c->fatal + 1, sizeof c->fatal - sizeof *c->fatal);
    c->fatal[MOST_TOGETHER - 2] = frame;
    return first && place_of(&c->part, frame) - place_of(&c->part, first) <= CLOSE;
}

static enum fc_status blame(struct child *c, uint32_t frame, bool is_slow, struct fc_error *err)
{
    uint32_t first = c->fatal[0];
    c->n_slow += is_slow;
    if (!is_slow && is_hopeless(c, frame))
        return error_set(
            err, FC_IO, -1,
            "libwireshark dies again and again from frame %u on: it may need more memory than there is",
            first);
    if (c->n_skip == MOST_SKIPPED)
        return error_set(err, FC_FORMAT, -1,
                         "libwireshark dies of more than %d frames, the last one frame %u", MOST_SKIPPED,
                         frame);
    c->skip[c->n_skip++] = frame;
    return FC_OK;
}

/* The pipe ended before the closing record. */
static enum fc_status process_died(struct child *c, struct fc_error *err)
{
    uint32_t frame = c->page->frame;
    bool is_slow = frame && c->page->is_slow; /* another process would take as long */
    enum fc_status status = FC_OK;
    process_forget(c);
    if (!frame && c->died_at == UINT32_MAX)
        return error_set(err, FC_UNSUPPORTED, -1,
                         "the wireshark engine dies before it has read a frame of this capture");
    if (is_slow || (frame && frame == c->died_at))
        status = blame(c, frame, is_slow, err);
    c->died_at = frame ? frame : UINT32_MAX;
    return status ? status : process_start(c, err);
}

/* ---- records ---- */

/* Moves the bytes that were not handed out to the front, and makes room for the rest of their first record.
 * The room follows the bytes that have come, because the process may claim any length. */
static bool make_room(struct child *c)
{
    size_t have = c->len - c->at, need = sizeof c->record, most = 2 * have + READ;
    struct wire_record head;
    if (c->at)
        memmove(c->bytes, c->bytes + c->at, have);
    c->len = have;
    c->at = 0;
    if (have >= sizeof head) {
        memcpy(&head, c->bytes, sizeof head);
        need += head.len;
    }
    need = need < most ? need : most;
    return memory_reserve((void **)&c->bytes, &c->cap, need < READ ? READ : need, 1);
}

static enum fc_status read_some(struct child *c, struct fc_error *err)
{
    struct wire_record head = {0};
    if (!make_room(c))
        return error_memory(err);
    if (c->len >= sizeof head)
        memcpy(&head, c->bytes, sizeof head);
    if (head.len > WIRE_MOST)
        return error_set(err, FC_IO, -1, "the wireshark engine writes nonsense");
    ssize_t n = read(c->records, c->bytes + c->len, c->cap - c->len);
    if (n < 0 && errno != EINTR)
        return error_set(err, FC_IO, -1, "records of the wireshark engine: %s", strerror(errno));
    c->len += n > 0 ? (size_t)n : 0;
    return n == 0 ? process_died(c, err) : FC_OK;
}

bool child_record(struct child *c, struct rd *body)
{
    while (!c->ended && c->len - c->at >= sizeof c->record) {
        memcpy(&c->record, c->bytes + c->at, sizeof c->record);
        if (c->len - c->at - sizeof c->record < c->record.len)
            return false;
        c->at += sizeof c->record;
        *body = rd_make(c->bytes + c->at, c->record.len, c->record.len);
        c->at += c->record.len;
        c->ended = c->record.frame == 0;
        if (!c->ended && c->record.frame <= c->told)
            continue;
        c->told = c->record.frame;
        if (c->ended)
            process_forget(c);
        return true;
    }
    return false;
}

enum fc_status child_wait(struct child *const *children, size_t n, size_t *which, struct fc_error *err)
{
    struct pollfd waiting[MOST_CHILDREN];
    enum fc_status status = FC_OK;
    for (size_t i = 0; i < n; i++)
        waiting[i] =
            (struct pollfd){.fd = children[i]->running ? children[i]->records : -1, .events = POLLIN};
    int found;
    while ((found = poll(waiting, n, LOOK_MS)) <= 0) {
        if (atomic_load_explicit(&children[0]->progress->cancelled, memory_order_relaxed))
            return FC_CANCELLED;
        if (found < 0 && errno != EINTR)
            return error_set(err, FC_IO, -1, "waiting for the wireshark engine: %s", strerror(errno));
    }
    for (size_t i = 0; !status && i < n; i++)
        if (waiting[i].fd >= 0 && waiting[i].revents) {
            *which = i;
            status = read_some(children[i], err);
        }
    return status;
}

bool child_skips(const struct child *c, uint32_t frame)
{
    for (uint32_t i = 0; i < c->n_skip; i++)
        if (c->skip[i] == frame)
            return true;
    return false;
}

/* ---- open and close ---- */

enum fc_status child_open(struct child *c, struct worker *worker, const struct part *part,
                          const struct progress *progress, struct fc_error *err)
{
    *c = (struct child){.worker = worker, .progress = progress, .part = *part, .page_file = -1};
    enum fc_status status = page_make(c, err);
    return status ? status : process_start(c, err);
}

void child_finish(struct child *c)
{
    struct rd body;
    size_t which;
    enum fc_status status = FC_OK;
    while (!status && c->running)
        if (!child_record(c, &body))
            status = child_wait(&c, 1, &which, NULL);
}

void child_close(struct child *c)
{
    if (!c->worker)
        return;
    process_forget(c);
    if (c->page)
        munmap((void *)c->page, c->page_len);
    if (c->page_file >= 0)
        close(c->page_file);
    memory_free(c->bytes);
    *c = (struct child){0};
}
