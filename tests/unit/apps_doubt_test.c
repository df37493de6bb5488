/* Doubts about carriers below and beside TCP. */
#include "apps_frames.h"

static const uint8_t hello[] = {0x16, 3, 1, 0, 0x40, 1, 0, 0, 0x3c, 3, 3};

#define SEND(server, bytes) datagram(40000, server, bytes, sizeof bytes)

/* Whole packets, of which any may hold what is asked for. */
TEST(packets)
{
    begin("http.");
    CHECK_TEXT(SEND(37008, "TZSP"), "doubt");
    CHECK_TEXT(SEND(6343, "sFlow"), "doubt");
    CHECK_TEXT(SEND(50000, "\0\xff\xab\xcd\2"), "doubt");
}

/* Carriers of handshakes are a doubt where a handshake is inside, and asked for. */
TEST(carriers)
{
    begin("tls.");
    CHECK_TEXT(SEND(5060, hello), "doubt");
    CHECK_TEXT(SEND(5060, "INVITE"), "");
    CHECK_TEXT(SEND(716, hello), "doubt");
    CHECK_TEXT(SEND(161, hello), "");
    begin("dns.");
    CHECK_TEXT(SEND(5060, hello), "");
}

TEST(radius)
{
    static const char identity[] = "\1\2\0\x22"
                                   "0123456789abcdef"
                                   "\x4f\x08\2\7\0\6\1\0";
    static const char peap[] = "\1\2\0\x22"
                               "0123456789abcdef"
                               "\x4f\x08\2\7\0\6\x19\0";
    begin("x509");
    CHECK_TEXT(SEND(1812, peap), "doubt");
    CHECK_TEXT(SEND(1812, identity), "");
    CHECK_TEXT(SEND(1811, peap), "");
}

/* NTP over TCP is not read natively. */
TEST(ntp_over_tcp)
{
    begin("ntp.");
    CHECK_TEXT(segment(40000, 123, false, ACK, "x", 1), "doubt");
    begin("dhcp.");
    CHECK_TEXT(segment(40000, 123, false, ACK, "x", 1), "");
}

TEST(dns_has_right_of_way)
{
    begin("http.");
    CHECK_TEXT(datagram(53, 6343, "samples", 7), "");
    end();
}
