/* Invariant: bytes that were handed out stay until the next call, so the spool moves on only then. */
#include "shark/bucket.h"

#include <string.h>

enum fc_status bucket_put(struct bucket *b, const struct wire_record *record, const uint8_t *bytes,
                          struct fc_error *err)
{
    enum fc_status status = spool_put(&b->spool, record, sizeof *record, err);
    return status ? status : spool_put(&b->spool, bytes, record->len, err);
}

static enum fc_status read_head(struct bucket *b, struct fc_error *err)
{
    const uint8_t *head = NULL;
    enum fc_status status = spool_get(&b->spool, sizeof b->next, &head, err);
    b->next = (struct wire_record){0};
    if (head)
        memcpy(&b->next, head, sizeof b->next);
    return status;
}

enum fc_status bucket_complete(struct bucket *b, const struct child *child, struct fc_error *err)
{
    b->n_skip = child->n_skip;
    memcpy(b->skip, child->skip, sizeof b->skip);
    enum fc_status status = spool_rewind(&b->spool, err);
    return status ? status : read_head(b, err);
}

enum fc_status bucket_seek(struct bucket *b, uint32_t frame, bool *found, struct rd *body,
                           struct fc_error *err)
{
    const uint8_t *bytes = NULL;
    enum fc_status status = b->is_taken ? read_head(b, err) : FC_OK;
    *found = b->is_taken = false;
    while (!status && b->next.frame && b->next.frame < frame)
        if (!(status = spool_get(&b->spool, b->next.len, &bytes, err)))
            status = read_head(b, err);
    if (status || b->next.frame != frame)
        return status;
    *found = b->is_taken = true;
    status = spool_get(&b->spool, b->next.len, &bytes, err);
    *body = rd_make(bytes, b->next.len, b->next.len);
    return status;
}

bool bucket_skips(const struct bucket *b, uint32_t frame)
{
    for (uint32_t i = 0; i < b->n_skip; i++)
        if (b->skip[i] == frame)
            return true;
    return false;
}

void bucket_free(struct bucket *b) { spool_free(&b->spool); }
