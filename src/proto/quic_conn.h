/* Inside QUIC: connections and their keys. */
#ifndef FC_PROTO_QUIC_CONN_H
#define FC_PROTO_QUIC_CONN_H

#include "base/cipher.h"
#include "proto/quic.h"

enum quic_type { QUIC_INITIAL, QUIC_0RTT, QUIC_HANDSHAKE, QUIC_RETRY, QUIC_NEGOTIATION, QUIC_SHORT };
enum quic_version {
    QUIC_V1 = 1,
    QUIC_V2 = 0x6b3343cf,
    QUIC_Q050 = 0x51303530,
    QUIC_T050 = 0x54303530,
    QUIC_T051 = 0x54303531
};

struct quic_keys {
    uint8_t key[AES_LEN], iv[AES_IV_LEN], hp[AES_LEN];
};

/* A piece of a handshake that came before what goes before it. */
struct quic_piece {
    struct quic_piece *next; /* by offset */
    uint64_t offset;
    uint32_t len, frame;
    const uint8_t *bytes;
};

/* Handshake bytes of one direction. */
struct quic_stream {
    uint64_t next;             /* all before it were shown */
    struct quic_piece *pieces; /* that wait */
    uint32_t held;
};

struct quic_conn {
    uint32_t number, version;
    struct quic_cid client, server; /* the first ones that each chose */
    struct quic_cid initial;        /* that the keys come from */
    bool has_initial, has_keys;
    bool was_opened; /* a packet, with these keys or earlier ones */
    bool wants_keys; /* the next Initial of the client begins with new ones */
    bool gave_up;    /* a short header came once the cipher was known: of later ones no failure is told */
    struct quic_end server_end;
    struct quic_keys keys[2]; /* by who sends: 0 client, 1 server */
    uint64_t largest[2];      /* packet number */
    struct quic_stream streams[2];
};

/* What the first packet of a datagram says about where it belongs. */
struct quic_head {
    enum quic_type type;
    uint32_t version;
    struct quic_cid dcid, scid;
};

bool quic_version_known(uint32_t version);
/* Drafts whose transport parameters have two-byte numbers, and Google's that took after them. */
bool quic_version_old(uint32_t version);
bool quic_cid_equal(const struct quic_cid *a, const struct quic_cid *b);
struct quic_cid quic_cid_read(struct rd *r, uint32_t len);

/* The connection, made or moved on as the packet demands; NULL: not known. */
struct quic_conn *quic_connect(struct quic *quic, const struct quic_head *head,
                               const struct quic_facts *facts, bool *from_server);
/* Length of the destination connection ID of a short header. */
uint8_t quic_short_len(const struct quic *quic, const struct rd *r, const struct quic_facts *facts);
/* Whether a connection ID is one that a peer chose. */
bool quic_cid_known(const struct quic *quic, const struct quic_cid *cid);

/* ---- quic_keys.c ---- */

bool quic_keys_make(struct cipher *cipher, struct quic_conn *conn);
/* First byte and packet number, freed from their mask; `at`: where the number starts. False: the bytes that
 * it takes are not there. */
bool quic_header_open(struct cipher *cipher, const struct quic_keys *keys, const struct rd *packet,
                      uint32_t at, uint8_t *first, uint32_t *number);

/* ---- quic_frame.c ---- */

/* Frames of an opened packet. False: Wireshark gives up on the datagram here. */
bool quic_frames_read(struct quic *quic, struct row *row, struct rd *r, struct quic_conn *conn,
                      bool from_server, const struct quic_facts *facts);
uint64_t quic_varint(struct rd *r);

/* ---- quic_google.c ---- */

/* The same of T050 and T051. */
bool quic_google_read(struct quic *quic, struct row *row, struct rd *r, bool from_server,
                      const struct quic_facts *facts);

/* ---- quic_stream.c ---- */

/* Bytes of the handshake, in order. False as above. */
bool quic_handshake_read(struct quic *quic, struct row *row, struct rd *r, bool from_server,
                         const struct quic_facts *facts);

/* A CRYPTO frame's bytes. False as above. */
bool quic_stream_push(struct quic *quic, struct row *row, struct rd *r, uint64_t offset,
                      struct quic_conn *conn, bool from_server, const struct quic_facts *facts);

#endif
