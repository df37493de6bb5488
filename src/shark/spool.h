/* Bytes put away and got back in the same order: in memory as long as they are few, in a temporary file when
 * not. */
#ifndef FC_SHARK_SPOOL_H
#define FC_SHARK_SPOOL_H

#include <flowcontainer.h>

struct spool {
    uint8_t *bytes;
    size_t len, cap, at;       /* in memory: filled, room, got back */
    uint64_t written, fetched; /* in the file */
    bool has_file;
    int file;
};

FC_MUST_USE enum fc_status spool_put(struct spool *spool, const void *bytes, size_t n, struct fc_error *err);
/* No more is put from here on. */
FC_MUST_USE enum fc_status spool_rewind(struct spool *spool, struct fc_error *err);
/* The next n bytes, valid until the next call; NULL with FC_OK at the end. */
FC_MUST_USE enum fc_status spool_get(struct spool *spool, size_t n, const uint8_t **out,
                                     struct fc_error *err);
void spool_free(struct spool *spool);

/* An unlinked file in the system's temporary folder; -1 when there is none. The caller closes it. */
int spool_file(void);
/* FC_IO, in the words of errno, and where. */
enum fc_status spool_error(struct fc_error *err);
/* All n bytes; false with errno. */
bool spool_write(int file, const void *bytes, size_t n);

#endif
