/* The tables of ports: rows of ports.def, found by port. */
#include "base/ports.h"
#include "proto/registry.h"
#include "test.h"

TEST(udp)
{
    CHECK_INT(port_udp(53).owner, OWNER_DNS);
    CHECK_INT(port_udp(5353).owner, OWNER_MDNS);
    CHECK_INT(port_udp(514).owner, OWNER_UNREAD);
    CHECK_INT(port_udp(52).owner, OWNER_NONE);
    CHECK(port_is_owned_udp(0) && port_is_owned_udp(60001) && !port_is_owned_udp(65535));
}

TEST(tcp)
{
    CHECK_INT(port_tcp(443).owner, OWNER_TLS);
    CHECK_INT(port_tcp(23).owner, OWNER_UNREAD);
    CHECK_INT(port_tcp(30030).owner, OWNER_NONE); /* MRCP refuses what is not its own */
    CHECK_INT(port_tcp(65535).owner, OWNER_NONE);
}

TEST(ranges)
{
    for (uint16_t port = 6000; port <= 6063; port++)
        CHECK_INT(port_tcp(port).owner, OWNER_UNREAD);
    CHECK_INT(port_tcp(5999).owner, OWNER_NONE);
    CHECK_INT(port_tcp(6064).owner, OWNER_NONE);
}

TEST(behaviour)
{
    CHECK_INT(port_udp(514).dtls, DTLS_TAKES);
    CHECK_INT(port_udp(161).dtls, DTLS_REFUSES);
    CHECK_INT(port_udp(5000).dtls, DTLS_SOME_OLD);
    CHECK_INT(port_udp(514).quic, QUIC_UNKNOWN);
    CHECK_INT(port_udp(44818).quic, QUIC_TAKES);
    CHECK_INT(port_udp(60001).quic, QUIC_REFUSES);
    CHECK_INT(port_udp(1812).holds, HOLDS_EAP);
    CHECK_INT(port_udp(5060).holds, HOLDS_CARRIER);
    CHECK_INT(port_udp(161).numbers, NUMBERS_SNMP);
    CHECK_INT(port_tcp(161).numbers, NUMBERS_KEEPS);
    CHECK_INT(port_tcp(5903).numbers, NUMBERS_VNC);
}

/* Ports that have no owner in Wireshark's table, but matter all the same. */
TEST(without_owner)
{
    CHECK_INT(port_udp(716).owner, OWNER_NONE);
    CHECK_INT(port_udp(716).holds, HOLDS_CARRIER);
    CHECK_INT(port_tcp(1720).owner, OWNER_NONE);
    CHECK_INT(port_tcp(1720).numbers, NUMBERS_SHIFTS);
}

TEST(pairs)
{
    CHECK(port_pair_is_dns(53, 60000) && port_pair_is_dns(60000, 53) && !port_pair_is_dns(53, 7));
    CHECK_INT(port_lower(9, 3), 3);
    CHECK_INT(port_higher(9, 3), 9);
}

TEST(protocols_by_owner)
{
    for (int i = 0; i < N_TCP_PROTOCOLS; i++)
        CHECK_INT(tcp_protocols[i]->owner, FIRST_TCP_OWNER + i);
    bool is_unread;
    CHECK_TEXT(protocol_of_port(22, &is_unread)->name, "ssh");
    CHECK(!is_unread);
    CHECK(!protocol_of_port(23, &is_unread) && is_unread);
    CHECK(!protocol_of_port(24, &is_unread) && !is_unread);
}
