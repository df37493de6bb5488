/* A running program flowcontainer-worker, and the messages to it. One worker serves a whole run; several
 * threads may take children of it at the same time. */
#ifndef FC_SHARK_WORKER_H
#define FC_SHARK_WORKER_H

#include <flowcontainer.h>

#include "field/field.h"
#include "shark/message.h"

struct worker;

struct worker_question {
    const char *filter;
    const char *const *names;
    size_t n;
    const char *keylog; /* content of a key log file, or NULL */
    const struct fc_options *options;
};

/* Starts the program and waits until libwireshark is ready, which takes 0.2 s. FC_UNSUPPORTED when there is
 * no such program; the text then says how to get it. */
FC_MUST_USE enum fc_status worker_start(struct worker **out, struct fc_error *err);
/* The same in two steps: worker_launch does not wait, and worker_await does. Between them the worker can only
 * be stopped. */
FC_MUST_USE enum fc_status worker_launch(struct worker **out, struct fc_error *err);
FC_MUST_USE enum fc_status worker_await(struct worker *worker, struct fc_error *err);
/* Names somebody who may want to stop while the worker does not answer: calls then fail, worker_await with
 * FC_CANCELLED. */
void worker_watch(struct worker *worker, const struct message_stop *stop);
/* Asks the one question of the worker. `out` gets a field for each name: its name is borrowed from the
 * question, its description is valid until worker_stop. FC_FIELD, FC_FILTER, FC_USAGE, FC_UNSUPPORTED. */
FC_MUST_USE enum fc_status worker_query(struct worker *worker, const struct worker_question *question,
                                        struct field *out, struct fc_error *err);
/* Receives every field that libwireshark knows, and old names of protocols, in no order. Texts are valid
 * during the call only. */
struct worker_listener {
    void (*field)(void *to, const struct field *field, const char *type);
    void (*old_name)(void *to, const char *old, const char *today);
    void *to;
};
FC_MUST_USE enum fc_status worker_list(struct worker *worker, const struct worker_listener *listener,
                                       struct fc_error *err);
/* Whether different processes may dissect parts of a capture. */
bool worker_divides(const struct worker *worker);
/* Whether frames of encrypted streams may be left out; *empty_passes: whether such frames pass the filter. */
bool worker_wants_clear_text(const struct worker *worker, bool *empty_passes);
bool worker_dissects_twice(const struct worker *worker);
/* "4.0.17" */
const char *worker_version(const struct worker *worker);
/* The path of libwireshark's file. */
const char *worker_library(const struct worker *worker);
/* The parts of the jail that are missing here, in words; "": none. */
const char *worker_lacks(const struct worker *worker);
/* Ends the worker and its children. NULL is allowed. */
void worker_stop(struct worker *worker);

/* A process that dissects captures, one after another. */
struct worker_child {
    int socket;
    uint32_t n_captures;
};
/* Takes an idle child, or a new one (`fresh`: always a new one). The caller gives it back when its last
 * record has been read, or closes its socket. */
FC_MUST_USE enum fc_status worker_child_take(struct worker *worker, bool fresh, struct worker_child *out,
                                             struct fc_error *err);
void worker_child_give(struct worker *worker, struct worker_child child);
/* Sends WIRE_DISSECT. fds: the capture, the pipe for records, the page (wire.h). `last`: the last frame; 0:
 * all. */
FC_MUST_USE enum fc_status worker_child_dissect(const struct worker_child *child, const int fds[3],
                                                uint32_t last, const uint32_t *skip, uint32_t n_skip,
                                                struct fc_error *err);
/* Sends WIRE_LOCATE: records say where IP lies in frames whose link type is not in `links`. */
FC_MUST_USE enum fc_status worker_child_locate(const struct worker_child *child, const int fds[3],
                                               uint32_t last, const uint32_t *skip, uint32_t n_skip,
                                               const uint32_t *links, uint32_t n_links, struct fc_error *err);
/* Sends WIRE_CONVERT: the child writes the capture as pcapng to the pipe. */
FC_MUST_USE enum fc_status worker_child_convert(const struct worker_child *child, const int fds[3],
                                                struct fc_error *err);

#endif
