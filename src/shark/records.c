/* Invariant: a record is found at most once, and none of a later frame is lost while an earlier frame is
 * looked for. */
#include "shark/records.h"

#include <string.h>

#include "base/error.h"

enum fc_status records_open(struct records *r, struct worker *worker, const struct part *part,
                            const struct progress *progress, struct fc_error *err)
{
    *r = (struct records){0};
    return child_open(&r->child, worker, part, progress, err);
}

enum fc_status records_seek(struct records *r, uint32_t frame, bool *found, struct fc_error *err)
{
    struct child *child = &r->child;
    enum fc_status status = FC_OK;
    size_t which;
    *found = false;
    while (!status && !child->ended && !(r->at_hand && child->record.frame >= frame)) {
        r->at_hand = child_record(child, &r->body);
        if (!r->at_hand)
            status = child_wait(&child, 1, &which, err);
    }
    *found = !status && !child->ended && child->record.frame == frame;
    if (*found)
        r->at_hand = false;
    return status;
}

void records_finish(struct records *r) { child_finish(&r->child); }

void records_close(struct records *r) { child_close(&r->child); }

bool records_value(struct rd *body, struct wire_value *value, const uint8_t **bytes)
{
    const uint8_t *head = rd_bytes(body, sizeof *value);
    if (!head)
        return false;
    memcpy(value, head, sizeof *value);
    *bytes = rd_bytes(body, value->len);
    return *bytes != NULL;
}

enum fc_status records_error(struct fc_error *err)
{
    return error_set(err, FC_IO, -1, "the wireshark engine writes nonsense");
}
