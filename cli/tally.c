/* A stream that counts the rows that pass through it, so that the summary does not depend on the writer of
 * the rows.
 *
 * Invariant: batches pass unchanged, and errors come from the inner stream. Interface:
 * arrow.apache.org/docs/format/CStreamInterface.html.
 */
#include "tally.h"

#include <errno.h>
#include <string.h>

static void count_bytes(struct tally *tally, const struct ArrowArray *batch)
{
    const struct cell_type *type = &tally->type.children[tally->lengths];
    const struct ArrowArray *array = batch->children[tally->lengths];
    for (int64_t i = 0; i < batch->length; i++) {
        if (type->kind != CELL_LIST) {
            tally->bytes += cell_is_null(array, i) ? 0 : (uint64_t)cell_int(type, array, i);
            continue;
        }
        struct cell_range range = cell_list(type, array, i);
        for (int64_t at = range.from; at < range.to; at++) {
            int64_t length = cell_int(type->children, array->children[0], at);
            tally->bytes += (uint64_t)(length < 0 ? -length : length);
        }
    }
}

static void count_times(struct tally *tally, const struct ArrowArray *batch, size_t column)
{
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
    count_bytes(tally, out);
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

static bool describe(struct tally *tally)
{
    struct ArrowSchema schema;
    if (tally->inner.get_schema(&tally->inner, &schema))
        return false;
    bool ok = cell_describe(&tally->type, &schema);
    if (ok) {
        bool flows = cell_child(&tally->type, "ip_lengths") != SIZE_MAX;
        tally->lengths = cell_child(&tally->type, flows ? "ip_lengths" : "ip_length");
        tally->start = cell_child(&tally->type, flows ? "time_start" : "time");
        tally->end = cell_child(&tally->type, flows ? "time_end" : "time");
    }
    schema.release(&schema);
    return ok;
}

bool tally_wrap(struct tally *tally, struct ArrowArrayStream *inner, struct ArrowArrayStream *out)
{
    *tally = (struct tally){.inner = *inner, .first_ns = INT64_MAX, .last_ns = INT64_MIN};
    inner->release = NULL;
    if (!describe(tally)) {
        tally->inner.release(&tally->inner);
        return false;
    }
    *out = (struct ArrowArrayStream){wrapped_schema, wrapped_next, wrapped_error, wrapped_release, tally};
    return true;
}

void tally_free(struct tally *tally) { cell_free(&tally->type); }
