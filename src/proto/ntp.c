/* The message of NTP: header and timestamps, then key and digest.
 * Invariant: values end where the bytes end, as in Wireshark. Control messages (mode 6), private messages
 * (mode 7) and extensions are not read here.
 * Source: RFC 5905 sections 7.3 and 7.5; the conditions of the fields were observed in all versions and
 * modes, with 0 to 71 bytes behind the timestamps (tshark 4.0.17). */
#include "proto/datagrams.h"

#include "field/ids_ntp.h"

/* LI 2 bits, version 3, mode 3 | stratum | poll | precision | root delay 4 bytes | root dispersion 4 |
 * reference ID 4 | reference, origin, receive and transmit timestamp: seconds 4, fraction 4 | extensions |
 * key ID 4 | digest */

enum { MODE_CONTROL = 6, MODE_PRIVATE = 7 };

/* Seconds since 1900, or since 2036 if the top bit is clear, so the years are 1968 to 2104. Zero in all bits
 * means no time, which is the time 0 in Wireshark. */
static void ntp_timestamp_read(struct row *row, struct rd *r, field_id id)
{
    enum { NS = 1000000000 };
    const int64_t unix_epoch = INT64_C(2208988800), era = INT64_C(1) << 32;
    uint32_t seconds = rd_u32(r), fraction = rd_u32(r);
    if (!rd_ok(r))
        return;
    int64_t since_1970 = (seconds >> 31 ? 0 : era) + (int64_t)seconds - unix_epoch;
    bool is_none = !seconds && !fraction;
    put_int(row, id, is_none ? 0 : since_1970 * NS + (int64_t)((uint64_t)fraction * NS >> 32));
}

/* Returns true if the bytes may be an extension (RFC 7822). Only the bytes behind them would decide. */
static bool may_be_extension(const struct rd *r)
{
    enum { LEAST = 16 };
    uint32_t len = rd_peek16(r, 2);
    return len >= LEAST && len <= rd_left(r);
}

static bool authenticator_read(struct row *row, struct rd *r)
{
    enum { KEY_ID = 4 };
    if (!rd_ok(r) || rd_left(r) < KEY_ID)
        return true;
    if (may_be_extension(r))
        return false;
    put_span(row, F_NTP_KEYID, r, KEY_ID);
    if (rd_left(r))
        put_span(row, F_NTP_MAC, r, rd_left(r));
    return true;
}

static bool ntp_read(struct row *row, struct rd *r)
{
    static const field_id times[] = {F_NTP_REFTIME, F_NTP_ORG, F_NTP_REC, F_NTP_XMT};
    uint8_t flags = put_u8(row, F_NTP_FLAGS, r), mode = flags & 7;
    if (!rd_ok(r))
        return true;
    if (mode != MODE_PRIVATE)
        put_uint(row, F_NTP_FLAGS_LI, flags >> 6);
    put_uint(row, F_NTP_FLAGS_VN, flags >> 3 & 7);
    put_uint(row, F_NTP_FLAGS_MODE, mode);
    if (mode == MODE_CONTROL || mode == MODE_PRIVATE)
        return false;
    put_u8(row, F_NTP_STRATUM, r);
    put_u8(row, F_NTP_PPOLL, r);
    put_u8(row, F_NTP_PRECISION, r);
    put_u32(row, F_NTP_ROOTDELAY, r);
    put_u32(row, F_NTP_ROOTDISPERSION, r);
    put_span(row, F_NTP_REFID, r, 4);
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        ntp_timestamp_read(row, r, times[i]);
    return authenticator_read(row, r);
}

const struct datagram_protocol ntp_protocol = {
    .name = "ntp", .readers = READER_BIT(READER_NTP), .owner = OWNER_NTP, .read = ntp_read};
