/* Which frames of a capture may be dissected apart from which: a capture is divided by pairs of addresses,
 * closed under what belongs together. */
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
    uint32_t heaviest; /* the group that it has most of */
};

struct division {
    uint32_t *group_of;   /* by frame, from 0; behind division_make: its bucket */
    uint32_t *record_len; /* by frame: bytes in the file */
    size_t frames_cap, record_cap;
    uint32_t n_frames;
    struct division_gap *gaps; /* bytes between records: they go to every bucket */
    size_t n_gaps, gaps_cap;
    struct group_table *groups;
    struct division_bucket *buckets;
    uint32_t n_buckets;
    int64_t first_ns;
    uint64_t n_opaque; /* frames in no bucket */
    uint8_t *chosen;   /* by group: a survey wants it */
    size_t chosen_cap;
    bool partial; /* only chosen groups have buckets */
    bool whole;   /* there are frames whose addresses are not known */
};

struct division_limits {
    uint64_t cost; /* of a bucket at most, in bytes of memory that dissection needs; one group may be more */
    uint32_t n_buckets; /* at least, if there are so many groups */
    uint32_t exactly;   /* not 0: so many, for tests */
    uint64_t max_frames;
    bool leave_out_opaque; /* frames of encrypted streams go into no bucket */
    struct survey *survey; /* only groups go into buckets of which a frame makes it doubt; NULL: all */
};
enum { NO_BUCKET = UINT32_MAX };

/* Reads the capture once. One bucket: it cannot or need not be divided. A capture that is damaged is divided
 * as far as it can be read. FC_CANCELLED, FC_MEMORY, and what source_open gives. */
FC_MUST_USE enum fc_status division_make(struct division *out, struct source *source,
                                         const struct division_limits *limits,
                                         const struct progress *progress, struct fc_error *err);
/* Numbers of a bucket's frames, ascending; the caller frees them. NULL: out of memory. */
uint32_t *division_numbers(const struct division *d, uint32_t bucket);
/* n capture files, of the buckets from the first one on: their records, and all that lies between records.
 * One reading of the capture serves all of them. */
FC_MUST_USE enum fc_status division_write(const struct division *d, uint32_t first, int from, const int *to,
                                          uint32_t n, struct fc_error *err);
/* "10.0.0.1 and 10.0.0.2": the pair with most packets in the bucket. */
void division_heaviest(char *out, size_t cap, const struct division *d, uint32_t bucket);
void division_free(struct division *d);

#endif
