/* clang-format off */
/* The whole protocol between the library and the program flowcontainer-worker. Both are built together and
 * run on one machine, so integers have the byte order of the processor; another version is refused at the
 * greeting.
 *
 * CONTROL MESSAGES go over a stream socket, which the worker has as descriptor WIRE_CONTROL. A message is a
 * wire_head and `len` bytes. A text in it is a uint32 length and its bytes, a list a uint32 n and n elements.
 *
 *   from     message        content
 *   worker   WIRE_HELLO     uint32 WIRE_VERSION, text release of libwireshark, text missing parts of the jail,
 *                           text path of libwireshark
 *   library  WIRE_QUERY     text filter; lists of texts: field names, preferences, rules of decode-as,
 *                           protocols to turn on or off (fc_options); text content of a key log;
 *                           uint32 enum wire_passes
 *   worker   WIRE_FIELDS    uint32 flags (wire_plan); for each name: uint32 enum wire_type,
 *                           uint32 enum wire_base, uint32 flags (wire_flag), text description
 *   worker   WIRE_REFUSED   uint32 enum wire_refusal, int32 offset in the filter or -1, text
 *   library  WIRE_LIST      nothing; may be sent before and after a query
 *   worker   WIRE_LISTED    until its end: uint32 enum wire_type, uint32 enum wire_base, uint32 flags,
 *                           text name, text Wireshark's type, text description;
 *                           or: uint32 N_WIRE_TYPES, text old name of a protocol, text today's name
 *   library  WIRE_FORK      and one descriptor: a socket for a new child
 *   worker   WIRE_STARTED   or WIRE_REFUSED
 *
 * A CHILD serves one capture after another over its socket, and forgets each before the next. Each request
 * has three descriptors: the capture, a regular file; the pipe for records; a shared file of a struct
 * wire_page.
 *
 *   library  WIRE_DISSECT   uint32 last frame (0: all); list of uint32: frames to leave out
 *   library  WIRE_LOCATE    the same, and a list of uint32: link types of frames to leave out. A frame of
 *                           another link type that libwireshark knows has a record with a value for each of
 *                           enum wire_located, the last only if the frame carries IP. No query is needed.
 *   library  WIRE_CONVERT   nothing. The capture goes over the pipe as pcapng. At its end the page's `frame`
 *                           is the number of frames, and `n_numbers` is 1 if one of them has a link type
 *                           number. A capture that was cut short ends in a block that is cut short.
 *
 * The end of a socket ends the process that listens to it. The children of a worker end with it.
 *
 * RECORDS go over the pipe. A record is a struct wire_record and `len` bytes: `n_values` times a struct
 * wire_value and the bytes of the value. Frames are in their order. A frame that the filter did not pass, or
 * that was left out, has no record. The closing record has frame 0 and n_values = number of frames read; its
 * bytes are a message, empty when the capture was read to its end. If the pipe ends without it, the child has
 * died at the frame in wire_page. */
/* clang-format on */
#ifndef FC_SHARK_WIRE_H
#define FC_SHARK_WIRE_H

#include <stdint.h>

#include "field/types.h"

enum {
    WIRE_VERSION = 10,
    WIRE_CONTROL = 3,   /* descriptor */
    WIRE_FDS = 3,       /* the most descriptors of a message */
    WIRE_MOST = 1 << 30 /* bytes of a message or record */
};

enum wire_kind {
    WIRE_HELLO = 0x46435731,
    WIRE_QUERY,
    WIRE_FIELDS,
    WIRE_REFUSED,
    WIRE_FORK,
    WIRE_STARTED,
    WIRE_DISSECT,
    WIRE_CONVERT,
    WIRE_LOCATE,
    WIRE_LIST,
    WIRE_LISTED
};

struct wire_head {
    uint32_t len, kind;
};

/* How often a capture is dissected, in the order of enum fc_passes. */
enum wire_passes {
    WIRE_PASSES_AUTO, /* twice if a field, or the filter, looks ahead */
    WIRE_PASSES_ONE,
    WIRE_PASSES_TWO, /* the second pass decides the filter */
    WIRE_PASSES_READ /* twice, and the first pass decides the filter */
};

enum wire_refusal { WIRE_NO_FIELD, WIRE_BAD_FILTER, WIRE_USAGE, WIRE_FAILED };

/* What the values of a column are: the types of the library, and TEXT for whatever has none of them. TEXT
 * comes as `tshark -T fields` prints it. */
enum wire_type {
#define TYPE(name) WIRE_##name,
    FIELD_TYPES(TYPE)
#undef TYPE
        WIRE_TEXT,
    N_WIRE_TYPES
};

enum wire_base {
#define BASE(name) WIRE_BASE_##name,
    FIELD_BASES(BASE)
#undef BASE
        N_WIRE_BASES
};

/* How the work of a query can be shared. */
enum wire_plan {
    WIRE_TWICE = 1 /* captures are dissected twice */,
    WIRE_WHOLE = 2 /* a value may depend on any frame of the capture: captures must not be divided */,
    WIRE_ONCE_ONLY = 4 /* a child can serve one capture only */,
    WIRE_CLEAR_TEXT =
        8 /* no stream that is encrypted with unknown keys can contain a field that is asked for */,
    WIRE_EMPTY_PASSES = 16 /* a frame without any field passes the filter */
};

/* Slots of values of WIRE_LOCATE. */
enum wire_located {
    WIRE_LOCATED_LEN,   /* bits: length on the wire */
    WIRE_LOCATED_TIME,  /* bits: nanoseconds since 1970 */
    WIRE_LOCATED_APART, /* bits: not 0 when a link layer tells streams apart by other means than addresses */
    WIRE_LOCATED_IP     /* bytes: the outermost IP packet; bits: its length on the wire */
};

enum wire_flag {
    WIRE_NAMED = 1 /* its values have names */,
    WIRE_MAY_BE_EMPTY = 2 /* bytes: <none>, not <MISSING> */
};

struct wire_record {
    uint32_t len, frame, n_values;
};

/* bits: integers, booleans, the bits of a double, times in nanoseconds, IPv4 addresses in the byte order of
 * the processor. STRING, BYTES, TEXT, ETHER (6), IPv6 (16) have bytes instead. */
struct wire_value {
    uint32_t slot, len;
    uint64_t bits;
};

/* Memory shared with a child. The child writes the number of the frame that it works on, without a lock, and
 * is_slow before it ends because that frame takes too long. The library writes the numbers of the file's
 * frames, unless they are 1, 2, 3 ..., and how many frames of this part were too slow so far: each one halves
 * the time that a frame may take, so that a part that is full of them takes a bounded time. */
struct wire_page {
    uint32_t frame, n_numbers;
    uint32_t is_slow, n_slow;
    int64_t first_ns; /* time of the whole capture's first frame, with numbers */
    uint32_t numbers[];
};

#endif
