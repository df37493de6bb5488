/* The counts of all frames and captures by their outcome. Each walk has one report; the run adds them up. */
#ifndef FC_QUERY_REPORT_H
#define FC_QUERY_REPORT_H

#include <flowcontainer.h>
#include <stdatomic.h>

#include "decode/packet.h"

/* Remarks. Unlike reasons, they do not add up to the frames. */
enum note {
    NOTE_STREAM_NUMBERS,    /* captures with a protocol whose effect on Wireshark's stream numbers is not
                               reproduced */
    NOTE_DEFRAG_LIMIT,      /* fragments dropped because too many datagrams were incomplete */
    NOTE_EMPTY_CAPTURES,    /* captures without a frame */
    NOTE_CRASHED,           /* frames that libwireshark crashed on, so that their fields are empty */
    NOTE_REASSEMBLY_LIMIT,  /* messages of TCP streams dropped because too many bytes were waiting */
    NOTE_VALUES_LIMIT,      /* long values of flows left out because too many bytes were kept */
    NOTE_NOT_FOLLOWED,      /* captures in which protocols that are not read here may carry wanted fields */
    NOTE_HANDED_OVER,       /* captures that were handed over to libwireshark because of such protocols */
    NOTE_FORGOTTEN,         /* conversations that were forgotten after a long silence */
    NOTE_QUERIES_FORGOTTEN, /* queries of DNS that were forgotten: too old, or too many */
    NOTE_QUIC_FORGOTTEN,    /* connections of QUIC that were forgotten after a long silence */
    NOTE_EVICTED,           /* flows that left because of the limit on flows */
    NOTE_CONTINUED,         /* flows of streams of which an earlier flow has left */
    NOTE_SPILLED,           /* bytes of the file that flows beyond the limit of memory were put into */
    NOTE_TIME_ORDER,        /* captures in which a frame is earlier than the frame before it */
    NOTE_TIME_FAR,          /* frames whose time lies outside the years 1677 to 2262, so that it is null */
    NOTE_KERNEL_DROPS,      /* packets of an interface that the kernel dropped before they could be read */
    N_NOTES
};

struct link_count {
    uint32_t link_type;
    uint64_t frames;
};

enum { MOST_SETS = 16 /* feature sets of other programs in one query */ };

struct report {
    uint64_t reasons[N_REASONS];
    uint64_t notes[N_NOTES];
    uint64_t left_out[MOST_SETS]; /* frames that each feature set of the query does not take; remarks as notes
                                     are */
    struct link_count *links;     /* the frames counted under REASON_LINK_TYPE */
    size_t n_links, links_capacity;
    struct fc_problem *problems; /* capture names are borrowed from the run */
    size_t n_problems, problems_capacity;
};

/* Shared by all threads of a run: walks add to it now and then, the user's thread reads it and may cancel. */
struct progress {
    _Atomic uint64_t bytes_read, captures_done, frames, rows;
    _Atomic bool cancelled;
    _Atomic bool finishing; /* no further frame is read; the rows of the frames before are still given */
    _Atomic uint32_t flush_requests; /* so often somebody asked for the rows at hand */
};

/* Counts frames of a link type that is not decoded. FC_MEMORY, as for the next two. */
FC_MUST_USE enum fc_status report_link(struct report *report, uint32_t link_type, uint64_t frames);
/* Adds a problem that left `frames` frames of the capture in the answer. The capture's name is borrowed. */
FC_MUST_USE enum fc_status report_problem(struct report *report, const char *capture,
                                          const struct fc_error *error, uint64_t frames);
/* Adds all counts and problems of one report to another. */
FC_MUST_USE enum fc_status report_merge(struct report *into, const struct report *from);
/* The word for a note that users see; a constant. */
const char *note_name(enum note note);
void report_free(struct report *report);

#endif
