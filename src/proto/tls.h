/* Inside the room: TLS 1.0 to 1.3 and SSL 3.0, what its files share. */
#ifndef FC_PROTO_TLS_H
#define FC_PROTO_TLS_H

#include "proto/registry.h"

extern const struct protocol tls_protocol;

enum tls_content { TLS_CHANGE_CIPHER_SPEC = 20, TLS_ALERT = 21, TLS_HANDSHAKE = 22, TLS_APP_DATA = 23, TLS_HEARTBEAT = 24 };
enum { TLS_10 = 0x0301, TLS_11 = 0x0302, TLS_12 = 0x0303, TLS_13 = 0x0304, SSL_30 = 0x0300, SSL_20 = 2 };

/* A handshake message that goes over several records. */
struct tls_fragment {
    uint8_t *bytes; /* of the conversation's arena */
    uint32_t len, need, room;
};

/* What a conversation remembers. */
struct tls_state {
    uint16_t version; /* 0: not agreed on yet */
    uint32_t ccs_frame[2]; /* frame of the direction's change cipher spec; 0: none */
    struct tls_fragment fragments[2];
};

#endif
