/* DNS as a protocol above TCP. */
#ifndef FC_PROTO_DNS_TCP_H
#define FC_PROTO_DNS_TCP_H

#include "proto/registry.h"

extern const struct protocol dns_tcp_protocol;

#endif
