/* The report of a run: counts, notes, problems, and sums of reports. */
#include "base/error.h"
#include "base/memory.h"
#include "query/report.h"
#include "test.h"

static struct fc_error an_error(enum fc_status status, int64_t offset)
{
    struct fc_error error;
    error_set(&error, status, offset, "damage at %lld", (long long)offset);
    return error;
}

/* One report of each of two walks: both know link type 147, one of them another. */
static void fill(struct report *first, struct report *second)
{
    struct fc_error cut = an_error(FC_CUT, 24), form = an_error(FC_FORMAT, 99);
    first->reasons[REASON_KEPT] = 5;
    first->notes[NOTE_CRASHED] = 1;
    second->reasons[REASON_KEPT] = 7;
    second->reasons[REASON_FILTER] = 2;
    second->notes[NOTE_EMPTY_CAPTURES] = 3;
    CHECK_INT(report_link(first, 147, 4), FC_OK);
    CHECK_INT(report_link(second, 200, 1), FC_OK);
    CHECK_INT(report_link(second, 147, 6), FC_OK);
    CHECK_INT(report_problem(first, "a.pcap", &cut, 5), FC_OK);
    CHECK_INT(report_problem(second, "b.pcap", &form, 0), FC_OK);
}

TEST(reports_add_up)
{
    struct report first = {0}, second = {0};
    fill(&first, &second);
    CHECK_INT(report_merge(&first, &second), FC_OK);
    CHECK_INT(first.reasons[REASON_KEPT], 12);
    CHECK_INT(first.reasons[REASON_FILTER], 2);
    CHECK_INT(first.notes[NOTE_CRASHED], 1);
    CHECK_INT(first.notes[NOTE_EMPTY_CAPTURES], 3);
    CHECK_INT(first.n_links, 2);
    CHECK_INT(first.links[0].link_type, 147);
    CHECK_INT(first.links[0].frames, 10);
    CHECK_INT(first.links[1].link_type, 200);
    CHECK_INT(first.links[1].frames, 1);
    CHECK_INT(second.n_links, 2); /* the other report stays as it was */
    report_free(&first);
    report_free(&second);
}

/* The texts of an error are copied, so a problem is valid when its report is gone. */
TEST(problems_stay_in_order)
{
    struct report first = {0}, second = {0};
    fill(&first, &second);
    CHECK_INT(report_merge(&first, &second), FC_OK);
    report_free(&second);
    CHECK_INT(second.n_problems, 0);
    CHECK_INT(first.n_problems, 2);
    CHECK_TEXT(first.problems[0].capture, "a.pcap");
    CHECK_TEXT(first.problems[1].capture, "b.pcap");
    CHECK_TEXT(first.problems[1].error.text, "damage at 99");
    CHECK_INT(first.problems[0].error.status, FC_CUT);
    CHECK_INT(first.problems[0].frames, 5);
    report_free(&first);
}

TEST(a_link_type_is_counted_once)
{
    struct report report = {0};
    for (uint32_t i = 0; i < 300; i++)
        CHECK_INT(report_link(&report, i % 100, 1), FC_OK);
    CHECK_INT(report.n_links, 100);
    for (size_t i = 0; i < report.n_links; i++)
        CHECK_INT(report.links[i].frames, 3);
    report_free(&report);
}

TEST(memory_that_ends_is_reported)
{
    struct report first = {0}, second = {0}, sum = {0};
    struct fc_error error = an_error(FC_CUT, 1);
    memory_fail_after(0);
    CHECK_INT(report_link(&sum, 1, 1), FC_MEMORY);
    CHECK_INT(report_problem(&sum, "a.pcap", &error, 0), FC_MEMORY);
    memory_fail_after(-1);
    fill(&first, &second);
    for (int i = 0; i < 2; i++) { /* the links, or the problems, have no room */
        memory_fail_once(i);
        CHECK_INT(report_merge(&sum, &first), FC_MEMORY);
        memory_fail_once(-1);
        report_free(&sum);
    }
    report_free(&first);
    report_free(&second);
}

TEST(notes_have_different_names)
{
    for (int i = 0; i < N_NOTES; i++)
        for (int k = 0; k <= i; k++)
            CHECK((i == k) == !strcmp(note_name((enum note)i), note_name((enum note)k)));
    CHECK_TEXT(note_name(NOTE_HANDED_OVER), "handed_over");
}
