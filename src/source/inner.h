/* Inside the room: the source and the functions that its readers share. */
#ifndef FC_SOURCE_INNER_H
#define FC_SOURCE_INNER_H

#include "source/feed.h"
#include "source/source.h"
#include "source/unpack.h"
#include "source/window.h"

/* The most interfaces that a capture may describe. No machine has as many, so a capture with more is damaged;
 * without a limit such a capture would fill the memory. */
#define SOURCE_MAX_INTERFACES 1000000

/* An interface, and the way to read its times. */
struct source_interface {
    struct capture_interface shown; /* must be first: the part that other rooms see */
    uint8_t resolution;             /* if_tsresol, as in the file */
    int64_t offset_s;               /* if_tsoffset, seconds */
    int64_t unit;                   /* nanoseconds in a tick, if a multiplication is exact; else 0 */
    uint64_t limit;                 /* the highest number of ticks for which unit * ticks fits */
};

typedef enum fc_status source_next_fn(struct source *s, struct frame *out, struct fc_error *err);

struct source {
    source_next_fn *next;
    struct window window; /* the bytes of the capture, decompressed */
    uint32_t n_frames;
    bool stable;

    /* pcap */
    uint32_t head_len; /* bytes of a record header */
    uint32_t max_packet;
    int64_t unit_ns; /* nanoseconds in a unit of the fraction */
    uint8_t lengths; /* enum pcap_lengths */

    /* pcapng */
    bool big_endian;
    uint32_t n_sections;
    size_t first_interface; /* index of the first interface of the current section */
    struct frame_options options;

    struct source_interface **interfaces;
    size_t n_interfaces, interfaces_capacity;
    struct source_blob *blobs;
    size_t n_blobs, blobs_capacity;
    size_t kept_len; /* bytes of interfaces and blobs */

    int fd;            /* -1: none */
    struct feed feed;  /* the bytes of an input of the caller; closed where there is none */
    struct join *join; /* of join.c: the source reads several captures; else NULL */
    bool is_pipe;      /* reading from fd may have to wait */
    struct source_watch watch;
    int patience_ms;       /* the longest wait for bytes of a pipe; -1: until there are some */
    struct unpack *unpack; /* NULL: the capture is not compressed */
    char packing[12];      /* " (gzip)" or the like, or empty */
    char format[32];
    char *name;
};

/* The capture that a joined source reads now, or NULL; and the bytes that it has read of all. */
struct join;
const struct source *join_current(const struct join *join);
uint64_t join_consumed(const struct join *join);
void join_close(struct join *join); /* NULL is nothing */

/* Each function opens a capture whose window is at the first byte of the file. */
enum fc_status pcap_open(struct source *s, struct fc_error *err);
enum fc_status pcapng_open(struct source *s, struct fc_error *err);
bool pcap_recognise(uint32_t magic);

#define PCAPNG_MAGIC 0x0a0d0d0au

void source_set_format(struct source *s, const char *format);
/* Reports that the bytes are not a capture that is read here, and names the format that they look like. */
enum fc_status sniff_refuse(struct source *s, struct fc_error *err);

/* Adds an interface to the current section. Returns NULL when memory ends. */
struct source_interface *source_add_interface(struct source *s);
/* The `next` of a source that has ended: no frame. */
source_next_fn source_end;
/* Ends the source at a record that is not whole. Returns FC_OK if the file just ends here, FC_CUT if a part
 * of a record is there, or the failure that stopped the reading. If a pipe is quiet, the source does not end:
 * the record is read again when the caller asks for the next frame. */
enum fc_status source_cut(struct source *s, struct fc_error *err);
/* The most bytes that a packet of this link type may have. A longer packet means damage (observed, tshark
 * 4.0.17). */
uint32_t source_max_packet(uint32_t link_type);
/* Wireshark shows lengths above INT32_MAX as INT32_MAX (observed, tshark 4.0.17). */
static inline uint32_t source_wire_len(uint32_t len) { return len < INT32_MAX ? len : INT32_MAX; }
/* Both functions end the source and report why. source_damaged returns FC_FORMAT and puts "damaged at offset
 * N" before the text; `offset` is a position in the decompressed capture. */
__attribute__((format(printf, 4, 5))) enum fc_status
source_damaged(struct source *s, uint64_t offset, struct fc_error *err, const char *format, ...);
__attribute__((format(printf, 5, 6))) enum fc_status source_stop(struct source *s, enum fc_status status,
                                                                 uint64_t offset, struct fc_error *err,
                                                                 const char *format, ...);

#endif
