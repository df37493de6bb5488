/* Ports of UDP and TCP as Wireshark's dissectors have them: ports.def, in tables that answer at once. */
#ifndef FC_BASE_PORTS_H
#define FC_BASE_PORTS_H

#include <stdbool.h>
#include <stdint.h>

/* The dissector that gets the payload of a port. */
enum port_owner {
    OWNER_NONE,   /* none, or one that refuses whatever is not its own: the next one is asked */
    OWNER_UNREAD, /* a dissector of Wireshark's that is not read natively */
#define OWNER(id) OWNER_##id,
#include "base/ports.def"
    N_OWNERS,
    FIRST_TCP_OWNER = OWNER_TLS, /* those of the table's first part */
    LAST_TCP_OWNER = OWNER_SSH,
    FIRST_UDP_OWNER, /* those of the second part */
    LAST_UDP_OWNER = OWNER_MDNS - 1
};

/* What an owner that is not read natively does with a datagram that looks like DTLS. */
enum port_dtls {
    DTLS_REFUSES, /* all: the next dissector is asked */
    DTLS_TAKES,   /* all */
    DTLS_SOME,    /* takes some of them; which ones was not found out */
    DTLS_SOME_OLD /* the same, but of the version of OpenSSL before 0.9.8f alone; it refuses the others */
};

/* The same for a packet of QUIC with a long header. */
enum port_quic {
    QUIC_UNKNOWN, /* not looked into: ports below 32768, from which hardly any client sends */
    QUIC_TAKES,
    QUIC_REFUSES
};

/* Fields asked for that the owner's messages may hold, where they are not read. */
enum port_holds {
    HOLDS_NOTHING,
    HOLDS_CARRIER, /* certificates, handshakes of TLS or text, which can be seen in the bytes */
    HOLDS_PACKETS, /* whole packets, or streams that look like anything */
    HOLDS_EAP,     /* EAP, which can carry TLS */
    HOLDS_NTP,     /* NTP on a port where it is not read */
    HOLDS_DHCP     /* DHCP in some datagrams; which ones was not found out */
};

/* Whether the dissector makes conversations of its own, and so shifts the stream numbers of Wireshark. */
enum port_numbers {
    NUMBERS_KEEPS,
    NUMBERS_SNMP, /* shifts, in a way that flow/conv_rules.c reproduces */
    NUMBERS_TFTP,
    NUMBERS_SOCKS,
    NUMBERS_VNC,
    NUMBERS_SDP,   /* shifts when a message describes media, which is only noticed */
    NUMBERS_SHIFTS /* may shift with any message, which is only noticed */
};

struct port {
    uint16_t owner : 6, dtls : 2, quic : 2, holds : 3, numbers : 3;
};
_Static_assert(N_OWNERS <= 64, "an owner has 6 bits");

enum { N_PORTS = 65536 };
/* By port; one more at the end. */
extern const struct port ports_udp[N_PORTS + 1], ports_tcp[N_PORTS + 1];

static inline struct port port_udp(uint16_t port) { return ports_udp[port]; }
static inline struct port port_tcp(uint16_t port) { return ports_tcp[port]; }
static inline bool port_is_owned_udp(uint16_t port) { return ports_udp[port].owner != OWNER_NONE; }
/* Of the two ports of a packet Wireshark asks the owner of the lower one first. */
static inline uint16_t port_lower(uint16_t a, uint16_t b) { return a < b ? a : b; }
static inline uint16_t port_higher(uint16_t a, uint16_t b) { return a < b ? b : a; }

/* DNS refuses nothing: whatever comes between these ports is DNS. */
static inline bool port_pair_is_dns(uint16_t a, uint16_t b)
{
    return port_udp(port_lower(a, b)).owner == OWNER_DNS;
}

#endif
