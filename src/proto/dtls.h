/* DTLS 1.0 and 1.2: the datagrams of a conversation. The readers of TLS read hellos, extensions, keys and
 * certificates: they put fields of TLS, and the row stores them under the names of DTLS. DTLS 1.3 is read in
 * the same way, because this version of Wireshark does not know it. */
#ifndef FC_PROTO_DTLS_H
#define FC_PROTO_DTLS_H

#include "proto/tls.h"

enum { DTLS_10 = 0xfeff, DTLS_12 = 0xfefd, DTLS_OPENSSL = 0x0100 /* OpenSSL before 0.9.8f */ };
enum { DTLS_HEADER = 13 };

/* The most bytes of fragments that are kept for one conversation. A chain of certificates has a few thousand
 * bytes, and handshakes are few. Fragments beyond the limit are counted and not reassembled. */
enum { DTLS_HELD_LIMIT = 256 << 10 };

/* A fragment of a message. Fragments are in the order of their offsets; of equal offsets, the earlier one is
 * first. */
struct dtls_piece {
    struct dtls_piece *next;
    uint32_t offset, len, frame;
    const uint8_t *bytes; /* behind this struct */
};

/* A message that came in fragments. It stays in the list, without its fragments, when it is whole. */
struct dtls_message {
    struct dtls_message *next;
    struct dtls_piece *pieces;
    uint32_t len; /* according to its first fragment */
    uint16_t number;
    uint8_t direction;
    bool whole;
};

/* The state of a pair of addresses and ports. */
struct dtls_path {
    struct tls_state tls; /* its version is the TLS version that the DTLS version is based on */
    struct dtls_message *messages;
    uint32_t held;
};

struct dtls {
    struct arena *arena;    /* lives until the capture ends */
    const int16_t *slot_of; /* of the rows that want values */
    int16_t slots[F_COUNT]; /* the same, but each field of TLS has the slot of its counterpart in DTLS */
    bool has_ids;           /* a connection ID was negotiated in some conversation */
    bool doubt;             /* a datagram was not read exactly: libwireshark may know more from here on */
    uint64_t refused;       /* fragments beyond the limit */
};

/* The facts about a datagram. */
struct dtls_facts {
    uint32_t frame;
    int64_t time_ns;
    uint16_t sport, dport;
    uint8_t direction;
    struct dtls_path *path;
};

/* slot_of: the slots of the rows that will want values. */
void dtls_init(struct dtls *dtls, struct arena *arena, const int16_t *slot_of);
void dtls_reset(struct dtls *dtls); /* prepares for the next capture */
/* Returns true if a datagram is DTLS on any port: records of known types and versions fill it. `id` is the
 * connection ID that the receiver chose, or NULL. */
bool dtls_recognises(const struct dtls *dtls, const struct rd *r, const struct tls_id *id);
void dtls_read(struct dtls *dtls, struct row *row, struct rd *r, const struct dtls_facts *facts);

/* Gives back the memory that a path leads to. */
void dtls_path_forget(struct dtls *dtls, struct dtls_path *path);

/* ---- dtls_handshake.c ---- */

/* Reads the content of a handshake record. r covers the rest of the datagram, because Wireshark reads beyond
 * the record. Returns false if Wireshark stops reading the datagram here. */
bool dtls_handshake_read(struct dtls *dtls, struct row *row, struct rd r, uint32_t record_len,
                         const struct dtls_facts *facts);

/* ---- tls_state.c ---- */

bool dtls_from_server(const struct dtls_facts *facts);
/* Sets the version of the conversation from a record or a message. */
void dtls_set_version(struct tls_state *state, uint16_t version);

/* ---- dtls_fragment.c ---- */

/* The header of a handshake message. */
struct dtls_header {
    uint8_t type;
    uint16_t number;
    uint32_t len, fragment_offset, fragment_len;
};

/* Keeps a fragment. Returns true if the fragment ends a message that is now whole; *out then covers the
 * message. *stop is true if Wireshark stops reading the datagram here. */
bool dtls_fragment_push(struct dtls *dtls, struct row *row, struct rd *part, const struct dtls_header *header,
                        const struct dtls_facts *facts, struct rd *out, bool *stop);

#endif
