/* Finds and starts the program flowcontainer-worker. */
#ifndef FC_SHARK_PROGRAM_H
#define FC_SHARK_PROGRAM_H

#include <flowcontainer.h>
#include <limits.h>
#include <sys/types.h>

/* The path of the program; false when it is not installed. */
bool program_find(char out[PATH_MAX]);
/* The caller closes the socket and waits for the process. FC_UNSUPPORTED when there is no such program; the
 * text then says how to get it. */
FC_MUST_USE enum fc_status program_start(pid_t *process, int *socket, struct fc_error *err);

#endif
