/* Bytes -> frames. A source reads one capture of any format and compression; it recognises both by content.
 *
 *     struct source *s;
 *     if (source_open(&s, path, err)) ...
 *     while (source_next(s, &frame, err) == FC_OK && frame.data) ...
 *
 * The bytes of a frame are valid until the next call. */
#ifndef FC_SOURCE_SOURCE_H
#define FC_SOURCE_SOURCE_H

#include <flowcontainer.h>

#include "base/rd.h"

/* A capture interface. A pcap file has one, a pcapng file any number in each section. */
struct capture_interface {
    uint32_t link_type; /* LINKTYPE_ number, tcpdump.org/linktypes.html */
    uint32_t snap_len;
    uint32_t section;  /* number of its section, from 0 */
    uint32_t id;       /* number within its section: frame.interface_id */
    int8_t fcs_len;    /* bytes of frame check sequence according to the file; -1: not stated */
    char *name;        /* UTF-8; NULL: not stated */
    char *description; /* UTF-8; NULL: not stated */
};

struct decode_rules; /* base/rules.h */

struct frame {
    const uint8_t *data; /* NULL: no more frames */
    uint32_t cap_len;    /* bytes at data */
    uint32_t len;        /* bytes on the wire, at most INT32_MAX; smaller than cap_len in some odd files */
    int64_t time_ns;     /* nanoseconds since 1970-01-01 UTC */
    uint32_t number;     /* from 1, as frame.number */
    uint64_t offset;     /* position of the record or block in the decompressed capture, as frame.file_off */
    uint32_t record_len; /* bytes of the record or block there, with its header */
    const struct capture_interface *interface; /* NULL if opaque */
    bool has_time;    /* pcapng simple packet blocks and custom blocks have no time */
    bool is_time_far; /* it has a time that is none here: outside the years 1677 to 2262. `time_ns` is then
                         the end of that range, which only TCP analysis uses */
    bool opaque; /* a frame to tshark, but not a packet: pcapng custom block, journal entry, sysdig event */
    bool has_packet_flags;
    uint32_t packet_flags;               /* epb_flags */
    const struct frame_options *options; /* comments, packet id, queue, verdicts ...; NULL: none */
    const struct decode_rules *rules; /* rules of the query for decoding; NULL: none. No source sets this */
    const struct rd *ip; /* the IP packet in a frame of a link type that is not read here, if libwireshark has
                            found one; nothing left: the frame has none. No source sets this */
};

/* The options of a pcapng packet block, as in the file: code, length, value, in the byte order of the
 * section. */
struct frame_options {
    const uint8_t *data;
    uint32_t len;
    bool big_endian;
};

struct source;

/* Flags that another thread may set while a source waits for the bytes of a pipe; a source looks at them
 * every SOURCE_LOOK_MS. NULL: there is no such flag. */
struct source_watch {
    const _Atomic bool *cancelled; /* reading fails with FC_CANCELLED */
    const _Atomic bool *finishing; /* the pipe ends with the bytes that were read */
};
enum { SOURCE_LOOK_MS = 50 };

/* The place of a capture's bytes. */
enum source_kind { SOURCE_PATH, SOURCE_DESCRIPTOR, SOURCE_MEMORY, SOURCE_INPUT };
struct source_place {
    enum source_kind kind;
    const char *name;   /* SOURCE_PATH: it is opened; "-" is standard input. Else it is only a name */
    int descriptor;     /* SOURCE_DESCRIPTOR; it stays the caller's */
    const void *memory; /* SOURCE_MEMORY: `len` bytes */
    size_t len;
    const struct fc_input *input; /* SOURCE_INPUT: the caller's functions read it */
};

/* Opens the capture `path`; "-" is standard input. The capture is read through a bounded window, so memory
 * does not grow with the file; a file that grows meanwhile is read up to the end that is met first, a file
 * that shrinks is cut there. Errors: FC_NOT_FOUND; FC_IO; FC_FORMAT (not a capture: the message says what it
 * looks like); FC_CUT (inside the file header); FC_UNSUPPORTED; FC_MEMORY. A file of no bytes is a capture of
 * format "empty", without frames and interfaces. */
FC_MUST_USE enum fc_status source_open(struct source **out, const char *path, struct fc_error *err);
/* The same for any place, which must outlive the source, with flags to watch. FC_CANCELLED; for an input also
 * the errors of its functions. */
FC_MUST_USE enum fc_status source_open_place(struct source **out, const struct source_place *place,
                                             const struct source_watch *watch, struct fc_error *err);
/* Returns true if the capture can be read only once: standard input, a pipe, an interface. */
bool source_reads_once(const struct source_place *place);
/* Bytes of the capture as it is stored; 0 where that is not known without reading it, or there is no file. */
uint64_t source_size(const struct source_place *place);
/* Returns true if the file of this descriptor begins like a compressed one. */
bool source_is_packed(int file);
struct copy;
/* Writes the decompressed bytes of a capture to a copy (source/copy.h). If the capture is damaged, the bytes
 * before the damage are written. Errors: FC_NOT_FOUND, FC_UNSUPPORTED, FC_MEMORY, those of copy_put, and the
 * failure of an input to open. */
FC_MUST_USE enum fc_status source_unpack(const struct source_place *place, struct copy *copy,
                                         struct fc_error *err);

/* Reads the next frame; out->data is NULL at the end. Errors: FC_CUT (the file ends inside a record; all
 * frames before it have been returned), FC_FORMAT (damaged), both with the offset of the record in the
 * decompressed capture; FC_UNSUPPORTED; FC_IO; FC_MEMORY. After an error the source returns only the end. */
FC_MUST_USE enum fc_status source_next(struct source *s, struct frame *out, struct fc_error *err);

/* Bounds the wait for bytes of a pipe: after `ms` without any, source_next returns no frame and
 * source_is_quiet is true. -1, as at first: it waits until there are some. */
void source_patience(struct source *s, int ms);
/* Whether the last source_next returned no frame because a pipe has none yet. */
bool source_is_quiet(const struct source *s);
/* Whether the capture comes through a pipe, so that a frame may have to be waited for. */
bool source_is_pipe(const struct source *s);

/* Bytes of the file on disk that have been read so far. */
uint64_t source_consumed(const struct source *s);
/* The name of the format: "pcap", "pcap-ns", "pcap-modified", "pcap-ixia", "pcapng" or "empty". For a
 * compressed capture it is, for example, "pcapng (gzip)". */
const char *source_format(const struct source *s);
size_t source_n_interfaces(const struct source *s);
const struct capture_interface *source_interface(const struct source *s, size_t i);
void source_close(struct source *s);

/* A block of decryption secrets or of name resolution from a pcapng file. */
struct source_blob {
    uint32_t type;   /* type of the secrets (0x544c534b "TLSK": TLS key log); 0: name resolution */
    uint32_t before; /* number of the frame that follows it */
    const uint8_t *data;
    size_t len;
};
size_t source_n_blobs(const struct source *s);
const struct source_blob *source_blob(const struct source *s, size_t i);

#endif
