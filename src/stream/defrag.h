/* IP fragments -> datagrams. The frame that completes a datagram, by arrival, carries it; fragments cut by
 * the snap length are never used. No time-out: captures are finite, and Wireshark has none. */
#ifndef FC_STREAM_DEFRAG_H
#define FC_STREAM_DEFRAG_H

#include "base/arena.h"
#include "base/hash.h"
#include "decode/packet.h"

/* Bytes that incomplete datagrams may hold: past it fragments are not kept (a flood of fragments that never
 * complete would otherwise take all memory). Hitting it is counted. */
enum { DEFRAG_LIMIT = 256 << 20 };

struct datagram {
    const uint8_t *data; /* in the arena given */
    uint32_t len;
    uint32_t n_frames;
    const uint32_t *frames; /* by offset, then by arrival */
    const bool *overlaps, *conflicts;
    bool overlap, conflict, multiple_tails, too_long;
};

enum defrag_outcome {
    DEFRAG_PENDING,  /* kept for later */
    DEFRAG_COMPLETE, /* *out is the datagram */
    DEFRAG_UNUSABLE, /* cut: decode it as it is when it is the first one */
    DEFRAG_MEMORY
};

struct defrag {
    struct hash_key hash_key; /* made with the first buckets */
    struct pending **buckets;
    size_t n_buckets, n_pending;
    size_t held; /* bytes */
    uint64_t refused;
};

/* One fragment in capture order. */
enum defrag_outcome defrag_push(struct defrag *defrag, const struct packet *packet, struct arena *arena,
                                struct datagram *out);
void defrag_reset(struct defrag *defrag);
void defrag_free(struct defrag *defrag);

#endif
