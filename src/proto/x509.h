/* Inside the room: certificates, and structures that contain certificates. */
#ifndef FC_PROTO_X509_H
#define FC_PROTO_X509_H

#include "proto/der.h"
#include "proto/tls.h"

/* Reads one certificate in DER. Values end where the bytes are not a certificate any more; row->malformed is
 * then set. */
void x509_certificate_read(struct row *row, struct rd r);
/* Returns true if a certificate follows the standards, or was cut by the capture. */
bool x509_is_regular(struct rd r);
/* Returns true if the bytes are nothing but DER elements, at all depths, or were cut by the capture. */
bool x509_is_der(struct rd r);
/* Returns true if an attribute of a name may have a value of this type. */
bool x509_suits_attribute(const struct rd *oid, uint8_t tag);
/* Reads a sequence of RelativeDistinguishedName; r is at its SEQUENCE. */
void x509_name_read(struct row *row, struct rd *r, field_id sequence);
/* Reads the extensions; the reader covers the content of their SEQUENCE. */
void x509_extensions_read(struct row *row, struct rd *sequence);
/* Reads the TLS list of timestamps in an extension of a certificate or OCSP answer. `octets`: the value of
 * the extension. */
void x509_scts_read(struct row *row, struct rd octets);
/* Reads an OCSP answer. row->malformed is set if it does not follow the standards. */
void ocsp_read(struct row *row, struct rd r);

#endif
