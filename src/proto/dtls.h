/* DTLS 1.0 and 1.2: the datagrams of a conversation. Hellos, extensions, keys and certificates are TLS's own
 * readers: they put the fields of TLS into a row that keeps them under the names of DTLS. What Wireshark of
 * this version makes of DTLS 1.3 is the same, for it does not know that version. */
#ifndef FC_PROTO_DTLS_H
#define FC_PROTO_DTLS_H

#include "proto/tls.h"

enum { DTLS_10 = 0xfeff, DTLS_12 = 0xfefd, DTLS_OPENSSL = 0x0100 /* OpenSSL before 0.9.8f */ };
enum { DTLS_HEADER = 13 };

/* Bytes of fragments kept of one conversation: a chain of certificates has a few thousand, and handshakes are
 * few. Further ones are not put together. Counted. */
enum { DTLS_HELD_LIMIT = 256 << 10 };

/* A part of a message, by where it stands; those that came first stand first. */
struct dtls_piece {
    struct dtls_piece *next;
    uint32_t offset, len, frame;
    const uint8_t *bytes;
};

/* A message that came in parts; it stays known when it is whole. */
struct dtls_message {
    struct dtls_message *next;
    struct dtls_piece *pieces;
    uint32_t len; /* as its first part tells */
    uint16_t number;
    uint8_t direction;
    bool whole;
};

/* What a pair of addresses and ports remembers. */
struct dtls_path {
    struct tls_state tls; /* the version is that of TLS on which the one of DTLS rests */
    struct dtls_message *messages;
    uint32_t held;
};

struct dtls {
    struct arena *arena;    /* until the capture ends */
    const int16_t *slot_of; /* of the rows that want values */
    int16_t slots[F_COUNT]; /* the same, with each field of TLS at the place of its twin of DTLS */
    bool has_ids;           /* a connection ID was agreed on somewhere */
    bool foreign;           /* something came that is not answered exactly */
    uint64_t refused;       /* fragments over the limit */
    bool failed;            /* memory ended */
};

/* The datagram. */
struct dtls_facts {
    uint32_t frame;
    int64_t time_ns;
    uint16_t sport, dport;
    uint8_t direction;
    struct dtls_path *path;
};

/* slot_of: of the rows that will want values. */
void dtls_init(struct dtls *dtls, struct arena *arena, const int16_t *slot_of);
void dtls_reset(struct dtls *dtls); /* for the next capture */
/* Whether a datagram is DTLS's wherever no port says so: records of known types and versions that fill it.
 * id: the connection ID that its receiver chose; NULL: none. */
bool dtls_recognises(const struct dtls *dtls, const struct rd *r, const struct tls_id *id);
/* Whether the port is DTLS's in Wireshark's table. */
bool dtls_owns(uint16_t port);
void dtls_read(struct dtls *dtls, struct row *row, struct rd *r, const struct dtls_facts *facts);

/* ---- dtls_handshake.c ---- */

/* A handshake record's content; r goes to the datagram's end, over which Wireshark reads on. False: it gives
 * up on the datagram here. */
bool dtls_handshake_read(struct dtls *dtls, struct row *row, struct rd r, uint32_t record_len,
                         const struct dtls_facts *facts);
bool dtls_from_server(const struct dtls_facts *facts);
/* A version that a record or a message fixes for the conversation. */
void dtls_set_version(struct tls_state *state, uint16_t version);

/* ---- dtls_fragment.c ---- */

/* What a handshake message's header says. */
struct dtls_header {
    uint8_t type;
    uint16_t number;
    uint32_t len, fragment_offset, fragment_len;
};

/* Keeps a part of a message. True when it is the end of a message that is whole now: then *out spans it.
 * *stop: Wireshark gives up on the datagram here. */
bool dtls_fragment_push(struct dtls *dtls, struct row *row, struct rd *part, const struct dtls_header *header,
                        const struct dtls_facts *facts, struct rd *out, bool *stop);

#endif
