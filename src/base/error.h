/* How a function says what went wrong: `return error_set(err, FC_FORMAT, offset, "...", ...)`. */
#ifndef FC_BASE_ERROR_H
#define FC_BASE_ERROR_H

#include <flowcontainer.h>

/* Fills err (which may be NULL) and returns status. offset -1: none. */
__attribute__((format(printf, 4, 5))) enum fc_status error_set(struct fc_error *err, enum fc_status status,
                                                               int64_t offset, const char *format, ...);

/* The usual text for an allocation that failed. */
enum fc_status error_memory(struct fc_error *err);

#endif
