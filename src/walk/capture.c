/* One capture: opened, read frame by frame, judged as a whole, forgotten. Invariant: damage, and crashes of
 * libwireshark, are problems in the report; everything that was read before them stays in the answer. */
#include "apps/conversation.h"
#include "base/error.h"
#include "base/spill.h"
#include "shark/alien.h"
#include "shark/locator.h"
#include "shark/start.h"
#include "source/join.h"
#include "walk/inner.h"

enum {
    LOOK_EVERY = 4096, /* frames between two looks at progress and cancellation */
    SPILL_EVERY = 256  /* frames between two looks at the limit of memory */
};

/* ---- progress and problems ---- */

static void report_progress(struct walk *w)
{
    struct capture *c = &w->capture;
    uint64_t bytes = c->source ? source_consumed(c->source) : c->reported_bytes;
    atomic_fetch_add_explicit(&w->progress->bytes_read, bytes - c->reported_bytes, memory_order_relaxed);
    atomic_fetch_add_explicit(&w->progress->frames, c->frames - c->reported_frames, memory_order_relaxed);
    c->reported_bytes = bytes;
    c->reported_frames = c->frames;
}

/* A problem that left `frames` of the capture's frames in the answer. */
static enum fc_status problem_after(struct walk *w, const struct fc_error *error, uint64_t frames)
{
    return report_problem(&w->report, w->inputs[w->input].place.name, error, frames);
}

enum fc_status capture_problem(struct walk *w, const struct fc_error *error)
{
    return problem_after(w, error, w->capture.frames);
}

/* ---- opening ---- */

/* The oracle, if libwireshark answers from the first frame on: because the query is for libwireshark, or
 * because the input can be read only once, so that libwireshark could not go back to its beginning later. */
static enum fc_status open_oracle(struct walk *w, const struct input *input, struct fc_error *err)
{
    struct capture *c = &w->capture;
    const struct query *q = w->query;
    bool once = q->engine == ENGINE_BOTH && input->reads_once;
    bool in_time = input->is_live || input->parts ||
                   q->options.flush_ns > 0; /* libwireshark would first read it to its end */
    struct worker *worker = NULL;
    if (q->engine == ENGINE_WIRESHARK || (once && !q->headers_only && !in_time))
        worker = shark_answering(q->shark, q);
    if (!worker) {
        c->answerer = once ? ANSWER_NATIVE_ONLY : ANSWER_NATIVE;
        return FC_OK;
    }
    c->answerer = ANSWER_ORACLE;
    return oracle_open(&c->oracle, worker, q, input, w->progress, err);
}

/* The source, which reads the same bytes as the oracle does. */
static enum fc_status open_source(struct walk *w, const struct input *input, struct fc_error *err)
{
    struct capture *c = &w->capture;
    const char *copy = c->oracle ? oracle_path(c->oracle) : NULL;
    const struct source_place copied = {.kind = SOURCE_PATH, .name = copy};
    struct source_watch watch = {&w->progress->cancelled, &w->progress->finishing};
    enum fc_status status = FC_OK;
    if (input->parts)
        status = join_open(&c->source, input->parts, input->n_parts, &watch, err);
    else
        status = source_open_place(&c->source, copy ? &copied : &input->place, &watch, err);
    if (!status)
        return FC_OK;
    c->source = NULL;
    bool alien_format = status == FC_FORMAT || status == FC_UNSUPPORTED;
    if (!alien_format || !w->query->shark)
        return status;
    c->has_hidden_headers = true; /* the copy has all frames, but not all that the capture says of them */
    status = alien_open(&c->source, w->query->shark, input, c->oracle ? oracle_file(c->oracle) : -1,
                        w->progress, err);
    if (status)
        c->source = NULL;
    return status;
}

enum fc_status capture_open(struct walk *w)
{
    const struct input *input = &w->inputs[w->input];
    struct fc_error error = {0};
    w->capture = (struct capture){.phase = CAPTURE_READING};
    enum fc_status status = open_oracle(w, input, &error);
    if (!status)
        status = open_source(w, input, &error);
    output_capture(&w->output, input->label);
    if (!status)
        return FC_OK;
    return status == FC_MEMORY || status == FC_CANCELLED ? status : capture_problem(w, &error);
}

/* ---- the end ---- */

/* Notes that a capture as a whole gets. */
static void note_capture(struct walk *w)
{
    uint64_t *notes = w->report.notes;
    const struct capture *c = &w->capture;
    const struct tables *t = &w->tables;
    bool asks = w->query->n_fields || w->query->filter;
    bool is_told = c->guide.oracle && !c->guide.is_doubtful;
    if ((t->examiner.convs.numbers_may_differ && !is_told) || t->examiner.convs.n_forgotten)
        notes[NOTE_STREAM_NUMBERS]++;
    notes[NOTE_FORGOTTEN] += t->examiner.convs.n_forgotten;
    notes[NOTE_QUERIES_FORGOTTEN] += t->examiner.names.n_forgotten;
    notes[NOTE_QUIC_FORGOTTEN] += t->apps.quic.n_forgotten;
    notes[NOTE_EVICTED] += t->flows.n_evicted;
    notes[NOTE_CONTINUED] += t->flows.n_continued;
    notes[NOTE_TIME_ORDER] += c->is_out_of_order;
    notes[NOTE_DEFRAG_LIMIT] += t->examiner.defrag.refused;
    if (c->source && !c->frames)
        notes[NOTE_EMPTY_CAPTURES]++;
    if (c->answerer == ANSWER_ORACLE)
        return;
    notes[NOTE_REASSEMBLY_LIMIT] += apps_refused(&t->apps);
    notes[NOTE_NOT_FOLLOWED] += apps_doubts(&t->apps) || (c->has_hidden_headers && asks);
}

/* A capture of which no frame could be decoded is a problem. */
static enum fc_status judge_links(struct walk *w)
{
    const struct capture *c = &w->capture;
    if (!c->frames || c->unknown_link_frames < c->frames)
        return FC_OK;
    struct fc_error error;
    error_set(&error, FC_NO_FLOWS, -1, "none of its %llu frames could be decoded: link type %u is not known",
              (unsigned long long)c->frames, c->unknown_link_type);
    return problem_after(w, &error, 0);
}

/* A frame that libwireshark crashes on has no values, and other frames may lack values that depend on it. The
 * frame stays in its flow unless there is a filter, which might have dropped it. */
static enum fc_status report_crashes(struct walk *w)
{
    enum fc_status status = FC_OK;
    uint32_t frame;
    if (!w->capture.oracle)
        return FC_OK;
    oracle_finish(w->capture.oracle);
    for (uint32_t i = 0; !status && (frame = oracle_crash(w->capture.oracle, i)); i++) {
        struct fc_error error;
        w->report.notes[NOTE_CRASHED]++;
        error_set(&error, FC_FORMAT, -1, "libwireshark dies of frame %u; its fields are left empty", frame);
        status = capture_problem(w, &error);
    }
    return status;
}

void capture_close(struct capture *c)
{
    if (c->source)
        source_close(c->source);
    oracle_close(c->oracle);
    guide_close(&c->guide);
    locator_close(c->locator);
    c->source = NULL;
    c->oracle = NULL;
    c->locator = NULL;
}

/* The captures of a joined one that could not be read whole. */
static enum fc_status report_parts(struct walk *w)
{
    const struct source *s = w->capture.source;
    enum fc_status status = FC_OK;
    for (size_t i = 0; s && !status && i < source_n_failures(s); i++) {
        const struct source_failure *failure = source_failure(s, i);
        status = report_problem(&w->report, failure->name, &failure->error, failure->frames);
    }
    return status;
}

/* The last frame was read. Files and processes are closed; the tables stay until the flows are written. */
static enum fc_status end_capture(struct walk *w)
{
    note_capture(w);
    enum fc_status status = judge_links(w);
    if (!status)
        status = report_crashes(w);
    if (!status)
        status = link_finish(w);
    if (flow_may_leave(&w->tables.flows.policy))
        flow_end_all(&w->tables.flows);
    report_progress(w);
    if (!status)
        status = report_parts(w);
    capture_close(&w->capture);
    w->capture.phase = CAPTURE_WRITING;
    return status;
}

/* ---- reading ---- */

int64_t walk_silence(const struct flow_policy *policy)
{
    const int64_t second = 1000000000, most = INT64_MAX - 2 * second;
    int64_t idle = policy->idle_ns < most ? policy->idle_ns + 2 * second : INT64_MAX;
    return idle < CONV_SILENCE * second ? CONV_SILENCE * second : idle;
}

uint32_t walk_oldest_second(const struct walk *w)
{
    const struct flow_table *flows = &w->tables.flows;
    int64_t oldest = (flows->clock.past - walk_silence(&flows->policy)) / 1000000000;
    return oldest < 0 ? 0 : oldest < CONV_STAYS ? (uint32_t)oldest : CONV_STAYS - 1;
}

/* Forgets conversations that have been silent for long. A flow of theirs would have left, and its row is
 * written, since `past` is later than its end. */
static void forget_conversations(struct walk *w)
{
    struct conv_table *convs = &w->tables.examiner.convs;
    if (!convs->n_to_look_at || !convs->forgets)
        return;
    uint32_t second = walk_oldest_second(w);
    for (struct conv *conv; (conv = conv_next_silent(convs, second));) {
        if (!convs->brief)
            conversation_forget(&w->tables.apps, conv);
        conv_forget(convs, conv);
    }
}

/* A frame could not be answered. An error of libwireshark ends the capture before that frame. */
static enum fc_status end_at_failure(struct walk *w, enum fc_status status)
{
    struct capture *c = &w->capture;
    if (!c->failure.status || status == FC_MEMORY || status == FC_CANCELLED)
        return status;
    c->frames--;
    status = capture_problem(w, &c->failure);
    return status ? status : end_capture(w);
}

/* A record that is cut because the user ended the reading is no damage. */
static enum fc_status end_at_damage(struct walk *w, enum fc_status status, const struct fc_error *error)
{
    if (status == FC_CUT && walk_is_finishing(w))
        status = FC_OK;
    else if (status != FC_MEMORY && status != FC_CANCELLED)
        status = capture_problem(w, error);
    return status ? status : end_capture(w);
}

/* Looks up from the work: at progress, at a request to end, at the clock. */
static enum fc_status look_up(struct walk *w, bool quiet)
{
    report_progress(w);
    pace_look(&w->pace, w->capture.source, output_rows(&w->output), quiet);
    return walk_is_cancelled(w) ? FC_CANCELLED : FC_OK;
}

enum fc_status capture_read(struct walk *w)
{
    struct capture *c = &w->capture;
    uint64_t most = w->query->options.max_frames;
    struct fc_error error = {0};
    struct frame frame;
    for (int patience = 0; c->source && !(most && c->frames == most);) {
        enum fc_status status = write_ended(w);
        if (status || output_full(&w->output))
            return status;
        source_patience(c->source, patience);
        forget_conversations(w);
        status = source_next(c->source, &frame, &error);
        if (status)
            return end_at_damage(w, status, &error);
        bool quiet = !frame.data;
        if (quiet && !source_is_quiet(c->source))
            break;
        patience = quiet ? pace_patience(&w->pace, c->source, output_rows(&w->output)) : 0;
        c->frames += !quiet;
        if (!quiet && (status = walk_frame(w, &frame)))
            return end_at_failure(w, status);
        if (c->frames % SPILL_EVERY == 0)
            spill_look(w->query->spill, 0);
        bool looks = quiet || c->frames % LOOK_EVERY == 0;
        if (looks && (status = look_up(w, quiet)))
            return status;
        if (looks && walk_is_finishing(w))
            break;
        if (w->pace.is_due)
            return FC_OK;
    }
    return end_capture(w);
}
