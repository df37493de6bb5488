/* Divides a capture into buckets that can be dissected by different processes. A bucket holds whole groups of
 * address pairs (shark/groups.h). */
#ifndef FC_SHARK_DIVISION_H
#define FC_SHARK_DIVISION_H

#include "look/examine.h"
#include "query/report.h"
#include "shark/survey.h"
#include "source/source.h"

struct division_gap {
    uint64_t offset, len;
    uint32_t before; /* index of the frame that follows */
};

struct division_bucket {
    uint32_t n_frames;
    uint64_t bytes, cost;
    uint32_t heaviest; /* the group with the highest cost */
};

struct division {
    uint32_t *group_of;   /* by index of the frame; after division_make: its bucket, or NO_BUCKET */
    uint32_t *record_len; /* by index of the frame: bytes in the file */
    size_t frames_cap, record_cap;
    uint32_t n_frames;
    struct division_gap *gaps; /* bytes between records, which every bucket gets */
    size_t n_gaps, gaps_cap;
    struct group_table *groups;
    struct division_bucket *buckets;
    uint32_t n_buckets;
    int64_t first_ns;
    uint64_t n_opaque; /* frames in no bucket */
    uint8_t *chosen;   /* by group: a frame of it raises a doubt */
    size_t chosen_cap;
    bool partial; /* only chosen groups are in buckets */
    bool whole;   /* there are frames whose addresses are not known */
};

struct division_limits {
    uint64_t cost; /* the most of a bucket, in bytes of memory for dissection; a single group may cost more */
    uint32_t n_buckets; /* the least number of buckets, if there are so many groups */
    uint32_t exactly;   /* not 0: the number of buckets, for tests */
    uint64_t max_frames;
    bool leave_out_opaque; /* frames of encrypted streams go into no bucket */
    struct survey *survey; /* only groups with a frame that raises a doubt go into buckets; NULL: all */
};
enum { NO_BUCKET = UINT32_MAX };

/* Reads the capture once. The result has one bucket if the capture cannot or need not be divided. A damaged
 * capture is divided as far as it can be read. FC_CANCELLED, FC_MEMORY. */
FC_MUST_USE enum fc_status division_make(struct division *out, struct source *source,
                                         const struct division_limits *limits,
                                         const struct progress *progress, struct fc_error *err);
/* The numbers of the bucket's frames, ascending; the caller frees them. NULL: memory ended. */
uint32_t *division_numbers(const struct division *d, uint32_t bucket);
/* Writes capture files of n buckets, beginning with bucket `first`: their records, and all bytes between
 * records. The capture is read once for all of them. */
FC_MUST_USE enum fc_status division_write(const struct division *d, uint32_t first, int from, const int *to,
                                          uint32_t n, struct fc_error *err);
/* The bucket's heaviest pair of addresses, as "10.0.0.1 and 10.0.0.2". */
void division_heaviest(char *out, size_t cap, const struct division *d, uint32_t bucket);
void division_free(struct division *d);

#endif
