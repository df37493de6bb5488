/* Inside the room: the functions that pcapng.c, options.c and clock.c share. */
#ifndef FC_SOURCE_PCAPNG_H
#define FC_SOURCE_PCAPNG_H

#include "source/inner.h"

struct block {
    uint32_t type, len;
    uint64_t offset;
    bool big_endian;
    struct rd r; /* covers the body */
};

static inline uint16_t block_u16(struct block *b) { return b->big_endian ? rd_u16(&b->r) : rd_u16_le(&b->r); }
static inline uint32_t block_u32(struct block *b) { return b->big_endian ? rd_u32(&b->r) : rd_u32_le(&b->r); }
static inline uint64_t block_u64(struct block *b) { return b->big_endian ? rd_u64(&b->r) : rd_u64_le(&b->r); }

/* Returns true if the options that are left in the block stay within it. The reader does not move. */
bool options_valid(const struct block *b);
/* Reads the options of an interface description. Returns false when memory ends. */
bool options_of_interface(struct source_interface *interface, const struct block *b);
/* Reads the flags of a packet block. Returns false if an option has a length that its code forbids. */
bool options_of_packet(const struct block *b, struct frame *out);

/* Computes `unit` and `limit` from the resolution of the interface. */
void clock_prepare(struct source_interface *interface);
/* Converts a time of the interface to nanoseconds since 1970. A time beyond the range of int64_t is held at
 * its end. */
int64_t clock_ns(const struct source_interface *interface, uint64_t time);
/* Sets the time of a journal entry, if the entry has one. */
void clock_of_journal(struct frame *entry);
/* Gives a frame its time. The ends of the range mean that it lies outside. */
void clock_set(struct frame *frame, int64_t ns);

#endif
