/* The worker of a query. It is started when a capture needs it for the first time, and serves all threads of
 * the run. */
#ifndef FC_SHARK_START_H
#define FC_SHARK_START_H

#include "query/query.h"
#include "shark/worker.h"

/* Starts nothing. Copies the names of the fields, the filter and the number of passes: the question that the
 * worker is asked when it is needed. NULL: memory ended. */
struct shark *shark_new(const struct fc_options *options);
/* Sets the function that may stop the wait for the worker, until another one is set. */
void shark_watch(struct shark *shark, const struct message_stop *stop);
/* Starts the worker and waits until libwireshark is ready. FC_UNSUPPORTED says why there is no worker. */
FC_MUST_USE enum fc_status shark_start(struct shark *shark, struct fc_error *err);
/* The release of the started worker's libwireshark. */
enum release shark_release(const struct shark *shark);
/* Asks the started worker the question together with what only libwireshark takes: preferences, rules of
 * decode-as and the content of a key log (or NULL). `out` gets a field for each name; the texts are valid
 * until shark_free. Errors as worker_query. */
FC_MUST_USE enum fc_status shark_ask(struct shark *shark, const struct fc_options *options,
                                     const char *keylog, struct field *out, struct fc_error *err);
/* Starts the worker, unless that has been done, and does not wait: libwireshark needs 0.2 s, in which the
 * caller may do something else. */
void shark_launch(struct shark *shark);
/* The worker, once it is ready to dissect captures for the query. NULL: there is no worker, it refuses the
 * question, it is of another release than the query, or it gives the fields other types, so that values of
 * both engines cannot stand in one column. */
struct worker *shark_answering(struct shark *shark, const struct query *query);
/* The worker, once it is ready for work that needs no query: converting captures and locating IP. NULL: there
 * is no worker. */
struct worker *shark_worker(struct shark *shark);
/* Ends the worker. NULL is allowed. */
void shark_free(struct shark *shark);

#endif
