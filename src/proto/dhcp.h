/* BOOTP (RFC 951) and DHCP (RFC 2131; options in RFC 2132 and later ones). A datagram holds one message; this
 * header is for the files of its reader. */
#ifndef FC_PROTO_DHCP_H
#define FC_PROTO_DHCP_H

#include "field/row.h"

enum {
    DHCP_PAD = 0,
    DHCP_VENDOR_SPECIFIC = 43,
    DHCP_MESSAGE_TYPE = 53,
    DHCP_VENDOR_CLASS = 60,
    DHCP_END = 255
};

/* Reads the value of an option; r covers it. Returns false if the option is not read here. */
bool dhcp_option_read(struct row *row, struct rd *r, uint8_t code);

#endif
