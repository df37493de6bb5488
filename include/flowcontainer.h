/* flowcontainer: captures in, flow data sets out.
 *
 * This is the only installed header. Values leave in batches through an Arrow C stream, never one at a time:
 * open a run over captures, export its stream, pull batches.
 *
 *     struct fc_error err = {0};
 *     struct fc_options opt;
 *     fc_options_init(&opt);
 *     struct fc_run *run = NULL;
 *     if (fc_open(&run, paths, n_paths, &opt, &err)) ...
 *     struct ArrowArrayStream stream;
 *     if (fc_run_export(run, &stream, &err)) ...
 *     ... stream.get_next(&stream, &array) until array.release is NULL ...
 *     stream.release(&stream);
 *     fc_run_free(run);
 *
 * Ownership: a function borrows the pointers that it is given for the duration of the call, and its comment
 * names each exception; the comment of a function that makes an object names the function that frees it.
 * Threads: a run and its stream belong to one thread at a time, except fc_run_progress, fc_run_cancel,
 * fc_run_finish and fc_run_flush, which any thread may call. Different runs are independent.
 */
#ifndef FLOWCONTAINER_H
#define FLOWCONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FC_VERSION "8.0.0"

#if defined(__GNUC__)
#define FC_PUBLIC __attribute__((visibility("default")))
#define FC_MUST_USE __attribute__((warn_unused_result))
#else
#define FC_PUBLIC
#define FC_MUST_USE
#endif

/* ---- errors -------------------------------------------------------------------------------------------- */

enum fc_status {
    FC_OK = 0,
    FC_NOT_FOUND,   /* no such file or folder, or a glob without a match */
    FC_IO,          /* the system refused to open or read; text has its reason */
    FC_FORMAT,      /* not a capture, or a damaged one; offset is the place */
    FC_CUT,         /* the capture ends in the middle of a record; offset is where that record starts */
    FC_UNSUPPORTED, /* known, but not built in, or no available engine answers it */
    FC_NO_FLOWS,    /* no packet of the capture could be decoded; text names the link type */
    FC_USAGE,       /* an option that makes no sense */
    FC_FIELD,       /* unknown field; text names it and the nearest names */
    FC_FILTER,      /* bad display filter; offset is the byte in the filter text */
    FC_MEMORY,      /* out of memory */
    FC_CANCELLED    /* fc_run_cancel was called */
};

/* A function that does not return FC_OK fills it. A parameter of this type may always be NULL. */
struct fc_error {
    enum fc_status status;
    int64_t offset;  /* byte in the file or the filter; -1 when there is none */
    char text[1024]; /* one line of UTF-8, without a newline at the end */
};

/* A short constant name of a status: "ok", "not_found", ... */
FC_PUBLIC const char *fc_status_name(enum fc_status status);
FC_PUBLIC const char *fc_version(void);

/* ---- options ------------------------------------------------------------------------------------------- */

enum fc_level {
    FC_LEVEL_FLOWS,   /* one row a flow */
    FC_LEVEL_PACKETS, /* one row a kept packet, in capture order */
    FC_LEVEL_FRAMES /* one row a frame of the capture, kept or not; the column `reason` says why a frame is in
                       no flow */
};

/* The packets that a flow leaves out. Bits; fc_drop_parse takes their names. */
enum fc_drop {
    FC_DROP_RETRANSMISSION = 1 << 0, /* tcp.analysis.retransmission: plain, fast and spurious ones */
    FC_DROP_OUT_OF_ORDER = 1 << 1,   /* tcp.analysis.out_of_order */
    FC_DROP_MDNS = 1 << 2,           /* Wireshark's mdns: UDP port 5353 */
    FC_DROP_SSDP = 1 << 3,           /* Wireshark's ssdp: UDP port 1900 with an HTTP-like payload */
    FC_DROP_ICMP = 1 << 4,           /* frames that hold ICMP or ICMPv6 */
    FC_DROP_DEFAULT = (1 << 5) - 1
};

/* The protocols that make flows. Bits. TCP and UDP by default. */
enum fc_protocol {
    FC_TCP = 1 << 0,
    FC_UDP = 1 << 1, /* UDP-Lite counts as UDP, as in udp.stream */
    FC_SCTP = 1 << 2,
    FC_ICMP = 1 << 3,
    FC_ICMP6 = 1 << 4,
    FC_GRE = 1 << 5,
    FC_ESP = 1 << 6
};

enum fc_policy {
    FC_POLICY_STREAM, /* a flow is a Wireshark stream: never cut by time */
    FC_POLICY_TIMEOUT /* a flow also ends after idle_ns without a packet, active_ns after its start, with FIN
                         in both directions, and with RST. Its row leaves when the times of later packets show
                         that it has ended, so rows are in the order of the ends */
};

/* Whether a flow of FC_POLICY_STREAM may leave before the end of its capture. */
enum fc_close {
    FC_CLOSE_NEVER,
    FC_CLOSE_FIN /* a TCP flow leaves after FIN in both directions or RST and idle_ns without a packet.
                    Packets that come later are another flow, with the same stream number (note
                    streams_continued) */
};

enum fc_tunnel {
    FC_TUNNEL_INNER, /* the innermost TCP or UDP header is the packet's flow */
    FC_TUNNEL_OUTER  /* the outermost TCP or UDP header is; a tunnel without one outside (GRE, IP in IP) makes
                        no difference */
};

/* How lengths and direction are counted. */
enum fc_style {
    FC_STYLE_CLEAN,  /* IP lengths include all headers, payload lengths include none; the client is the sender
                        of the SYN; without a SYN other rules find it (column client_by) */
    FC_STYLE_CLASSIC /* as the original flowcontainer: the lengths are ip.len, ipv6.plen, tcp.len, udp.length;
                        src has the larger port; the level of flows leaves out flows without payload */
};

/* The engine that answers a query. With FC_ENGINE_AUTO, libwireshark may take over in the middle of a
 * capture. */
enum fc_engine {
    FC_ENGINE_AUTO,     /* the engine that the environment variable FLOWCONTAINER_ENGINE names (native,
                           wireshark). Where it is auto or not set: the native one if it answers every field and
                           the filter, else wireshark. If the native one meets bytes that it does not read and
                           that may hold a requested field, and there is a worker, libwireshark answers from that
                           frame on (note handed_over). If fields above TCP and UDP are asked for, libwireshark
                           answers a pipe from its first frame */
    FC_ENGINE_NATIVE,   /* in process: the fields of fc_field, and filters over them */
    FC_ENGINE_WIRESHARK /* libwireshark, in processes of its own: any field, any display filter. Needs the
                           program flowcontainer-worker: beside the executable or library, in its libexec
                           folder, or at the path in the environment variable FLOWCONTAINER_WORKER */
};

/* The number of times that the wireshark engine dissects a capture. */
enum fc_passes {
    FC_PASSES_AUTO, /* twice if a requested field or the filter looks ahead (response_in, reassembled_in,
                       ...), else once */
    FC_PASSES_ONE,  /* once, as tshark does: fields that look ahead have the values that are known by then */
    FC_PASSES_TWO,  /* twice, as `tshark -2 -Y`: the second pass decides the filter and gives the values */
    FC_PASSES_READ  /* twice, as `tshark -2 -R`: the first pass decides the filter, the second gives the
                       values. Frames keep their numbers */
};

/* The form of the values of a field in its column; T is the type of one value. */
enum fc_values {
    FC_VALUES_DEFAULT, /* in fc_column: the form of fc_options.values; in fc_options: FC_VALUES_PACKETS */
    FC_VALUES_PACKETS, /* flows: list<struct<packet: uint32, value: T>>, packet = index into ip_lengths;
                          packets and frames: T when a packet has at most one value of the field, else list<T>
                        */
    FC_VALUES_LIST,    /* list<T> */
    FC_VALUES_FIRST,   /* T: the first value; null where there is none */
    FC_VALUES_SET      /* list<T>: each value once, in the order of first appearance */
};

/* One column of the answer, or several. This struct will not grow. */
struct fc_column {
    const char *source;    /* a column or a group of columns (fc_column_at, docs/columns.md), a short name
                              (fc_short_name), or a field of Wireshark */
    const char *name;      /* of the column in the answer; NULL: the text of source */
    enum fc_values values; /* of a field; FC_VALUES_DEFAULT for all else */
};

/* The kept packets of a flow that sequences and values of fields come from. */
enum fc_taking {
    FC_TAKING_ALL,
    FC_TAKING_PAYLOAD /* those with a payload that is not empty */
};

/* The values that the limits `packets` and `taking` of fc_options hold for. */
enum fc_limit {
    FC_LIMIT_SEQUENCES, /* sequences and values of fields; times and totals are of all kept packets */
    FC_LIMIT_ALL        /* times and totals as well */
};

/* The answer of a run over feature sets of other programs. */
enum fc_set_form {
    FC_SET_VALUES, /* typed columns under the names of the original */
    FC_SET_TEXT,   /* one column `text` (large_utf8): each row as the line that the original writes, with its
                      line feed. fc_run_table_head gives the lines above the rows */
    FC_SET_JSON    /* the same with a JSON object for each row; for zeek-conn as Zeek writes it */
};

/* Faults of the original programs, which docs/features.md lists. */
enum fc_faults {
    FC_FAULTS_AS_PUBLISHED, /* with all faults, as in the published data sets */
    FC_FAULTS_CORRECTED     /* cic-*: without the faults that leave the flows as they are */
};

/* Options of the feature sets of other programs, for fc_options.sets. With all members 0, each program has
 * its own defaults. New members are added at the end, as to fc_options. */
struct fc_set_options {
    size_t size; /* of this struct in the caller's header; fc_set_options_init sets it */
    enum fc_set_form form;
    enum fc_faults faults;
    const char *names;  /* cic-*: column names of a published data set, "cic-ids2017", "cse-cic-ids2018" or
                           "hieulw"; NULL: the program's */
    const char *layers; /* nprint: of "e46tui", in any order; NULL: "46tui" */
    const char *server_ports; /* zeek-conn: likely_server_ports, "tcp/80,udp/53"; NULL: those of Zeek */
    int64_t idle_ns;          /* nfstream (0: 120 s) and netflow (0: 30 s): whole seconds */
    int64_t active_ns;        /* nfstream (0: 1,800 s) and netflow (0: 120 s): whole seconds */
    uint32_t accounting_mode; /* nfstream: the size of a packet: 0 frame, 1 IP, 2 transport, 3 payload */
    uint32_t splt;            /* nfstream: length of the lists of the first packets, 0 to 255; 0: no lists */
    uint32_t payload;         /* nprint: bytes of payload, 0 to 1,500 */
    uint32_t version;         /* netflow: 2 or 3; 0: 3 */
    bool no_phantoms;         /* cic-*: without the flows of frames that have no IPv4 header */
    bool nulls;            /* null where the original writes a filling (0, -1, NaN) for an undefined value */
    bool capture;          /* a first column `capture`: the capture that the row is from */
    bool ignore_checksums; /* zeek-conn: as the option -C of Zeek */
    uint32_t reserved;     /* 0 */
};

/* The place at which the bytes of a packet begin. They end with the IP packet, or earlier with the captured
 * bytes. */
enum fc_start {
    FC_START_LINK,      /* the frame */
    FC_START_IP,        /* the header of the IP packet that carries the flow's transport header */
    FC_START_TRANSPORT, /* TCP, UDP, ... */
    FC_START_PAYLOAD    /* behind the transport header: the bytes that the payload length counts */
};

/* Values of headers, also inside tunnels, that are zero in the bytes of packets. Bits. */
enum fc_mask {
    FC_MASK_ADDRESSES = 1 << 0,       /* of Ethernet, IPv4 and IPv6 headers, not those in options */
    FC_MASK_PORTS = 1 << 1,           /* TCP, UDP, UDP-Lite, SCTP */
    FC_MASK_CHECKSUMS = 1 << 2,       /* of IPv4 headers, TCP, UDP, UDP-Lite, SCTP, ICMP, ICMPv6 */
    FC_MASK_IP_ID = 1 << 3,           /* IPv4 identification */
    FC_MASK_SEQUENCE = 1 << 4,        /* TCP sequence number */
    FC_MASK_ACKNOWLEDGEMENT = 1 << 5, /* TCP acknowledgement number */
    FC_MASK_TIMESTAMPS = 1 << 6       /* both values of TCP's timestamps option */
};

/* The first bytes of packets, as columns. At the level of flows a matrix of the first kept packets:
 *   NAME        fixed_size_list<fixed_size_list<uint8>[length]>[packets], padded with zeros
 *   NAME_sizes  fixed_size_list<uint32>[packets]: the bytes that each packet had; 0: there is no packet
 *   NAME_count  uint32: packets in the matrix
 *   NAME_hash   uint64: a hash of the bytes and their sizes, equal for equal ones; only if `columns` names it
 * At the levels of packets and frames NAME is fixed_size_binary[length] and NAME_size uint32, of each packet;
 * null for a frame in no flow. These columns stand between those of fc_options.columns and those of
 * fc_options.fields. Of a matrix that `columns` names, only the columns that it names are made. */
struct fc_bytes {
    const char *name;
    uint32_t packets; /* rows of the matrix, 1 to 65,535; 0: fc_options.packets. For flows alone */
    uint32_t length;  /* bytes of a packet, 1 to 65,535; packets * length is at most 16,777,216 */
    enum fc_start start;
    uint32_t mask; /* bits of enum fc_mask */
};

/* A query. fc_options_init fills in the defaults; then set members. New members are added at the end only, so
 * a program that was built against an older header runs with a newer library: `size` says which members it
 * knows, and the others have their defaults. A program that was built against a newer header runs with an
 * older library if the members that the library does not know are 0; else fc_open returns FC_UNSUPPORTED. */
struct fc_options {
    size_t size; /* of this struct in the caller's header; fc_options_init sets it */
    const char *const
        *fields; /* Wireshark names or short names; each is a column, after those of `columns` */
    size_t n_fields;
    const char *filter; /* display filter; NULL or blank: none */
    enum fc_level level;
    enum fc_style style;
    uint32_t drop;      /* bits of enum fc_drop */
    uint32_t protocols; /* bits of enum fc_protocol */
    enum fc_policy policy;
    enum fc_tunnel tunnel;
    int64_t idle_ns;     /* FC_POLICY_TIMEOUT, FC_CLOSE_FIN: default 120 s */
    int64_t active_ns;   /* FC_POLICY_TIMEOUT: default 1800 s */
    uint64_t max_frames; /* the first frames of each capture that are read; 0: all */
    uint32_t jobs;       /* threads; captures are shared out among them; 0: as many as there are cores */
    uint32_t batch_rows; /* most rows of a batch; default 65,536 */
    /* preferences, decode_as and keylog select the wireshark engine. passes, exact and max_memory have a
     * meaning for that engine alone. */
    const char *const *preferences; /* "tcp.desegment_tcp_streams:FALSE", as `tshark -o` */
    size_t n_preferences;
    const char *const *decode_as; /* "tcp.port==8443,tls", as `tshark -d` */
    size_t n_decode_as;
    const char *keylog; /* path of a TLS key log file; NULL: none */
    enum fc_engine engine;
    enum fc_passes passes;
    bool exact; /* true: every frame is dissected. false: for fields and filters of protocols that TLS and
                   QUIC encrypt (http, dns ...), frames of such streams are left out from where they cannot
                   hold any of them */
    uint64_t max_memory; /* bytes that one process should need. Of this process: the state of flows beyond it
                            lies in a file without a name in TMPDIR (note spilled_bytes; FC_IO when the file
                            cannot be made or grow); 0: it stays in memory. Of a process of the wireshark
                            engine: a capture that needs more is divided; 0: 300 MB */
    /* The columns of the answer. */
    const struct fc_column *columns; /* in the order of the answer; NULL: the default columns of the level */
    size_t n_columns;
    enum fc_values values; /* of fields with FC_VALUES_DEFAULT in their column */
    uint32_t packets;      /* most packets of a flow that sequences and values of fields come from: the first
                              ones that `taking` takes; at most 65,535; 0: all. `packets`, `taking` and `limit`
                              are for the level of flows alone */
    enum fc_taking taking;
    enum fc_limit limit;
    const char *const *features; /* statistics, behind the columns: families ("basic", "stats", "entropy") or
                                    single columns of them; docs/features.md. Or one or several feature sets
                                    of other programs ("cic-corrected", "nfstream"): the answer is then a
                                    table for each of them and nothing else, and of the other options only
                                    jobs, max_frames, batch_rows, flush_ns and sets have a meaning */
    size_t n_features;
    const struct fc_set_options *sets; /* NULL: the defaults of the original programs */
    const struct fc_bytes *bytes; /* first bytes of packets, as columns; of the packets that `taking` takes */
    size_t n_bytes;
    int64_t flush_ns; /* a batch with rows leaves after this time of the clock, full or not. Negative: never.
                         0: from a pipe or an interface, at the level of flows after 1 s, at the others when
                         the input is quiet; from other inputs never. If it is above 0, and for an interface,
                         FC_ENGINE_AUTO never gives a pipe to libwireshark, which would read it to its end
                         before the first row (note protocols_not_followed) */
    /* fc_open calls it every 50 ms while it waits for the worker, and returns FC_CANCELLED if it returns
     * true. NULL: no interruption */
    bool (*interrupted)(void *context);
    void *interrupted_context;
    uint64_t join; /* not 0: all captures are read as one, in the order of their first packets, with one count
                      of frames, as `mergecap -a` does. A damaged capture is a problem, and reading goes on
                      with the next one. libwireshark needs one file and cannot answer: FC_ENGINE_AUTO stays
                      native, and a query that needs libwireshark is FC_UNSUPPORTED. So is a pipe */
    uint64_t close;     /* an enum fc_close; for FC_POLICY_STREAM */
    uint64_t max_flows; /* flows of a capture that are kept at the same time; 0: any number. One that is too
                           many makes the flow leave that got no packet for the longest time: its end is
                           "evicted", and rows are in the order of the ends, as with FC_POLICY_TIMEOUT. Later
                           packets of it are another flow, with the same stream number */
    const char *const *dissectors; /* protocols that Wireshark turns on or off, each as the option of tshark
                                      and a name: "enable-protocol:communityid", "disable-protocol:",
                                      "enable-heuristic:", "disable-heuristic:". They select the wireshark
                                      engine */
    size_t n_dissectors;
    const char *wireshark; /* the release of Wireshark whose values the answer has: "4.0", "4.2", "4.4" or
                              "4.6". The native engine has those of 4.0; other releases select the wireshark
                              engine. FC_UNSUPPORTED: libwireshark is needed and is of another release. NULL:
                              4.0 where the native engine answers, else the release that is there */
};

FC_PUBLIC void fc_set_options_init_sized(struct fc_set_options *options, size_t size);
static inline void fc_set_options_init(struct fc_set_options *options)
{
    fc_set_options_init_sized(options, sizeof *options);
}

/* Fills in the defaults: level flows, style clean, drop FC_DROP_DEFAULT, TCP and UDP, streams, one job,
 * engine auto, default columns. For callers without this header: `size` is the size of the caller's struct.
 */
FC_PUBLIC void fc_options_init_sized(struct fc_options *options, size_t size);
static inline void fc_options_init(struct fc_options *options)
{
    fc_options_init_sized(options, sizeof *options);
}

/* "retransmission,out_of_order" -> bits; "" and "none" -> 0; "default" -> FC_DROP_DEFAULT. */
FC_PUBLIC FC_MUST_USE enum fc_status fc_drop_parse(uint32_t *out, const char *text, struct fc_error *err);
/* "tcp,udp,sctp,icmp,icmpv6,gre,esp" -> bits. */
FC_PUBLIC FC_MUST_USE enum fc_status fc_protocols_parse(uint32_t *out, const char *text,
                                                        struct fc_error *err);

/* "link", "ip", "transport" or "payload". */
FC_PUBLIC FC_MUST_USE enum fc_status fc_start_parse(enum fc_start *out, const char *text,
                                                    struct fc_error *err);
/* "addresses+ports+checksums+ip_id+sequence+acknowledgement+timestamps" -> bits; "" -> 0. */
FC_PUBLIC FC_MUST_USE enum fc_status fc_mask_parse(uint32_t *out, const char *text, struct fc_error *err);

/* ---- Arrow --------------------------------------------------------------------------------------------- */

/* The structs of the Arrow C data and stream interfaces, as their specification fixes them
 * (arrow.apache.org/docs/format/CDataInterface.html, CStreamInterface.html). The guards are those of the
 * specification, so that another header may define the structs too. */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

#endif

/* ---- a run --------------------------------------------------------------------------------------------- */

struct fc_run;

/* Checks options, fields and filter, and expands paths: files, folders (recursive, sorted by name), globs,
 * "-" for standard input. Reads no packet; a field that no engine knows is FC_FIELD, a bad filter FC_FILTER
 * (with Wireshark's message), a query that needs the missing worker FC_UNSUPPORTED. A path that does not
 * exist is FC_NOT_FOUND here; a bad capture is reported while the stream runs. Strings are copied. Free with
 * fc_run_free. */
FC_PUBLIC FC_MUST_USE enum fc_status fc_open(struct fc_run **out, const char *const *paths, size_t n_paths,
                                             const struct fc_options *options, struct fc_error *err);

/* The same over one whole capture in memory. `data` must outlive the run; `name` is its value in the column
 * `capture`. */
FC_PUBLIC FC_MUST_USE enum fc_status fc_open_memory(struct fc_run **out, const char *name, const void *data,
                                                    size_t len, const struct fc_options *options,
                                                    struct fc_error *err);

/* The form of an input of fc_open_inputs, and its members beside `name`. */
enum fc_input_kind {
    FC_INPUT_PATH, /* a path as fc_open takes it: a file, a folder, a glob, "-" */
    FC_INPUT_FILE, /* the path of one file, which is not looked at before its turn: a missing one is a problem
                      of this capture, and "*" is a letter */
    FC_INPUT_MEMORY, /* data, size: a whole capture, which must outlive the run */
    FC_INPUT_READER, /* open, read, close, context, size: functions of the caller; each open reads from the
                        beginning */
    FC_INPUT_PIPE    /* the same, but it can be opened only once, as a pipe */
};

/* The value of *got with which `read` says that there are no bytes yet. */
#define FC_INPUT_QUIET SIZE_MAX

/* A capture that is read through functions of the caller: an object of a store, a file of another program.
 * The bytes may be compressed, and of any format that files may have. They are read in order, from the
 * beginning, and more than once where libwireshark answers (it reads a temporary copy) or takes over.
 *
 * Any thread of the run may call the functions, and two readings may be open at the same time, but one
 * reading is used by one thread at a time, and closed before the stream is released. A function that fails
 * returns another status than FC_OK and says why in err->text. This is then a problem of the capture, and the
 * rows of the bytes before stay in the answer; FC_MEMORY and FC_CANCELLED end the run. The functions must not
 * use the run. */
struct fc_input {
    enum fc_input_kind kind;
    const char *name; /* the value in the column `capture`, and in problems */
    const void *data;
    uint64_t size; /* bytes; of functions 0 if it is not known, for progress and the division of work alone */
    void *context; /* for `open` */
    enum fc_status (*open)(void *context, void **reading, struct fc_error *err);
    /* Reads 1 to `cap` bytes; *got = 0 is the end. It should not wait for more than about 50 ms: *got =
     * FC_INPUT_QUIET says that there are no bytes yet. It is then called again, and the run can be cancelled
     * between the calls. */
    enum fc_status (*read)(void *reading, void *bytes, size_t cap, size_t *got, struct fc_error *err);
    void (*close)(void *reading); /* NULL: nothing is to be done */
};

/* As fc_open, over inputs of all kinds in their order. The structs and strings are copied; `data`, `context`
 * and the functions must outlive the run. FC_USAGE: an input has no name or lacks a function. */
FC_PUBLIC FC_MUST_USE enum fc_status fc_open_inputs(struct fc_run **out, const struct fc_input *inputs,
                                                    size_t n_inputs, const struct fc_options *options,
                                                    struct fc_error *err);

/* The captures of a run in the order of their rows, known without reading them; i >= fc_run_n_captures: name
 * is NULL. A run over interfaces has one. */
struct fc_capture_size {
    const char *name; /* valid until fc_run_free */
    uint64_t bytes;   /* as stored, compressed or not; 0: empty, or not known */
    size_t input;     /* index of the path or input that it came from: a folder has many captures */
};
FC_PUBLIC size_t fc_run_n_captures(const struct fc_run *run);
FC_PUBLIC struct fc_capture_size fc_run_capture(const struct fc_run *run, size_t i);

/* A capture from interfaces. dumpcap or tcpdump gets the texts as they are. fc_capture_init fills in the
 * defaults. */
struct fc_capture {
    size_t size;                   /* of this struct in the caller's header */
    const char *const *interfaces; /* "eth0", "any", or a number of fc_interfaces_at */
    size_t n_interfaces;
    const char *filter;          /* a capture filter (BPF), as `tcpdump`; NULL: none */
    const char *snap_len;        /* "96": bytes of each packet; NULL: whole packets */
    const char *const *autostop; /* "duration:10" (seconds), "filesize:1000" (kB), "packets:100" */
    size_t n_autostop;
    uint64_t no_promiscuous; /* not 0: without promiscuous mode */
};
static inline void fc_capture_init(struct fc_capture *capture)
{
    memset(capture, 0, sizeof *capture);
    capture->size = sizeof *capture;
}

/* A run over the packets that interfaces receive. The program dumpcap, or else tcpdump, captures them, with
 * its own rights; the environment variable FLOWCONTAINER_CAPTURER names another program. The first get_next
 * starts it. It ends with the stream, by fc_run_finish (its last packets are still read) or with this
 * process. The column `capture` holds the names of the interfaces, joined by commas. If the program fails,
 * for instance for lack of rights, fc_run_problem says why; the note dropped_by_kernel counts packets that
 * were lost. FC_UNSUPPORTED: there is no such program, or tcpdump lacks a requested function (several
 * interfaces, filesize). FC_USAGE: an option makes no sense. */
FC_PUBLIC FC_MUST_USE enum fc_status fc_open_live(struct fc_run **out, const struct fc_capture *capture,
                                                  const struct fc_options *options, struct fc_error *err);

/* The interfaces that the capturing program offers. Strings are valid until fc_interfaces_free.
 * FC_UNSUPPORTED without such a program, FC_IO when it fails. */
struct fc_interfaces;
struct fc_interface {
    uint32_t number;
    const char *name, *description; /* "lo", "Loopback"; the description may be "" */
};
FC_PUBLIC FC_MUST_USE enum fc_status fc_interfaces_load(struct fc_interfaces **out, struct fc_error *err);
FC_PUBLIC size_t fc_interfaces_count(const struct fc_interfaces *interfaces);
FC_PUBLIC struct fc_interface fc_interfaces_at(const struct fc_interfaces *interfaces, size_t i);
FC_PUBLIC void fc_interfaces_free(struct fc_interfaces *interfaces);

/* Makes the run's only stream; its get_next does the work. A run with several tables has no such stream: use
 * fc_run_next. Release the stream before the run; batches may outlive both. The schema of each column has the
 * metadata "flowcontainer.csv", so that its CSV text can be made without a run: "plain"; "sequence", a list
 * that CSV has on request alone; or, for a field, its text_rule in decimal. A capture that cannot be used
 * does not end the stream: fc_run_problem lists it. get_next fails only when memory ends or the run is
 * cancelled. */
FC_PUBLIC FC_MUST_USE enum fc_status fc_run_export(struct fc_run *run, struct ArrowArrayStream *out,
                                                   struct fc_error *err);

/* The tables of a run: one, or one for each feature set of another program, in the order of
 * fc_options.features. Names and texts are valid until fc_run_free. */
FC_PUBLIC size_t fc_run_n_tables(const struct fc_run *run);
/* "flows", "packets", "frames"; or the name of the feature set. */
FC_PUBLIC const char *fc_run_table_name(const struct fc_run *run, size_t table);
/* The lines above the rows as the original writes them, for FC_SET_TEXT; else "". */
FC_PUBLIC const char *fc_run_table_head(const struct fc_run *run, size_t table);
FC_PUBLIC FC_MUST_USE enum fc_status fc_run_table_schema(struct fc_run *run, size_t table,
                                                         struct ArrowSchema *out, struct fc_error *err);
FC_PUBLIC size_t fc_run_table_n_columns(const struct fc_run *run, size_t table);
/* NULL: there is no such column. */
FC_PUBLIC const struct fc_column_info *fc_run_table_column(const struct fc_run *run, size_t table, size_t i);
/* The next batch of any table: *table is its index. Batches of one table come in the order of their rows.
 * out->release is NULL after the last one. Use it instead of fc_run_export; it fails as get_next does. */
FC_PUBLIC FC_MUST_USE enum fc_status fc_run_next(struct fc_run *run, size_t *table, struct ArrowArray *out,
                                                 struct fc_error *err);

struct fc_progress {
    uint64_t bytes_read;  /* of the files as they are on disk, compressed or not */
    uint64_t bytes_total; /* 0 when not known (a pipe) */
    uint64_t captures_done, captures_total;
    uint64_t frames, rows;
};
FC_PUBLIC void fc_run_progress(const struct fc_run *run, struct fc_progress *out);
/* Makes get_next fail with FC_CANCELLED soon; on a pipe without traffic within 100 ms. */
FC_PUBLIC void fc_run_cancel(struct fc_run *run);
/* Ends the reading soon, as if the current capture ended here and were the last one: the rows of the frames
 * that were read follow, and then the stream ends. */
FC_PUBLIC void fc_run_finish(struct fc_run *run);
/* Makes get_next return soon, with the rows that are ready or with an empty batch. */
FC_PUBLIC void fc_run_flush(struct fc_run *run);

/* Accounting: every frame read is in exactly one count, "kept" or the reason why it is in no flow. Complete
 * when the stream has ended. Counts that are 0 are not listed. */
struct fc_count {
    const char *name; /* "kept", "retransmission", "not_ip", "link_type_147", ...; valid until the next
                         fc_run_n_counts while the stream runs, after its end until fc_run_free */
    uint64_t packets;
    bool is_note; /* true: a remark, such as stream_numbers_may_differ; the sum of the frames leaves it out */
};
FC_PUBLIC size_t fc_run_n_counts(const struct fc_run *run);
FC_PUBLIC struct fc_count fc_run_count(const struct fc_run *run, size_t i);

/* Captures that were damaged, cut or not usable; in the order of the captures. */
struct fc_problem {
    const char *capture; /* valid until fc_run_free */
    struct fc_error error;
    uint64_t frames; /* frames used before the damage; 0: nothing of this capture is in the answer */
};
/* Complete when the stream has ended. The pointer of fc_run_problem is valid until the next batch is pulled.
 */
FC_PUBLIC size_t fc_run_n_problems(const struct fc_run *run);
FC_PUBLIC const struct fc_problem *fc_run_problem(const struct fc_run *run, size_t i);

/* ---- columns ------------------------------------------------------------------------------------------- */

/* docs/columns.md lists the columns of each level; fc_column_at lists them at run time. Find a column of a
 * batch by its name: the order and the number of the default columns are no promise. Children of lists are
 * named "item", those of structs as enum fc_values writes them.
 *
 * T, the type of one value of a field, by its Wireshark type: unsigned and signed integers by width (24 bits
 * as 32, 40 to 56 as 64), booleans and labels bool, floats, FT_RELATIVE_TIME duration[ns], FT_ABSOLUTE_TIME
 * timestamp[ns, UTC], text large_utf8, bytes large_binary, addresses (Ethernet, IPv4, IPv6) utf8 as Wireshark
 * writes them, frame numbers uint32. */
struct fc_column_info {
    const char *name;        /* "ip_lengths"; of a run: the column's name in the answer */
    const char *source;      /* the column, or the name of the field */
    const char *type;        /* "list<int32>"; "" for a field, whose type the schema tells */
    const char *group;       /* "identity", "times", ...; "fields" */
    const char *unit;        /* "bytes", ... or "" */
    const char *description; /* the meaning of a value */
    bool is_default;         /* it is among the columns if the caller chooses none */
    bool is_field;
    enum fc_values values; /* of a field */
    uint32_t text_rule;    /* of a field, for fc_rule_text */
};
/* Columns that a level has, beside fields; i >= fc_n_columns: NULL. Valid for ever. */
FC_PUBLIC size_t fc_n_columns(enum fc_level level);
FC_PUBLIC const struct fc_column_info *fc_column_at(enum fc_level level, size_t i);

/* A short name of a field that is often asked for: "sni". */
struct fc_short_name {
    const char *name, *field, *description;
};
FC_PUBLIC size_t fc_n_short_names(void);
FC_PUBLIC const struct fc_short_name *fc_short_name_at(size_t i);

/* Returns true if the file of this path is one of the captures of the run, under any name (device and inode
 * are compared): writing an answer over it would destroy the capture. */
FC_PUBLIC bool fc_run_reads(const struct fc_run *run, const char *path);

/* The columns of the first table of a run, in order. Valid until fc_run_free. */
FC_PUBLIC size_t fc_run_n_columns(const struct fc_run *run);
FC_PUBLIC const struct fc_column_info *fc_run_column(const struct fc_run *run, size_t i);

/* Text of value i of a field's array of T, as a person or a text sink wants it. */
enum fc_text {
    FC_TEXT_TSHARK, /* as `tshark -T fields` of Wireshark 4.0 prints it */
    FC_TEXT_CLASSIC /* the same, but an integer with named values is in decimal: the rule of the Python facade
                     */
};
/* Writes at most cap bytes and returns the length of the whole text (as snprintf, but without a NUL). `field`
 * is an index for fc_field. A null value has length 0. */
FC_PUBLIC size_t fc_value_text(char *out, size_t cap, size_t field, const struct ArrowArray *values,
                               int64_t i, enum fc_text style);

/* The Arrow format of the values that the rule prints, such as "S"; NULL for a number that is no rule. */
FC_PUBLIC const char *fc_rule_format(uint32_t rule);
/* As fc_value_text, for a field that only a run knows: rule is text_rule of its struct fc_field_info. */
FC_PUBLIC size_t fc_rule_text(char *out, size_t cap, uint32_t rule, const struct ArrowArray *values,
                              int64_t i, enum fc_text style);

/* The engine that answers this run, and the reason: one line of text, valid until fc_run_free. */
FC_PUBLIC const char *fc_run_explain(const struct fc_run *run);
/* The program that a native filter was compiled to, an instruction a line (docs/internals/filter-opcodes.md);
 * "" when there is none. Valid until fc_run_free. */
FC_PUBLIC const char *fc_run_program(struct fc_run *run);

FC_PUBLIC void fc_run_free(struct fc_run *run);

/* ---- families of features ------------------------------------------------------------------------------ */

/* A name for fc_options.features that stands for several columns. */
struct fc_family_info {
    const char *name; /* "stats", "cic-classic" */
    const char
        *program; /* the program and its version; "flowcontainer" for columns of this library's own flows */
    const char *row; /* the thing that a row of its table describes: "flow", "packet" */
    bool is_own;     /* columns of this library's own flows; else a table of its own */
};
FC_PUBLIC size_t fc_n_families(void);
/* i >= fc_n_families: all members are NULL. Valid for ever. */
FC_PUBLIC struct fc_family_info fc_family_at(size_t i);

/* A known fault of the original program, which the values reproduce. */
struct fc_fault {
    const char *columns; /* the columns that have it, in words */
    const char *description;
    const char *source; /* the paper that describes it; "": none */
    bool is_corrected;  /* FC_FAULTS_CORRECTED repairs it */
};

/* The columns of one family under these options (NULL: defaults). Columns of bits stand in one entry,
 * "tcp_seq_0 to tcp_seq_31". FC_USAGE: there is no such family. Free with fc_family_free. */
struct fc_family;
FC_PUBLIC FC_MUST_USE enum fc_status fc_family_open(struct fc_family **out, const char *name,
                                                    const struct fc_set_options *options,
                                                    struct fc_error *err);
FC_PUBLIC size_t fc_family_n_columns(const struct fc_family *family);
FC_PUBLIC const struct fc_column_info *fc_family_column(const struct fc_family *family, size_t i);
FC_PUBLIC size_t fc_family_n_faults(const struct fc_family *family);
FC_PUBLIC const struct fc_fault *fc_family_fault(const struct fc_family *family, size_t i);
FC_PUBLIC void fc_family_free(struct fc_family *family);

/* ---- fields -------------------------------------------------------------------------------------------- */

struct fc_field_info {
    const char *name;        /* Wireshark's name: "ip.ttl" */
    const char *type;        /* Wireshark's type: "FT_UINT8" */
    const char *arrow;       /* Arrow C format string of one value: "C" */
    const char *description; /* the meaning of a value */
    const char *engine;      /* "native", "wireshark" */
    const char *unit;        /* "bytes", "seconds", ... or "" */
    bool hex;                /* Wireshark prints it in base 16 */
    uint8_t hex_digits;      /* the number of digits in base 16 */
    bool named;         /* its values have names in Wireshark; the facade prints such integers in decimal */
    bool single;        /* at most one value a packet: the packet level has T, not list<T> */
    uint32_t text_rule; /* for fc_rule_text: the rule by which its values print */
};
FC_PUBLIC size_t fc_n_fields(void);
/* In the order of their names. */
FC_PUBLIC struct fc_field_info fc_field(size_t i);
/* Index for fc_field, or SIZE_MAX. Names are exact and case-sensitive, as Wireshark's. */
FC_PUBLIC size_t fc_field_find(const char *name);

/* All fields of both engines: those above, and those of libwireshark (some 200,000). flowcontainer-worker
 * lists the latter once, and the list is kept in $XDG_CACHE_HOME/flowcontainer (~/.cache/flowcontainer);
 * without that program there are only the native fields. Sorted by name; strings are valid until
 * fc_fields_free. A list may be read by several threads. */
struct fc_fields;
FC_PUBLIC FC_MUST_USE enum fc_status fc_fields_load(struct fc_fields **out, struct fc_error *err);
FC_PUBLIC void fc_fields_free(struct fc_fields *fields);
FC_PUBLIC size_t fc_fields_count(const struct fc_fields *fields);
FC_PUBLIC struct fc_field_info fc_fields_at(const struct fc_fields *fields, size_t i);
/* "4.0.17"; "" when only the native fields are known. */
FC_PUBLIC const char *fc_fields_wireshark(const struct fc_fields *fields);
/* Index for fc_fields_at, or SIZE_MAX. Understands old names (ssl.record.version, bootp.type). */
FC_PUBLIC size_t fc_fields_find(const struct fc_fields *fields, const char *name);
/* The present form of a name or pattern with an old name of a protocol ("ssl.*" -> "tls.*"); any other text
 * stays as it is. The result is that of snprintf. */
FC_PUBLIC size_t fc_fields_today(char *out, size_t cap, const struct fc_fields *fields, const char *name);
/* Up to n (16 at most) names that are near to a mistyped one, the nearest first; returns their number. */
FC_PUBLIC size_t fc_fields_nearest(const char **out, size_t n, const struct fc_fields *fields,
                                   const char *name);

/* The fields that a run was asked for, each once, in the order in which they are first named; strings are
 * valid until fc_run_free. With the wireshark engine they may be any of Wireshark's: a field without an Arrow
 * type of its own is text (FT_STRING), and fields that share a name share the widest integer type, or text.
 */
FC_PUBLIC size_t fc_run_n_fields(const struct fc_run *run);
FC_PUBLIC struct fc_field_info fc_run_field(const struct fc_run *run, size_t i);

#ifdef __cplusplus
}
#endif
#endif
