/* The native engine: source -> decode -> flow -> proto -> table, on one thread. With walk/frame.c the only
 * file that knows the order of the rooms. It reads frames and keeps flows whoever answers for values: where
 * the query has a worker, field values and the filter's verdict come from an oracle. Invariant: every frame
 * read is counted under exactly one reason; flows are written when their capture has ended, in the order of
 * their first kept packets. */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "look/emit.h"
#include "look/measure.h"
#include "shark/convert.h"
#include "shark/locator.h"
#include "shark/standby.h"
#include "walk/capture.h"

enum { REPORT_EVERY = 4096 /* frames between two looks at progress and cancellation */ };

/* ---- one capture ---- */

static bool is_cancelled(const struct native *n)
{
    return atomic_load_explicit(&n->progress->cancelled, memory_order_relaxed);
}

static void tell_progress(struct native *n)
{
    uint64_t bytes = n->source ? source_consumed(n->source) : n->told_bytes;
    atomic_fetch_add_explicit(&n->progress->bytes_read, bytes - n->told_bytes, memory_order_relaxed);
    atomic_fetch_add_explicit(&n->progress->frames, n->frames - n->told_frames, memory_order_relaxed);
    n->told_bytes = bytes;
    n->told_frames = n->frames;
}

static enum fc_status note_problem(struct native *n, const struct fc_error *error)
{
    return report_problem(&n->engine.report, n->inputs[n->input].name, error, n->frames) ? FC_OK : FC_MEMORY;
}

/* The source, and with a worker the oracle beside it; both read the same bytes. */
static enum fc_status open_input(struct native *n, const struct input *input, struct fc_error *err)
{
    enum fc_status status = FC_OK;
    const struct query *query = n->query->worker ? n->query : NULL;
    bool once = n->query->standby && !input->memory && source_reads_once(input->name);
    if (once && !n->query->headers_only) /* too late, once it has been read */
        query = standby_query(n->query->standby, n->query);
    n->alone = once && !query;
    if (query)
        status = oracle_open(&n->oracle, query, input, n->progress, err);
    if (status)
        return status;
    const char *copy = n->oracle ? oracle_path(n->oracle) : NULL;
    if (input->memory)
        status = source_open_memory(&n->source, input->name, input->memory, input->len, err);
    else
        status = source_open(&n->source, copy ? copy : input->name, err);
    bool foreign = (status == FC_FORMAT || status == FC_UNSUPPORTED) && n->query->spare;
    if (!foreign)
        return status;
    n->unseen = true; /* the copy has the frames, but not all that is said of them */
    return convert_open(&n->source, n->query->spare, input, n->oracle ? oracle_file(n->oracle) : -1,
                        n->progress, err);
}

static enum fc_status open_capture(struct native *n)
{
    const struct input *input = &n->inputs[n->input];
    struct fc_error error = {0};
    n->unseen = false;
    enum fc_status status = open_input(n, input, &error);
    n->frames = n->told_frames = n->told_bytes = n->unknown_link = 0;
    n->times = (struct frame_times){0};
    if (n->flows)
        flows_capture(n->flows, input->label);
    else
        packets_capture(n->packets, input->label);
    if (!status)
        return FC_OK;
    n->source = NULL;
    return status == FC_MEMORY || status == FC_CANCELLED ? status : note_problem(n, &error);
}

static bool asks(const struct native *n) { return n->query->n_fields || n->query->filter; }

/* Looks at the whole capture once its last frame is read. */
static enum fc_status judge_capture(struct native *n)
{
    struct report *report = &n->engine.report;
    if (n->examiner.convs.numbers_may_differ)
        report->notes[NOTE_STREAM_NUMBERS]++;
    report->notes[NOTE_DEFRAG_LIMIT] += n->examiner.defrag.refused;
    if (!n->oracle) {
        report->notes[NOTE_REASSEMBLY_LIMIT] += apps_refused(&n->apps);
        report->notes[NOTE_NOT_FOLLOWED] += apps_foreign(&n->apps) || (n->unseen && asks(n));
    }
    if (n->source && !n->frames)
        report->notes[NOTE_EMPTY_CAPTURES]++;
    if (!n->frames || n->unknown_link < n->frames)
        return FC_OK;
    struct fc_error error;
    error_set(&error, FC_NO_FLOWS, -1, "none of its %llu frames could be decoded: link type %u is not known",
              (unsigned long long)n->frames, n->unknown_link_type);
    uint64_t frames = n->frames;
    n->frames = 0;
    enum fc_status status = note_problem(n, &error);
    n->frames = frames;
    return status;
}

/* A frame that libwireshark dies of has no values, kept or not, and others may miss what it held; it is kept
 * where no filter could have dropped it. */
static enum fc_status tell_crashes(struct native *n)
{
    enum fc_status status = FC_OK;
    uint32_t frame;
    oracle_finish(n->oracle);
    for (uint32_t i = 0; !status && (frame = oracle_crash(n->oracle, i)); i++) {
        struct fc_error error;
        n->engine.report.notes[NOTE_CRASHED]++;
        error_set(&error, FC_FORMAT, -1, "libwireshark dies of frame %u; its fields are left empty", frame);
        status = note_problem(n, &error);
    }
    return status;
}

/* Closes what is read, so that flows can be written; they still hold their conversations. */
static enum fc_status end_capture(struct native *n)
{
    enum fc_status status = judge_capture(n);
    if (!status && n->oracle)
        status = tell_crashes(n);
    if (!status)
        status = native_locate_end(n);
    tell_progress(n);
    if (n->source)
        source_close(n->source);
    oracle_close(n->oracle);
    n->source = NULL;
    n->oracle = NULL;
    n->writing = true;
    n->next_flow = 0;
    return status;
}

static void forget_capture(struct native *n)
{
    examiner_reset(&n->examiner);
    apps_reset(&n->apps);
    flow_reset(&n->flow_table);
    log_pool_reset(&n->pool);
    arena_reset(&n->extras);
    n->writing = false;
    n->input++;
    atomic_fetch_add_explicit(&n->progress->captures_done, 1, memory_order_relaxed);
}

/* What libwireshark cannot go on with is a problem of this capture. */
static enum fc_status end_unanswered(struct native *n, enum fc_status status)
{
    if (!n->failure.status || status == FC_MEMORY || status == FC_CANCELLED)
        return status;
    n->frames--;
    status = note_problem(n, &n->failure);
    n->failure = (struct fc_error){0};
    return status ? status : end_capture(n);
}

/* Reads until the capture ends or the batch is full. */
static enum fc_status read_capture(struct native *n)
{
    uint64_t most = n->query->options.max_frames;
    struct fc_error error = {0};
    struct frame frame;
    while (n->source && !(most && n->frames == most)) {
        enum fc_status status = source_next(n->source, &frame, &error);
        if (status == FC_MEMORY)
            return status;
        if (status) {
            status = note_problem(n, &error);
            return status ? status : end_capture(n);
        }
        if (!frame.data)
            break;
        n->frames++;
        if ((status = native_frame(n, &frame)))
            return end_unanswered(n, status);
        if (n->frames % REPORT_EVERY == 0) {
            tell_progress(n);
            if (is_cancelled(n))
                return FC_CANCELLED;
        }
        if (n->packets && packets_full(n->packets))
            return FC_OK;
    }
    return end_capture(n);
}

/* ---- flows -> rows ---- */

static enum fc_status write_flow(struct native *n, const struct flow *flow)
{
    static const char *const by[] = {[CLIENT_BY_SYN] = "syn",
                                     [CLIENT_BY_SYNACK] = "synack",
                                     [CLIENT_BY_PORT] = "port",
                                     [CLIENT_BY_FIRST] = "first"};
    static const char *const ends[] = {[END_CAPTURE] = "capture",
                                       [END_IDLE] = "idle",
                                       [END_ACTIVE] = "active",
                                       [END_FIN] = "fin",
                                       [END_RST] = "rst"};
    const struct endpoint *client = &flow->conv->side[flow->client],
                          *server = &flow->conv->side[1 - flow->client];
    struct flow_row row = {.protocol = protocol_name(client->kind),
                           .client_by = by[flow->client_by],
                           .end = ends[flow->end],
                           .stream = flow->conv->stream,
                           .sport = client->port,
                           .dport = server->port,
                           .src = native_address(client),
                           .dst = native_address(server),
                           .packets = &flow->packets,
                           .values = flow->values};
    if (flow->outer) {
        row.outer_src = flow->outer->src;
        row.outer_dst = flow->outer->dst;
    }
    return flows_add(n->flows, &row);
}

/* Writes flows until all are written or the batch is full. */
static enum fc_status write_flows(struct native *n)
{
    bool classic = n->query->options.style == FC_STYLE_CLASSIC;
    uint64_t *reasons = n->engine.report.reasons;
    while (n->flows && n->next_flow < n->flow_table.n_flows) {
        if (flows_full(n->flows))
            return FC_OK;
        const struct flow *flow = flow_at(&n->flow_table, n->next_flow++);
        if (classic && !flow->has_payload) {
            reasons[REASON_KEPT] -= flow->n_packets;
            reasons[REASON_FLOW_WITHOUT_PAYLOAD] += flow->n_packets;
            continue;
        }
        enum fc_status status = write_flow(n, flow);
        if (status)
            return status;
    }
    forget_capture(n);
    return FC_OK;
}

/* ---- the engine ---- */

static bool batch_full(const struct native *n)
{
    return n->flows ? flows_full(n->flows) : packets_full(n->packets);
}

static enum fc_status advance(struct native *n)
{
    if (n->writing)
        return write_flows(n);
    if (!n->source) {
        if (is_cancelled(n))
            return FC_CANCELLED;
        enum fc_status status = open_capture(n);
        if (status)
            return status;
        if (!n->source)
            return end_capture(n);
    }
    return read_capture(n);
}

static enum fc_status native_next(struct engine *engine, struct ArrowArray *out, struct fc_error *err)
{
    struct native *n = (struct native *)engine;
    *out = (struct ArrowArray){0};
    enum fc_status status = is_cancelled(n) ? FC_CANCELLED : FC_OK;
    while (!status && !batch_full(n) && n->input < n->n_inputs)
        status = advance(n);
    uint32_t rows = n->flows ? flows_rows(n->flows) : packets_rows(n->packets);
    if (!status && rows) {
        status = n->flows ? flows_finish(n->flows, out) : packets_finish(n->packets, out);
        atomic_fetch_add_explicit(&n->progress->rows, rows, memory_order_relaxed);
    }
    if (status == FC_MEMORY)
        error_memory(err);
    else if (status == FC_CANCELLED)
        error_set(err, status, -1, "cancelled");
    return status;
}

static void native_close(struct engine *engine)
{
    struct native *n = (struct native *)engine;
    if (n->source)
        source_close(n->source);
    oracle_close(n->oracle);
    locator_close(n->locator);
    examiner_free(&n->examiner);
    apps_free(&n->apps);
    flow_free(&n->flow_table);
    log_pool_free(&n->pool);
    arena_free(&n->extras);
    row_free(&n->row);
    sieve_free(&n->sieve);
    memory_free(n->types);
    if (n->flows)
        flows_free(n->flows);
    if (n->packets)
        packets_free(n->packets);
    report_free(&engine->report);
    memory_free(n);
}

enum fc_status native_open(struct engine **out, const struct query *query, const struct input *inputs,
                           size_t n_inputs, struct progress *progress, struct fc_error *err)
{
    static const struct engine_class class = {native_next, native_close};
    struct native *n = memory_zero(1, sizeof *n);
    if (!n)
        return error_memory(err);
    n->engine.class = &class;
    n->query = query;
    n->inputs = inputs;
    n->n_inputs = n_inputs;
    n->progress = progress;
    n->examiner.protocols = query->options.protocols;
    n->examiner.keeps_flights = emit_wants_flights(query->slot_of) ||
                                (query->filter && emit_wants_flights(filter_slots(query->filter)));
    n->examiner.matches_names = apps_want_names(query->slot_of, query->filter);
    n->flow_table.policy = (struct flow_policy){query->options.policy, query->options.style,
                                                query->options.idle_ns, query->options.active_ns};
    n->row = (struct row){.slot_of = query->slot_of, .arena = &n->examiner.arena};
    emit_plan_make(&n->headers, query->slot_of);
    sieve_open(&n->sieve, query->filter, query->slot_of, &n->examiner.arena);
    apps_init(&n->apps, sieve_slots(&n->sieve, query->slot_of), query->filter, query->options.exact);
    struct wanted wanted = {.fields = query->fields,
                            .n_fields = query->n_fields,
                            .batch_rows = query->options.batch_rows,
                            .level = query->options.level};
    n->types = memory_alloc(query->n_fields * sizeof *n->types);
    for (size_t i = 0; n->types && i < query->n_fields; i++)
        n->types[i] = query->fields[i].type;
    if (query->options.level == FC_LEVEL_FLOWS)
        n->flows = flows_new(&wanted);
    else
        n->packets = packets_new(&wanted);
    if (!n->types || (!n->flows && !n->packets)) {
        native_close(&n->engine);
        return error_memory(err);
    }
    *out = &n->engine;
    return FC_OK;
}
