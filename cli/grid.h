/* Rows of text cells laid out in columns that fit a width. Knows nothing of flows. */
#ifndef FC_CLI_GRID_H
#define FC_CLI_GRID_H

#include <stdbool.h>
#include <stddef.h>

#include "writer.h"

enum grid_kind {
    GRID_WORD,    /* left, never shortened */
    GRID_NUMBER,  /* right, never shortened */
    GRID_ADDRESS, /* left; IPv6 is shortened in the middle, its port stays; IPv4 stays whole */
    GRID_TIME,    /* "2024-01-02 03:04:05.678": loses the date, then the milliseconds, then all */
    GRID_VALUE    /* left, shortened at its end; dropped if there is no room at all */
};

/* When a column is dropped to save room. */
enum grid_spare {
    SPARE_NEVER,
    SPARE_EARLY, /* before anything is shortened */
    SPARE_SOON,
    SPARE_LATE,
    SPARE_LAST /* last, to keep IPv4 addresses whole */
};

struct grid_column {
    const char *title;
    enum grid_kind kind;
    const char *sgr; /* SGR code for the colour of its cells, such as "36"; NULL: none */
    enum grid_spare spare;
    /* set by grid_fit */
    size_t natural, width;
    size_t whole; /* GRID_ADDRESS: the widest cell that is not shortened */
    size_t skip;  /* GRID_TIME: characters dropped at the front */
    bool hidden;
};

struct grid {
    struct grid_column *columns;
    size_t n_columns;
    struct text text; /* the cells one after the other, each with a NUL */
    size_t n_cells;
    size_t gap; /* between columns; set by grid_fit */
    bool utf8, colour;
    bool from_left; /* there are far more columns than have room: those from the left that fit, at their full
                       width */
    bool shorten;   /* set by grid_fit: there is a maximum width */
};

void grid_cell(struct grid *grid, const char *bytes, size_t len);
/* Chooses the columns' widths for the cells so far, so that a line is at most `width` wide (0: no limit).
 * Returns the number of dropped value columns. */
size_t grid_fit(struct grid *grid, size_t width);
void grid_titles(const struct grid *grid, struct out *out);
/* Writes the row whose first cell is at `cell`; returns where the next row begins. */
const char *grid_row(const struct grid *grid, struct out *out, const char *cell);
void grid_clear(struct grid *grid);

#endif
