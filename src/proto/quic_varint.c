/* Integers of variable length (RFC 9000 section 16). */
#include "proto/quic_conn.h"

uint64_t quic_varint(struct rd *r)
{
    uint8_t first = rd_peek8(r, 0);
    const uint8_t *bytes = rd_bytes(r, 1u << (first >> 6));
    if (!bytes)
        return 0;
    uint64_t value = first & 0x3f;
    for (uint32_t i = 1; i < 1u << (first >> 6); i++)
        value = value << 8 | bytes[i];
    return value;
}
