/* IP fragments -> datagrams. A datagram belongs to the frame whose arrival completes it. Fragments that the
 * snap length cut are not used. There is no time-out, since Wireshark has none, but a limit of memory;
 * old fragments are forgotten only where the age says so. */
#ifndef FC_STREAM_DEFRAG_H
#define FC_STREAM_DEFRAG_H

#include "base/age.h"
#include "base/arena.h"
#include "base/hash.h"
#include "decode/packet.h"

/* The bytes that incomplete datagrams of a capture may take together, with everything that is allocated for
 * them. Beyond it the datagrams with the oldest first fragments are given up, and their fragments are
 * counted: a flood of fragments that never complete neither takes all memory nor keeps later datagrams out.
 */
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
    DEFRAG_PENDING,  /* the datagram lacks other fragments, or memory ended */
    DEFRAG_COMPLETE, /* *out is the datagram */
    DEFRAG_UNUSABLE  /* the snap length cut the fragment */
};

/* Zero-initialise. */
struct defrag {
    struct hash_key hash_key;    /* made with the first buckets */
    struct memory_state *memory; /* set when memory ends; NULL: nobody asks */
    struct pending **buckets;
    size_t n_buckets, n_pending;
    struct pending *oldest, *newest;
    size_t held;      /* bytes that all of them take */
    size_t limit;     /* 0: DEFRAG_LIMIT */
    struct age age;   /* datagrams whose first fragment is older may be forgotten */
    uint64_t refused; /* fragments given up because of a limit */
};

/* Takes one fragment; fragments come in capture order. *out is allocated in the arena. */
enum defrag_outcome defrag_push(struct defrag *defrag, const struct packet *packet, struct arena *arena,
                                struct datagram *out);
/* Drops all fragments, for the next capture. */
void defrag_reset(struct defrag *defrag);
void defrag_free(struct defrag *defrag);

#endif
