/* Frames of link types that are not read here, and captures of formats that are not. Invariant: without a
 * worker they stay what they are; with one, what libwireshark makes of their links is what counts, and since
 * nobody here has seen their outer headers, values come from libwireshark from the first such frame on. */
#include "base/error.h"
#include "shark/locator.h"
#include "shark/plain.h"
#include "shark/spare.h"
#include "walk/capture.h"

/* Finds nobody to ask, or opens n->locator; once a capture. */
static enum fc_status open_locator(struct native *n)
{
    const struct query *q = n->query;
    struct worker *worker = q->worker ? q->worker : q->spare ? spare_worker(q->spare) : NULL;
    struct fc_error ignored; /* then frames stay what they are, and are counted so */
    uint64_t most = q->options.max_frames;
    int file;
    n->tried_locator = true;
    if (!worker)
        return FC_OK;
    enum fc_status status =
        plain_open(&file, &n->inputs[n->input], n->oracle ? oracle_file(n->oracle) : -1, &ignored);
    if (!status)
        status = locator_open(&n->locator, worker, file, most < UINT32_MAX ? (uint32_t)most : 0, n->progress,
                              &ignored);
    return status == FC_MEMORY ? status : FC_OK;
}

/* Whom libwireshark cannot be asked about further is told once. */
static enum fc_status give_up(struct native *n, enum fc_status status, const struct fc_error *why)
{
    if (status == FC_MEMORY || status == FC_CANCELLED)
        return status;
    locator_close(n->locator);
    n->locator = NULL;
    return report_problem(&n->engine.report, n->inputs[n->input].name, why, n->frames) ? FC_OK : FC_MEMORY;
}

enum fc_status native_locate(struct native *n, struct frame *frame)
{
    struct fc_error error = {0};
    struct located located;
    enum fc_status status = n->tried_locator ? FC_OK : open_locator(n);
    if (status || !n->locator)
        return status;
    if ((status = locator_find(n->locator, frame, &located, &error)))
        return give_up(n, status, &error);
    if (!frame->ip)
        return FC_OK;
    n->unseen = true;
    n->examiner.convs.numbers_may_differ |= located.apart;
    examine(&n->examiner, frame, &n->examined);
    return n->examiner.failed ? FC_MEMORY : FC_OK;
}

enum fc_status native_locate_end(struct native *n)
{
    bool ok = true;
    uint32_t frame;
    if (n->locator)
        locator_finish(n->locator);
    for (uint32_t i = 0; n->locator && ok && (frame = locator_crash(n->locator, i)); i++) {
        struct fc_error error;
        n->engine.report.notes[NOTE_CRASHED]++;
        error_set(&error, FC_FORMAT, -1, "libwireshark dies of frame %u; what it carries is in no flow",
                  frame);
        ok = report_problem(&n->engine.report, n->inputs[n->input].name, &error, n->frames);
    }
    locator_close(n->locator);
    n->locator = NULL;
    n->tried_locator = false;
    return ok ? FC_OK : FC_MEMORY;
}
