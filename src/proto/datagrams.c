/* The array of the protocols over UDP that are found by their ports alone. */
#include "proto/datagrams.h"

const struct datagram_protocol *const datagram_protocols[N_DATAGRAM_PROTOCOLS] = {
#define UDP_OWNER(id, name) [OWNER_##id - FIRST_UDP_OWNER] = &name##_protocol,
#include "base/ports.def"
};
