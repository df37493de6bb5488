/* The messages at the end of a run: the summary, the packets left out and why, the damaged captures.
 *
 * Invariant: every count of the library is printed, even if this file has no words for it. Each line begins
 * with a fixed word ("left out:", "note:", "damaged:", "unreadable:", "not captured:"), so that scripts can
 * find it.
 */
#include "account.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "options.h"
#include "say.h"
#include "units.h"

struct words {
    const char *name, *one, *many;
};

/* Words for counts whose names do not read well with spaces instead of underscores. */
static const struct words REASONS[] = {
    {"retransmission", "retransmission", "retransmissions"},
    {"out_of_order", "out of order", "out of order"},
    {"link_type", "of an unknown link type", "of an unknown link type"},
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
    {"in_no_family", "that the original program does not take", "that the original program does not take"},
};

static const struct words NOTES[] = {
    {"stream_numbers_may_differ", "capture whose stream numbers may differ from Wireshark's",
     "captures whose stream numbers may differ from Wireshark's"},
    {"fragments_over_limit", "fragment given up because too many datagrams were incomplete",
     "fragments given up because too many datagrams were incomplete"},
    {"conversations_forgotten", "conversation forgotten after a long silence",
     "conversations forgotten after a long silence"},
    {"queries_forgotten", "query of DNS forgotten, so that a late response finds none",
     "queries of DNS forgotten, so that late responses find none"},
    {"quic_connections_forgotten", "connection of QUIC forgotten after a long silence",
     "connections of QUIC forgotten after a long silence"},
    {"flows_evicted", "flow evicted because as many were open as --max-flows allows",
     "flows evicted because as many were open as --max-flows allows"},
    {"streams_continued", "row that continues a stream of which an earlier row has left",
     "rows that continue a stream of which an earlier row has left"},
    {"spilled_bytes", "byte of the temporary file for flows beyond --max-memory",
     "bytes of the temporary file for flows beyond --max-memory"},
    {"empty_captures", "capture without a frame", "captures without a frame"},
    {"reassembly_over_limit", "message of a TCP stream given up because too much was waiting",
     "messages of TCP streams given up because too much was waiting"},
    {"values_over_limit", "long value left out because those of the capture took too much memory",
     "long values left out because those of the capture took too much memory"},
    {"protocols_not_followed", "capture in which unread protocols may hold requested fields",
     "captures in which unread protocols may hold requested fields"},
    {"times_out_of_range", "frame whose time is outside the years 1677 to 2262, and is left empty",
     "frames whose times are outside the years 1677 to 2262, and are left empty"},
    {"times_out_of_order", "capture whose frames are not in the order of their times",
     "captures whose frames are not in the order of their times"},
    {"dropped_by_kernel", "packet that the kernel dropped before it could be read",
     "packets that the kernel dropped before they could be read"},
    {"handed_over", "capture for which libwireshark answered from some frame on",
     "captures for which libwireshark answered from some frame on"},
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

const char *account_reason(const char *name)
{
    for (size_t i = 0; i < sizeof REASONS / sizeof REASONS[0]; i++)
        if (strcmp(REASONS[i].name, name) == 0)
            return REASONS[i].one;
    return name;
}

/* "12 retransmissions": with the words for the count, or else with its name, spaces instead of underscores.
 */
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

/* Breaks the line at spaces, so that it is not wider than the terminal; words stay whole. */
static void wrap(struct text *line, size_t width)
{
    size_t start = 0, space = 0;
    for (size_t i = 1; width && i < line->len; i++) {
        if (line->p[i] == ' ')
            space = i;
        if (say_width(line->p + start, i + 1 - start) > width && space > start) {
            line->p[space] = '\n';
            start = space + 1;
        }
    }
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

static void write_wrapped(struct text *line)
{
    if (!line->failed)
        wrap(line, say_screen_width(STDERR_FILENO));
    write_line(line);
}

static bool is_kept(const struct fc_count *count) { return strcmp(count->name, "kept") == 0; }

static void add_time(struct text *line, const char *before, int64_t ns)
{
    char text[UNIT_TIME];
    struct unit_clock clock = {0};
    unit_time(text, &clock, ns);
    text[10] = ' ';
    add(line, before);
    text_add(line, text, 19);
}

/* For several captures there is no duration, because it would include the time between them. */
static void add_times(struct text *line, const struct tally *tally, bool several)
{
    char text[UNIT_TEXT];
    if (tally->first_ns > tally->last_ns)
        return;
    if (!several) {
        unit_duration(text, tally->last_ns - tally->first_ns);
        add(line, " in ");
        add(line, text);
    }
    add_time(line, ", from ", tally->first_ns);
    if (several)
        add_time(line, " to ", tally->last_ns);
    add(line, " UTC");
}

static bool is_family(const char *name)
{
    for (size_t i = 0; i < fc_n_families(); i++)
        if (strcmp(fc_family_at(i).name, name) == 0)
            return true;
    return false;
}

/* ", 12 rows of cic-classic" for each feature set. */
static bool add_rows(struct text *line, const struct fc_run *run, const struct tally *tally)
{
    if (!is_family(fc_run_table_name(run, 0)))
        return false;
    for (size_t i = 0; i < fc_run_n_tables(run); i++) {
        add(line, ", ");
        add_count(line, tally->of_tables ? tally->of_tables[i] : tally->rows, "row", "rows");
        add(line, " of ");
        add(line, fc_run_table_name(run, i));
    }
    return true;
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
    if (!add_rows(&line, run, tally) && level == FC_LEVEL_FLOWS) {
        add(&line, " in ");
        add_count(&line, tally->rows, "flow", "flows");
    }
    if (progress.captures_total > 1) {
        add(&line, " of ");
        add_count(&line, progress.captures_total, "capture", "captures");
    }
    unit_bytes(text, tally->bytes);
    add(&line, tally->has_bytes ? "; " : "");
    add(&line, tally->has_bytes ? text : "");
    add_times(&line, tally, progress.captures_total > 1);
    write_wrapped(&line);
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
    write_wrapped(&line);
}

/* Notes that a feature set does not take a frame: "left_out_by_nprint". */
#define LEFT_OUT_BY "left_out_by_"

static void say_notes(const struct fc_run *run)
{
    for (size_t i = 0; i < fc_run_n_counts(run); i++) {
        struct fc_count count = fc_run_count(run, i);
        bool of_table = strncmp(count.name, LEFT_OUT_BY, strlen(LEFT_OUT_BY)) == 0;
        if (!count.is_note || (of_table && fc_run_n_tables(run) == 1)) /* say_left_out has said it */
            continue;
        struct text line = {0};
        add(&line, "note: ");
        if (of_table) {
            add_count(&line, count.packets, "packet", "packets");
            add(&line, " left out by ");
            add(&line, count.name + strlen(LEFT_OUT_BY));
        } else {
            add_named(&line, &count, NOTES, sizeof NOTES / sizeof NOTES[0]);
        }
        write_wrapped(&line);
    }
}

/* If nothing was kept and most frames were of other protocols, the user probably wants those. */
static void say_protocols(const struct fc_run *run, uint32_t asked, uint64_t kept, uint64_t frames)
{
    uint32_t all = 0;
    struct fc_error err = {0};
    if (kept || fc_protocols_parse(&all, OPT_PROTOCOLS, &err) || (asked & all) == all)
        return;
    for (size_t i = 0; i < fc_run_n_counts(run); i++) {
        struct fc_count count = fc_run_count(run, i);
        if (strcmp(count.name, "other_protocol") != 0 || count.packets * 2 < frames)
            continue;
        struct text line = {0};
        add(&line, "nothing kept: try --protocols " OPT_PROTOCOLS);
        write_wrapped(&line);
    }
}

void account_say(const struct fc_run *run, const struct tally *tally, const struct fc_options *options)
{
    uint64_t kept = 0, frames = 0;
    for (size_t i = 0; i < fc_run_n_counts(run); i++) {
        struct fc_count count = fc_run_count(run, i);
        frames += count.is_note ? 0 : count.packets;
        kept += !count.is_note && is_kept(&count) ? count.packets : 0;
    }
    say_summary(run, tally, options->level, kept);
    say_left_out(run, kept, frames);
    say_protocols(run, options->protocols, kept, frames);
    say_notes(run);
}

static bool is_useless(const struct fc_problem *problem)
{
    return problem->frames == 0 || problem->error.status == FC_NO_FLOWS;
}

/* Offset 0 is no help, and an offset that the text names already is not repeated. */
static void add_place(struct text *line, const struct fc_error *error)
{
    char text[UNIT_TEXT];
    int len = snprintf(text, sizeof text, "offset %" PRId64, error->offset);
    const char *named = strstr(error->text, text);
    if (error->offset <= 0 || (named && !isdigit((unsigned char)named[len])))
        return;
    snprintf(text, sizeof text, "at byte %" PRId64 ": ", error->offset);
    add(line, text);
}

static void say_problem(const struct fc_problem *problem, bool is_live)
{
    struct text line = {0};
    add(&line, !is_useless(problem) ? "damaged: " : is_live ? "not captured: " : "unreadable: ");
    say_clean(&line, problem->capture, strlen(problem->capture), say_utf8());
    add(&line, ": ");
    add_place(&line, &problem->error);
    say_clean(&line, problem->error.text, strlen(problem->error.text), say_utf8());
    if (!is_useless(problem)) {
        add(&line, " (");
        add_count(&line, problem->frames, "frame before it is used)", "frames before it are used)");
    }
    write_line(&line);
}

void account_say_problems(const struct fc_run *run, bool is_live)
{
    for (size_t i = 0; i < fc_run_n_problems(run); i++)
        say_problem(fc_run_problem(run, i), is_live);
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
