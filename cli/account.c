/* What is said at the end of a run: the summary, what was left out and why, which captures are damaged.
 *
 * Invariant: every count of the library is said, whether a word for it is known here or not. The lines begin
 * with a fixed word ("left out:", "note:", "damaged:", "unreadable:"), so that scripts can find them.
 */
#include "account.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "say.h"
#include "units.h"

struct words {
    const char *name, *one, *many;
};

/* Where underscores turned into spaces would not read well. */
static const struct words REASONS[] = {
    {"retransmission", "retransmission", "retransmissions"},
    {"mdns", "mDNS", "mDNS"},
    {"ssdp", "SSDP", "SSDP"},
    {"icmp", "ICMP", "ICMP"},
    {"filter", "not matching the filter", "not matching the filter"},
    {"other_protocol", "of another protocol", "of other protocols"},
    {"not_ip", "not IP", "not IP"},
    {"fragment", "fragment", "fragments"},
    {"fragment_never_completed", "fragment never completed", "fragments never completed"},
    {"cut", "cut short", "cut short"},
    {"no_content", "without content", "without content"},
    {"flow_without_payload", "in a flow without payload", "in flows without payload"},
};

static const struct words NOTES[] = {
    {"stream_numbers_may_differ", "capture whose stream numbers may differ from Wireshark's",
     "captures whose stream numbers may differ from Wireshark's"},
    {"fragments_over_limit", "fragment not kept, for too many datagrams were incomplete",
     "fragments not kept, for too many datagrams were incomplete"},
    {"empty_captures", "capture without a frame", "captures without a frame"},
};

static void add(struct text *line, const char *text) { text_add(line, text, strlen(text)); }

static void add_count(struct text *line, uint64_t count, const char *one, const char *many)
{
    char number[UNIT_TEXT];
    unit_grouped(number, count);
    add(line, number);
    add(line, " ");
    add(line, count == 1 ? one : many);
}

/* "12 retransmissions": the words for it, or else the name without its underscores. */
static void add_named(struct text *line, const struct fc_count *count, const struct words *words,
                      size_t n_words)
{
    for (size_t i = 0; i < n_words; i++)
        if (strcmp(words[i].name, count->name) == 0) {
            add_count(line, count->packets, words[i].one, words[i].many);
            return;
        }
    size_t start = line->len;
    add_count(line, count->packets, count->name, count->name);
    for (size_t i = start; i < line->len; i++)
        line->p[i] = line->p[i] == '_' ? ' ' : line->p[i];
}

static void write_line(struct text *line)
{
    struct out out;
    text_add(line, "\n", 1);
    if (!line->failed && out_open(&out, STDERR_FILENO, true)) {
        out_bytes(&out, line->p, line->len);
        out_close(&out);
    }
    text_free(line);
}

static bool is_kept(const struct fc_count *count) { return strcmp(count->name, "kept") == 0; }

static void say_times(struct text *line, const struct tally *tally)
{
    char text[UNIT_TEXT];
    if (tally->first_ns > tally->last_ns)
        return;
    unit_duration(text, tally->last_ns - tally->first_ns);
    add(line, " in ");
    add(line, text);
    struct unit_clock clock = {0};
    unit_time(text, &clock, tally->first_ns);
    text[10] = ' ';
    add(line, ", from ");
    text_add(line, text, 19);
    add(line, " UTC");
}

static void say_summary(const struct fc_run *run, const struct tally *tally, enum fc_level level,
                        uint64_t kept)
{
    struct text line = {0};
    char text[UNIT_TEXT];
    struct fc_progress progress = {0};
    fc_run_progress(run, &progress);
    add_count(&line, kept, "packet", "packets");
    if (level == FC_LEVEL_FRAMES) {
        add(&line, " kept of ");
        add_count(&line, tally->rows, "frame", "frames");
    }
    if (level == FC_LEVEL_FLOWS) {
        add(&line, " in ");
        add_count(&line, tally->rows, "flow", "flows");
    }
    if (progress.captures_total > 1) {
        add(&line, " of ");
        add_count(&line, progress.captures_total, "capture", "captures");
    }
    unit_bytes(text, tally->bytes);
    add(&line, "; ");
    add(&line, text);
    say_times(&line, tally);
    write_line(&line);
}

static void say_left_out(const struct fc_run *run, uint64_t kept, uint64_t frames)
{
    if (kept == frames)
        return;
    struct text line = {0};
    const char *before = "left out: ";
    for (size_t i = 0; i < fc_run_n_counts(run); i++) {
        struct fc_count count = fc_run_count(run, i);
        if (count.is_note || is_kept(&count))
            continue;
        add(&line, before);
        add_named(&line, &count, REASONS, sizeof REASONS / sizeof REASONS[0]);
        before = ", ";
    }
    add(&line, " (");
    char left[UNIT_TEXT];
    unit_grouped(left, frames - kept);
    add(&line, left);
    add(&line, " of ");
    add_count(&line, frames, "frame)", "frames)");
    write_line(&line);
}

static void say_notes(const struct fc_run *run)
{
    for (size_t i = 0; i < fc_run_n_counts(run); i++) {
        struct fc_count count = fc_run_count(run, i);
        if (!count.is_note)
            continue;
        struct text line = {0};
        add(&line, "note: ");
        add_named(&line, &count, NOTES, sizeof NOTES / sizeof NOTES[0]);
        write_line(&line);
    }
}

void account_say(const struct fc_run *run, const struct tally *tally, enum fc_level level)
{
    uint64_t kept = 0, frames = 0;
    for (size_t i = 0; i < fc_run_n_counts(run); i++) {
        struct fc_count count = fc_run_count(run, i);
        frames += count.is_note ? 0 : count.packets;
        kept += !count.is_note && is_kept(&count) ? count.packets : 0;
    }
    say_summary(run, tally, level, kept);
    say_left_out(run, kept, frames);
    say_notes(run);
}

static bool is_useless(const struct fc_problem *problem)
{
    return problem->frames == 0 || problem->error.status == FC_NO_FLOWS;
}

static void say_problem(const struct fc_problem *problem)
{
    struct text line = {0};
    char text[UNIT_TEXT];
    add(&line, is_useless(problem) ? "unreadable: " : "damaged: ");
    say_clean(&line, problem->capture, strlen(problem->capture), say_utf8());
    add(&line, ": ");
    if (problem->error.offset >= 0) {
        snprintf(text, sizeof text, "at byte %" PRId64 ": ", problem->error.offset);
        add(&line, text);
    }
    say_clean(&line, problem->error.text, strlen(problem->error.text), say_utf8());
    if (!is_useless(problem)) {
        add(&line, " (");
        add_count(&line, problem->frames, "frame before it is used)", "frames before it are used)");
    }
    write_line(&line);
}

void account_say_problems(const struct fc_run *run)
{
    for (size_t i = 0; i < fc_run_n_problems(run); i++)
        say_problem(fc_run_problem(run, i));
}

int account_status(const struct fc_run *run)
{
    size_t n = fc_run_n_problems(run);
    size_t useless = 0;
    for (size_t i = 0; i < n; i++)
        useless += is_useless(fc_run_problem(run, i));
    struct fc_progress progress = {0};
    fc_run_progress(run, &progress);
    if (n == 0)
        return EXIT_WHOLE;
    return useless >= progress.captures_total ? EXIT_UNREADABLE : EXIT_DAMAGED;
}
