/* Output in many files: the end and the name of each file, and the rows that go into it. */
#ifndef FC_CLI_ROTATE_H
#define FC_CLI_ROTATE_H

#include "cell.h"
#include "flowcontainer.h"

/* The limits of a file; the first one that is reached ends it. 0: no limit. */
struct rotate_rule {
    int64_t ns;
    uint64_t bytes, rows;
};

struct rotation {
    /* of the caller */
    struct rotate_rule rule;
    const char *pattern;
    struct ArrowArrayStream *inner; /* of all rows */
    const struct cell_type *type;   /* of a batch */
    size_t time;                    /* column of the time of a row; SIZE_MAX: none */
    bool by_clock;                  /* rows come as they happen: a file also ends when its time has passed */
    int64_t piece_rows;             /* the most rows that a file gets at a time; 0: a whole batch */
    void (*due)(void *context,
                int64_t ms); /* is told when the file at hand ends by the clock, in ms from now */
    void *context;
    /* of the file at hand */
    const char *path; /* the file that is being written, for its size; the caller sets it */
    int64_t first_ns, begin_ms;
    uint64_t n_rows;
    /* private */
    struct shared *batch;
    int64_t at;
    int hups, status;
    bool ended;
};

/* "5m", "100M", "1000000rows", or several, separated by commas. Returns 0, or prints why not. */
int rotate_parse(struct rotate_rule *rule, const char *text);
/* Waits for the first row of the next file. False: there is none, and *status is 0 or the result of get_next.
 */
bool rotation_begin(struct rotation *rotation, int *status);
/* The name of the file that begins now; the caller frees it. NULL: memory ran out, or the pattern is of no
 * use. */
char *rotation_name(struct rotation *rotation);
/* The rows of the file that begins now, as a stream; the file ends where the stream ends. */
void rotation_stream(struct rotation *rotation, struct ArrowArrayStream *out);
void rotation_end(struct rotation *rotation);

#endif
