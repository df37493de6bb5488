/* Which bytes of a packet are copied, and which of them are masked. */
#include "decode/packet.h"
#include "look/excerpt.h"
#include "look/mask.h"
#include "test.h"

static const struct capture_interface ethernet = {.link_type = 1};

struct decoded {
    uint8_t bytes[256];
    struct frame frame;
    struct packet packet;
    const struct layer *transport;
};

/* A frame of which `cap` bytes were captured; 0: all. */
static void decode(struct decoded *d, const char *hex, uint32_t cap)
{
    uint32_t n = (uint32_t)test_hex(d->bytes, sizeof d->bytes, hex);
    d->frame = (struct frame){
        .data = d->bytes, .cap_len = cap ? cap : n, .len = n, .interface = &ethernet, .number = 1};
    decode_frame(&d->packet, &d->frame);
    CHECK_INT(d->packet.reason, REASON_KEPT);
    d->transport = &d->packet.layers[d->packet.n_layers - 1];
}

static void check_excerpt(const struct decoded *d, enum fc_start start, uint32_t at, uint32_t n)
{
    struct rd r = excerpt(&d->packet, d->transport, start);
    CHECK_INT(r.cap, n);
    CHECK_INT(r.len, n);
    CHECK(!n || r.data == d->bytes + at);
}

/* The bytes from `start` on with this mask are those of `hex`. */
static void check_mask(const struct decoded *d, enum fc_start start, uint32_t mask, const char *hex)
{
    uint8_t want[256], got[256];
    struct rd r = excerpt(&d->packet, d->transport, start);
    size_t n = test_hex(want, sizeof want, hex);
    CHECK_INT(r.cap, n);
    memcpy(got, r.data, r.cap);
    mask_bytes(got, r.data, r.cap, &d->packet, mask);
    for (size_t i = 0; i < n; i++)
        if (got[i] != want[i]) {
            CHECK_INT(i, -1);
            CHECK_INT(got[i], want[i]);
        }
}

#define MACS "02aaaaaaaaa1 02bbbbbbbbb2"
#define NO_MACS "000000000000 000000000000"
#define TCP4                                                                                                 \
    MACS "0800 4500003a 1234 4000 4006 abcd 0a000001 c0000207"                                               \
         "c350 01bb 11223344 55667788 8018 ffff beef 0000"                                                   \
         "0101 080a 01020304 05060708 68656c6c6f21"
#define UDP6                                                                                                 \
    MACS "86dd 60000000 000c 1140 20010db8000000000000000000000001 20010db8000000000000000000000002"         \
         "1389 0035 000c cafe 01020304"

TEST(the_four_starts)
{
    struct decoded d;
    decode(&d, TCP4, 0);
    check_excerpt(&d, FC_START_LINK, 0, 14 + 58);
    check_excerpt(&d, FC_START_IP, 14, 58);
    check_excerpt(&d, FC_START_TRANSPORT, 34, 38);
    check_excerpt(&d, FC_START_PAYLOAD, 66, 6);
    decode(&d, UDP6, 0);
    check_excerpt(&d, FC_START_LINK, 0, 66);
    check_excerpt(&d, FC_START_IP, 14, 52);
    check_excerpt(&d, FC_START_TRANSPORT, 54, 12);
    check_excerpt(&d, FC_START_PAYLOAD, 62, 4);
}

TEST(padding_behind_the_ip_packet)
{
    struct decoded d;
    decode(&d, TCP4 "eeeeeeeeeeee", 0);
    check_excerpt(&d, FC_START_LINK, 0, 14 + 58);
    check_excerpt(&d, FC_START_IP, 14, 58);
    check_excerpt(&d, FC_START_TRANSPORT, 34, 38);
    check_excerpt(&d, FC_START_PAYLOAD, 66, 6);
    decode(&d, UDP6 "eeee", 0);
    check_excerpt(&d, FC_START_LINK, 0, 66);
    check_excerpt(&d, FC_START_PAYLOAD, 62, 4);
}

TEST(bytes_behind_the_udp_datagram)
{
    struct decoded d; /* the IP packet has 2 bytes more than the datagram */
    decode(&d, MACS "0800 4500 0021 0001 0000 4011 0000 0a000001 c0000207 1389 0035 000b 0000 010203 eeee",
           0);
    check_excerpt(&d, FC_START_TRANSPORT, 34, 13);
    check_excerpt(&d, FC_START_PAYLOAD, 42, 3);
}

TEST(what_the_snap_length_left)
{
    struct decoded d;
    decode(&d, TCP4, 68);
    check_excerpt(&d, FC_START_LINK, 0, 68);
    check_excerpt(&d, FC_START_IP, 14, 54);
    check_excerpt(&d, FC_START_PAYLOAD, 66, 2);
    decode(&d, TCP4, 54); /* within the options */
    check_excerpt(&d, FC_START_TRANSPORT, 34, 20);
    check_excerpt(&d, FC_START_PAYLOAD, 0, 0);
    check_mask(&d, FC_START_TRANSPORT, FC_MASK_TIMESTAMPS, "c350 01bb 11223344 55667788 8018 ffff beef 0000");
    decode(&d, TCP4, 62); /* within the timestamps */
    check_mask(&d, FC_START_TRANSPORT, FC_MASK_TIMESTAMPS | FC_MASK_PORTS,
               "0000 0000 11223344 55667788 8018 ffff beef 0000 0101 080a 00000000");
}

TEST(a_segment_without_payload)
{
    struct decoded d;
    decode(&d,
           MACS
           "0800 45000028 1234 4000 4006 abcd 0a000001 c0000207 c350 01bb 11223344 55667788 5010 ffff beef "
           "0000 000000000000",
           0);
    check_excerpt(&d, FC_START_TRANSPORT, 34, 20);
    check_excerpt(&d, FC_START_PAYLOAD, 0, 0);
}

TEST(masks_of_tcp_over_ipv4)
{
    struct decoded d;
    decode(&d, TCP4, 0);
    check_mask(&d, FC_START_LINK, 0, TCP4);
    check_mask(&d, FC_START_LINK, FC_MASK_ADDRESSES,
               NO_MACS
               "0800 4500003a 1234 4000 4006 abcd 00000000 00000000"
               "c350 01bb 11223344 55667788 8018 ffff beef 0000 0101 080a 01020304 05060708 68656c6c6f21");
    check_mask(&d, FC_START_IP, FC_MASK_CHECKSUMS | FC_MASK_IP_ID,
               "4500003a 0000 4000 4006 0000 0a000001 c0000207"
               "c350 01bb 11223344 55667788 8018 ffff 0000 0000 0101 080a 01020304 05060708 68656c6c6f21");
    check_mask(&d, FC_START_TRANSPORT, FC_MASK_SEQUENCE,
               "c350 01bb 00000000 55667788 8018 ffff beef 0000 0101 080a 01020304 05060708 68656c6c6f21");
    check_mask(&d, FC_START_TRANSPORT, FC_MASK_ACKNOWLEDGEMENT | FC_MASK_PORTS,
               "0000 0000 11223344 00000000 8018 ffff beef 0000 0101 080a 01020304 05060708 68656c6c6f21");
    check_mask(&d, FC_START_TRANSPORT, FC_MASK_TIMESTAMPS,
               "c350 01bb 11223344 55667788 8018 ffff beef 0000 0101 080a 00000000 00000000 68656c6c6f21");
    check_mask(&d, FC_START_PAYLOAD, 127, "68656c6c6f21");
}

TEST(masks_of_udp_over_ipv6)
{
    struct decoded d;
    decode(&d, UDP6, 0);
    check_mask(&d, FC_START_IP, 127,
               "60000000 000c 1140 00000000000000000000000000000000 00000000000000000000000000000000"
               "0000 0000 000c 0000 01020304");
    check_mask(&d, FC_START_IP, FC_MASK_SEQUENCE | FC_MASK_TIMESTAMPS | FC_MASK_IP_ID,
               "60000000 000c 1140 20010db8000000000000000000000001 20010db8000000000000000000000002"
               "1389 0035 000c cafe 01020304");
}

/* Lengths that would lead out of the options are no timestamps. */
TEST(options_that_contradict_themselves)
{
    struct decoded d;
    decode(&d,
           MACS
           "0800 45000030 1234 4000 4006 abcd 0a000001 c0000207 c350 01bb 11223344 55667788 7018 ffff beef "
           "0000 0801 080a 01020304",
           0);
    check_mask(&d, FC_START_TRANSPORT, FC_MASK_TIMESTAMPS,
               "c350 01bb 11223344 55667788 7018 ffff beef 0000 0801 080a 01020304");
}

TEST(a_tunnel)
{
    struct decoded d; /* IPv4 in IPv4: the flow's own packet is the inner one */
    decode(&d,
           MACS "0800 45000034 0001 0000 4004 1111 01010101 02020202"
                "45000020 0002 0000 4011 2222 0a000001 0a000002 1389 0035 000c 3333 01020304 eeee",
           0);
    check_excerpt(&d, FC_START_LINK, 0, 66);
    check_excerpt(&d, FC_START_IP, 34, 32);
    check_mask(&d, FC_START_LINK, FC_MASK_ADDRESSES | FC_MASK_CHECKSUMS | FC_MASK_IP_ID,
               NO_MACS "0800 45000034 0000 0000 4004 0000 00000000 00000000"
                       "45000020 0000 0000 4011 0000 00000000 00000000 1389 0035 000c 0000 01020304");
}
