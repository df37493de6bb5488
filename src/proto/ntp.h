/* NTP (RFC 5905 and earlier versions). A datagram holds one message. */
#ifndef FC_PROTO_NTP_H
#define FC_PROTO_NTP_H

#include "field/row.h"

/* Reads a message; r covers it. Returns false if a part of it is not read here. */
bool ntp_read(struct row *row, struct rd *r);

#endif
