/* ports.def as two flat tables, made when this is compiled. Invariant: the tables hold the rows of the
 * release that the native engine reproduces; a row of other releases falls on the place behind the last port.
 */
#include "base/ports.h"

#include "base/release.h"

#pragma GCC diagnostic ignored "-Woverride-init"

#define PLACE(port, since, until)                                                                            \
    (RELEASE_##since <= RELEASE_NATIVE && RELEASE_NATIVE <= RELEASE_##until ? (port) : N_PORTS)

const struct port ports_udp[N_PORTS + 1] = {
#define UDP(first, last, name, owner, dtls, quic, holds, numbers, since, until)                              \
    [PLACE(first, since, until)... PLACE(last, since, until)] = {OWNER_##owner, DTLS_##dtls, QUIC_##quic,    \
                                                                 HOLDS_##holds, NUMBERS_##numbers},
#include "base/ports.def"
};

const struct port ports_tcp[N_PORTS + 1] = {
#define TCP(first, last, name, owner, holds, numbers, since, until)                                          \
    [PLACE(first, since, until)... PLACE(last, since, until)] = {OWNER_##owner, DTLS_REFUSES, QUIC_UNKNOWN,  \
                                                                 HOLDS_##holds, NUMBERS_##numbers},
#include "base/ports.def"
};
