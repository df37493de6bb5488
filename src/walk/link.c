/* Frames of link types that are not decoded here. Invariant: without a worker they stay undecoded, and are
 * counted so. With one, libwireshark finds the IP packet in them; since their outer headers were seen by
 * libwireshark alone, it also makes the values from the first such frame on. */
#include "base/error.h"
#include "shark/file.h"
#include "shark/locator.h"
#include "shark/start.h"
#include "walk/inner.h"

/* Opens the locator, if there is a worker that it can ask. Other errors than FC_MEMORY leave the frames
 * undecoded. */
static enum fc_status open_locator(struct walk *w)
{
    struct capture *c = &w->capture;
    const struct query *q = w->query;
    struct worker *worker = q->shark ? shark_worker(q->shark) : NULL;
    struct fc_error ignored;
    uint64_t most = q->options.max_frames;
    int file;
    c->locator_state = LOCATOR_NONE;
    if (!worker)
        return FC_OK;
    enum fc_status status = file_descriptor(
        &file, &w->inputs[w->input], c->oracle ? oracle_file(c->oracle) : -1, NULL, w->progress, &ignored);
    if (!status)
        status = locator_open(&c->locator, worker, file, most < UINT32_MAX ? (uint32_t)most : 0, w->progress,
                              &ignored);
    if (!status)
        c->locator_state = LOCATOR_OPEN;
    return status == FC_MEMORY ? status : FC_OK;
}

static void close_locator(struct capture *c)
{
    locator_close(c->locator);
    c->locator = NULL;
    c->locator_state = LOCATOR_NONE;
}

/* libwireshark cannot be asked any more; the report says so once for the capture. */
static enum fc_status give_up(struct walk *w, enum fc_status status, const struct fc_error *why)
{
    if (status == FC_MEMORY || status == FC_CANCELLED)
        return status;
    close_locator(&w->capture);
    return capture_problem(w, why);
}

enum fc_status link_locate(struct walk *w, struct frame *frame)
{
    struct capture *c = &w->capture;
    struct examiner *examiner = &w->tables.examiner;
    struct fc_error error = {0};
    struct located located;
    enum fc_status status = c->locator_state == LOCATOR_NOT_TRIED ? open_locator(w) : FC_OK;
    if (status || c->locator_state != LOCATOR_OPEN)
        return status;
    if ((status = locator_find(c->locator, frame, &located, &error)))
        return give_up(w, status, &error);
    if (!frame->ip)
        return FC_OK;
    c->has_hidden_headers = true;
    examiner->convs.numbers_may_differ |= located.apart;
    examine(examiner, frame, &w->examined);
    return FC_OK;
}

enum fc_status link_finish(struct walk *w)
{
    struct locator *locator = w->capture.locator;
    enum fc_status status = FC_OK;
    uint32_t frame;
    if (!locator)
        return FC_OK;
    locator_finish(locator);
    for (uint32_t i = 0; !status && (frame = locator_crash(locator, i)); i++) {
        struct fc_error error;
        w->report.notes[NOTE_CRASHED]++;
        error_set(&error, FC_FORMAT, -1, "libwireshark dies of frame %u; what it carries is in no flow",
                  frame);
        status = capture_problem(w, &error);
    }
    close_locator(&w->capture);
    return status;
}
