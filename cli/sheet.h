/* One table as text in one descriptor. */
#ifndef FC_CLI_SHEET_H
#define FC_CLI_SHEET_H

#include "format.h"
#include "options.h"

struct sheet {
    struct out out;
    struct view view;
    const struct format *format;
};

/* The text of an original program, which the library makes. */
bool sheet_is_lines(const struct opt *opt);
/* Begins the text of table `table` of the run; `type` is that of its batches. False if memory ran out;
 * nothing is open then. */
bool sheet_open(struct sheet *sheet, const struct opt *opt, const struct fc_run *run, size_t table,
                const struct cell_type *type, int fd);
static inline void sheet_put(struct sheet *sheet, const struct ArrowArray *batch)
{
    sheet->format->rows(&sheet->view, batch);
}
/* Ends the text and frees; `lacks_memory`: some text was lost because memory ran out. Returns 0, or the errno
 * of the first failure. Does not close the descriptor. */
int sheet_close(struct sheet *sheet, bool *lacks_memory);

#endif
