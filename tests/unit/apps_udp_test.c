/* Which protocol gets a datagram. Expected names: tshark 4.0.17 on the same datagrams. */
#include "apps_frames.h"
#include "proto/datagrams.h"

static const uint8_t query[] = {0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0, 1, 0, 1};
static const uint8_t clock[48] = {0x23};
static const uint8_t alert[] = {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 40};
static const char notify[] = "NOTIFY * HTTP/1.1\r\nHost: x\r\n\r\n";

#define SEND(client, server, bytes) datagram(client, server, bytes, sizeof bytes)

TEST(by_port)
{
    begin("");
    CHECK_TEXT(SEND(40000, 53, query), "dns");
    CHECK_TEXT(SEND(5353, 5353, query), "mdns");
    CHECK_TEXT(SEND(40000, 5355, query), "llmnr");
    CHECK_TEXT(SEND(2000, 5355, query), "llmnr doubt"); /* an answer may be another protocol's */
    CHECK_TEXT(SEND(40000, 1900, notify), "ssdp");
    CHECK_TEXT(SEND(123, 123, clock), "ntp");
    CHECK_TEXT(SEND(40001, 514, clock), "");
}

TEST(by_looks)
{
    begin("");
    CHECK_TEXT(SEND(40000, 50000, query), "dns");
    CHECK_TEXT(SEND(40000, 50000, clock), "");
}

/* Of two owners the one of the lower port decides. If that one is not read natively, it may refuse the
 * datagram. */
TEST(two_owners)
{
    begin("ntp.");
    CHECK_TEXT(SEND(123, 5353, clock), "ntp");
    CHECK_TEXT(SEND(53, 123, clock), "");
    CHECK_TEXT(SEND(7, 123, clock), "doubt");
    begin("dns.");
    CHECK_TEXT(SEND(7, 53, query), "doubt");
}

/* A port whose owner takes some datagrams of DHCP. */
TEST(pxe)
{
    begin("dhcp.");
    CHECK_TEXT(SEND(40000, 4011, clock), "doubt");
    begin("ntp.");
    CHECK_TEXT(SEND(40000, 4011, clock), "");
}

/* DHCP shows no request that ends before its hardware address. */
TEST(accepts)
{
    static const uint8_t cut[] = {1, 1, 6, 0}, whole[240] = {1, 1, 6, 0};
    begin("dhcp.");
    CHECK_TEXT(SEND(68, 67, cut), "");
    const char *text = SEND(68, 67, whole);
    CHECK(!strncmp(text, "dhcp", 4));
}

/* DTLS has no name that a filter knows natively: its values tell that it took a datagram. */
static bool is_dtls(uint16_t client, uint16_t server)
{
    begin("dtls.record.content_type");
    SEND(client, server, alert);
    return row.n_values > 0;
}

TEST(dtls)
{
    CHECK(is_dtls(40000, 853));
    CHECK(is_dtls(40000, 50000)); /* by its looks */
    CHECK(is_dtls(40000, 161));   /* the owner refuses it */
    CHECK(!is_dtls(40000, 514));  /* the owner takes it */
    CHECK(!is_dtls(40000, 500));  /* the owner takes some */
}

TEST(dtls_doubt)
{
    begin("dtls.");
    CHECK_TEXT(SEND(40000, 514, alert), "");
    CHECK_TEXT(SEND(40001, 7000, alert), "doubt");
}

/* A protocol is read only if its fields are asked for. */
TEST(not_asked)
{
    begin("ntp.");
    CHECK_TEXT(SEND(40000, 53, query), "");
    begin("dns.");
    CHECK_TEXT(SEND(123, 123, clock), "");
}

TEST(datagram_protocols_by_owner)
{
    for (int i = 0; i < N_DATAGRAM_PROTOCOLS; i++)
        CHECK_INT(datagram_protocols[i]->owner, FIRST_UDP_OWNER + i);
    end();
}
