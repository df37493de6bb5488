/* Inside QUIC: connections and their keys. */
#ifndef FC_PROTO_QUIC_CONN_H
#define FC_PROTO_QUIC_CONN_H

#include "base/cipher.h"
#include "proto/quic.h"
#include "stream/waiting.h"

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

/* The handshake bytes of one direction. */
struct quic_stream {
    uint64_t next;         /* the offset up to which all bytes were read */
    struct waiting pieces; /* pieces that wait */
    uint32_t held;         /* their bytes */
};

struct quic_conn {
    struct quic_conn *next;  /* in quic->first, or in quic->unused */
    struct quic_name *names; /* its IDs in the table */
    uint32_t touched;        /* second of the packet clock at its last packet */
    uint32_t number, version;
    struct quic_cid client, server; /* the first ID that each side chose */
    struct quic_cid initial;        /* the ID that the keys come from */
    bool has_initial, has_keys;
    bool was_opened; /* a packet was decrypted, with these or earlier keys */
    bool wants_keys; /* the next Initial of the client begins with new keys */
    bool gave_up;    /* a short header came when the cipher was known; no later one gets a label */
    struct quic_end server_end;
    struct quic_keys keys[2]; /* by sender: 0 client, 1 server */
    uint64_t largest[2];      /* the largest packet number */
    struct quic_stream streams[2];
};

/* The facts that identify the connection of a datagram, from its first packet. */
struct quic_head {
    enum quic_type type;
    uint32_t version;
    struct quic_cid dcid, scid;
};

bool quic_version_known(uint32_t version);
/* Drafts whose transport parameters have two-byte numbers, and Google's versions that are based on them. */
bool quic_version_old(uint32_t version);
bool quic_cid_equal(const struct quic_cid *a, const struct quic_cid *b);
struct quic_cid quic_cid_read(struct rd *r, uint32_t len);

/* Returns the connection of a packet; makes it, or changes its state, if the packet requires that. NULL: not
 * known. */
struct quic_conn *quic_connect(struct quic *quic, const struct quic_head *head,
                               const struct quic_facts *facts, bool *from_server);
/* Returns the connection of a packet with a short header, or NULL. */
struct quic_conn *quic_connect_short(const struct quic *quic, const struct rd *r,
                                     const struct quic_facts *facts, bool *from_server);
/* Returns true if a short header begins with a known ID. */
bool quic_short_known(const struct quic *quic, const struct rd *r);

/* The connection of the path's last packet; NULL: none, or it was forgotten. */
static inline struct quic_conn *quic_path_conn(const struct quic_path *path)
{
    return path->conn && path->conn->number == path->number ? path->conn : NULL;
}

/* ---- quic_keys.c ---- */

bool quic_keys_make(struct cipher *cipher, struct quic_conn *conn);
/* Removes the header protection from the first byte and the packet number; `at` is the position of the
 * number. Returns false if the bytes that are needed for it were not captured. */
bool quic_header_open(struct cipher *cipher, const struct quic_keys *keys, const struct rd *packet,
                      uint32_t at, uint8_t *first, uint32_t *number);

/* ---- quic_varint.c ---- */

uint64_t quic_varint(struct rd *r);

/* ---- quic_frame.c ---- */

/* Reads the frames of a decrypted packet. Returns false if Wireshark stops reading the datagram here. */
bool quic_frames_read(struct quic *quic, struct row *row, struct rd *r, struct quic_conn *conn,
                      bool from_server, const struct quic_facts *facts);

/* ---- quic_google.c ---- */

/* The same for T050 and T051. */
bool quic_google_read(struct quic *quic, struct row *row, struct rd *r, bool from_server,
                      const struct quic_facts *facts);

/* ---- quic_stream.c ---- */

/* Reads bytes of the handshake, in order. Returns false as quic_frames_read does. */
bool quic_handshake_read(struct quic *quic, struct row *row, struct rd *r, bool from_server,
                         const struct quic_facts *facts);

/* Gives back the pieces that wait. */
void quic_stream_forget(struct quic *quic, struct quic_stream *stream);
/* Takes the bytes of a CRYPTO frame. Returns false as quic_frames_read does. */
bool quic_stream_push(struct quic *quic, struct row *row, struct rd *r, uint64_t offset,
                      struct quic_conn *conn, bool from_server, const struct quic_facts *facts);

#endif
