/* Inside the room: SSL 3.0 and TLS 1.0 to 1.3, functions that its files share. */
#ifndef FC_PROTO_TLS_H
#define FC_PROTO_TLS_H

#include "proto/registry.h"

enum tls_content {
    TLS_CHANGE_CIPHER_SPEC = 20,
    TLS_ALERT,
    TLS_HANDSHAKE,
    TLS_APP_DATA,
    TLS_HEARTBEAT,
    TLS_CID
};
enum tls_version { SSL_20 = 2, SSL_30 = 0x0300, TLS_10, TLS_11, TLS_12, TLS_13 };
enum tls_message {
    TLS_HELLO_REQUEST = 0,
    TLS_CLIENT_HELLO = 1,
    TLS_SERVER_HELLO = 2,
    TLS_HELLO_VERIFY = 3,
    TLS_NEW_SESSION_TICKET = 4,
    TLS_END_OF_EARLY_DATA = 5,
    TLS_HELLO_RETRY = 6,
    TLS_ENCRYPTED_EXTENSIONS = 8,
    TLS_CERTIFICATE = 11,
    TLS_SERVER_KEY_EXCHANGE = 12,
    TLS_CERTIFICATE_REQUEST = 13,
    TLS_SERVER_HELLO_DONE = 14,
    TLS_CERTIFICATE_VERIFY = 15,
    TLS_CLIENT_KEY_EXCHANGE = 16,
    TLS_FINISHED = 20,
    TLS_CERTIFICATE_URL = 21,
    TLS_CERTIFICATE_STATUS = 22,
    TLS_SUPPLEMENTAL_DATA = 23,
    TLS_KEY_UPDATE = 24,
    TLS_COMPRESSED_CERTIFICATE = 25,
    TLS_NEXT_PROTOCOL = 67
};

/* The bytes of one handshake message that may wait for later records. A chain of certificates has a few
 * thousand; messages that need more are given up, and the rest of the session is a doubt. */
enum { TLS_WAITING_LIMIT = 1 << 20 };

/* A handshake message that continues over several records. */
struct tls_fragment {
    uint8_t *bytes; /* in the arena of the conversation */
    uint32_t len, room;
    uint32_t *frames; /* of each record that holds a part */
    uint32_t n_frames, frames_room;
};

/* A connection ID of DTLS, chosen by its receiver. */
struct tls_id {
    uint8_t *bytes; /* in the arena of the conversation */
    uint8_t len;
};

/* The state of a conversation. */
struct tls_state {
    uint16_t version; /* 0: not negotiated yet */
    uint16_t cipher;
    uint8_t draft;  /* of TLS 1.3, if the version names a draft */
    uint8_t server; /* the direction in which the server sends, known from a ClientHello */
    bool has_server;
    uint32_t ccs_frame[2]; /* frame of the change of cipher, by sender: 0 client, 1 server */
    struct tls_fragment fragments[2];
    bool early_data;       /* the ClientHello announces early data */
    bool may_resume;       /* a ServerHello came, and no ServerHelloDone after it */
    uint32_t quic_version; /* 0: not inside QUIC */
    struct tls_id ids[2];  /* DTLS: by the direction in which the side that chose the ID sends */
};

/* The state of reading one handshake message into a row. */
struct tls_hand {
    struct row *row;
    struct tls_state *state;
    const struct pdu_facts *facts;
    bool from_server;
    bool datagram; /* DTLS */
};

/* Marks a doubt: libwireshark may know more from here on. */
static inline void tls_doubt(const struct tls_hand *h) { pdu_doubt(h->facts, HANDSHAKE_READERS); }

/* ---- tls_vector.c ---- */

/* Reads a length prefix of 1 to 3 bytes; *out covers the bytes of that length. A length outside [min, max] is
 * labelled. A length beyond the end is labelled too, and ends the structure around it: the result is then
 * false, as it is if the prefix itself is not there. */
bool tls_vector(struct row *row, struct rd *r, field_id id, unsigned prefix, uint32_t min, uint32_t max,
                struct rd *out);
/* Labels the bytes of a vector that its content did not use. */
void tls_vector_end(struct row *row, const struct rd *vector);
/* Reads a vector of bytes, which is not shown if it is empty. */
void tls_bytes_read(struct row *row, struct rd *r, field_id len_id, field_id id, unsigned prefix);

/* ---- tls_ssl2.c ---- */

/* Returns true for bytes that look like SSL 2.0, as long as no version is negotiated. */
bool ssl2_recognises(const struct rd *r);
/* Returns true for a ClientHello in this form, which a session of a later version may begin with. */
bool ssl2_is_hello(const struct rd *r);
int64_t ssl2_length(const struct rd *r);
bool ssl2_read(struct row *row, struct rd *r, struct tls_state *state, const struct pdu_facts *facts);

/* ---- tls_handshake.c ---- */

/* Reads the content of a handshake record. Returns false if Wireshark stops reading the segment here. */
bool tls_handshake_read(struct row *row, struct rd *r, struct tls_state *state,
                        const struct pdu_facts *facts);
/* The same for the handshake bytes of QUIC, which have no records and are already decrypted. */
bool tls_messages_read(struct row *row, struct rd *r, struct tls_state *state, const struct pdu_facts *facts);
/* Reads the body of a message of this type, behind its header. */
void tls_body_read(struct tls_hand *h, struct rd *r, uint8_t type);
bool tls_is_message(uint8_t type);

/* ---- tls_state.c ---- */

/* Gives back the memory that a struct tls_state leads to. */
void tls_state_forget(void *state, struct arena *arena);
/* A ClientHello shows which direction is that of the server. */
void tls_set_server(struct tls_hand *h, uint8_t type);
/* Sets the version of the conversation from a message. Drafts of TLS 1.3 count as TLS 1.3. */
void tls_set_version(struct tls_state *state, uint16_t version);
bool tls_from_server(const struct tls_state *state, const struct pdu_facts *facts);

/* ---- tls_hello.c ---- */

void tls_hello_read(struct tls_hand *h, struct rd *r, uint8_t message);
/* Reads the cookie of a DTLS hello. The result is that of tls_vector. */
bool tls_cookie_read(struct row *row, struct rd *r);

/* ---- tls_extension.c ---- */

struct tls_ja3;
void tls_extensions_read(struct tls_hand *h, struct rd *r, uint8_t message, struct tls_ja3 *ja3);

/* ---- tls_sct.c ---- */

/* Reads a list of signed certificate timestamps. */
void tls_scts_read(struct row *row, struct rd *r);
void tls_signature_algorithm(struct row *row, struct rd *r);

/* ---- tls_quic.c ---- */

/* Reads the transport parameters of QUIC. */
void tls_quic_parameters_read(struct tls_hand *h, struct rd *r);

/* ---- tls_ja3.c ---- */

enum { JA3_CIPHERS, JA3_EXTENSIONS, JA3_GROUPS, JA3_FORMATS, JA3_PARTS };
/* The text of a fingerprint while its hello is read. */
struct tls_ja3 {
    char *parts[JA3_PARTS];
    uint32_t lens[JA3_PARTS];
    bool wanted;
    bool ended; /* there are extensions, but their length is impossible */
};
void ja3_begin(struct tls_ja3 *ja3, struct row *row, bool client, uint32_t hello_len);
void ja3_add(struct tls_ja3 *ja3, int part, uint16_t value);
void ja3_put(struct tls_ja3 *ja3, struct row *row, bool client, uint16_t version);

/* ---- tls_ja4.c ---- */

/* `hello` covers the body of a ClientHello; `carrier` is 't' (TCP), 'q' (QUIC) or 'd' (DTLS). */
void ja4_read(struct row *row, struct rd hello, char carrier);

/* ---- tls_key.c ---- */

void tls_server_key_read(struct tls_hand *h, struct rd *r);
void tls_client_key_read(struct tls_hand *h, struct rd *r);
void tls_one_certificate_read(struct row *row, struct rd *r, uint32_t len);
void tls_certificate_read(struct tls_hand *h, struct rd *r);
void tls_certificate_request_read(struct tls_hand *h, struct rd *r);
void tls_certificate_verify_read(struct tls_hand *h, struct rd *r);
void tls_certificate_status_read(struct tls_hand *h, struct rd *r);

#endif
