/* Captures -> rows of feature sets. Invariants: each capture begins with empty flow tables; a frame is
 * counted as kept if at least one set takes it, and left_out says for each set which frames it does not take.
 */
#include "walk/sets.h"

#include "base/error.h"
#include "base/memory.h"
#include "sets/rows.h"
#include "source/source.h"
#include "walk/pace.h"

enum { LOOK_EVERY = 4096 /* frames between two looks at progress and cancellation */ };

struct table {
    struct set *set; /* of the capture at hand; NULL between captures */
    struct set_rows *rows;
};

struct sets_walk {
    const struct query *query;
    const struct input *inputs;
    size_t n_inputs, input; /* of the capture at hand */
    struct progress *progress;
    struct report report;
    struct table tables[MOST_SETS];
    struct source *source; /* NULL: no capture is open */
    uint64_t frames;       /* of the capture at hand */
    uint64_t reported_frames, reported_bytes;
    int64_t last_ns;
    bool has_last, is_out_of_order;
    struct pace pace;
};

/* ---- opening ---- */

enum fc_status sets_walk_open(struct sets_walk **out, const struct query *query, const struct input *inputs,
                              size_t n_inputs, struct progress *progress, struct fc_error *err)
{
    struct sets_walk *w = memory_zero(1, sizeof *w);
    if (!w)
        return error_memory(err);
    w->query = query;
    w->inputs = inputs;
    w->n_inputs = n_inputs;
    w->progress = progress;
    w->pace = (struct pace){.options = &query->options, .progress = progress};
    for (size_t i = 0; i < query->n_sets; i++)
        if (!(w->tables[i].rows = set_rows_new(query->sets[i], query->options.batch_rows))) {
            sets_walk_close(w);
            return error_memory(err);
        }
    *out = w;
    return FC_OK;
}

static void close_capture(struct sets_walk *w)
{
    for (size_t i = 0; i < w->query->n_sets; i++) {
        if (w->tables[i].set)
            w->query->sets[i]->family->close(w->tables[i].set);
        w->tables[i].set = NULL;
    }
    if (w->source)
        source_close(w->source);
    w->source = NULL;
}

void sets_walk_close(struct sets_walk *w)
{
    if (!w)
        return;
    close_capture(w);
    for (size_t i = 0; i < w->query->n_sets; i++)
        set_rows_free(w->tables[i].rows);
    report_free(&w->report);
    memory_free(w);
}

const struct report *sets_walk_report(const struct sets_walk *w) { return &w->report; }

static bool is_cancelled(const struct sets_walk *w)
{
    return atomic_load_explicit(&w->progress->cancelled, memory_order_relaxed);
}

static bool is_finishing(const struct sets_walk *w)
{
    return atomic_load_explicit(&w->progress->finishing, memory_order_relaxed);
}

/* ---- one capture ---- */

/* A record that is cut because the user ended the reading is no damage. */
static enum fc_status problem(struct sets_walk *w, enum fc_status status, const struct fc_error *error)
{
    if (status == FC_MEMORY || status == FC_CANCELLED)
        return status;
    if (status == FC_CUT && is_finishing(w))
        return FC_OK;
    return report_problem(&w->report, w->inputs[w->input].place.name, error, w->frames);
}

static enum fc_status open_capture(struct sets_walk *w)
{
    const struct input *input = &w->inputs[w->input];
    struct fc_error error = {0};
    w->frames = w->reported_frames = w->reported_bytes = 0;
    w->has_last = w->is_out_of_order = false;
    struct source_watch watch = {&w->progress->cancelled, &w->progress->finishing};
    enum fc_status status = source_open_place(&w->source, &input->place, &watch, &error);
    if (status) {
        w->source = NULL;
        return problem(w, status, &error);
    }
    for (size_t i = 0; !status && i < w->query->n_sets; i++) {
        set_rows_capture(w->tables[i].rows, input->label);
        status = set_layout_open(&w->tables[i].set, w->query->sets[i], input->label, &error);
    }
    return status ? FC_MEMORY : FC_OK; /* the options were tried when the query was made */
}

static void report_progress(struct sets_walk *w)
{
    uint64_t bytes = w->source ? source_consumed(w->source) : w->reported_bytes;
    atomic_fetch_add_explicit(&w->progress->bytes_read, bytes - w->reported_bytes, memory_order_relaxed);
    atomic_fetch_add_explicit(&w->progress->frames, w->frames - w->reported_frames, memory_order_relaxed);
    w->reported_bytes = bytes;
    w->reported_frames = w->frames;
}

/* The rows of the flows that are still open; then the capture is closed. */
static enum fc_status end_capture(struct sets_walk *w)
{
    bool good = true;
    for (size_t i = 0; i < w->query->n_sets; i++) {
        struct table *t = &w->tables[i];
        struct set_sink sink = {set_rows_add, t->rows};
        good = good && (!t->set || t->set->family->finish(t->set, &sink));
        w->report.left_out[i] += t->set ? t->set->left_out : 0;
    }
    if (w->source && !w->frames)
        w->report.notes[NOTE_EMPTY_CAPTURES]++;
    w->report.notes[NOTE_TIME_ORDER] += w->is_out_of_order;
    report_progress(w);
    close_capture(w);
    w->input++;
    atomic_fetch_add_explicit(&w->progress->captures_done, 1, memory_order_relaxed);
    return good ? FC_OK : FC_MEMORY;
}

/* ---- frames ---- */

static void note_time(struct sets_walk *w, const struct frame *frame)
{
    if (!frame->has_time)
        return;
    w->is_out_of_order |= w->has_last && frame->time_ns < w->last_ns;
    w->has_last = true;
    w->last_ns = frame->time_ns;
}

static enum fc_status take_frame(struct sets_walk *w, const struct frame *frame)
{
    size_t n_left_out = 0;
    if (frame->opaque) {
        w->report.reasons[REASON_NO_CONTENT]++;
        return FC_OK;
    }
    note_time(w, frame);
    struct set_view view = {frame->data, frame->cap_len, frame->len, frame->has_time ? frame->time_ns : 0,
                            frame->interface->link_type};
    for (size_t i = 0; i < w->query->n_sets; i++) {
        struct table *t = &w->tables[i];
        struct set_sink sink = {set_rows_add, t->rows};
        uint64_t before = t->set->left_out;
        if (!t->set->family->packet(t->set, &view, &sink))
            return FC_MEMORY;
        n_left_out += t->set->left_out != before;
    }
    w->report.reasons[n_left_out == w->query->n_sets ? REASON_NO_FAMILY : REASON_KEPT]++;
    return FC_OK;
}

static bool has_rows(const struct sets_walk *w)
{
    for (size_t i = 0; i < w->query->n_sets; i++)
        if (set_rows_wait(w->tables[i].rows))
            return true;
    return false;
}

/* Waits for a pipe that has no frame now. */
static enum fc_status wait_for_frame(struct sets_walk *w, struct frame *frame, struct fc_error *error)
{
    report_progress(w);
    pace_look(&w->pace, w->source, has_rows(w), true);
    if (w->pace.is_due)
        return FC_OK;
    source_patience(w->source, pace_patience(&w->pace, w->source, has_rows(w)));
    enum fc_status status = source_next(w->source, frame, error);
    source_patience(w->source, 0);
    return status;
}

/* Reads up to LOOK_EVERY frames of the capture at hand, fewer if a pipe is quiet. */
static enum fc_status read_some(struct sets_walk *w)
{
    uint64_t most = w->query->options.max_frames;
    struct fc_error error = {0};
    struct frame frame;
    enum fc_status status = FC_OK;
    source_patience(w->source, 0);
    for (int i = 0; !status && i < LOOK_EVERY; i++) {
        if (most && w->frames == most)
            return end_capture(w);
        status = source_next(w->source, &frame, &error);
        bool quiet = !status && !frame.data && source_is_quiet(w->source);
        if (quiet)
            status = wait_for_frame(w, &frame, &error);
        if (status) {
            status = problem(w, status, &error);
            return status ? status : end_capture(w);
        }
        if (!frame.data)
            return source_is_quiet(w->source) ? FC_OK : end_capture(w);
        w->frames++;
        status = take_frame(w, &frame);
    }
    report_progress(w);
    pace_look(&w->pace, w->source, has_rows(w), false);
    return status;
}

static enum fc_status advance(struct sets_walk *w)
{
    if (is_cancelled(w))
        return FC_CANCELLED;
    if (w->source && !is_finishing(w))
        return read_some(w);
    if (is_finishing(w)) {
        enum fc_status ended = w->source ? end_capture(w) : FC_OK;
        w->input = w->n_inputs;
        return ended;
    }
    enum fc_status status = open_capture(w);
    return status || w->source ? status : end_capture(w);
}

/* ---- batches ---- */

/* A batch of any table: a full one, or one that is not full at the end and where the rows at hand are due. */
static enum fc_status take_batch(struct sets_walk *w, bool last, size_t *table, struct ArrowArray *out)
{
    bool failed = false;
    last |= w->pace.is_due;
    for (size_t i = 0; i < w->query->n_sets; i++) {
        if (set_rows_take(w->tables[i].rows, last, out, &failed)) {
            *table = i;
            atomic_fetch_add_explicit(&w->progress->rows, (uint64_t)out->length, memory_order_relaxed);
            return FC_OK;
        }
        if (failed)
            return FC_MEMORY;
    }
    if (last)
        pace_next(&w->pace);
    return FC_OK;
}

enum fc_status sets_walk_next(struct sets_walk *w, size_t *table, struct ArrowArray *out,
                              struct fc_error *err)
{
    *out = (struct ArrowArray){0};
    enum fc_status status = take_batch(w, false, table, out);
    while (!status && !out->release && w->input < w->n_inputs) {
        status = advance(w);
        if (!status)
            status = take_batch(w, false, table, out);
    }
    if (!status && !out->release)
        status = take_batch(w, true, table, out);
    if (status == FC_MEMORY)
        error_memory(err);
    else if (status == FC_CANCELLED)
        error_set(err, status, -1, "cancelled");
    return status;
}
