/* Records of a worker's child (wire.h, WIRE_LOCATE), met by frame number. Invariant: what a record says of
 * its own lengths is checked like the bytes of a capture, and a frame without a record stays as it is. */
#include "shark/locator.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "decode/packet.h"
#include "shark/child.h"

enum { MOST_LINK_TYPES = 300 /* numbers that the decoder may know */ };

struct locator {
    struct worker *worker;
    const struct progress *progress;
    int file;
    uint32_t last;
    uint32_t links[MOST_LINK_TYPES], n_links;
    struct child child;
    bool started, has_record;
    struct rd body, ip;
};

enum fc_status locator_open(struct locator **out, struct worker *worker, int file, uint32_t last,
                            const struct progress *progress, struct fc_error *err)
{
    struct locator *l = memory_zero(1, sizeof *l);
    if (!l) {
        close(file);
        return error_memory(err);
    }
    *l = (struct locator){.worker = worker, .progress = progress, .file = file, .last = last};
    l->child.page_file = -1;
    for (uint32_t type = 0; type < MOST_LINK_TYPES; type++)
        if (decode_knows(type))
            l->links[l->n_links++] = type;
    *out = l;
    return FC_OK;
}

static enum fc_status start(struct locator *l, struct fc_error *err)
{
    struct part part = {.file = l->file, .last = l->last, .links = l->links, .n_links = l->n_links};
    l->started = true;
    return child_open(&l->child, l->worker, &part, l->progress, err);
}

static bool take_value(struct locator *l, struct frame *frame, struct located *out)
{
    struct wire_value value;
    const uint8_t *head = rd_bytes(&l->body, sizeof value);
    if (!head)
        return false;
    memcpy(&value, head, sizeof value);
    const uint8_t *bytes = rd_bytes(&l->body, value.len);
    if (value.slot == WIRE_LOCATED_LEN)
        frame->len = value.bits < INT32_MAX ? (uint32_t)value.bits : INT32_MAX;
    else if (value.slot == WIRE_LOCATED_TIME)
        frame->time_ns = (int64_t)value.bits;
    else if (value.slot == WIRE_LOCATED_APART)
        out->apart = value.bits;
    else if (value.slot == WIRE_LOCATED_IP && value.bits <= INT32_MAX)
        l->ip =
            rd_make(bytes, value.len, (uint32_t)value.bits > value.len ? (uint32_t)value.bits : value.len);
    return bytes != NULL;
}

/* What the record at hand says. */
static enum fc_status take(struct locator *l, struct frame *frame, struct located *out, struct fc_error *err)
{
    l->ip = rd_make(frame->data, 0, 0);
    for (uint32_t i = 0; i < l->child.record.n_values; i++)
        if (!take_value(l, frame, out))
            return error_set(err, FC_IO, -1, "the wireshark engine writes nonsense");
    frame->ip = &l->ip;
    return FC_OK;
}

enum fc_status locator_find(struct locator *l, struct frame *frame, struct located *out, struct fc_error *err)
{
    struct child *child = &l->child;
    enum fc_status status = l->started ? FC_OK : start(l, err);
    size_t which;
    *out = (struct located){0};
    while (!status && !child->ended && !(l->has_record && child->record.frame >= frame->number)) {
        l->has_record = child_record(child, &l->body);
        if (!l->has_record)
            status = child_wait(&child, 1, &which, err);
    }
    if (status || child->ended || child->record.frame != frame->number)
        return status;
    l->has_record = false;
    return take(l, frame, out, err);
}

uint32_t locator_crash(const struct locator *l, uint32_t i)
{
    return i < l->child.n_skip ? l->child.skip[i] : 0;
}

void locator_finish(struct locator *l) { child_finish(&l->child); }

void locator_close(struct locator *l)
{
    if (!l)
        return;
    child_close(&l->child);
    close(l->file);
    memory_free(l);
}
