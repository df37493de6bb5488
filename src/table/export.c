/* The Arrow C stream over a source of batches. Invariant: after an error or the end the source is not asked
 * again; the error stays. Source: the Arrow C stream interface,
 * arrow.apache.org/docs/format/CStreamInterface.html. */
#include "table/export.h"

#include <errno.h>

#include "base/memory.h"

struct export
{
    struct export_source source;
    struct fc_error error;
    bool ended;
};

static int export_errno(enum fc_status status)
{
    switch (status) {
    case FC_OK:
        return 0;
    case FC_MEMORY:
        return ENOMEM;
    case FC_CANCELLED:
        return ECANCELED;
    case FC_USAGE:
    case FC_FIELD:
    case FC_FILTER:
    case FC_UNSUPPORTED:
        return EINVAL;
    default:
        return EIO;
    }
}

/* Keeps the error for get_last_error, whether or not the source wrote one. */
static int export_fail(struct export *e, enum fc_status status)
{
    if (status && !e->error.text[0])
        error_set(&e->error, status, -1, "%s",
                  status == FC_MEMORY ? "out of memory" : fc_status_name(status));
    return export_errno(status);
}

static int export_get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    struct export *e = stream->private_data;
    out->release = NULL;
    if (!e->ended)
        e->error = (struct fc_error){0};
    return export_fail(e, e->source.schema(e->source.self, out, &e->error));
}

static int export_get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    struct export *e = stream->private_data;
    out->release = NULL;
    if (e->ended)
        return export_errno(e->error.status);
    e->error = (struct fc_error){0};
    enum fc_status status = e->source.next(e->source.self, out, &e->error);
    e->error.status = status;
    e->ended = status || !out->release;
    return export_fail(e, status);
}

static const char *export_last_error(struct ArrowArrayStream *stream)
{
    struct export *e = stream->private_data;
    return e->error.text[0] ? e->error.text : NULL;
}

static void export_release(struct ArrowArrayStream *stream)
{
    struct export *e = stream->private_data;
    if (e->source.done)
        e->source.done(e->source.self);
    memory_free(e);
    stream->release = NULL;
}

enum fc_status export_stream(struct ArrowArrayStream *out, const struct export_source *source,
                             struct fc_error *err)
{
    struct export *e = memory_zero(1, sizeof *e);
    *out = (struct ArrowArrayStream){0};
    if (!e)
        return error_memory(err);
    e->source = *source;
    *out = (struct ArrowArrayStream){.get_schema = export_get_schema,
                                     .get_next = export_get_next,
                                     .get_last_error = export_last_error,
                                     .release = export_release,
                                     .private_data = e};
    return FC_OK;
}
