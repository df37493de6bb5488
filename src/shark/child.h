/* A process that dissects a capture or a part of one, as a row of records; replaced when it dies. */
#ifndef FC_SHARK_CHILD_H
#define FC_SHARK_CHILD_H

#include "base/rd.h"
#include "query/query.h"
#include "shark/wire.h"
#include "shark/worker.h"

/* What it is to dissect. */
struct part {
    int file;                /* a regular file, read from its start; borrowed */
    const uint32_t *numbers; /* of the file's frames; NULL: 1, 2, 3 ... */
    uint32_t n_numbers;
    int64_t first_ns; /* time of frame 1; with numbers */
    uint32_t last;    /* stop behind this frame; 0: never */
    const uint32_t
        *links; /* not NULL: it is only to be said where IP lies in frames of other link types than these */
    uint32_t n_links;
};

enum { MOST_SKIPPED = 32 /* frames of a part that end a process, before it is given up */ };

struct child {
    struct worker *worker;
    const struct progress *progress;
    struct part part;
    struct worker_child process;
    int records, page_file;
    volatile struct wire_page *page;
    size_t page_len;
    uint8_t *bytes;
    size_t len, cap, at;       /* filled, room, read */
    struct wire_record record; /* the one handed out last; frame 0: the end */
    bool running, ended;
    uint32_t told, died_at, n_starts;
    uint32_t skip[MOST_SKIPPED], n_skip;
};

/* Borrows all but the struct. After an error the child may still be closed. */
FC_MUST_USE enum fc_status child_open(struct child *child, struct worker *worker, const struct part *part,
                                      const struct progress *progress, struct fc_error *err);
/* True when a whole record is at hand: child->record, and its bytes in *body until the next call. After the
 * last one child->ended is set. */
bool child_record(struct child *child, struct rd *body);
/* Waits until one of the children that run has written something, and reads it; *which: the last one that was
 * read, or failed. FC_CANCELLED, FC_IO ... */
FC_MUST_USE enum fc_status child_wait(struct child *const *children, size_t n, size_t *which,
                                      struct fc_error *err);
bool child_skips(const struct child *child, uint32_t frame);
/* Reads what is left, so that the process may serve another capture. */
void child_finish(struct child *child);
void child_close(struct child *child);

#endif
