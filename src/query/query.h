/* What is asked of a run, and of which captures. */
#ifndef FC_QUERY_QUERY_H
#define FC_QUERY_QUERY_H

#include "field/field.h"
#include "filter/filter.h"
#include "query/report.h"

/* The user's options, checked and looked up; read-only while walks run. */
struct query {
    struct fc_options options; /* fields and filter text are not used from here */
    struct field *fields;
    size_t n_fields;
    int16_t
        slot_of[F_COUNT]; /* index into fields, or -1; with a worker nothing is asked of the native readers */
    struct spare *spare;  /* for captures of foreign formats; NULL: they are refused */
    struct worker *worker; /* fields and filter are libwireshark's matter; NULL: values are native */
    struct standby
        *standby;      /* goes on where the native engine meets what it does not read; NULL: nobody does */
    bool headers_only; /* all that is asked natively are headers: only links may keep it from them */
    uint32_t children; /* processes that may dissect one capture at a time, at least 1 */
    bool has_filter;
    struct filter *filter; /* compiled, when values are native */
    char **names;          /* of fields that stand in no table */
    const char *reason;    /* why it is this engine; a constant, or why_text */
    char why_text[160];
};

struct input {
    const char *name;
    const char *label;  /* the name as UTF-8, for the column `capture` */
    const void *memory; /* NULL: open the path `name` */
    size_t len;
};

#endif
