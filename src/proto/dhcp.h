/* BOOTP (RFC 951) and DHCP (RFC 2131, options RFC 2132 and later ones), one message a datagram. */
#ifndef FC_PROTO_DHCP_H
#define FC_PROTO_DHCP_H

#include "field/row.h"

/* Whether Wireshark shows a message at all. */
bool dhcp_accepts(const struct rd *r);
/* r spans a message that is accepted. False: there is something in it that is not read here. */
bool dhcp_read(struct row *row, struct rd *r);

/* ---- inside the parser ---- */

enum {
    DHCP_PAD = 0,
    DHCP_VENDOR_SPECIFIC = 43,
    DHCP_MESSAGE_TYPE = 53,
    DHCP_VENDOR_CLASS = 60,
    DHCP_END = 255
};

/* The value of an option; r spans it. False: not read here. */
bool dhcp_option_read(struct row *row, struct rd *r, uint8_t code);

#endif
