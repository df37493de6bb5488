/* One frame, step by step: examined, placed in a flow or not, answered, counted, kept. Invariants: every
 * frame is counted under exactly one reason; the state of conversations advances for every frame, kept or
 * not; if memory ends during a frame, the walk ends with it and nothing of the frame is written. */
#include "walk/inner.h"

/* The frame that completes a datagram shows that frames counted as incomplete fragments were parts of it.
 * Fragments of a packet inside the flow's own transport layer do not concern the flow: outer flows keep such
 * frames. */
static void count_fragments(struct walk *w, struct step *step)
{
    uint64_t *counts = w->report.reasons, used = 0;
    const struct examined *x = &w->examined;
    int deepest = w->query->options.tunnel == FC_TUNNEL_OUTER && step->layer >= 0 ? step->layer : MAX_LAYERS;
    for (uint8_t i = 0; i < x->n_datagrams; i++)
        if (x->datagram_net[i] < deepest)
            used += x->datagrams[i].n_frames - 1;
    if (used > counts[REASON_FRAGMENT_INCOMPLETE]) /* parts that came through other tunnels were kept */
        used = counts[REASON_FRAGMENT_INCOMPLETE];
    counts[REASON_FRAGMENT_INCOMPLETE] -= used;
    counts[REASON_FRAGMENT] += used;
    if (x->fragment_pending && x->packet.fragment.net < deepest)
        step->reason = REASON_FRAGMENT_INCOMPLETE;
}

/* With many flows, the memory of the one that is needed soon is seldom in the cache; it is fetched while the
 * frame is judged. */
static void fetch_flow(const struct walk *w, int layer)
{
    const struct conv *conv = layer < 0 ? NULL : guide_ref(w, &w->examined.transports[layer])->conv;
    if (!conv || conv->flow == NO_FLOW)
        return;
    const struct flow *flow = flow_at(&w->tables.flows, conv->flow);
    __builtin_prefetch(&flow->totals[0], 1);
    __builtin_prefetch(&flow->packets, 1);
}

/* Layers, conversations and TCP analysis. */
static enum fc_status look_at(struct walk *w, struct frame *frame)
{
    examine(&w->tables.examiner, frame, &w->examined);
    return w->examined.packet.reason == REASON_LINK_TYPE ? link_locate(w, frame) : FC_OK;
}

/* The header that is the frame's flow, or the reason why it is in none, before the filter is asked. */
static void place(struct walk *w, struct step *step)
{
    const struct fc_options *o = &w->query->options;
    const struct examined *x = &w->examined;
    step->layer = examined_flow_layer(x, o->protocols, o->tunnel);
    fetch_flow(w, step->layer);
    step->reason = examined_reason(x, step->layer, o->drop);
    if (x->fragment_pending || x->n_datagrams)
        count_fragments(w, step);
}

/* Values are made for frames that get a row or a place in a flow; the protocols above see every frame. */
static enum fc_status answer(struct walk *w, struct step *step)
{
    bool shows_all = w->query->options.level == FC_LEVEL_FRAMES;
    bool asks = w->query->n_fields || w->query->filter;
    if (asks)
        frame_times_note(&w->capture.times, step->frame);
    if (answer_reads_apps(w))
        apps_turn(&w->tables.apps, &w->examined, w->capture.source);
    bool is_shown = step->reason == REASON_KEPT || shows_all || guide_completes(w, step->reason);
    bool wanted = (asks || w->capture.oracle) && is_shown;
    return answer_frame(w, step, wanted);
}

/* Tells the state that may be forgotten how late it is. */
static void note_second(struct walk *w)
{
    struct tables *t = &w->tables;
    int64_t now = t->flows.clock.now / 1000000000;
    uint32_t second = now < CONV_STAYS ? (uint32_t)now : CONV_STAYS - 1;
    if (second == t->examiner.convs.second)
        return;
    t->examiner.convs.second = second;
    if (t->examiner.convs.forgets)
        t->examiner.defrag.age = t->apps.quic.age = (struct age){second, walk_oldest_second(w)};
}

/* Notices frames that are not in the order of their times, and ends the flows that are due. */
static void note_time(struct walk *w, const struct frame *frame)
{
    struct capture *c = &w->capture;
    w->report.notes[NOTE_TIME_FAR] += frame->is_time_far;
    if (!frame->has_time)
        return;
    if (flow_may_leave(&w->tables.flows.policy)) {
        flow_turn(&w->tables.flows, frame->time_ns);
        note_second(w);
    }
    c->is_out_of_order |= c->has_last && frame->time_ns < c->last_ns;
    if (!c->has_last && w->output.flows)
        w->tables.pool.start_ns = w->output.flows->columns.log_start_ns = frame->time_ns;
    c->has_last = true;
    c->last_ns = frame->time_ns;
}

static enum fc_status count(struct walk *w, const struct step *step)
{
    struct capture *c = &w->capture;
    w->report.reasons[step->reason]++;
    if (step->reason != REASON_LINK_TYPE)
        return FC_OK;
    c->unknown_link_frames++;
    c->unknown_link_type = w->examined.packet.unknown_link;
    return report_link(&w->report, c->unknown_link_type, 1);
}

enum fc_status walk_frame(struct walk *w, struct frame *frame)
{
    struct step step = {.frame = frame};
    note_time(w, frame);
    frame->rules = w->query->rules;
    enum fc_status status = look_at(w, frame);
    if (!status)
        status = guide_frame(w, frame);
    if (status)
        return status;
    place(w, &step);
    status = answer(w, &step);
    if (!status)
        status = count(w, &step);
    if (!status && step.reason == REASON_KEPT)
        keep_frame(w, &step);
    else if (!status && guide_completes(w, step.reason))
        keep_completion(w, &step);
    if (!status && w->memory.ended)
        status = FC_MEMORY;
    bool has_row = step.reason == REASON_KEPT || w->query->options.level == FC_LEVEL_FRAMES;
    if (!status && w->output.packets && has_row)
        status = write_packet(w, &step);
    return status;
}
