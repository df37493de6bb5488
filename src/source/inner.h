/* What the files of this room share: a source and its parts. */
#ifndef FC_SOURCE_INNER_H
#define FC_SOURCE_INNER_H

#include "source/source.h"
#include "source/unpack.h"
#include "source/window.h"

/* No machine has as many; a file that describes more is damaged, and each costs memory. */
#define SOURCE_MAX_INTERFACES 1000000

/* An interface and how to read its times. */
struct source_interface {
    struct capture_interface shown; /* first: what the outside sees */
    uint8_t resolution;             /* if_tsresol as it lies in the file */
    int64_t offset_s;               /* if_tsoffset */
    int64_t unit;                   /* nanoseconds of a tick; 0: the slow way */
    uint64_t limit;                 /* ticks up to which unit * ticks fits */
};

typedef enum fc_status source_next_fn(struct source *s, struct frame *out, struct fc_error *err);

struct source {
    source_next_fn *next;
    struct window window; /* the capture's bytes, unpacked */
    uint32_t n_frames;
    bool stable;

    /* pcap */
    uint32_t head_len; /* bytes of a record header */
    uint32_t max_packet;
    int64_t unit_ns; /* of the fraction of a second */
    uint8_t lengths; /* enum pcap_lengths */

    /* pcapng */
    bool big_endian;
    uint32_t n_sections;
    size_t first_interface; /* of this section */
    struct frame_options options;

    struct source_interface **interfaces;
    size_t n_interfaces, interfaces_capacity;
    struct source_blob *blobs;
    size_t n_blobs, blobs_capacity, blobs_len;

    int fd;                /* -1: none */
    uint64_t size;         /* on disk; 0: not known */
    struct unpack *unpack; /* NULL: not compressed */
    char packing[12];      /* " (gzip)", or empty */
    char format[32];
    char *name;
};

/* Each takes the source whose window stands at the first byte. */
enum fc_status pcap_open(struct source *s, struct fc_error *err);
enum fc_status pcapng_open(struct source *s, struct fc_error *err);
bool pcap_recognise(uint32_t magic);

#define PCAPNG_MAGIC 0x0a0d0d0au

void source_set_format(struct source *s, const char *format);
/* Says that this is no capture, and what it looks like. */
enum fc_status sniff_refuse(struct source *s, struct fc_error *err);

/* Adds an interface of the present section; NULL when memory ends. */
struct source_interface *source_add_interface(struct source *s);
/* What stands at the present offset is not whole: the end (FC_OK), FC_CUT, or what stopped the reading. */
enum fc_status source_cut(struct source *s, struct fc_error *err);
/* The longest packet of a link type; longer ones are damage (observed, tshark 4.0.17). */
uint32_t source_max_packet(uint32_t link_type);
/* Lengths on the wire above what a signed number holds are shown as that (observed, tshark 4.0.17). */
static inline uint32_t source_wire_len(uint32_t len) { return len < INT32_MAX ? len : INT32_MAX; }
/* Refuses the rest of the capture; FC_FORMAT at `offset`. */
__attribute__((format(printf, 4, 5))) enum fc_status
source_damaged(struct source *s, uint64_t offset, struct fc_error *err, const char *format, ...);
__attribute__((format(printf, 5, 6))) enum fc_status source_stop(struct source *s, enum fc_status status,
                                                                 uint64_t offset, struct fc_error *err,
                                                                 const char *format, ...);

#endif
