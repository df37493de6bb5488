/* Frames that a test builds from the payload outwards: each call puts one header before the bytes so far. The
 * addresses are 10.0.0.1 and 10.0.0.2 (fd00::1 and fd00::2); checksums are 0. */
#ifndef FC_TESTS_FRAMES_H
#define FC_TESTS_FRAMES_H

#include "source/source.h"
#include "test.h"

enum { NUMBER_ICMP = 1, NUMBER_IP4 = 4, NUMBER_TCP = 6, NUMBER_UDP = 17, NUMBER_GRE = 47 };
enum { TYPE_IP4 = 0x0800, TYPE_ARP = 0x0806, TYPE_VLAN = 0x8100, TYPE_IP6 = 0x86dd, TYPE_SERVICE = 0x88a8 };
enum { FIN = 0x01, SYN = 0x02, ACK = 0x10 };
enum { MORE_FRAGMENTS = 0x2000 };

struct frame_bytes {
    uint8_t data[512];
    uint32_t len;
    bool back; /* the server sends: addresses and ports change places */
};

static void set16(uint8_t *p, uint32_t u)
{
    p[0] = (uint8_t)(u >> 8);
    p[1] = (uint8_t)u;
}

__attribute__((unused)) static struct frame_bytes payload(const char *text)
{
    struct frame_bytes f = {.len = (uint32_t)strlen(text)};
    memcpy(f.data, text, f.len);
    return f;
}

static void prepend(struct frame_bytes *f, const uint8_t *header, uint32_t len)
{
    memmove(f->data + len, f->data, f->len);
    memcpy(f->data, header, len);
    f->len += len;
}

static void set_ports(const struct frame_bytes *f, uint8_t *header, unsigned client, unsigned server)
{
    set16(header, f->back ? server : client);
    set16(header + 2, f->back ? client : server);
}

__attribute__((unused)) static void udp(struct frame_bytes *f, unsigned client, unsigned server)
{
    uint8_t header[8] = {0};
    set_ports(f, header, client, server);
    set16(header + 4, f->len + 8);
    prepend(f, header, sizeof header);
}

__attribute__((unused)) static void tcp(struct frame_bytes *f, unsigned client, unsigned server, uint32_t seq,
                                        uint32_t ack, uint8_t flags)
{
    uint8_t header[20] = {[12] = 0x50, [13] = flags, [14] = 0xff};
    set_ports(f, header, client, server);
    set16(header + 4, seq >> 16);
    set16(header + 6, seq);
    set16(header + 8, ack >> 16);
    set16(header + 10, ack);
    prepend(f, header, sizeof header);
}

/* `fragment` is the header's field of flags and offset. */
__attribute__((unused)) static void ip4_fragment(struct frame_bytes *f, uint8_t number, unsigned fragment)
{
    uint8_t header[20] = {0x45, [5] = 7, [8] = 64, [9] = number, [12] = 10, [15] = 1, [16] = 10, [19] = 2};
    set16(header + 2, f->len + 20);
    set16(header + 6, fragment);
    if (f->back) {
        header[15] = 2;
        header[19] = 1;
    }
    prepend(f, header, sizeof header);
}

__attribute__((unused)) static void ip4(struct frame_bytes *f, uint8_t number) { ip4_fragment(f, number, 0); }

__attribute__((unused)) static void ip6(struct frame_bytes *f, uint8_t number)
{
    uint8_t header[40] = {0x60, [6] = number, [7] = 64, [8] = 0xfd, [23] = 1, [24] = 0xfd, [39] = 2};
    set16(header + 4, f->len);
    prepend(f, header, sizeof header);
}

__attribute__((unused)) static void gre(struct frame_bytes *f)
{
    static const uint8_t header[4] = {0, 0, 8, 0};
    prepend(f, header, sizeof header);
}

/* Port unreachable: the bytes so far are the packet that the error quotes. */
__attribute__((unused)) static void icmp_error(struct frame_bytes *f)
{
    static const uint8_t header[8] = {3, 3};
    prepend(f, header, sizeof header);
}

__attribute__((unused)) static void vlan(struct frame_bytes *f, unsigned id, unsigned type)
{
    uint8_t header[4];
    set16(header, id);
    set16(header + 2, type);
    prepend(f, header, sizeof header);
}

__attribute__((unused)) static void eth(struct frame_bytes *f, unsigned type)
{
    uint8_t header[14] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
    set16(header + 12, type);
    prepend(f, header, sizeof header);
}

/* The same frame as a source gives it; borrows the bytes. */
__attribute__((unused)) static struct frame frame_of(const struct frame_bytes *f, uint32_t number,
                                                     int64_t time_ns)
{
    static const struct capture_interface interface = {.link_type = 1, .fcs_len = -1};
    return (struct frame){.data = f->data,
                          .cap_len = f->len,
                          .len = f->len,
                          .time_ns = time_ns,
                          .number = number,
                          .interface = &interface,
                          .has_time = true};
}

__attribute__((unused)) static struct frame_bytes udp_frame(unsigned client, unsigned server,
                                                            const char *text)
{
    struct frame_bytes f = payload(text);
    udp(&f, client, server);
    ip4(&f, NUMBER_UDP);
    eth(&f, TYPE_IP4);
    return f;
}

__attribute__((unused)) static struct frame_bytes tcp_frame(bool back, uint32_t seq, uint32_t ack,
                                                            uint8_t flags, const char *text)
{
    struct frame_bytes f = payload(text);
    f.back = back;
    tcp(&f, 40000, 80, seq, ack, flags);
    ip4(&f, NUMBER_TCP);
    eth(&f, TYPE_IP4);
    return f;
}

#endif
