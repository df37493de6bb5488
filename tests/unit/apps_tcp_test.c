/* Which protocol gets TCP payload. Expected names: tshark 4.0.17 on the same segments. */
#include "apps/conversation.h"
#include "apps_frames.h"

/* A record of TLS, and lines of HTTP and SSH. */
static const uint8_t record[] = {23, 3, 3, 0, 2, 1, 0};
static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n", version[] = "SSH-2.0-x\r\n";

#define SEND(client, server, from_server, text)                                                              \
    segment(client, server, from_server, ACK, text, sizeof text - (sizeof text != sizeof record))

static const char *open(uint16_t client, uint16_t server)
{
    segment(client, server, false, SYN, "", 0);
    return segment(client, server, true, SYN | ACK, "", 0);
}

TEST(owner_of_a_port)
{
    begin("");
    CHECK_TEXT(SEND(40000, 443, false, record), "tls");
    begin("");
    CHECK_TEXT(SEND(40000, 80, false, request), "http");
    begin("");
    CHECK_TEXT(SEND(40000, 22, false, version), "ssh");
}

/* The owner of the lower port comes first, unless a SYN tells the server. */
TEST(two_owners)
{
    begin("");
    CHECK_TEXT(SEND(80, 22, false, version), "ssh");
    begin("");
    open(22, 80);
    CHECK_TEXT(SEND(22, 80, false, request), "http");
}

TEST(heuristics)
{
    begin("");
    CHECK_TEXT(SEND(40000, 50000, false, record), "tls");
    begin("");
    CHECK_TEXT(SEND(40000, 50000, false, request), "http");
    begin("");
    CHECK_TEXT(SEND(40000, 50000, false, "neither of both"), "");
}

/* An owner that refuses the bytes leaves them to the next one: TLS does not take text. */
TEST(owner_refuses)
{
    begin("");
    CHECK_TEXT(SEND(40000, 443, false, request), "http");
}

/* A heuristic claims the conversation: later bytes go to its protocol first. */
TEST(claim)
{
    begin("");
    CHECK_TEXT(SEND(40000, 50000, false, record), "tls");
    CHECK_TEXT(SEND(40000, 50000, false, record), "tls");
    CHECK(conv_more(examined.transports[2].ref.conv)->app->claimed == &tls_protocol);
}

/* A carrier hands the conversation over, and both are asked from then on. */
TEST(carrier)
{
    begin("tls.");
    open(40000, 25);
    CHECK_TEXT(SEND(40000, 25, true, "220 x\r\n"), "");
    CHECK_TEXT(SEND(40000, 25, false, "STARTTLS\r\n"), "");
    CHECK_TEXT(SEND(40000, 25, true, "220 go\r\n"), "");
    CHECK_TEXT(SEND(40000, 25, false, record), "tls");
}

/* Payload of an unread port is a doubt only where it looks like a protocol that is asked for. */
TEST(unread_port)
{
    begin("");
    CHECK_TEXT(SEND(40000, 23, false, "login: "), "");
    CHECK_TEXT(SEND(40000, 23, false, request), "doubt");
    begin("ssh.");
    CHECK_TEXT(SEND(40000, 23, false, request), "doubt"); /* HTTP's heuristic would take it */
    begin("");
    CHECK_TEXT(SEND(40000, 1194, false, "OpenVPN"), "doubt");
}

/* DNS and HTTP are shown with a whole message only, TLS and SSH with any bytes. */
TEST(shown_when_read)
{
    begin("");
    CHECK_TEXT(SEND(40000, 53, false, "\0\x40half a message"), "");
    begin("");
    CHECK_TEXT(SEND(40000, 80, false, "GET / HT"), "");
    begin("");
    CHECK_TEXT(segment(40000, 443, false, ACK, record, 3), "tls");
    end();
}
