/* A capture as a regular file that is not compressed: what processes of the worker read. */
#ifndef FC_SHARK_PLAIN_H
#define FC_SHARK_PLAIN_H

#include "query/query.h"

/* *out is the caller's to close. `given`: such a file, if somebody has made it already, else -1. What is in
 * memory or compressed is written to a temporary file without a name; what can be read only once is
 * FC_UNSUPPORTED. */
FC_MUST_USE enum fc_status plain_open(int *out, const struct input *input, int given, struct fc_error *err);

#endif
