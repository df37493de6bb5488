/* The one table of options.
 *
 * Invariant: getopt_long, --help and the suggestions for mistyped options read this table, so they agree.
 */
#include "keys.h"
#include "options.h"

const struct opt_row OPT_ROWS[] = {
    {"Which captures to read", 'r', "read", "FILE", "a capture, like CAPTURE; may be repeated"},
    {NULL, 'c', "count", "N", "read at most N frames of each capture"},
    {NULL, 'j', "jobs", "N",
     "threads; each capture is read by one thread\n"
     "(default: one per core)"},
    {NULL, KEY_JOIN, "join", NULL,
     "read all captures as one, in the order of their first\n"
     "packets: flows go on from one to the next"},
    {NULL, 'n', NULL, NULL, "accepted, as in tshark; names are never resolved"},

    {"Live capture (by dumpcap or tcpdump)", 'i', "interface", "IFACE",
     "capture from this interface, or from `any'; may be\n"
     "repeated; instead of captures"},
    {NULL, 'f', "capture-filter", "FILTER", "only packets that match this capture filter (BPF)"},
    {NULL, 's', "snapshot-length", "BYTES", "only so many bytes of each packet"},
    {NULL, 'p', "no-promiscuous-mode", NULL, "not in promiscuous mode"},
    {NULL, KEY_AUTOSTOP, "autostop", "CONDITION",
     "end after duration:SECONDS, filesize:KB or packets:N;\n"
     "-a CONDITION is the same; may be repeated"},
    {NULL, 'D', "list-interfaces", NULL, "list the interfaces"},

    {"Which packets and flows to keep", 'Y', "filter", "FILTER",
     "only packets that match this display filter"},
    {NULL, KEY_PROTOCOLS, "protocols", "LIST",
     "protocols that make flows, of\n" OPT_PROTOCOLS "\n"
     "(default: tcp,udp)"},
    {NULL, KEY_DROP, "drop", "LIST",
     "packets to leave out, of retransmission,\n"
     "out_of_order,mdns,ssdp,icmp (default: all); or none"},
    {NULL, KEY_POLICY, "policy", "stream|timeout",
     "a flow is a Wireshark stream (default), or also ends\n"
     "after a pause, at a maximum age, by FIN or RST"},
    {NULL, KEY_IDLE, "idle", "TIME",
     "the pause that ends a flow: 30, 30s, 500ms, 5m\n"
     "(default: 120s; with --policy timeout or --close fin)"},
    {NULL, KEY_ACTIVE, "active", "TIME",
     "the maximum age of a flow\n"
     "(default: 30m; with --policy timeout)"},
    {NULL, KEY_CLOSE, "close", "never|fin",
     "fin: a TCP flow leaves after FIN or RST and a pause;\n"
     "later packets get a row of their own"},
    {NULL, KEY_MAX_FLOWS, "max-flows", "N",
     "at most N flows of a capture are kept at the same time;\n"
     "the one that was silent for longest leaves first\n"
     "(0: any number)"},
    {NULL, KEY_TUNNEL, "tunnel", "inner|outer",
     "which TCP or UDP header decides the flow of a\n"
     "tunnelled packet (default: inner)"},
    {NULL, KEY_CLASSIC, "classic", NULL,
     "count lengths and directions as the original\n"
     "flowcontainer does"},
    {NULL, KEY_ENGINE, "engine", "ENGINE",
     "native: in process, for the fields of `fields\n"
     "--native' and filters over them; wireshark: any field\n"
     "and filter, needs flowcontainer-worker; auto\n"
     "(default): native if it knows all of the query"},

    {"How Wireshark dissects (needs the wireshark engine)", KEY_PREFERENCE, "preference", "NAME:VALUE",
     "set a preference, such as\n"
     "tcp.desegment_tcp_streams:FALSE; may be repeated;\n"
     "-o NAME:VALUE is the same"},
    {NULL, 'd', "decode-as", "RULE",
     "dissect as another protocol: tcp.port==8443,tls;\n"
     "may be repeated"},
    {NULL, KEY_ENABLE_PROTOCOL, "enable-protocol", "NAME",
     "turn on a protocol that Wireshark turns off by\n"
     "default, such as communityid; may be repeated, as the\n"
     "next three"},
    {NULL, KEY_DISABLE_PROTOCOL, "disable-protocol", "NAME", "turn off a protocol"},
    {NULL, KEY_ENABLE_HEURISTIC, "enable-heuristic", "NAME", "turn on a heuristic, such as rtp_udp"},
    {NULL, KEY_DISABLE_HEURISTIC, "disable-heuristic", "NAME", "turn off a heuristic"},
    {NULL, KEY_KEYLOG, "keylog", "FILE", "TLS secrets (SSLKEYLOGFILE), to decrypt"},
    {NULL, KEY_WIRESHARK, "wireshark", "RELEASE",
     "values of this release of Wireshark, such as 4.0, or\n"
     "an error (default: 4.0 natively, else the one there)"},
    {NULL, KEY_PASSES, "passes", "1|2|2R|auto",
     "dissect once or twice; auto (default): twice if a\n"
     "field or the filter looks ahead, such as\n"
     "dns.response_in; 2R: the first pass decides the filter"},
    {NULL, KEY_MAX_MEMORY, "max-memory", "SIZE",
     "memory that a process should need, as 1G: flows\n"
     "beyond it lie in a file in TMPDIR (default: none);\n"
     "the engine gets parts of captures (default: 300M)"},
    {NULL, KEY_EXACT, "exact", NULL,
     "dissect also frames of TLS and QUIC streams that\n"
     "cannot hold the fields"},

    {"Output", 'T', "format", "FORMAT",
     "table (default), ndjson, json, csv; without -T the\n"
     "ending of -o decides"},
    {NULL, 'e', "field", "FIELD",
     "add a Wireshark field, such as ip.ttl; may be repeated\n"
     "(see `flowcontainer fields')"},
    {NULL, 'C', "columns", "LIST",
     "these columns and fields, in this order: src,dst,\n"
     "fwd_bytes,sni=first(sni) (see `flowcontainer columns')"},
    {NULL, KEY_VALUES, "values", "HOW",
     "values of a field: packets (default), list, first,\n"
     "set (each once)"},
    {NULL, KEY_PACKETS, "packets", "N", "lists hold the first N packets of each flow"},
    {NULL, KEY_PAYLOAD_ONLY, "payload-only", NULL, "lists hold packets with payload only"},
    {NULL, KEY_LIMIT, "limit", "sequences|all",
     "all: these two bound times and totals too\n"
     "(default: sequences)"},
    {NULL, KEY_FEATURES, "features", "LIST",
     "statistics, behind the columns: basic, stats, entropy,\n"
     "or single ones (see `flowcontainer columns'); or the\n"
     "table of another program, such as cic-corrected (see\n"
     "`flowcontainer features'); several of them: -o day.csv\n"
     "writes day.FAMILY.csv for each"},
    {NULL, KEY_BYTES, "bytes", "NAME=START:NxL",
     "the first L bytes of the first N packets of each flow,\n"
     "from link, ip, transport or payload, as a column NAME:\n"
     "head=ip:5x80; masked: head=ip:5x80:mask=ports; may be\n"
     "repeated (see `flowcontainer columns')"},
    {NULL, KEY_NATIVE, "native", NULL, "with `fields': only those of the native engine"},
    {NULL, KEY_JSON, "json", NULL, "the same as -T ndjson"},
    {NULL, KEY_LEVEL, "level", "LEVEL",
     "one row per: flows (default), packets (kept ones), or\n"
     "frames (all, with the reason if not kept)"},
    {NULL, 'o', "output", "FILE", "write FILE, whole or not at all; -: standard output"},
    {NULL, KEY_QUOTE_FORMULAS, "quote-formulas", NULL,
     "CSV: put ' before cells that a spreadsheet would\n"
     "calculate (= + - @)"},
    {NULL, KEY_ROTATE, "rotate", "WHEN",
     "write many files: after 5m, 100M or 1000000rows, or\n"
     "5m,100M; then -o is flows-%Y%m%d-%H%M%S.parquet, by\n"
     "the time of the file's first row in UTC"},
    {NULL, KEY_FLUSH, "flush", "TIME",
     "write rows after this time, though there are few: 1s\n"
     "(default for pipes: 1s for flows, others at once)"},
    {NULL, 'a', "all", NULL, "show all rows on a terminal, not just the first 50"},
    {NULL, KEY_COLOR, "color", "WHEN", "auto (default), always, never; NO_COLOR is respected"},

    {"Tables of other programs (--features)", KEY_FAULTS, "faults", "WHICH",
     "as-published (default) or corrected: cic-classic and\n"
     "cic-corrected without faults that leave the flows as\n"
     "they are"},
    {NULL, KEY_NO_PHANTOMS, "no-phantoms", NULL, "cic-*: no flows of frames without an IPv4 header"},
    {NULL, KEY_NAMES, "names", "DATASET",
     "cic-*: the columns of cic-ids2017, cse-cic-ids2018,\n"
     "or hieulw (the Python cicflowmeter)"},
    {NULL, KEY_ACCOUNTING_MODE, "accounting-mode", "0..3",
     "nfstream: the size of a packet is that of its frame\n"
     "(0, default), IP packet, transport, or payload (3)"},
    {NULL, KEY_SPLT, "splt", "N", "nfstream: lists of the first N packets"},
    {NULL, KEY_LAYERS, "layers", "LETTERS",
     "nprint: bits of e Ethernet, 4 IPv4, 6 IPv6, t TCP,\n"
     "u UDP, i ICMP (default: 46tui)"},
    {NULL, KEY_PAYLOAD_BYTES, "payload-bytes", "N", "nprint: bits of the first N bytes of payload"},
    {NULL, KEY_IGNORE_CHECKSUMS, "ignore-checksums", NULL, "zeek-conn: as the option -C of Zeek"},
    {NULL, KEY_SERVER_PORTS, "server-ports", "LIST",
     "zeek-conn: likely ports of servers, tcp/80,udp/53\n"
     "(default: those of Zeek's scripts)"},
    {NULL, KEY_NETFLOW_VERSION, "netflow-version", "2|3", "netflow: the columns of NF-*-v2 or v3 (default)"},
    {NULL, KEY_NULLS, "nulls", NULL,
     "null for an undefined value, where the original\n"
     "writes 0, -1 or NaN; not in CSV"},
    {NULL, KEY_WITH_CAPTURE, "with-capture", NULL, "a first column with the name of the capture"},

    {"Messages", 'q', "quiet", NULL, "no summary and no progress; errors are still shown"},
    {NULL, KEY_PROGRESS, "progress", NULL, "show progress even if not on a terminal"},
    {NULL, KEY_NO_PROGRESS, "no-progress", NULL, "show none (default: on a terminal after one second)"},
    {NULL, 'h', "help", NULL, "show this text"},
    {NULL, 'v', "version", NULL, "show the version"},
};
const size_t OPT_N_ROWS = sizeof OPT_ROWS / sizeof OPT_ROWS[0];
