/* A capture from interfaces: a child process that captures, and the pipe through which its packets come. */
#ifndef FC_RUN_LIVE_H
#define FC_RUN_LIVE_H

#include "query/report.h"
#include "run/capturer.h"

struct live;

/* Finds the program and checks the options; starts nothing. Strings are copied. FC_USAGE,
 * FC_UNSUPPORTED. */
FC_MUST_USE enum fc_status live_new(struct live **out, const struct fc_capture *capture,
                                    struct fc_error *err);
/* The names of the interfaces, joined by commas. */
const char *live_name(const struct live *live);
/* Starts the child; *file is the reading end of its pipe, which stays the live capture's. */
FC_MUST_USE enum fc_status live_start(struct live *live, int *file, struct fc_error *err);
/* Asks the child to end in order: the pipe then ends behind the last packet. Any thread may call it, at any
 * time. */
void live_finish(struct live *live);
/* Ends the child, whatever it does, and puts into the report how many packets the kernel dropped and why the
 * child failed, if it did; `frames` were read. Does nothing if the child was not started. */
FC_MUST_USE enum fc_status live_end(struct live *live, struct report *report, uint64_t frames);
/* The text of the program's list of interfaces, which the caller frees, also after a failure. FC_IO. */
FC_MUST_USE enum fc_status live_list(char **out, const struct capturer *capturer, struct fc_error *err);
/* NULL is nothing. */
void live_free(struct live *live);

#endif
