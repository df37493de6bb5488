/* Bytes -> frames. A source reads one capture, whatever its format and compression, recognised by content.
 *
 *     struct source *s;
 *     if (source_open(&s, path, err)) ...
 *     while (source_next(s, &frame, err) == FC_OK && frame.data) ...
 *
 * A frame's bytes are valid until the next call, unless source_stable says more. */
#ifndef FC_SOURCE_SOURCE_H
#define FC_SOURCE_SOURCE_H

#include <flowcontainer.h>

#include "base/rd.h"

/* A capture interface: pcap has one, pcapng any number per section. */
struct capture_interface {
    uint32_t link_type; /* LINKTYPE_ number, tcpdump.org/linktypes.html */
    uint32_t snap_len;
    uint32_t section;  /* from 0 */
    uint32_t id;       /* within its section: frame.interface_id */
    int8_t fcs_len;    /* bytes of frame check sequence the file promises; -1: not said */
    char *name;        /* UTF-8; NULL: not said */
    char *description; /* UTF-8; NULL: not said */
};

struct frame {
    const uint8_t *data; /* NULL: no more frames */
    uint32_t cap_len;    /* bytes at data */
    uint32_t len;        /* bytes on the wire, at most INT32_MAX; may be smaller than cap_len in odd files */
    int64_t time_ns;     /* since 1970-01-01 UTC */
    uint32_t number;     /* from 1, as frame.number */
    uint64_t offset;     /* of the record or block in the uncompressed file, as frame.file_off */
    uint32_t record_len; /* bytes of the record or block there, header and all */
    const struct capture_interface *interface; /* NULL when opaque */
    bool has_time;                             /* pcapng simple packet and custom blocks have none */
    bool opaque; /* no packet but a frame to tshark: pcapng custom block, journal entry, sysdig event */
    bool has_packet_flags;
    uint32_t packet_flags;               /* epb_flags */
    const struct frame_options *options; /* comments, packet id, queue, verdicts ...; NULL: none */
    const struct rd *ip; /* where IP lies in a frame whose link nobody here knows, when somebody else has
                          * found it; nothing left: it carries none. No source sets this */
};

/* Options of a pcapng packet block, kept as they lie in the file: code, length, value, in the section's
 * order. */
struct frame_options {
    const uint8_t *data;
    uint32_t len;
    bool big_endian;
};

struct source;

/* Opens a capture: path, or "-" for standard input. All are read into a bounded window, so memory does not
 * grow with the file, a file that grows is read as far as it has come when its end is met, and one that
 * shrinks is cut there. FC_NOT_FOUND, FC_IO, FC_FORMAT (not a capture: says what it looks like), FC_CUT
 * (inside the file header), FC_UNSUPPORTED. A file of no bytes is a capture of format "empty", without frames
 * or interfaces. */
FC_MUST_USE enum fc_status source_open(struct source **out, const char *path, struct fc_error *err);
/* The same over bytes in memory, which must outlive the source. */
FC_MUST_USE enum fc_status source_open_memory(struct source **out, const char *name, const void *data,
                                              size_t len, struct fc_error *err);

/* Whether what source_open reads under this name is gone then: standard input, a pipe. */
bool source_reads_once(const char *path);
/* Whether a file begins like a compressed one. */
bool source_is_packed(int file);
/* Writes the bytes of a capture (in memory, or of that path), unpacked, to a descriptor; what lies before
 * damage is written. FC_NOT_FOUND, FC_IO, FC_UNSUPPORTED. */
FC_MUST_USE enum fc_status source_unpack(const char *path, const void *memory, size_t len, int to,
                                         struct fc_error *err);

/* The next frame; out->data is NULL at the end. FC_CUT: the file ends inside a record (everything before it
 * has been handed out); FC_FORMAT: damaged here; either with the offset of the record in the unpacked
 * capture. After an error the source gives only the end. */
FC_MUST_USE enum fc_status source_next(struct source *s, struct frame *out, struct fc_error *err);

/* True when frame bytes stay valid until source_close (a capture in memory that is not compressed). */
bool source_stable(const struct source *s);
/* Bytes of the file on disk consumed so far, and its size (0 when unknown). */
uint64_t source_consumed(const struct source *s);
uint64_t source_size(const struct source *s);
/* Short name of what was recognised: "pcap", "pcap-ns", "pcap-modified", "pcap-ixia", "pcapng", "empty", with
 * " (gzip)" and the like. */
const char *source_format(const struct source *s);
size_t source_n_interfaces(const struct source *s);
const struct capture_interface *source_interface(const struct source *s, size_t i);
void source_close(struct source *s);

/* Decryption secrets and name resolution blocks of pcapng, kept for whoever wants them. */
struct source_blob {
    uint32_t type;   /* secrets type (0x544c534b "TLSK": TLS key log), or 0 for a name resolution block */
    uint32_t before; /* number of the frame that follows it */
    const uint8_t *data;
    size_t len;
};
size_t source_n_blobs(const struct source *s);
const struct source_blob *source_blob(const struct source *s, size_t i);

#endif
