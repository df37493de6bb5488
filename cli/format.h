/* What the text formats have in common: rows of batches in, text out. */
#ifndef FC_CLI_FORMAT_H
#define FC_CLI_FORMAT_H

#include "cell.h"
#include "flowcontainer.h"
#include "units.h"
#include "writer.h"

struct view {
    struct out *out;
    const struct cell_type *type; /* of a batch: CELL_STRUCT */
    const uint32_t *rules;        /* text_rule of every field column, which are the last ones */
    size_t n_fields;
    enum fc_level level;
    struct unit_clock clock;
    struct text scratch;
    /* of the table */
    size_t width; /* columns of the screen; 0: no limit */
    size_t limit; /* rows shown; 0: all of them */
    bool utf8, colour, headings;
    void *state;
};

struct format {
    /* False when out of memory. */
    bool (*begin)(struct view *view);
    void (*rows)(struct view *view, const struct ArrowArray *batch);
    /* Frees what begin made, also when the run has failed. */
    void (*end)(struct view *view);
};

extern const struct format FORMAT_NDJSON, FORMAT_JSON, FORMAT_CSV, FORMAT_TABLE;

/* The first field column. */
static inline size_t view_n_base(const struct view *view) { return view->type->n_children - view->n_fields; }

/* "text" with what JSON wants escaped; broken UTF-8 becomes U+FFFD. */
void json_string(struct out *out, const char *text, size_t len);
/* A cell of RFC 4180: in quotes when it must be. */
void csv_cell(struct out *out, const char *text, size_t len);
/* Appends a field's value as tshark prints it. */
void view_field_text(struct text *out, uint32_t rule, const struct ArrowArray *values, int64_t i);

#endif
