/* A walk over captures: source -> decode -> flow -> proto -> table, on one thread. The files of this room are
 * the only ones that know the order of the other rooms. Frames are read and flows are kept here, whoever
 * makes the field values. Invariants: every frame read is counted under exactly one reason; flows that cannot
 * leave earlier are written after the last frame of their capture, in the order of their first kept packets.
 */
#include "walk/walk.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/spill.h"
#include "walk/inner.h"

/* ---- opening ---- */

/* Rows by the level that the query asks for. */
static enum fc_status open_output(struct output *output, const struct query *query)
{
    struct wanted wanted = query_wanted(query);
    if (query->options.level == FC_LEVEL_FLOWS)
        output->flows = flows_new(&wanted);
    else
        output->packets = packets_new(&wanted);
    return output->flows || output->packets ? FC_OK : FC_MEMORY;
}

static enum fc_status open_values(struct values *values, const struct query *query, struct arena *arena)
{
    values->row = (struct row){.slot_of = query->slot_of, .arena = arena};
    emit_plan_make(&values->headers, query->slot_of);
    sieve_open(&values->sieve, query->filter, query->slot_of, arena);
    values->types = memory_alloc(query->n_fields * sizeof *values->types);
    for (size_t i = 0; values->types && i < query->n_fields; i++)
        values->types[i] = query->fields[i].type;
    if (!values->types)
        return FC_MEMORY;
    struct wanted wanted = query_wanted(query);
    return query->options.level == FC_LEVEL_FLOWS ? seen_plan_make(&values->seen, &wanted, values->types)
                                                  : FC_OK;
}

/* State that costs time for every frame is kept only when the query or its filter needs it. */
static void open_tables(struct tables *tables, const struct query *query, const struct sieve *sieve,
                        struct memory_state *memory)
{
    const struct fc_options *o = &query->options;
    struct examiner *e = &tables->examiner;
    examiner_init(e, memory);
    e->convs.spill = e->convs.tcp_states.spill = tables->flows.spill = tables->pool.arena.spill =
        tables->extras.spill = tables->apps.arena.spill = tables->apps.reasm.arrays.spill = query->spill;
    tables->flows.memory = tables->pool.arena.memory = tables->extras.memory = memory;
    e->protocols = o->protocols;
    e->keeps_flights = emit_wants_flights(query->slot_of) ||
                       (query->filter && emit_wants_flights(filter_slots(query->filter)));
    e->matches_names = apps_want_names(query->slot_of, query->filter);
    e->convs.forgets = o->policy == FC_POLICY_TIMEOUT && !query->names_stream &&
                       !emit_wants_conversations(query->slot_of) &&
                       !(query->filter && emit_wants_conversations(filter_slots(query->filter)));
    e->convs.brief = !query->n_fields && !query->has_filter;
    tables->flows.policy = flow_policy_of(o);
    if (e->convs.forgets)
        e->names.silence_ns = walk_silence(&tables->flows.policy);
    apps_init(&tables->apps, sieve_slots(sieve, query->slot_of), query->filter, o->exact, memory);
}

enum fc_status walk_open(struct walk **out, const struct query *query, const struct input *inputs,
                         size_t n_inputs, struct progress *progress, struct fc_error *err)
{
    struct walk *w = memory_zero(1, sizeof *w);
    if (!w)
        return error_memory(err);
    w->query = query;
    w->inputs = inputs;
    w->n_inputs = n_inputs;
    w->progress = progress;
    w->pace = (struct pace){.options = &query->options, .progress = progress};
    enum fc_status status = open_values(&w->values, query, &w->tables.examiner.arena);
    open_tables(&w->tables, query, &w->values.sieve, &w->memory);
    if (!status)
        status = open_output(&w->output, query);
    if (status) {
        walk_close(w);
        return error_memory(err);
    }
    *out = w;
    return FC_OK;
}

/* ---- batches ---- */

/* The next part of the work on the captures: at least one capture opened, or one frame or flow. */
static enum fc_status advance(struct walk *w)
{
    switch (w->capture.phase) {
    case CAPTURE_CLOSED:
        if (walk_is_finishing(w))
            w->input = w->n_inputs;
        else
            return walk_is_cancelled(w) ? FC_CANCELLED : capture_open(w);
        return FC_OK;
    case CAPTURE_READING:
        return capture_read(w);
    default:
        return write_flows(w);
    }
}

enum fc_status walk_next(struct walk *w, struct ArrowArray *out, struct fc_error *err)
{
    *out = (struct ArrowArray){0};
    enum fc_status status = walk_is_cancelled(w) ? FC_CANCELLED : FC_OK;
    while (!status && !output_full(&w->output) && !w->pace.is_due && w->input < w->n_inputs)
        status = advance(w);
    uint32_t rows = output_rows(&w->output);
    if (!status && (rows || w->pace.is_due)) {
        status = output_finish(&w->output, out);
        pace_next(&w->pace);
        atomic_fetch_add_explicit(&w->progress->rows, rows, memory_order_relaxed);
    }
    if (status == FC_MEMORY)
        status = spill_failed(w->query->spill, err) ? FC_IO : error_memory(err);
    else if (status == FC_CANCELLED)
        error_set(err, status, -1, "cancelled");
    return status;
}

const struct report *walk_report(const struct walk *w) { return &w->report; }

/* ---- closing ---- */

void walk_close(struct walk *w)
{
    if (!w)
        return;
    capture_close(&w->capture);
    tables_free(&w->tables);
    row_free(&w->values.row);
    sieve_free(&w->values.sieve);
    memory_free(w->values.types);
    seen_plan_free(&w->values.seen);
    flows_free(w->output.flows);
    packets_free(w->output.packets);
    report_free(&w->report);
    memory_free(w);
}
