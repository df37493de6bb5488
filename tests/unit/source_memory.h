/* A source over bytes in memory, for tests. */
#ifndef FC_TEST_SOURCE_MEMORY_H
#define FC_TEST_SOURCE_MEMORY_H

#include "source/source.h"

/* The bytes must outlive the source. */
static inline enum fc_status source_open_memory(struct source **out, const char *name, const void *data,
                                                size_t len, struct fc_error *err)
{
    const struct source_place place = {.kind = SOURCE_MEMORY, .name = name, .memory = data, .len = len};
    const struct source_watch nobody = {0};
    return source_open_place(out, &place, &nobody, err);
}

#endif
