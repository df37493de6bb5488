/* Inside the room: protocols that hand their connection over to TLS. They put no fields. */
#ifndef FC_PROTO_STARTTLS_H
#define FC_PROTO_STARTTLS_H

#include "proto/registry.h"

extern const struct protocol ftp_carrier, smtp_carrier, pop_carrier, imap_carrier, ldap_carrier,
    socks_carrier, modbus_carrier, mysql_carrier, xmpp_carrier, pgsql_carrier;

#endif
