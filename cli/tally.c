/* A stream that counts the rows that pass through it, so that the summary does not depend on the writer of
 * the rows.
 *
 * Invariant: batches pass unchanged, and errors come from the inner stream. Interface:
 * arrow.apache.org/docs/format/CStreamInterface.html.
 */
#include "tally.h"

#include <errno.h>
#include <string.h>

static void count_bytes(struct tally *tally, const struct ArrowArray *batch, size_t column)
{
    if (column == SIZE_MAX)
        return;
    const struct cell_type *type = &tally->type.children[column];
    const struct ArrowArray *array = batch->children[column];
    for (int64_t i = 0; i < batch->length; i++)
        tally->bytes += cell_is_null(array, i) ? 0 : (uint64_t)cell_int(type, array, i);
}

static void count_times(struct tally *tally, const struct ArrowArray *batch, size_t column)
{
    if (column == SIZE_MAX)
        return;
    const struct ArrowArray *array = batch->children[column];
    for (int64_t i = 0; i < batch->length; i++) {
        if (cell_is_null(array, i))
            continue;
        int64_t ns = cell_int(&tally->type.children[column], array, i);
        tally->first_ns = ns < tally->first_ns ? ns : tally->first_ns;
        tally->last_ns = ns > tally->last_ns ? ns : tally->last_ns;
    }
}

static int wrapped_next(struct ArrowArrayStream *self, struct ArrowArray *out)
{
    struct tally *tally = self->private_data;
    int bad = tally->inner.get_next(&tally->inner, out);
    if (bad || !out->release)
        return bad;
    tally->rows += (uint64_t)out->length;
    count_bytes(tally, out, tally->bytes_at[0]);
    count_bytes(tally, out, tally->bytes_at[1]);
    count_times(tally, out, tally->start);
    count_times(tally, out, tally->end);
    return 0;
}

static int wrapped_schema(struct ArrowArrayStream *self, struct ArrowSchema *out)
{
    struct tally *tally = self->private_data;
    return tally->inner.get_schema(&tally->inner, out);
}

static const char *wrapped_error(struct ArrowArrayStream *self)
{
    struct tally *tally = self->private_data;
    return tally->inner.get_last_error(&tally->inner);
}

static void wrapped_release(struct ArrowArrayStream *self)
{
    struct tally *tally = self->private_data;
    tally->inner.release(&tally->inner);
    self->release = NULL;
}

/* The column of the answer that has this source, whatever its name. */
static size_t column_of(const struct fc_run *run, const char *source)
{
    for (size_t i = 0; i < fc_run_n_columns(run); i++) {
        const struct fc_column_info *c = fc_run_column(run, i);
        if (!c->is_field && strcmp(c->source, source) == 0)
            return i;
    }
    return SIZE_MAX;
}

static void find_columns(struct tally *tally, const struct fc_run *run)
{
    size_t fwd = column_of(run, "fwd_bytes"), bwd = column_of(run, "bwd_bytes");
    size_t start = column_of(run, "time_start"), end = column_of(run, "time_end");
    bool flows = fwd != SIZE_MAX && bwd != SIZE_MAX;
    tally->bytes_at[0] = flows ? fwd : column_of(run, "ip_length");
    tally->bytes_at[1] = flows ? bwd : SIZE_MAX;
    tally->has_bytes = tally->bytes_at[0] != SIZE_MAX;
    bool spans = start != SIZE_MAX && end != SIZE_MAX;
    tally->start = spans ? start : column_of(run, "time");
    tally->end = spans ? end : SIZE_MAX;
}

static bool describe(struct tally *tally)
{
    struct ArrowSchema schema;
    if (tally->inner.get_schema(&tally->inner, &schema))
        return false;
    bool ok = cell_describe(&tally->type, &schema);
    schema.release(&schema);
    return ok;
}

bool tally_wrap(struct tally *tally, const struct fc_run *run, struct ArrowArrayStream *inner,
                struct ArrowArrayStream *out)
{
    *tally = (struct tally){.inner = *inner, .first_ns = INT64_MAX, .last_ns = INT64_MIN};
    inner->release = NULL;
    find_columns(tally, run);
    if (!describe(tally)) {
        tally->inner.release(&tally->inner);
        return false;
    }
    *out = (struct ArrowArrayStream){wrapped_schema, wrapped_next, wrapped_error, wrapped_release, tally};
    return true;
}

void tally_free(struct tally *tally) { cell_free(&tally->type); }
