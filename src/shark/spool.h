/* Stores bytes and gives them back in the same order: few bytes stay in memory, many go to a temporary file.
 */
#ifndef FC_SHARK_SPOOL_H
#define FC_SHARK_SPOOL_H

#include <flowcontainer.h>

struct spool {
    uint8_t *bytes;
    size_t len, cap, at;       /* in memory: stored, allocated, given back */
    uint64_t written, fetched; /* in the file */
    bool has_file;
    int file;
};

FC_MUST_USE enum fc_status spool_put(struct spool *spool, const void *bytes, size_t n, struct fc_error *err);
/* Ends storing and begins giving back. */
FC_MUST_USE enum fc_status spool_rewind(struct spool *spool, struct fc_error *err);
/* The next n bytes, valid until the next call; NULL with FC_OK at the end. */
FC_MUST_USE enum fc_status spool_get(struct spool *spool, size_t n, const uint8_t **out,
                                     struct fc_error *err);
void spool_free(struct spool *spool);

/* FC_IO, with the text of errno and the folder. */
enum fc_status spool_error(struct fc_error *err);
/* Writes all n bytes; false with errno. */
bool spool_write(int file, const void *bytes, size_t n);

#endif
