/* NTP (RFC 5905 and before), one message a datagram. */
#ifndef FC_PROTO_NTP_H
#define FC_PROTO_NTP_H

#include "field/row.h"

/* r spans the message. False: there is something in it that is not read here. */
bool ntp_read(struct row *row, struct rd *r);

#endif
