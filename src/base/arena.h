/* Memory that is given back all at once: bump allocation out of blocks that grow. Not for single frees. */
#ifndef FC_BASE_ARENA_H
#define FC_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena_block;
struct arena {
    struct arena_block *block; /* the newest; older ones hang behind it */
    uint8_t *next;
    size_t left;
};

/* Bytes behind any piece that may be read, though they mean nothing: loads of 8 bytes need no check of the
 * end. */
enum { ARENA_SLACK = 8 };

/* n bytes, aligned to 8, not zeroed; NULL when memory ends. */
void *arena_alloc(struct arena *arena, size_t n);
/* Forgets everything handed out and keeps the largest block for reuse. */
void arena_reset(struct arena *arena);
void arena_free(struct arena *arena);
/* Bytes held from the system. */
size_t arena_size(const struct arena *arena);

#endif
