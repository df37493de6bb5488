/* Captures of formats that are not read natively: libwireshark copies them as pcapng. */
#ifndef FC_SHARK_CONVERT_H
#define FC_SHARK_CONVERT_H

#include "query/query.h"
#include "shark/worker.h"

/* Makes such a copy of the regular file `capture`; the caller closes *out. Errors: FC_FORMAT (libwireshark
 * cannot read it either), FC_IO, FC_MEMORY, FC_CANCELLED. */
FC_MUST_USE enum fc_status convert_file(int *out, int capture, struct worker *worker,
                                        const struct progress *progress, struct fc_error *err);
/* Returns FC_OK if the regular file `head`, which holds the first bytes of a capture, has a format that the
 * native engine or libwireshark reads; otherwise the native reader's error, which names the format, or
 * FC_MEMORY or FC_CANCELLED. */
FC_MUST_USE enum fc_status convert_judge(int head, struct worker *worker, const struct progress *progress,
                                         struct fc_error *err);

#endif
