/* Options of pcapng blocks: code 16 bits, length 16, a value padded to 4 bytes; code 0 ends the list.
 *
 * Invariant: the functions read only; the reader of the block does not move. Lengths that tshark refuses
 * are refused.
 * Source: draft-ietf-opsawg-pcapng sections 3.5, 4.2, 4.3; the refused lengths were observed (tshark
 * 4.0.17). */
#include <string.h>

#include "base/memory.h"
#include "source/pcapng.h"

enum {
    IF_NAME = 2,
    IF_DESCRIPTION = 3,
    IF_RESOLUTION = 9,
    IF_FCS_LEN = 13,
    IF_OFFSET = 14,
    PACKET_FLAGS = 2,
    PACKET_DROPS = 4,
    PACKET_ID = 5,
    PACKET_QUEUE = 6,
    PACKET_VERDICT = 7,
};

struct option {
    uint16_t code;
    struct block value; /* its reader covers the value */
};

/* Reads the next option; *b is the caller's copy of a block. Returns false at the end of the list, and also
 * if an option goes beyond the block; rd_ok is then false. */
static bool block_option_next(struct block *b, struct option *out)
{
    if (rd_left(&b->r) < 4)
        return false;
    out->code = block_u16(b);
    uint16_t len = block_u16(b);
    out->value = *b;
    out->value.r = rd_sub(&b->r, len);
    if (!rd_ok(&b->r) || out->code == 0)
        return false;
    uint32_t padding = -(uint32_t)len & 3;
    rd_skip(&b->r, padding < rd_left(&b->r) ? padding : rd_left(&b->r));
    return true;
}

bool options_valid(const struct block *block)
{
    struct block b = *block;
    struct option o;
    while (block_option_next(&b, &o))
        if (o.code >> 1 == 2988 >> 1 ||
            o.code >> 1 == 19372 >> 1) /* custom options begin with a 4-byte enterprise number */
            rd_need(&b.r, rd_left(&o.value.r) < 4 ? UINT32_MAX : 0);
    return rd_ok(&b.r);
}

/* Replaces *text by the value of the option. Returns false when memory ends. */
static bool option_text(char **text, struct option *o)
{
    uint32_t len = rd_left(&o->value.r);
    char *copy = memory_zero(len + 1u, 1);
    if (!copy)
        return false;
    memcpy(copy, rd_bytes(&o->value.r, len), len);
    memory_free(*text);
    *text = copy;
    return true;
}

bool options_of_interface(struct source_interface *interface, const struct block *block)
{
    struct block b = *block;
    struct option o;
    bool ok = true;
    while (ok && block_option_next(&b, &o)) {
        uint32_t len = rd_left(&o.value.r);
        if (o.code == IF_NAME)
            ok = option_text(&interface->shown.name, &o);
        else if (o.code == IF_DESCRIPTION)
            ok = option_text(&interface->shown.description, &o);
        else if (o.code == IF_RESOLUTION && len == 1)
            interface->resolution = rd_u8(&o.value.r);
        else if (o.code == IF_FCS_LEN && len == 1)
            interface->shown.fcs_len = (int8_t)rd_u8(&o.value.r);
        else if (o.code == IF_OFFSET && len == 8)
            interface->offset_s = (int64_t)block_u64(&o.value);
    }
    return ok;
}

/* The length that an option of a packet block must have, in bytes; 0: any length. */
static uint32_t packet_option_len(uint16_t code)
{
    if (code == PACKET_FLAGS || code == PACKET_QUEUE)
        return 4;
    return code == PACKET_DROPS || code == PACKET_ID ? 8 : 0;
}

bool options_of_packet(const struct block *block, struct frame *out)
{
    struct block b = *block;
    struct option o;
    while (block_option_next(&b, &o)) {
        uint32_t len = rd_left(&o.value.r), want = packet_option_len(o.code);
        /* The obsolete packet block has only code 2 in common with the current one. */
        bool shared = block->type == 6 || o.code == PACKET_FLAGS;
        if (shared && ((want && len != want) || (o.code == PACKET_VERDICT && len == 0)))
            return false;
        if (o.code == PACKET_FLAGS && !out->has_packet_flags) {
            out->has_packet_flags = true;
            out->packet_flags = block_u32(&o.value);
        }
    }
    return options_valid(block);
}
