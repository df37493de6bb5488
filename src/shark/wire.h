/* The protocol between the library and the program flowcontainer-worker, whole. Both are built together and
 * run on one machine, so integers lie as the processor has them; what differs in version is refused at the
 * greeting.
 *
 * Control, over a stream socket that the worker has as descriptor WIRE_CONTROL. A message is a wire_head and
 * `len` bytes behind it; a text in it is a uint32 length and its bytes.
 *
 *   worker   WIRE_HELLO     uint32 WIRE_VERSION, text version of libwireshark, text what its jail lacks
 *   library  WIRE_QUERY     text filter; three lists (uint32 n, n texts): field names, preferences, rules of
 * decode-as; text content of a key log; uint32 passes (0: as many as the fields need) worker   WIRE_FIELDS
 * uint32 flags (wire_plan), n times: uint32 enum wire_type, uint32 enum wire_base, uint32 flags (wire_flag),
 * text description or  WIRE_REFUSED   uint32 enum wire_refusal, int32 offset in the filter or -1, text
 *   library  WIRE_LIST      nothing; may be asked before and after a query
 *   worker   WIRE_LISTED    until its end: uint32 enum wire_type, uint32 enum wire_base, uint32 flags, text
 * name, text Wireshark's type, text description; or uint32 N_WIRE_TYPES, text old name of a protocol, text
 * today's name library  WIRE_FORK      and one descriptor: a socket for a new child worker   WIRE_STARTED or
 * WIRE_REFUSED
 *
 * A child serves one capture after another over its socket, and forgets each before the next:
 *   library  WIRE_DISSECT   uint32 last frame (0: all), uint32 n, n times: uint32 frame to leave out; and
 * three descriptors: the capture, a regular file; the pipe for records; a shared file of a struct wire_page.
 *
 *   library  WIRE_CONVERT   three descriptors as before; over the pipe goes the capture as pcapng. At its end
 * the page's `frame` is the number of frames, and n_numbers is 1 when at least one has a link type number;
 * what was cut short ends in a block that is.
 *
 *   library  WIRE_LOCATE    uint32 last frame (0: all), uint32 n, n times: uint32 frame to leave out; uint32
 * n, n times: uint32 number of a link type whose frames nobody asks for; and the three descriptors of
 * WIRE_DISSECT. A record stands for a frame of any other link type that libwireshark knows, and has a value
 * for each of enum wire_located, the last one only where the frame carries IP. Needs no query.
 *
 * The end of a socket ends who listens to it; the worker's children go with it.
 *
 * Records, over the pipe: a struct wire_record and `len` bytes behind it, which are `n_values` times a struct
 * wire_value, the bytes of a value directly behind it. Frames come in their order; one that the filter did
 * not pass or that was left out has no record. The last record has frame 0 and n_values = number of frames
 * read; its bytes are a message, empty when the capture was read to its end. A pipe that ends without it: the
 * child has died, at the frame that wire_page tells. */
#ifndef FC_SHARK_WIRE_H
#define FC_SHARK_WIRE_H

#include <stdint.h>

#include "field/types.h"

enum {
    WIRE_VERSION = 6,
    WIRE_CONTROL = 3,   /* descriptor */
    WIRE_FDS = 3,       /* descriptors with a message at most */
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

/* What a query means for those who share out the work. */
enum wire_plan {
    WIRE_TWICE = 1 /* captures are dissected twice */,
    WIRE_WHOLE = 2 /* a value may depend on any frame of the capture: it is not to be divided */,
    WIRE_ONCE_ONLY = 4 /* a child is good for one capture */,
    WIRE_CLEAR_TEXT = 8 /* nothing that is asked can lie in a stream encrypted with unknown keys */,
    WIRE_EMPTY_PASSES = 16 /* a frame in which nothing of it lies passes the filter */
};

/* Slots of WIRE_LOCATE. */
enum wire_located {
    WIRE_LOCATED_LEN,   /* bits: length on the wire */
    WIRE_LOCATED_TIME,  /* bits: nanoseconds since 1970 */
    WIRE_LOCATED_APART, /* bits: not 0 when a link layer has told streams apart its own way */
    WIRE_LOCATED_IP     /* bytes: the outermost IP packet; bits: how many bytes of it were on the wire */
};

enum wire_flag {
    WIRE_NAMED = 1 /* its values have names */,
    WIRE_MAY_BE_EMPTY = 2 /* bytes: <none>, not <MISSING> */
};

struct wire_record {
    uint32_t len, frame, n_values;
};

/* bits: integers and booleans themselves, doubles as they lie, times in nanoseconds, IPv4 addresses in the
 * order of the processor. STRING, BYTES, TEXT, ETHER (6), IPv6 (16) have bytes instead. */
struct wire_value {
    uint32_t slot, len;
    uint64_t bits;
};

/* Shared with a child: the frame it is on, written without a lock; and which frames of the capture the
 * records of its file are, when they are not all of them from 1 on. */
struct wire_page {
    uint32_t frame, n_numbers;
    int64_t first_ns; /* time of the capture's first frame, when frames are numbered here */
    uint32_t numbers[];
};

#endif
