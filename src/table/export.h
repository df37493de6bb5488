/* An Arrow C stream over anything that makes batches. */
#ifndef FC_TABLE_EXPORT_H
#define FC_TABLE_EXPORT_H

#include <flowcontainer.h>

#include "base/error.h"

struct export_source {
    void *self;
    /* The schema of every batch. */
    enum fc_status (*schema)(void *self, struct ArrowSchema *out, struct fc_error *err);
    /* The next batch; out->release NULL with FC_OK: there is none. Not called again after an error or the
     * end. */
    enum fc_status (*next)(void *self, struct ArrowArray *out, struct fc_error *err);
    /* The stream was released; may be NULL. */
    void (*done)(void *self);
};

/* Copies *source. Errors are told as ENOMEM, ECANCELED, EINVAL (no such thing) or EIO, with their text. */
FC_MUST_USE enum fc_status export_stream(struct ArrowArrayStream *out, const struct export_source *source,
                                         struct fc_error *err);

#endif
