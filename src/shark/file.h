/* A capture as a regular file that is not compressed: processes of the worker read nothing else. */
#ifndef FC_SHARK_FILE_H
#define FC_SHARK_FILE_H

#include "query/query.h"
#include "shark/worker.h"

struct capture_file {
    int plain;     /* descriptor of the file; -1: it is not open */
    int copy;      /* descriptor of the bytes of a pipe, as they came; -1: the capture is no pipe */
    char path[32]; /* opens the copy; "": the input's own name is good */
};

/* A capture that can be read only once, such as a pipe, is copied to a temporary file first, and then has to
 * be read from there: `path`. What is in memory or compressed is unpacked to another temporary file.
 * Temporary files have no names and end with their descriptors. With a worker, only the first bytes are
 * copied before it is known that the capture has a format that is read; without one the caller knows it.
 * Errors: FC_NOT_FOUND, FC_IO, FC_CANCELLED, and those of source_unpack and convert_judge. */
FC_MUST_USE enum fc_status file_open(struct capture_file *out, const struct input *input,
                                     struct worker *worker, const struct progress *progress,
                                     struct fc_error *err);
void file_close(struct capture_file *file);

/* The same as a descriptor alone, which the caller closes. `given` is a descriptor of the same capture as a
 * plain file, which is then shared, or -1. FC_UNSUPPORTED without one when the capture can be read only once.
 */
FC_MUST_USE enum fc_status file_descriptor(int *out, const struct input *input, int given,
                                           struct worker *worker, const struct progress *progress,
                                           struct fc_error *err);

#endif
