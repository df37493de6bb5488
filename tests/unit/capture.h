/* Captures that a test builds byte by byte: pcap and pcapng of either byte order. */
#ifndef FC_TESTS_CAPTURE_H
#define FC_TESTS_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct bytes {
    uint8_t data[4096];
    size_t len;
    bool big; /* byte order of the numbers that are added */
};

static const uint8_t PACKET[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0x11, 0x22, 0x33, 0x44, 0x55, 8,  0,
                                 0x45, 0,    0,    0x1c, 0,    1,    0, 0,    0x40, 0x11, 0,    0,    10, 0,
                                 0,    1,    10,   0,    0,    2,    4, 0xd2, 0,    0x50, 0,    8,    0,  0};

__attribute__((unused)) static void add(struct bytes *b, const void *data, size_t len)
{
    memcpy(b->data + b->len, data, len);
    b->len += len;
}

__attribute__((unused)) static void add_u16(struct bytes *b, unsigned v)
{
    uint8_t big[2] = {(uint8_t)(v >> 8), (uint8_t)v}, little[2] = {(uint8_t)v, (uint8_t)(v >> 8)};
    add(b, b->big ? big : little, 2);
}

__attribute__((unused)) static void add_u32(struct bytes *b, uint32_t v)
{
    add_u16(b, b->big ? v >> 16 : v & 0xffff);
    add_u16(b, b->big ? v & 0xffff : v >> 16);
}

__attribute__((unused)) static void add_pcap_version(struct bytes *b, uint32_t magic, unsigned major,
                                                     unsigned minor, uint32_t link_type)
{
    add_u32(b, magic);
    add_u16(b, major);
    add_u16(b, minor);
    add_u32(b, 0);
    add_u32(b, 0);
    add_u32(b, 65535);
    add_u32(b, link_type);
}

__attribute__((unused)) static void add_pcap(struct bytes *b, uint32_t magic)
{
    add_pcap_version(b, magic, 2, 4, 1);
}

/* Adds a record header, `extra` bytes as a patched writer has them, and the packet. */
__attribute__((unused)) static void add_record(struct bytes *b, uint32_t seconds, uint32_t fraction,
                                               uint32_t cap_len, uint32_t len, size_t extra)
{
    static const uint8_t patch[12] = {1, 2, 3, 4, 8, 0, 0, 0, 9, 9, 9, 9};
    add_u32(b, seconds);
    add_u32(b, fraction);
    add_u32(b, cap_len);
    add_u32(b, len);
    add(b, patch, extra);
    add(b, PACKET, cap_len < sizeof PACKET ? cap_len : sizeof PACKET);
}

__attribute__((unused)) static size_t begin_block(struct bytes *b, uint32_t type)
{
    add_u32(b, type);
    add_u32(b, 0);
    return b->len - 8;
}

__attribute__((unused)) static void end_block(struct bytes *b, size_t start)
{
    while (b->len % 4)
        b->data[b->len++] = 0;
    uint32_t len = (uint32_t)(b->len + 4 - start);
    add_u32(b, len);
    memcpy(b->data + start + 4, b->data + b->len - 4, 4);
}

__attribute__((unused)) static void add_option(struct bytes *b, unsigned code, const void *value,
                                               unsigned len)
{
    add_u16(b, code);
    add_u16(b, len);
    add(b, value, len);
    while (b->len % 4)
        b->data[b->len++] = 0;
}

__attribute__((unused)) static void add_section(struct bytes *b)
{
    size_t start = begin_block(b, 0x0a0d0d0a);
    add_u32(b, 0x1a2b3c4d);
    add_u16(b, 1);
    add_u16(b, 0);
    add_u32(b, 0xffffffff);
    add_u32(b, 0xffffffff);
    end_block(b, start);
}

/* Adds an interface description; resolution < 0: without that option. */
__attribute__((unused)) static void add_interface(struct bytes *b, unsigned link_type, uint32_t snap_len,
                                                  int resolution)
{
    uint8_t value = (uint8_t)resolution;
    size_t start = begin_block(b, 1);
    add_u16(b, link_type);
    add_u16(b, 0);
    add_u32(b, snap_len);
    if (resolution >= 0)
        add_option(b, 9, &value, 1);
    end_block(b, start);
}

/* Adds the beginning of an enhanced packet block, so that options can follow. */
__attribute__((unused)) static size_t begin_packet(struct bytes *b, uint32_t interface, uint64_t time,
                                                   uint32_t cap_len, uint32_t len)
{
    size_t start = begin_block(b, 6);
    add_u32(b, interface);
    add_u32(b, (uint32_t)(time >> 32));
    add_u32(b, (uint32_t)time);
    add_u32(b, cap_len);
    add_u32(b, len);
    add(b, PACKET, cap_len < sizeof PACKET ? cap_len : sizeof PACKET);
    while (b->len % 4)
        b->data[b->len++] = 0;
    return start;
}

__attribute__((unused)) static void add_packet(struct bytes *b, uint32_t interface, uint64_t time)
{
    end_block(b, begin_packet(b, interface, time, sizeof PACKET, sizeof PACKET));
}

__attribute__((unused)) static void add_simple_packet(struct bytes *b, uint32_t cap_len, uint32_t len)
{
    size_t start = begin_block(b, 3);
    add_u32(b, len);
    add(b, PACKET, cap_len);
    end_block(b, start);
}

#endif
