/* The state that the frames of a capture build up, emptied after each capture and freed after the last one.
 */
#include "walk/inner.h"

void tables_forget(struct walk *w)
{
    examiner_reset(&w->tables.examiner);
    apps_reset(&w->tables.apps);
    flow_reset(&w->tables.flows);
    log_pool_reset(&w->tables.pool);
    arena_reset(&w->tables.extras);
    w->capture.phase = CAPTURE_CLOSED;
    w->input++;
    atomic_fetch_add_explicit(&w->progress->captures_done, 1, memory_order_relaxed);
}

void tables_free(struct tables *tables)
{
    examiner_free(&tables->examiner);
    apps_free(&tables->apps);
    flow_free(&tables->flows);
    log_pool_free(&tables->pool);
    arena_free(&tables->extras);
}
