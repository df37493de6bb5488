/* SSH as a protocol above TCP. */
#ifndef FC_PROTO_SSH_H
#define FC_PROTO_SSH_H

#include "proto/registry.h"

extern const struct protocol ssh_protocol;

#endif
