/* Invariant: the copy is handed out only when it has been written whole. */
#include "shark/convert.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/os.h"
#include "base/temporary.h"
#include "shark/spool.h"
#include "shark/wire.h"
#include "source/copy.h"
#include "source/source.h"

static enum fc_status ask(struct worker *worker, const int fds[3], int records, int to,
                          const struct progress *progress, struct fc_error *err)
{
    struct copy out = {.to = to, .cancelled = &progress->cancelled};
    struct worker_child child = {.socket = -1};
    enum fc_status status = worker_child_take(worker, true, &child, err);
    if (!status)
        status = worker_child_convert(&child, fds, err);
    close(fds[1]); /* so that the pipe ends when the child is done */
    if (!status)
        status = copy_descriptor(&out, records, err);
    if (child.socket >= 0)
        close(child.socket);
    return status;
}

enum fc_status convert_file(int *out, int capture, struct worker *worker, const struct progress *progress,
                            struct fc_error *err)
{
    struct wire_page page = {0};
    int ends[2] = {-1, -1}, to = temporary_file(), page_file = os_shared_file(sizeof page);
    if (to < 0 || page_file < 0 || !os_pipe(ends)) {
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

enum fc_status convert_judge(int head, struct worker *worker, const struct progress *progress,
                             struct fc_error *err)
{
    struct source *source = NULL;
    struct fc_error ignored; /* the error of the native reader says more */
    char path[32];
    int file = -1;
    snprintf(path, sizeof path, "/proc/self/fd/%d", head);
    enum fc_status native = source_open(&source, path, err);
    source_close(source);
    if (native != FC_FORMAT && native != FC_UNSUPPORTED)
        return native == FC_CUT ? FC_OK : native; /* the copy is read, and the error then reported */
    enum fc_status status = convert_file(&file, head, worker, progress, &ignored);
    if (!status)
        close(file);
    return !status || status == FC_MEMORY || status == FC_CANCELLED ? status : native;
}
