/* Inside the room: certificates, and what else holds some. */
#ifndef FC_PROTO_X509_H
#define FC_PROTO_X509_H

#include "proto/der.h"
#include "proto/tls.h"

/* One certificate in DER. What is no certificate has no values from there on. */
void x509_certificate_read(struct row *row, struct rd r);
/* A RelativeDistinguishedName sequence; r stands at its SEQUENCE. */
void x509_name_read(struct row *row, struct rd *r, enum field_id sequence);
/* [n] EXPLICIT Extensions, or an element that is none. */
void x509_extensions_read(struct row *row, struct rd *sequence);
/* The TLS list inside the extension of certificates and OCSP answers; octets: the extension's value. */
void x509_scts_read(struct row *row, struct rd octets);
/* An OCSP answer as TLS staples it. */
void ocsp_read(struct row *row, struct rd r);

#endif
