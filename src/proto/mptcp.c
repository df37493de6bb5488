/* The Multipath TCP option, as far as it can be read without the state of the connection.
 * Invariant: the values lie inside the option; if its length is that of no form of the subtype, only the
 * first bytes are read.
 * Source: RFC 6824 (version 0), RFC 8684 (version 1); the forms by length were observed (tshark 4.0.17). */
#include "field/ids_tcp.h"
#include "proto/tcp.h"

enum { CAPABLE, JOIN, SIGNAL, ADD_ADDRESS, REMOVE_ADDRESS, PRIORITY, FAIL, FAST_CLOSE, RESET };

static void put_bit(struct row *row, field_id id, uint8_t flags, unsigned bit)
{
    put_bool(row, id, flags >> bit & 1);
}

static void capable_read(struct row *row, struct rd *r, uint8_t first)
{
    uint8_t version = first & 15;
    put_uint(row, F_TCP_OPTIONS_MPTCP_VERSION, version);
    uint8_t flags = put_u8(row, F_TCP_OPTIONS_MPTCP_FLAGS, r);
    if (!rd_ok(r))
        return;
    put_bit(row, F_TCP_OPTIONS_MPTCP_CHECKSUMREQ_FLAGS, flags, 7);
    put_bit(row, F_TCP_OPTIONS_MPTCP_EXTENSIBILITY_FLAG, flags, 6);
    if (version == 1) {
        put_bit(row, F_TCP_OPTIONS_MPTCP_NOMORESUBFLOWS_FLAG, flags, 5);
        put_bit(row, F_TCP_OPTIONS_MPTCP_SHA256_FLAG, flags, 0);
        put_uint(row, F_TCP_OPTIONS_MPTCP_RESERVED_FLAG, flags >> 1 & 15);
    } else {
        put_bit(row, F_TCP_OPTIONS_MPTCP_SHA1_FLAG, flags, 0);
        put_uint(row, F_TCP_OPTIONS_MPTCP_RESERVED_FLAG, flags >> 1 & 31);
    }
    uint32_t body = rd_left(r);
    if (body >= 8)
        put_u64(row, F_TCP_OPTIONS_MPTCP_SENDKEY, r);
    if (body >= 16)
        put_u64(row, F_TCP_OPTIONS_MPTCP_RECVKEY, r);
    if (body >= 18)
        put_u16(row, F_TCP_OPTIONS_MPTCP_DATALVLLEN, r);
}

static void join_read(struct row *row, struct rd *r, uint8_t first)
{
    uint32_t body = rd_left(r);
    if (body == 21) { /* third packet of the handshake */
        uint8_t second = rd_u8(r);
        if (rd_ok(r))
            put_uint(row, F_TCP_OPTIONS_MPTCP_RESERVED, (uint32_t)(first & 15) << 8 | second);
        put_span(row, F_TCP_OPTIONS_MPTCP_SENDHMAC, r, 20);
        return;
    }
    if (body != 9 && body != 13)
        return;
    put_uint(row, F_TCP_OPTIONS_MPTCP_FLAGS, first);
    put_bit(row, F_TCP_OPTIONS_MPTCP_BACKUP_FLAG, first, 0);
    put_u8(row, F_TCP_OPTIONS_MPTCP_ADDRID, r);
    if (body == 9)
        put_u32(row, F_TCP_OPTIONS_MPTCP_RECVTOK, r);
    else
        put_u64(row, F_TCP_OPTIONS_MPTCP_SENDTRUNCHMAC, r);
    put_u32(row, F_TCP_OPTIONS_MPTCP_SENDRAND, r);
}

/* Data sequence signal: the flags announce the fields. */
static void signal_read(struct row *row, struct rd *r)
{
    uint8_t flags = put_u8(row, F_TCP_OPTIONS_MPTCP_FLAGS, r);
    if (!rd_ok(r))
        return;
    put_bit(row, F_TCP_OPTIONS_MPTCP_DATAFIN_FLAG, flags, 4);
    put_bit(row, F_TCP_OPTIONS_MPTCP_DSEQN8_FLAG, flags, 3);
    put_bit(row, F_TCP_OPTIONS_MPTCP_DSEQNPRESENT_FLAG, flags, 2);
    put_bit(row, F_TCP_OPTIONS_MPTCP_DATAACK8_FLAG, flags, 1);
    put_bit(row, F_TCP_OPTIONS_MPTCP_DATAACKPRESENT_FLAG, flags, 0);
    if (flags & 1 && flags & 2)
        put_u64(row, F_TCP_OPTIONS_MPTCP_RAWDATAACK, r);
    else if (flags & 1)
        put_u32(row, F_TCP_OPTIONS_MPTCP_RAWDATAACK, r);
    if (!(flags & 4))
        return;
    if (flags & 8)
        put_u64(row, F_TCP_OPTIONS_MPTCP_RAWDATASEQNO, r);
    else
        put_u32(row, F_TCP_OPTIONS_MPTCP_RAWDATASEQNO, r);
    put_u32(row, F_TCP_OPTIONS_MPTCP_SUBFLOWSEQNO, r);
    put_u16(row, F_TCP_OPTIONS_MPTCP_DATALVLLEN, r);
}

static void add_address_read(struct row *row, struct rd *r, uint8_t first)
{
    uint8_t version = first & 15;
    bool named = version == 4 || version == 6;
    if (named)
        put_uint(row, F_TCP_OPTIONS_MPTCP_IPVER, version);
    else
        put_uint(row, F_TCP_OPTIONS_MPTCP_ECHO, version & 1);
    put_u8(row, F_TCP_OPTIONS_MPTCP_ADDRID, r);
    uint32_t body = rd_left(r);
    bool ipv4 = body == 4 || body == 6 || body == 12 || body == 14;
    bool ipv6 = body == 16 || body == 18 || body == 24 || body == 26;
    if (ipv4)
        put_u32(row, F_TCP_OPTIONS_MPTCP_IPV4, r);
    else if (ipv6)
        put_span(row, F_TCP_OPTIONS_MPTCP_IPV6, r, 16);
    else
        return;
    if (rd_left(r) == 2 || rd_left(r) == 10)
        put_u16(row, F_TCP_OPTIONS_MPTCP_PORT, r);
    if (rd_left(r) == 8)
        put_u64(row, F_TCP_OPTIONS_MPTCP_ADDADDRTRUNCHMAC, r);
}

static void priority_read(struct row *row, struct rd *r, uint8_t first)
{
    put_uint(row, F_TCP_OPTIONS_MPTCP_FLAGS, first);
    put_bit(row, F_TCP_OPTIONS_MPTCP_BACKUP_FLAG, first, 0);
    if (rd_left(r) == 1)
        put_u8(row, F_TCP_OPTIONS_MPTCP_ADDRID, r);
}

/* Fail and fast close: twelve reserved bits and a number of eight bytes. */
static void mptcp_number_read(struct row *row, struct rd *r, uint8_t first, field_id id)
{
    uint8_t second = rd_u8(r);
    if (rd_ok(r))
        put_uint(row, F_TCP_OPTIONS_MPTCP_RESERVED, (uint32_t)(first & 15) << 8 | second);
    put_u64(row, id, r);
}

static void reset_read(struct row *row, struct rd *r, uint8_t first)
{
    put_uint(row, F_TCP_OPTIONS_MPTCP_FLAGS, first);
    put_bit(row, F_TCP_OPTIONS_MPTCP_FLAG_U_FLAG, first, 3);
    put_bit(row, F_TCP_OPTIONS_MPTCP_FLAG_V_FLAG, first, 2);
    put_bit(row, F_TCP_OPTIONS_MPTCP_FLAG_W_FLAG, first, 1);
    put_bit(row, F_TCP_OPTIONS_MPTCP_FLAG_T_FLAG, first, 0);
    put_u8(row, F_TCP_OPTIONS_MPTCP_RST_REASON, r);
}

void mptcp_read(struct row *row, struct rd *r)
{
    uint8_t first = rd_u8(r), subtype = first >> 4;
    if (!rd_ok(r))
        return;
    put_uint(row, F_TCP_OPTIONS_MPTCP_SUBTYPE, subtype);
    if (subtype == CAPABLE)
        capable_read(row, r, first);
    else if (subtype == JOIN)
        join_read(row, r, first);
    else if (subtype == SIGNAL)
        signal_read(row, r);
    else if (subtype == ADD_ADDRESS)
        add_address_read(row, r, first);
    else if (subtype == REMOVE_ADDRESS)
        while (rd_ok(r) && rd_left(r))
            put_u8(row, F_TCP_OPTIONS_MPTCP_ADDRID, r);
    else if (subtype == PRIORITY)
        priority_read(row, r, first);
    else if (subtype == FAIL)
        mptcp_number_read(row, r, first, F_TCP_OPTIONS_MPTCP_RAWDATASEQNO);
    else if (subtype == FAST_CLOSE)
        mptcp_number_read(row, r, first, F_TCP_OPTIONS_MPTCP_RECVKEY);
    else if (subtype == RESET)
        reset_read(row, r, first);
}
