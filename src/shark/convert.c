/* Invariant: the copy is handed out only when it has been written whole. */
#include "shark/convert.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "shark/file.h"
#include "shark/spool.h"
#include "shark/start.h"
#include "shark/wire.h"

enum { LOOK_MS = 200 /* between two checks whether the run was cancelled */ };

static enum fc_status copy(int from, int to, const struct progress *progress, struct fc_error *err)
{
    char bytes[1 << 16];
    for (;;) {
        struct pollfd waiting = {.fd = from, .events = POLLIN};
        while (poll(&waiting, 1, LOOK_MS) <= 0)
            if (atomic_load_explicit(&progress->cancelled, memory_order_relaxed))
                return FC_CANCELLED;
        ssize_t n = read(from, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return FC_OK;
        if (!spool_write(to, bytes, (size_t)n))
            return spool_error(err);
    }
}

static enum fc_status ask(struct worker *worker, const int fds[3], int records, int to,
                          const struct progress *progress, struct fc_error *err)
{
    struct worker_child child = {.socket = -1};
    enum fc_status status = worker_child_take(worker, true, &child, err);
    if (!status)
        status = worker_child_convert(&child, fds, err);
    close(fds[1]); /* so that the pipe ends when the child is done */
    if (!status)
        status = copy(records, to, progress, err);
    if (child.socket >= 0)
        close(child.socket);
    return status;
}

static enum fc_status convert_file(int *out, int capture, struct worker *worker,
                                   const struct progress *progress, struct fc_error *err)
{
    int ends[2] = {-1, -1}, to = spool_file(), page_file = memfd_create("flowcontainer", MFD_CLOEXEC);
    struct wire_page page = {0};
    if (to < 0 || page_file < 0 || ftruncate(page_file, sizeof page) || pipe2(ends, O_CLOEXEC)) {
        spool_error(err);
        if (to >= 0)
            close(to);
        if (page_file >= 0)
            close(page_file);
        return FC_IO;
    }
    enum fc_status status = ask(worker, (int[]){capture, ends[1], page_file}, ends[0], to, progress, err);
    close(ends[0]);
    bool whole = pread(page_file, &page, sizeof page, 0) == sizeof page && page.n_numbers;
    close(page_file);
    if (!status && !whole)
        status = error_set(err, FC_FORMAT, -1, "not a capture");
    if (status)
        close(to);
    else
        *out = to;
    return status;
}

enum fc_status convert_open(struct source **out, struct shark *shark, const struct input *input, int given,
                            const struct progress *progress, struct fc_error *err)
{
    struct worker *worker = shark_worker(shark);
    int capture = -1, file = -1;
    struct fc_error ignored; /* the error of the native reader says more */
    char copy[32];
    if (!worker || file_descriptor(&capture, input, given, &ignored))
        return err->status;
    enum fc_status status = convert_file(&file, capture, worker, progress, &ignored);
    close(capture);
    if (status == FC_CANCELLED || status == FC_MEMORY)
        return status;
    if (status)
        return err->status;
    snprintf(copy, sizeof copy, "/proc/self/fd/%d", file);
    status = source_open(out, copy, err);
    close(file);
    return status;
}
