/* Captures of formats that the native reader does not know, as pcapng. */
#ifndef FC_SHARK_CONVERT_H
#define FC_SHARK_CONVERT_H

#include "query/query.h"
#include "source/source.h"

/* Opens a copy that libwireshark makes of the capture, which is also `given`, plain, when that is not -1
 * (borrowed); *err says why the native reader could not open it, and still does when libwireshark cannot
 * either (its status is then returned). */
FC_MUST_USE enum fc_status convert_open(struct source **out, struct shark *shark, const struct input *input,
                                        int given, const struct progress *progress, struct fc_error *err);

#endif
