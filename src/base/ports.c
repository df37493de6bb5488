/* ports.def as two flat tables, made when this is compiled. Invariant: the tables hold the rows of the
 * release that the native engine reproduces; a row of other releases falls on the place behind the last port.
 */
#include "base/ports.h"

#include "base/release.h"

#pragma GCC diagnostic ignored "-Woverride-init"

/* The columns of releases are arguments of macros here, not ranges: the place must be a constant. */
#define NOW_EVERY_RELEASE true
#define NOW_SINCE(first) (RELEASE_##first <= RELEASE_NATIVE)
#define NOW_UNTIL(last) (RELEASE_NATIVE <= RELEASE_##last)
#define NOW_FROM_TO(first, last) (NOW_SINCE(first) && NOW_UNTIL(last))
#define PLACE(port, now) ((now) ? (port) : N_PORTS)

const struct port ports_udp[N_PORTS + 1] = {
#define UDP(first, last, name, owner, dtls, quic, holds, numbers, releases)                                  \
    [PLACE(first, NOW_##releases)... PLACE(last, NOW_##releases)] = {                                        \
        OWNER_##owner, DTLS_##dtls, QUIC_##quic, HOLDS_##holds, NUMBERS_##numbers},
#include "base/ports.def"
};

const struct port ports_tcp[N_PORTS + 1] = {
#define TCP(first, last, name, owner, holds, numbers, releases)                                              \
    [PLACE(first, NOW_##releases)... PLACE(last, NOW_##releases)] = {                                        \
        OWNER_##owner, DTLS_REFUSES, QUIC_UNKNOWN, HOLDS_##holds, NUMBERS_##numbers},
#include "base/ports.def"
};
