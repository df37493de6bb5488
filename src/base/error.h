/* How a function reports a failure: `return error_set(err, FC_FORMAT, offset, "...", ...)`. */
#ifndef FC_BASE_ERROR_H
#define FC_BASE_ERROR_H

#include <flowcontainer.h>

/* Fills *err, unless err is NULL, and returns `status`. `offset` is a position in the capture, or -1 for
 * none. */
__attribute__((format(printf, 4, 5))) enum fc_status error_set(struct fc_error *err, enum fc_status status,
                                                               int64_t offset, const char *format, ...);

/* Reports an allocation that failed: FC_MEMORY with its usual text. */
enum fc_status error_memory(struct fc_error *err);

#endif
