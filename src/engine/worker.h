/* The program flowcontainer-worker as seen from here: found, started, asked. One worker serves a whole run;
 * engines on several threads may ask it at a time. */
#ifndef FC_ENGINE_WORKER_H
#define FC_ENGINE_WORKER_H

#include <flowcontainer.h>
#include <limits.h>

#include "field/field.h"

struct worker;

/* FC_UNSUPPORTED when there is no such program, with what to do about it. */
FC_MUST_USE enum fc_status worker_start(struct worker **out, struct fc_error *err);
/* Once: `out` gets the n fields; their names are the caller's, descriptions the worker's (valid until
 * worker_stop). FC_FIELD, FC_FILTER, FC_UNSUPPORTED. */
FC_MUST_USE enum fc_status worker_query(struct worker *worker, const char *filter, const char *const *names,
                                        size_t n, struct field *out, struct fc_error *err);
/* Every field that libwireshark knows, and old names of protocols, in no order; texts are valid during a call. */
struct worker_listener {
    void (*field)(void *to, const struct field *field, const char *type);
    void (*old_name)(void *to, const char *old, const char *today);
    void *to;
};
FC_MUST_USE enum fc_status worker_list(struct worker *worker, const struct worker_listener *listener,
                                       struct fc_error *err);
/* Where the program is; false when it is nowhere. */
bool worker_find(char out[PATH_MAX]);
/* A child that dissects the capture behind a descriptor and writes records to another (wire.h); `last` 0:
 * all. */
FC_MUST_USE enum fc_status worker_dissect(struct worker *worker, const int fds[3], uint32_t last,
                                          const uint32_t *skip, uint32_t n_skip, struct fc_error *err);
/* "4.0.17" */
const char *worker_version(const struct worker *worker);
/* Ends the worker and its children. NULL is nothing. */
void worker_stop(struct worker *worker);

#endif
