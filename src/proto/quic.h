/* QUIC: the datagrams of a capture, read packet by packet. Initial packets are decrypted, because their keys
 * come from bytes that the client sends unencrypted; all others stay closed. A connection is known by its
 * connection IDs in the whole capture, so it survives a change of address. Zero-initialise struct quic, and
 * set its arena. */
#ifndef FC_PROTO_QUIC_H
#define FC_PROTO_QUIC_H

#include "base/address.h"
#include "base/age.h"
#include "base/hash.h"
#include "field/row.h"
#include "proto/tls.h"

struct quic_conn;
struct quic_name;

/* The most connections that are kept of a capture. Each one needs about 1 KB for its keys and state, so a
 * flood of forged connections would otherwise take all the memory. Packets of further connections are
 * counted, and read as those of an unknown connection. */
enum { QUIC_CONNECTIONS = 1 << 20 };
/* Old connections are forgotten only when there are more than this number. */
enum { QUIC_KEPT = 4096 };
/* The most handshake bytes of one direction that may wait for earlier bytes; a ClientHello has a few
 * thousand. Further ones are counted and not kept. */
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

/* The state of a pair of addresses and ports. */
struct quic_path {
    struct quic_conn *conn; /* of the path's last packet; see quic_path_conn */
    uint32_t number;        /* of that connection: its memory may be another one's by now */
    bool claimed;           /* all datagrams of the path are QUIC */
    struct tls_state tls;   /* of all connections on the path, as Wireshark keeps it */
};

struct quic {
    struct hash_key hash_key; /* of names; made with their first slots */
    struct arena *arena;      /* lives until the capture ends */
    struct cipher *cipher;
    struct quic_name **names; /* hash table of connection IDs */
    uint32_t n_slots, n_names;
    uint32_t n_conns, n_made;       /* connections that are known, and that ever were */
    struct quic_conn *first, *last; /* the known ones, in the order in which they are looked at */
    struct quic_conn *unused;       /* memory of forgotten ones */
    struct age age;                 /* connections without packets since then may be forgotten */
    uint64_t n_forgotten;
    uint32_t cid_lens;  /* the lengths of connection IDs that were seen, one bit each */
    uint64_t refused;   /* connections, and pieces of handshakes, beyond a limit */
    bool has_handshake; /* handshake bytes were handed to TLS; the caller clears it */
    bool unclear; /* libwireshark may know more from here on, because packets are damaged or out of order */
    bool unclear_unknown; /* the same for packets without a handshake, which belong to connections that began
                             before the capture */
};

/* The facts about a datagram. */
struct quic_facts {
    uint32_t frame;
    int64_t time_ns;
    struct quic_end src, dst;
    struct quic_path *path;
};

/* Whether the connection of the path's last packet is known; a packet of the path came, so it stays known. */
bool quic_path_stays(const struct quic *quic, const struct quic_path *path);
/* Returns true if a datagram of a path that no protocol has claimed is QUIC. */
bool quic_recognises(const struct quic *quic, const struct rd *r);
void quic_read(struct quic *quic, struct row *row, struct rd *r, const struct quic_facts *facts);

#endif
