/* Frames of Google's T050 and T051: the frames of Google's own QUIC, with TLS in CRYPTO frames. They are read
 * only to find the handshake; the frames themselves have no fields here.
 * Invariant: the rest of the packet behind an unknown frame is not read.
 * Source: the public description of the wire layout of Google QUIC; observed (tshark 4.0.17). */
#include "proto/quic_conn.h"

enum { PING = 7, CRYPTO = 8, ACK = 0x40, ACK_MASK = 0xc0, ACK_BLOCKS = 0x20 };

/* 01nu llmm: largest acknowledged, delay, blocks of packets and time stamps. */
static void ack_skip(struct rd *r, uint8_t type)
{
    static const uint8_t sizes[] = {1, 2, 4, 6};
    uint8_t largest = sizes[type >> 2 & 3], block = sizes[type & 3], blocks = 0;
    rd_skip(r, largest + 2u);
    if (type & ACK_BLOCKS)
        blocks = rd_u8(r);
    rd_skip(r, block + (uint32_t)blocks * (1u + block));
    uint8_t stamps = rd_u8(r);
    if (stamps)
        rd_skip(r, 5 + 3 * (stamps - 1u));
}

bool quic_google_read(struct quic *quic, struct row *row, struct rd *r, bool from_server,
                      const struct quic_facts *facts)
{
    while (rd_ok(r) && rd_left(r)) {
        uint8_t type = rd_u8(r);
        if (type == CRYPTO) {
            uint64_t offset = quic_varint(r), len = quic_varint(r);
            if (!rd_ok(r) || offset > UINT32_MAX || len > rd_left(r))
                return true;
            struct rd data = rd_sub(r, (uint32_t)len);
            if (!quic_handshake_read(quic, row, &data, from_server, facts))
                return false;
        } else if ((type & ACK_MASK) == ACK) {
            ack_skip(r, type);
        } else if (type != PING) {
            return true; /* padding reaches to the end */
        }
    }
    return true;
}
