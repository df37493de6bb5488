/* Counting. Invariant: the reasons of a finished capture add up to its frames. */
#include "query/report.h"

#include "base/memory.h"

const char *note_name(enum note note)
{
    static const char *const names[N_NOTES] = {
        [NOTE_STREAM_NUMBERS] = "stream_numbers_may_differ",
        [NOTE_DEFRAG_LIMIT] = "fragments_over_limit",
        [NOTE_EMPTY_CAPTURES] = "empty_captures",
        [NOTE_CRASHED] = "dissector_crashed",
        [NOTE_REASSEMBLY_LIMIT] = "reassembly_over_limit",
        [NOTE_VALUES_LIMIT] = "values_over_limit",
        [NOTE_NOT_FOLLOWED] = "protocols_not_followed",
        [NOTE_HANDED_OVER] = "handed_over",
        [NOTE_FORGOTTEN] = "conversations_forgotten",
        [NOTE_QUERIES_FORGOTTEN] = "queries_forgotten",
        [NOTE_QUIC_FORGOTTEN] = "quic_connections_forgotten",
        [NOTE_EVICTED] = "flows_evicted",
        [NOTE_CONTINUED] = "streams_continued",
        [NOTE_SPILLED] = "spilled_bytes",
        [NOTE_TIME_FAR] = "times_out_of_range",
        [NOTE_TIME_ORDER] = "times_out_of_order",
        [NOTE_KERNEL_DROPS] = "dropped_by_kernel",
    };
    return names[note];
}

enum fc_status report_link(struct report *r, uint32_t link_type, uint64_t frames)
{
    for (size_t i = 0; i < r->n_links; i++)
        if (r->links[i].link_type == link_type) {
            r->links[i].frames += frames;
            return FC_OK;
        }
    if (!memory_reserve((void **)&r->links, &r->links_capacity, r->n_links + 1, sizeof *r->links))
        return FC_MEMORY;
    r->links[r->n_links++] = (struct link_count){link_type, frames};
    return FC_OK;
}

enum fc_status report_problem(struct report *r, const char *capture, const struct fc_error *error,
                              uint64_t frames)
{
    if (!memory_reserve((void **)&r->problems, &r->problems_capacity, r->n_problems + 1, sizeof *r->problems))
        return FC_MEMORY;
    r->problems[r->n_problems++] = (struct fc_problem){capture, *error, frames};
    return FC_OK;
}

enum fc_status report_merge(struct report *into, const struct report *from)
{
    enum fc_status status = FC_OK;
    for (int i = 0; i < N_REASONS; i++)
        into->reasons[i] += from->reasons[i];
    for (int i = 0; i < N_NOTES; i++)
        into->notes[i] += from->notes[i];
    for (int i = 0; i < MOST_SETS; i++)
        into->left_out[i] += from->left_out[i];
    for (size_t i = 0; !status && i < from->n_links; i++)
        status = report_link(into, from->links[i].link_type, from->links[i].frames);
    for (size_t i = 0; !status && i < from->n_problems; i++) {
        const struct fc_problem *p = &from->problems[i];
        status = report_problem(into, p->capture, &p->error, p->frames);
    }
    return status;
}

void report_free(struct report *r)
{
    memory_free(r->links);
    memory_free(r->problems);
    *r = (struct report){0};
}
