/* Signs that bytes which are not read natively hold fields that are asked for: they tell when libwireshark
 * may know more. A sign too many costs time; a sign too few would cost values. */
#ifndef FC_PROTO_SIGNS_H
#define FC_PROTO_SIGNS_H

#include "proto/registry.h"

/* Each function returns true if the bytes hold the sign. */

/* A TLS handshake, a certificate, or text of a request or banner, anywhere inside, of the readers that are
 * asked for. */
bool sign_inside(struct rd bytes, uint32_t readers);
/* An EAPOL frame (IEEE 802.1X) or a PPP frame that holds an EAP packet of a method that carries TLS (RFC
 * 3748, 5216, 5281, 7170), near the front of a frame without IP. */
bool sign_eap_frame(struct rd frame);
/* Such an EAP packet inside a RADIUS packet (RFC 3579 section 3.1). */
bool sign_radius(struct rd r);
/* The header that a proxy puts before a connection (PROXY protocol, versions 1 and 2). */
bool sign_proxy(struct rd r);
/* The preface of HTTP/2. The types of its bodies stand in compressed headers. */
bool sign_http2(const struct rd *r);
/* The header that a mirror puts before packets in datagrams on any port. */
bool sign_mirror(const struct rd *r);

/* Returns the readers whose fields a body of HTTP may hold; `text` is its media type. */
uint32_t sign_media(const uint8_t *text, uint32_t len);

#endif
