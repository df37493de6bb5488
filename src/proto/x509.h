/* Inside the room: certificates, and what else holds some. */
#ifndef FC_PROTO_X509_H
#define FC_PROTO_X509_H

#include "proto/der.h"
#include "proto/tls.h"

/* One certificate in DER. What is no certificate has no values from there on; the row is told so
 * (`malformed`). */
void x509_certificate_read(struct row *row, struct rd r);
/* Whether it is made as the standards say; true of one that was cut when it was captured. */
bool x509_is_regular(struct rd r);
/* Whether it is nothing but elements of DER, and so is what they hold; true of what was cut, too. */
bool x509_is_der(struct rd r);
/* Whether an attribute of a name may have a value of this kind. */
bool x509_suits_attribute(const struct rd *oid, uint8_t tag);
/* A RelativeDistinguishedName sequence; r stands at its SEQUENCE. */
void x509_name_read(struct row *row, struct rd *r, enum field_id sequence);
/* [n] EXPLICIT Extensions, or an element that is none. */
void x509_extensions_read(struct row *row, struct rd *sequence);
/* The TLS list inside the extension of certificates and OCSP answers; octets: the extension's value. */
void x509_scts_read(struct row *row, struct rd octets);
/* An OCSP answer as TLS staples it; the row is told (`malformed`) where it is irregular. */
void ocsp_read(struct row *row, struct rd r);

#endif
