/* What became of every frame and every capture. One report an engine; the run adds them up. */
#ifndef FC_QUERY_REPORT_H
#define FC_QUERY_REPORT_H

#include <flowcontainer.h>
#include <stdatomic.h>

#include "decode/packet.h"

/* Remarks that are no share of the frames. */
enum note {
    NOTE_STREAM_NUMBERS,   /* captures in which a protocol shifts Wireshark's stream numbers in ways not
                              reproduced */
    NOTE_DEFRAG_LIMIT,     /* fragments not kept because too many datagrams were incomplete */
    NOTE_EMPTY_CAPTURES,   /* captures without a frame */
    NOTE_CRASHED,          /* frames left out of libwireshark's sight, for it dies of them */
    NOTE_REASSEMBLY_LIMIT, /* messages of TCP streams given up because too much of them was waiting */
    NOTE_NOT_FOLLOWED,     /* captures in which fields asked for may be inside protocols that are not read */
    NOTE_HANDED_OVER,      /* captures that libwireshark went on with, because of such protocols */
    N_NOTES
};

struct link_count {
    uint32_t link_type;
    uint64_t frames;
};

struct report {
    uint64_t reasons[N_REASONS];
    uint64_t notes[N_NOTES];
    struct link_count *links; /* of REASON_LINK_TYPE */
    size_t n_links, links_capacity;
    struct fc_problem *problems; /* capture names are borrowed from the run */
    size_t n_problems, problems_capacity;
};

/* Shared by all threads of a run; written now and then, read by whoever watches. */
struct progress {
    _Atomic uint64_t bytes_read, captures_done, frames, rows;
    _Atomic bool cancelled;
};

/* Both give false when memory ends. */
bool report_link(struct report *report, uint32_t link_type, uint64_t frames);
bool report_problem(struct report *report, const char *capture, const struct fc_error *error,
                    uint64_t frames);
bool report_merge(struct report *into, const struct report *from);
const char *note_name(enum note note);
void report_free(struct report *report);

#endif
