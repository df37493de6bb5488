/* Signs that bytes which are not read here hold what is: by them the engine knows when to ask libwireshark. A
 * sign too many costs speed alone, one too few would cost values. */
#ifndef FC_PROTO_FOREIGN_H
#define FC_PROTO_FOREIGN_H

#include "proto/registry.h"

/* Payload of a protocol that is not read: a TLS handshake, a certificate, a request or banner anywhere
 * inside. */
bool foreign_holds(struct rd bytes, unsigned families);
/* An EAPOL frame (IEEE 802.1X) or a PPP one that holds an EAP packet of a method that carries TLS (RFC 3748,
 * 5216, 5281, 7170), near the front of a frame without IP.
 */
bool foreign_eap_frame(struct rd frame);
/* The same inside a RADIUS packet (RFC 3579 3.1). */
bool foreign_radius(struct rd r);
/* The header that proxies put before a connection (PROXY protocol, versions 1 and 2). */
bool foreign_proxy(struct rd r);
/* The preface of HTTP/2, whose bodies' types stand in headers that are packed. */
bool foreign_http2(const struct rd *r);
/* Headers that mirrors put before packets in datagrams on any port. */
bool foreign_mirror(const struct rd *r);
/* What follows an HTTP body's type that holds other families; `text` is the type. */
unsigned foreign_media(const uint8_t *text, uint32_t len);

#endif
