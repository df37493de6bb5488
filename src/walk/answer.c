/* The values of one frame and the filter's verdict, from the readers of this library or from libwireshark.
 * Invariant: once libwireshark answers for a capture, or for some of its flows, it does so to the capture's
 * end. */
#include "shark/start.h"
#include "shark/survey.h"
#include "walk/inner.h"

/* ---- native ---- */

/* The filter runs before any other value is made, except for the values that it shares with the query. */
static void answer_natively(struct walk *w, enum reason *reason)
{
    struct values *v = &w->values;
    struct apps *apps = &w->tables.apps;
    const struct capture *c = &w->capture;
    bool passed = sieve_frame(&v->sieve, &w->examined, &c->times, c->source, apps);
    if (*reason == REASON_KEPT && !passed)
        *reason = REASON_FILTER;
    bool wanted = passed && w->query->n_fields;
    if (wanted && v->headers.needs)
        emit_frame(&v->row, &w->examined, &c->times, c->source, &v->headers);
    if (wanted && v->sieve.wants_apps)
        row_take(&v->row, &v->sieve.apps);
    else if (wanted && apps->wanted)
        apps_frame(apps, &v->row, &w->examined);
    else if (apps->wanted && !v->sieve.wants_apps)
        apps_advance(apps, &w->examined);
}

/* ---- libwireshark ---- */

static enum fc_status answer_by_oracle(struct walk *w, const struct frame *frame, enum reason *reason)
{
    enum verdict verdict = VERDICT_PASSED;
    row_reset(&w->values.row);
    enum fc_status status =
        oracle_frame(w->capture.oracle, frame->number, &w->values.row, &verdict, &w->capture.failure);
    bool passed = verdict == VERDICT_PASSED || (verdict == VERDICT_CRASHED && !w->query->has_filter);
    if (*reason == REASON_KEPT && !passed)
        *reason = REASON_FILTER;
    return status;
}

/* Opens an oracle for the flows that libwireshark may know more about. The survey that finds these flows runs
 * while libwireshark starts. The oracle stays NULL when libwireshark does not start. */
static enum fc_status open_oracle(struct walk *w)
{
    struct capture *c = &w->capture;
    struct survey survey;
    shark_launch(w->query->shark);
    survey_open(&survey, sieve_slots(&w->values.sieve, w->query->slot_of), w->query->filter,
                w->query->options.exact, w->tables.examiner.matches_names);
    enum fc_status status =
        oracle_survey(&c->oracle, w->query, &w->inputs[w->input], &survey, w->progress, &c->failure);
    survey_free(&survey);
    struct worker *worker = status ? NULL : shark_answering(w->query->shark, w->query);
    if (worker) {
        oracle_ask(c->oracle, worker);
    } else {
        oracle_close(c->oracle);
        c->oracle = NULL;
    }
    return status;
}

/* When the frame brings something that is not read here, libwireshark takes over from this frame on. If it
 * cannot, the native values go on: they may lack something, and the report says so. */
static enum fc_status hand_over(struct walk *w)
{
    struct capture *c = &w->capture;
    if (c->answerer != ANSWER_NATIVE || w->query->engine != ENGINE_BOTH ||
        !(c->has_hidden_headers || apps_lost(&w->tables.apps)) || w->memory.ended)
        return FC_OK;
    enum fc_status status = open_oracle(w);
    if (status == FC_MEMORY || status == FC_CANCELLED)
        return status;
    c->failure = (struct fc_error){0};
    c->answerer = c->oracle ? ANSWER_ORACLE : ANSWER_NATIVE_ONLY;
    w->report.notes[NOTE_HANDED_OVER] += c->oracle != NULL;
    return FC_OK;
}

/* ---- either ---- */

bool answer_reads_apps(const struct walk *w)
{
    return w->tables.apps.wanted && (!w->capture.oracle || oracle_is_partial(w->capture.oracle));
}

/* Advances the protocols above TCP and UDP for a frame whose values nobody needs. */
static enum fc_status pass_by(struct walk *w)
{
    if (!answer_reads_apps(w))
        return FC_OK;
    apps_advance(&w->tables.apps, &w->examined);
    return hand_over(w);
}

enum fc_status answer_frame(struct walk *w, struct step *step, bool wanted)
{
    const struct frame *frame = step->frame;
    enum reason natively = step->reason;
    if (!wanted)
        return pass_by(w);
    if (oracle_covers(w->capture.oracle, frame->number)) {
        if (answer_reads_apps(w))
            apps_advance(&w->tables.apps, &w->examined);
        return answer_by_oracle(w, frame, &step->reason);
    }
    row_reset(&w->values.row);
    answer_natively(w, &natively);
    enum fc_status status = hand_over(w);
    if (!status && oracle_covers(w->capture.oracle, frame->number))
        return answer_by_oracle(w, frame, &step->reason);
    step->reason = natively;
    return status;
}
