/* What Wireshark does with a cipher suite: tls_ciphers.def, found by the suite's number. */
#ifndef FC_PROTO_TLS_CIPHER_H
#define FC_PROTO_TLS_CIPHER_H

#include <stdbool.h>
#include <stdint.h>

/* How the peers agree on keys, as Wireshark reads the key exchange messages. It reads those of ECDH with
 * fixed keys as those of ECDHE. */
enum tls_exchange {
    EXCHANGE_NONE, /* Wireshark shows nothing of their content */
    EXCHANGE_RSA,
    EXCHANGE_DHE,
    EXCHANGE_DH,
    EXCHANGE_DH_ANON,
    EXCHANGE_ECDHE,
    EXCHANGE_ECDH_ANON,
    EXCHANGE_PSK,
    EXCHANGE_RSA_PSK,
    EXCHANGE_DHE_PSK,   /* since Wireshark 4.4 */
    EXCHANGE_ECDHE_PSK, /* since Wireshark 4.4 */
    EXCHANGE_ECJPAKE
};

enum tls_exchange tls_cipher_exchange(uint16_t suite);
/* The suite does not encrypt, and Wireshark dissects its payload without keys. */
bool tls_cipher_is_plain(uint16_t suite);

#endif
