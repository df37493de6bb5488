/* What is asked of a run, and of which captures. */
#ifndef FC_QUERY_QUERY_H
#define FC_QUERY_QUERY_H

#include "base/arena.h"
#include "feature/feature.h"
#include "field/field.h"
#include "filter/filter.h"
#include "query/report.h"
#include "table/wanted.h"

/* Which engine gives values and verdicts of the filter. */
enum query_engine {
    ENGINE_NATIVE, /* the native engine, whatever a capture holds */
    ENGINE_BOTH,   /* the native engine; libwireshark takes over from the first frame of a capture that holds
                      something which is not read natively and may matter */
    ENGINE_WIRESHARK /* libwireshark, from the first frame of each capture */
};

/* The user's options, checked and looked up; read-only while walks run. */
struct query {
    struct fc_options options;     /* its pointers are NULL */
    struct wanted_column *columns; /* of the answer, in order */
    size_t n_columns;
    struct arena texts;    /* names of the columns */
    bool keeps_packets;    /* flows keep a log of their packets: some column needs it */
    uint16_t *feature_ids; /* the statistics among the columns, each once */
    size_t n_features;
    struct feature_plan features;
    bool features_log; /* statistics need all packets, and the flow's log has only the first: they have a log
                          of their own */
    struct field *fields; /* that the columns need, by slot */
    size_t n_fields;
    int16_t
        slot_of[F_COUNT]; /* index into fields, or -1; ENGINE_WIRESHARK: all -1, native readers put nothing */
    enum query_engine engine;
    enum release
        release;         /* that all values are of: the worker's with ENGINE_WIRESHARK, else RELEASE_NATIVE */
    struct shark *shark; /* starts the worker; NULL: libwireshark is not to be used at all, so that captures
                            of alien formats are refused and frames of unknown link types stay undecoded */
    bool headers_only;   /* of ENGINE_BOTH: only header fields are asked for; no protocol above makes them
                            doubtful, only unknown link types and alien formats do */
    uint32_t children;   /* processes that may dissect one capture at a time, at least 1 */
    bool has_filter;
    struct filter *filter; /* compiled; NULL with ENGINE_WIRESHARK */
    const char *reason;    /* why libwireshark answers; a constant, or why_text */
    char why_text[160];
};

/* The table that the answer is made in. Borrows from the query. */
static inline struct wanted query_wanted(const struct query *q)
{
    return (struct wanted){.level = q->options.level,
                           .fields = q->fields,
                           .n_fields = q->n_fields,
                           .columns = q->columns,
                           .n_columns = q->n_columns,
                           .features = &q->features,
                           .batch_rows = q->options.batch_rows};
}

struct input {
    const char *name;
    const char *label;  /* the name as UTF-8, for the column `capture` */
    const void *memory; /* NULL: open the path `name` */
    size_t len;
};

#endif
