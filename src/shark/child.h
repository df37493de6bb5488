/* A process of the worker that dissects a capture or a part of it and writes records. A process that dies is
 * replaced by another. */
#ifndef FC_SHARK_CHILD_H
#define FC_SHARK_CHILD_H

#include "base/rd.h"
#include "query/query.h"
#include "shark/wire.h"
#include "shark/worker.h"

/* A capture, or a part of it. */
struct part {
    int file;                /* a plain file (shark/file.h), read from its start; borrowed */
    const uint32_t *numbers; /* the numbers of the file's frames; NULL: 1, 2, 3 ... */
    uint32_t n_numbers;
    int64_t first_ns;      /* time of frame 1; with numbers */
    uint32_t last;         /* the last frame to read; 0: all */
    const uint32_t *links; /* not NULL: records say where IP lies in frames of other link types than these */
    uint32_t n_links;
};

/* So many frames close together that end processes are not to blame: memory has ended. */
enum { MOST_TOGETHER = 3 };
enum { MOST_SKIPPED = 32 /* frames that end processes, before the part is given up */ };

struct child {
    struct worker *worker;
    const struct progress *progress;
    struct part part;
    struct worker_child process;
    int records, page_file;
    volatile struct wire_page *page;
    size_t page_len;
    uint8_t *bytes;
    size_t len, cap, at;       /* received, allocated, handed out */
    struct wire_record record; /* handed out last; frame 0: the closing record */
    bool running, ended;
    uint32_t told, died_at, n_starts;
    uint32_t n_slow;                   /* frames that were too slow */
    uint32_t fatal[MOST_TOGETHER - 1]; /* the last frames that ended processes otherwise; 0: none yet */
    uint32_t skip[MOST_SKIPPED], n_skip;
};

/* Borrows all pointers and the file. After an error the child has to be closed too. */
FC_MUST_USE enum fc_status child_open(struct child *child, struct worker *worker, const struct part *part,
                                      const struct progress *progress, struct fc_error *err);
/* Hands out the next record, if all of it was received: child->record, and its bytes in *body until the next
 * call. With the closing record child->ended is set. */
bool child_record(struct child *child, struct rd *body);
/* Waits until at least one of the children has written something, and receives it. *which: the child that was
 * read last, or whose error it is. FC_CANCELLED, FC_IO, FC_FORMAT, FC_UNSUPPORTED, FC_MEMORY. */
FC_MUST_USE enum fc_status child_wait(struct child *const *children, size_t n, size_t *which,
                                      struct fc_error *err);
/* Whether the frame is left out because it ends processes. */
bool child_skips(const struct child *child, uint32_t frame);
/* Reads the remaining records, so that the process may serve another capture. */
void child_finish(struct child *child);
/* A child of zeros is not open; closing it does nothing. */
void child_close(struct child *child);

#endif
