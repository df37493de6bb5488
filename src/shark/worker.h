/* The program flowcontainer-worker as seen from here: started, asked. One worker serves a whole run; engines
 * on several threads may ask it at a time. */
#ifndef FC_SHARK_WORKER_H
#define FC_SHARK_WORKER_H

#include <flowcontainer.h>

#include "field/field.h"

struct worker;

struct worker_question {
    const char *filter;
    const char *const *names;
    size_t n;
    const char *keylog; /* content of a key log file, or NULL */
    const struct fc_options *options;
};

/* FC_UNSUPPORTED when there is no such program, with what to do about it. */
FC_MUST_USE enum fc_status worker_start(struct worker **out, struct fc_error *err);
/* The same in two steps: the first does not wait until libwireshark is ready, which takes it 0.2 s; between
 * them the worker can only be stopped. */
FC_MUST_USE enum fc_status worker_launch(struct worker **out, struct fc_error *err);
FC_MUST_USE enum fc_status worker_await(struct worker *worker, struct fc_error *err);
/* Once: `out` gets a field for each name; names are the caller's, descriptions the worker's (valid until
 * worker_stop). FC_FIELD, FC_FILTER, FC_USAGE, FC_UNSUPPORTED. */
FC_MUST_USE enum fc_status worker_query(struct worker *worker, const struct worker_question *question,
                                        struct field *out, struct fc_error *err);
/* Every field that libwireshark knows, and old names of protocols, in no order; texts are valid during a
 * call. */
struct worker_listener {
    void (*field)(void *to, const struct field *field, const char *type);
    void (*old_name)(void *to, const char *old, const char *today);
    void *to;
};
FC_MUST_USE enum fc_status worker_list(struct worker *worker, const struct worker_listener *listener,
                                       struct fc_error *err);
/* Whether parts of a capture may be dissected apart from each other. */
bool worker_divides(const struct worker *worker);
/* Whether frames of encrypted streams may be left out, and then whether they pass the filter. */
bool worker_wants_clear_text(const struct worker *worker, bool *empty_passes);
bool worker_dissects_twice(const struct worker *worker);
/* "4.0.17" */
const char *worker_version(const struct worker *worker);
/* What its jail is without, in words; "": nothing. */
const char *worker_lacks(const struct worker *worker);
/* Ends the worker and its children. NULL is nothing. */
void worker_stop(struct worker *worker);

/* A process that dissects captures, one after another. */
struct worker_child {
    int socket;
    uint32_t n_captures;
};
/* One that idles, or a new one; `fresh`: a new one. Either give it back when its last record has been read,
 * or close its socket. */
FC_MUST_USE enum fc_status worker_child_take(struct worker *worker, bool fresh, struct worker_child *out,
                                             struct fc_error *err);
void worker_child_give(struct worker *worker, struct worker_child child);
/* The capture, the pipe for records, the page (wire.h); `last` 0: all frames. */
FC_MUST_USE enum fc_status worker_child_dissect(const struct worker_child *child, const int fds[3],
                                                uint32_t last, const uint32_t *skip, uint32_t n_skip,
                                                struct fc_error *err);
/* The same for where IP lies in frames whose link types are none of `links`. */
FC_MUST_USE enum fc_status worker_child_locate(const struct worker_child *child, const int fds[3],
                                               uint32_t last, const uint32_t *skip, uint32_t n_skip,
                                               const uint32_t *links, uint32_t n_links, struct fc_error *err);
/* The capture as pcapng over the pipe (wire.h). */
FC_MUST_USE enum fc_status worker_child_convert(const struct worker_child *child, const int fds[3],
                                                struct fc_error *err);

#endif
