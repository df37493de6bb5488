/* ICMP and ICMPv6: type, code, checksum, and the next four bytes.
 * Invariant: the header alone is read here; a packet that an error quotes has its own readers.
 * Source: RFC 792, 950, 1191, 4443, 4861; observed (tshark 4.0.17). */
#include "field/ids_icmp.h"
#include "proto/headers.h"

/* Identifier and sequence number, which Wireshark shows in both byte orders. */
static void echo_read(struct row *row, struct rd *r)
{
    struct rd swapped = *r;
    uint16_t identifier = rd_u16_le(&swapped), sequence = rd_u16_le(&swapped);
    put_u16(row, F_ICMP_IDENT, r);
    if (rd_ok(r))
        put_uint(row, F_ICMP_IDENT_LE, identifier);
    put_u16(row, F_ICMP_SEQ, r);
    if (rd_ok(r))
        put_uint(row, F_ICMP_SEQ_LE, sequence);
}

void icmp_read(struct row *row, struct rd *r)
{
    enum {
        ECHO_REPLY = 0,
        UNREACHABLE = 3,
        REDIRECT = 5,
        ECHO = 8,
        TIMESTAMP = 13,
        MASK_REPLY = 18,
        TOO_BIG = 4
    };
    uint8_t type = put_u8(row, F_ICMP_TYPE, r), code = put_u8(row, F_ICMP_CODE, r);
    put_u16(row, F_ICMP_CHECKSUM, r);
    if (type == ECHO_REPLY || type == ECHO || (type >= TIMESTAMP && type <= MASK_REPLY)) {
        echo_read(row, r);
    } else if (type == UNREACHABLE && code == TOO_BIG) {
        rd_skip(r, 2);
        put_u16(row, F_ICMP_MTU, r);
    } else if (type == REDIRECT) {
        put_u32(row, F_ICMP_REDIR_GW, r);
    }
}

void icmp6_read(struct row *row, struct rd *r)
{
    enum {
        TOO_BIG = 2,
        PARAMETER = 4,
        ECHO = 128,
        ECHO_REPLY = 129,
        SOLICITATION = 135,
        ADVERTISEMENT = 136
    };
    enum { ADDRESS = 16 };
    uint8_t type = put_u8(row, F_ICMPV6_TYPE, r);
    put_u8(row, F_ICMPV6_CODE, r);
    put_u16(row, F_ICMPV6_CHECKSUM, r);
    if (type == ECHO || type == ECHO_REPLY) {
        put_u16(row, F_ICMPV6_ECHO_IDENTIFIER, r);
        put_u16(row, F_ICMPV6_ECHO_SEQUENCE_NUMBER, r);
    } else if (type == TOO_BIG) {
        put_u32(row, F_ICMPV6_MTU, r);
    } else if (type == PARAMETER) {
        put_u32(row, F_ICMPV6_POINTER, r);
    } else if (type == SOLICITATION || type == ADVERTISEMENT) {
        rd_skip(r, 4);
        put_span(row, type == SOLICITATION ? F_ICMPV6_ND_NS_TARGET_ADDRESS : F_ICMPV6_ND_NA_TARGET_ADDRESS, r,
                 ADDRESS);
    }
}
