/* Invariant: lengths in a record are checked like lengths in a capture, and a frame without a record is left
 * as it is. */
#include "shark/locator.h"

#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "decode/packet.h"
#include "shark/records.h"

enum { MOST_LINK_TYPES = 300 /* the decoder knows none with a higher number */ };

struct locator {
    struct worker *worker;
    const struct progress *progress;
    int file;
    uint32_t last;
    uint32_t links[MOST_LINK_TYPES], n_links; /* that the decoder knows */
    struct records records;
    bool has_started;
    struct rd ip;
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
    for (uint32_t type = 0; type < MOST_LINK_TYPES; type++)
        if (decode_knows(type))
            l->links[l->n_links++] = type;
    *out = l;
    return FC_OK;
}

static enum fc_status start(struct locator *l, struct fc_error *err)
{
    struct part part = {.file = l->file, .last = l->last, .links = l->links, .n_links = l->n_links};
    l->has_started = true;
    return records_open(&l->records, l->worker, &part, l->progress, err);
}

static bool take_value(struct locator *l, struct frame *frame, struct located *out)
{
    struct wire_value value;
    const uint8_t *bytes;
    if (!records_value(&l->records.body, &value, &bytes))
        return false;
    if (value.slot == WIRE_LOCATED_LEN)
        frame->len = value.bits < INT32_MAX ? (uint32_t)value.bits : INT32_MAX;
    else if (value.slot == WIRE_LOCATED_TIME)
        frame->time_ns = (int64_t)value.bits;
    else if (value.slot == WIRE_LOCATED_APART)
        out->apart = value.bits;
    else if (value.slot == WIRE_LOCATED_IP && value.bits <= INT32_MAX)
        l->ip =
            rd_make(bytes, value.len, (uint32_t)value.bits > value.len ? (uint32_t)value.bits : value.len);
    return true;
}

static enum fc_status take_record(struct locator *l, struct frame *frame, struct located *out,
                                  struct fc_error *err)
{
    l->ip = rd_make(frame->data, 0, 0);
    for (uint32_t i = 0; i < l->records.child.record.n_values; i++)
        if (!take_value(l, frame, out))
            return records_error(err);
    frame->ip = &l->ip;
    return FC_OK;
}

enum fc_status locator_find(struct locator *l, struct frame *frame, struct located *out, struct fc_error *err)
{
    bool found = false;
    *out = (struct located){0};
    enum fc_status status = l->has_started ? FC_OK : start(l, err);
    if (!status)
        status = records_seek(&l->records, frame->number, &found, err);
    return found ? take_record(l, frame, out, err) : status;
}

uint32_t locator_crash(const struct locator *l, uint32_t i)
{
    const struct child *child = &l->records.child;
    return i < child->n_skip ? child->skip[i] : 0;
}

void locator_finish(struct locator *l) { records_finish(&l->records); }

void locator_close(struct locator *l)
{
    if (!l)
        return;
    records_close(&l->records);
    close(l->file);
    memory_free(l);
}
