/* Feature sets of other programs, with the values that those programs give. A family is one such program: it
 * has its own view of a frame, its own flow table, and its own arithmetic in IEEE doubles in the order of the
 * original. No part of a family is shared with the streams of this project, because the programs disagree
 * about which frame is a packet, how long it is and which flow it belongs to.
 *
 *     set_open(&set, set_family("cic-classic"), &options, err);
 *     for each frame:  set->family->packet(set, &view, &sink);  rows of the flows that end now
 *     set->family->finish(set, &sink);                          rows of the flows that are still open
 *     set->family->close(set);
 *
 * Rows leave through the sink, one value for each of set->columns. Their order depends on the frames alone,
 * never on a hash key. */
#ifndef FC_SETS_SET_H
#define FC_SETS_SET_H

#include <flowcontainer.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A frame, as a capture stores it. */
struct set_view {
    const uint8_t *data;
    uint32_t cap_len;   /* bytes at data */
    uint32_t len;       /* bytes on the wire */
    int64_t time_ns;    /* since 1970-01-01 UTC */
    uint32_t link_type; /* LINKTYPE_ number */
};

enum set_kind {
    SET_NULL,    /* no value; the original writes its text for an unset value */
    SET_INTEGER, /* integer */
    SET_REAL,    /* real */
    SET_TEXT,    /* n bytes at text, not ended by NUL */
    SET_LIST,    /* n integers at list */
    SET_BITS     /* n bits of a run, each 1, 0 or -1: the values of n columns */
};

/* Bits of a row, packed, the most significant one of a byte first: `width` bytes, eight columns each. Of
 * these, the first `have` are there; the bits of the others are -1. A row has the same runs as every other
 * row. */
struct set_run {
    const uint8_t *bytes;
    uint16_t width, have;
};

/* One value of a row. Pointers are valid during the call of the sink. A column of reals may get an integer
 * where the original writes one (its 0 for an undefined statistic has no decimal point). */
struct set_value {
    uint8_t kind;   /* enum set_kind */
    bool undefined; /* the original has no value here and writes the one given as its filling */
    uint16_t
        first; /* of SET_BITS: its place in the run; the values of a run follow each other, all of them */
    uint32_t n;
    union {
        int64_t integer;
        double real;
        const char *text;
        const int32_t *list;
        const struct set_run *run;
    };
};

struct set_column {
    const char *name; /* the original's */
    const char
        *format; /* Arrow: "l" int64, "L" uint64, "g" float64, "u" text, "c" int8, "+l" list of int32 */
    const char *description; /* what the value is, with its faults */
    const char *unit;        /* "bytes", "us", "ms", "s", "bytes/s" ... or "" */
    uint16_t count;          /* 0: one column; n: name_0 to name_(n-1), which get one value of SET_BITS */
    const char *type;        /* the original's name of the type, where its output has one; else NULL */
};

/* Where rows go. `row` gets one value for each column (one for each run of bits), and returns false when it
 * cannot take the row; the engine then stops. */
struct set_sink {
    bool (*row)(void *to, const struct set_value *values);
    void *to;
};

/* The members of struct set_options that a family uses. */
enum set_use {
    SET_USES_FAULTS = 1 << 0,
    SET_USES_PHANTOMS = 1 << 1,
    SET_USES_NAMES = 1 << 2,
    SET_USES_ACCOUNTING = 1 << 3,
    SET_USES_SPLT = 1 << 4,
    SET_USES_TIMEOUTS = 1 << 5,
    SET_USES_LAYERS = 1 << 6,
    SET_USES_CHECKSUMS = 1 << 7,
    SET_USES_PORTS = 1 << 8,
    SET_USES_VERSION = 1 << 9
};

/* Members that a family does not use are ignored. Zero-initialised, they are the defaults of the originals.
 */
struct set_options {
    enum fc_faults faults;     /* cic-*: repairs the faults that leave the flows as they are */
    bool no_phantoms;          /* cic-*: leaves out the flows of frames without an IPv4 header */
    unsigned accounting_mode;  /* nfstream: 0 frame, 1 IP packet, 2 transport, 3 payload */
    unsigned splt;             /* nfstream: length of the lists of early packets, 0 to 255 */
    unsigned idle_s, active_s; /* nfstream 120 and 1800, netflow 30 and 120 where 0; seconds */
    const char *layers;        /* nprint: of "e46tui", in this order; NULL: "46tui" */
    unsigned payload;          /* nprint: bytes of payload, 0 to 1500 */
    bool ignore_checksums;     /* zeek-conn: as Zeek's -C */
    const char *capture;       /* zeek-conn: its name goes into uid; borrowed; NULL: none */
    const char *server_ports;  /* zeek-conn: likely ones, "tcp/80,udp/53"; NULL: of the default scripts */
    unsigned version;          /* netflow: 2 or 3; 0: 3 */
};

struct set;

struct set_family {
    const char *name;
    const char *description; /* the program and its version */
    const char *row;         /* "flow" or "packet" */
    unsigned uses;           /* enum set_use: the options that mean something to it */
    const struct fc_fault *faults;
    size_t n_faults;
    /* FC_MEMORY, FC_USAGE. */
    enum fc_status (*open)(struct set **out, const struct set_options *options, struct fc_error *err);
    /* False when memory ends or the sink refuses a row. */
    bool (*packet)(struct set *set, const struct set_view *view, const struct set_sink *sink);
    bool (*finish)(struct set *set, const struct set_sink *sink);
    void (*close)(struct set *set); /* NULL is allowed */
    const struct set_csv *csv;      /* how the original writes rows as text: csv.h */
};

/* An opened family; each family's state begins with it. */
struct set {
    const struct set_family *family;
    const struct set_column *columns;
    size_t n_columns;
    uint64_t left_out; /* frames that the program does not take as a packet */
};

size_t set_families(void);
const struct set_family *set_family_at(size_t i);
/* NULL: there is no family of that name. */
const struct set_family *set_family(const char *name);

/* Values, for the families. */
static inline struct set_value set_integer(int64_t v)
{
    return (struct set_value){.kind = SET_INTEGER, .integer = v};
}
static inline struct set_value set_real(double v) { return (struct set_value){.kind = SET_REAL, .real = v}; }
static inline struct set_value set_text(const char *text, size_t n)
{
    return (struct set_value){.kind = SET_TEXT, .n = (uint32_t)n, .text = text};
}
static inline struct set_value set_undefined(int64_t filling)
{
    return (struct set_value){.kind = SET_INTEGER, .undefined = true, .integer = filling};
}

#endif
