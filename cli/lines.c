/* The text of an original program: lines that the library made, below a head.
 *
 * Invariant: the one column `text` holds whole lines, each with its line feed, and is written as it is.
 */
#include "format.h"

static bool lines_begin(struct view *view)
{
    out_text(view->out, view->head);
    return true;
}

/* The lines of a batch lie one behind the other. */
static void lines_rows(struct view *view, const struct ArrowArray *batch)
{
    const struct ArrowArray *text = batch->children[0];
    const int64_t *offsets = (const int64_t *)text->buffers[1] + text->offset + batch->offset;
    const char *bytes = text->buffers[2];
    if (batch->length)
        out_bytes(view->out, bytes + offsets[0], (size_t)(offsets[batch->length] - offsets[0]));
}

static void lines_end(struct view *view) { (void)view; }

const struct format FORMAT_LINES = {lines_begin, lines_rows, lines_end};
