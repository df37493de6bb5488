/* The interface of the text formats: rows of batches in, text out. */
#ifndef FC_CLI_FORMAT_H
#define FC_CLI_FORMAT_H

#include "cell.h"
#include "flowcontainer.h"
#include "units.h"
#include "writer.h"

struct view {
    struct out *out;
    const struct cell_type *type;          /* of a batch: CELL_STRUCT */
    const struct fc_column_info **columns; /* of the answer */
    bool chosen;                           /* they are the caller's choice */
    enum fc_level level;
    struct unit_clock clock;
    struct text scratch;
    const char *head; /* lines above the rows, for FORMAT_LINES */
    /* for the table format */
    bool from_left; /* of a table of another program: the columns from the left that fit */
    size_t width;   /* columns of the screen; 0: no limit */
    size_t limit;   /* rows shown; 0: all of them */
    bool in_time;   /* rows are shown when their batch comes */
    bool utf8, colour, headings;
    void *state;
};

struct format {
    /* False if memory ran out. */
    bool (*begin)(struct view *view);
    void (*rows)(struct view *view, const struct ArrowArray *batch);
    /* Frees everything that begin allocated; called after a failed run too. */
    void (*end)(struct view *view);
};

extern const struct format FORMAT_NDJSON, FORMAT_JSON, FORMAT_CSV, FORMAT_TABLE, FORMAT_LINES;

/* Writes "text" with the escapes of JSON; broken UTF-8 becomes U+FFFD. */
void json_string(struct out *out, const char *text, size_t len);
/* Writes a cell of RFC 4180, in quotes if necessary. */
void csv_cell(struct out *out, const char *text, size_t len);
/* Appends a field's value as tshark prints it. */
void view_field_text(struct text *out, uint32_t rule, const struct ArrowArray *values, int64_t i);

#endif
