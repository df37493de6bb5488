/* What pcapng.c and its parts share. */
#ifndef FC_SOURCE_PCAPNG_H
#define FC_SOURCE_PCAPNG_H

#include "source/inner.h"

struct block {
    uint32_t type, len;
    uint64_t offset;
    bool big_endian;
    struct rd r; /* over the body */
};

static inline uint16_t block_u16(struct block *b) { return b->big_endian ? rd_u16(&b->r) : rd_u16_le(&b->r); }
static inline uint32_t block_u32(struct block *b) { return b->big_endian ? rd_u32(&b->r) : rd_u32_le(&b->r); }
static inline uint64_t block_u64(struct block *b) { return b->big_endian ? rd_u64(&b->r) : rd_u64_le(&b->r); }

/* The options that are left in the block: whether they stay inside it. The reader does not move. */
bool options_valid(const struct block *b);
/* Reads those of an interface description; false when memory ends. */
bool options_of_interface(struct source_interface *interface, const struct block *b);
/* Reads the flags of a packet block; false when an option has a length that its kind forbids. */
bool options_of_packet(const struct block *b, struct frame *out);

/* Works out `unit` and `limit` from the resolution. */
void clock_prepare(struct source_interface *interface);
/* A time of the interface in nanoseconds; times beyond int64_t are held at its ends. */
int64_t clock_ns(const struct source_interface *interface, uint64_t time);
/* The time of a journal entry, when it says one. */
void clock_of_journal(struct frame *entry);

#endif
