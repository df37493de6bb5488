/* Captures of formats that the native reader does not know, as pcapng. */
#ifndef FC_ENGINE_CONVERT_H
#define FC_ENGINE_CONVERT_H

#include "engine/report.h"
#include "engine/worker.h"

/* A temporary file of the same frames, which the caller closes. FC_FORMAT: libwireshark does not know it either. */
FC_MUST_USE enum fc_status convert_capture(int *out, struct worker *worker, const char *path,
                                           const struct progress *progress, struct fc_error *err);

#endif
