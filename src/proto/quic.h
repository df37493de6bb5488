/* QUIC: the datagrams of a capture, taken apart packet by packet. Initial packets are decrypted, since their
 * keys come from what the client sends in the clear; all others stay closed. Connections are known by their
 * connection IDs in the whole capture, so they survive a change of address. Zero-initialise, set the arena.
 */
#ifndef FC_PROTO_QUIC_H
#define FC_PROTO_QUIC_H

#include "base/address.h"
#include "field/row.h"
#include "proto/tls.h"

struct quic_conn;
struct quic_name;

/* Connections kept of a capture: each holds its keys and about 1 KB; a flood of made-up ones must not take
 * all memory. Packets of further ones are those of an unknown connection. Counted. */
enum { QUIC_CONNECTIONS = 1 << 20 };
/* Handshake bytes of one direction that may wait for earlier ones; a ClientHello has a few thousand. Counted.
 */
enum { QUIC_CRYPTO_LIMIT = 64 << 10 };

enum { QUIC_CID_MAX = 20 };
struct quic_cid {
    uint8_t len;
    uint8_t bytes[QUIC_CID_MAX];
};

struct quic_end {
    struct address address;
    uint16_t port;
};

/* What a pair of addresses and ports remembers. */
struct quic_path {
    struct quic_conn *conn;
    bool claimed;         /* all of its datagrams are QUIC's */
    struct tls_state tls; /* of all connections between them, as Wireshark keeps it */
};

struct quic {
    struct arena *arena; /* until the capture ends */
    struct cipher *cipher;
    struct quic_name **names; /* hash table of connection IDs */
    uint32_t n_slots, n_names, n_conns;
    uint32_t cid_lens;  /* bits: lengths of connection IDs that were seen */
    uint64_t refused;   /* connections, or pieces of handshakes, over a limit */
    bool has_handshake; /* set when bytes of a handshake were shown to TLS; the caller's to clear */
    bool unclear;       /* from here on Wireshark may tell something else: what is damaged or out of order */
    bool unclear_unknown; /* the same of packets without a handshake, as their connections began before the
                             capture */
    bool failed;          /* memory ended */
};

/* The datagram. */
struct quic_facts {
    uint32_t frame;
    int64_t time_ns;
    struct quic_end src, dst;
    struct quic_path *path;
};

/* Whether a datagram of a path that nobody claimed is QUIC's. */
bool quic_recognises(const struct quic *quic, const struct rd *r);
void quic_read(struct quic *quic, struct row *row, struct rd *r, const struct quic_facts *facts);

#endif
