/* The program flowcontainer-worker, found and started. */
#ifndef FC_SHARK_PROGRAM_H
#define FC_SHARK_PROGRAM_H

#include <flowcontainer.h>
#include <limits.h>
#include <sys/types.h>

/* Where it is; false when it is nowhere. */
bool program_find(char out[PATH_MAX]);
/* FC_UNSUPPORTED when there is no such program, with what to do about it. The socket is the caller's to
 * close, the process to wait for. */
FC_MUST_USE enum fc_status program_start(pid_t *process, int *socket, struct fc_error *err);

#endif
