/* The checked query: what the user wants to know, in the form that the engine works with, and the captures.
 */
#ifndef FC_QUERY_QUERY_H
#define FC_QUERY_QUERY_H

#include "base/arena.h"
#include "feature/feature.h"
#include "field/field.h"
#include "filter/filter.h"
#include "query/report.h"
#include "sets/layout.h"
#include "source/source.h"
#include "table/wanted.h"

/* The source of field values and of the filter's verdicts. */
enum query_engine {
    ENGINE_NATIVE, /* the native engine, for every capture */
    ENGINE_BOTH,   /* the native engine; when a capture shows something that is not read natively and that may
                      change the answer, libwireshark takes over from that frame on */
    ENGINE_WIRESHARK /* libwireshark, from the first frame of each capture */
};

/* Slots of the fields of query.guide. */
enum guide_slot {
    GUIDE_TCP_STREAM,
    GUIDE_UDP_STREAM,
    GUIDE_RETRANSMISSION,
    GUIDE_OUT_OF_ORDER,
    N_GUIDE_NUMBERS, /* those behind are asked for where the query keeps completions */
    GUIDE_REASSEMBLED = N_GUIDE_NUMBERS,
    GUIDE_PROTOCOLS,
    N_GUIDE_SLOTS
};

/* The user's options after they were checked and looked up. Walks on several threads share one query, so
 * nobody changes it while they run. */
struct query {
    struct fc_options options;     /* pointers in it are NULL: the members below replace them */
    struct wanted_column *columns; /* the columns of the answer, in order */
    size_t n_columns;
    bool is_chosen;        /* the caller named the columns */
    struct arena texts;    /* owns the names of the columns */
    bool names_stream;     /* the column `stream` is asked for by its name */
    bool keeps_packets;    /* flows keep a log of their packets, because a column needs it */
    uint16_t *feature_ids; /* the statistics among the columns, each once */
    size_t n_features;
    struct feature_plan features;
    bool features_log;       /* flows keep a second log with all packets for the statistics, because the first
                                log has only the first packets */
    struct matrix *matrices; /* the first bytes of packets that the query asks for */
    size_t n_matrices;
    struct field *fields;     /* the fields that the columns need; the index of a field is its slot */
    size_t n_fields;          /* number of fields */
    int16_t slot_of[F_COUNT]; /* the slot of each native field, or -1. With ENGINE_WIRESHARK all are -1, so
                                 that the native readers make no values */
    enum query_engine engine;
    enum release release; /* all values are those of this release of Wireshark: with ENGINE_WIRESHARK the
                             worker's release, otherwise RELEASE_NATIVE */
    struct query *guide;  /* asks libwireshark for the values of enum guide_slot, on which flows depend. NULL:
                             it  is not asked */
    bool is_guided; /* it is asked from the first frame on, because preferences, decode-as rules or switches
                       of protocols may change flows, or because libwireshark of another release than the
                       native engine's answers */
    bool keeps_completions;     /* a message whose last missing segment comes in a frame that is left out as
                                   repeated or out of order gives its values to the flow, because the preferences
                                   say that such a frame completes it */
    struct decode_rules *rules; /* those of them that the native decoder follows; NULL: none */
    struct shark *shark; /* starts the worker. NULL: the query must not use libwireshark; then captures of
                            alien formats are refused, and frames of unknown link types stay undecoded */
    bool headers_only;   /* for ENGINE_BOTH: the query names header fields only. Protocols above TCP and UDP
                            cannot change their values; unknown link types and alien formats can */
    uint32_t children;   /* the number of processes that may dissect one capture at the same time, >= 1 */
    bool has_filter;
    struct filter *filter; /* the compiled filter; NULL with ENGINE_WIRESHARK or without a filter */
    struct set_layout
        *sets[MOST_SETS]; /* the feature sets of other programs that are the answer, one table each */
    size_t n_sets;        /* 0: the answer is one table of flows, packets or frames */
    struct spill *spill; /* takes the state of flows beyond the limit of memory (base/spill.h); NULL: there is
                            none. Walks share it */
    const char *reason;  /* the reason why libwireshark answers: a constant, or why_text */
    char why_text[160];
};

/* Describes the table of the answer to the table room. The result borrows its arrays from the query. */
static inline struct wanted query_wanted(const struct query *q)
{
    return (struct wanted){.level = q->options.level,
                           .fields = q->fields,
                           .n_fields = q->n_fields,
                           .matrices = q->matrices,
                           .n_matrices = q->n_matrices,
                           .columns = q->columns,
                           .n_columns = q->n_columns,
                           .features = &q->features,
                           .is_chosen = q->is_chosen,
                           .batch_rows = q->options.batch_rows};
}

/* One capture to read. */
struct input {
    struct source_place place; /* of an interface: its descriptor */
    const char *label;         /* the name as valid UTF-8, for the column `capture` */
    const struct source_place
        *parts; /* NULL: the input is one capture; else these are read as one, and `place` is the first */
    size_t n_parts;
    size_t given;    /* index of the caller's path, which may be a folder */
    bool reads_once; /* the capture can be read only once: standard input, a pipe, an interface */
    bool is_live;    /* it comes from an interface */
};

#endif
