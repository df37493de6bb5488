/* The message of NTP: clocks' header and timestamps, then key and digest.
 * Invariant: what is put is what Wireshark tells as far as the bytes go; control messages (mode 6), private
 * ones (mode 7) and extensions are somebody else's. Source: RFC 5905, 7.3 and 7.5; what is shown when:
 * observed, tshark 4.0.17, in all versions and modes and with 0 to 71 bytes behind the timestamps. */
#include "proto/ntp.h"

/* | LI 2 bits, version 3, mode 3 | stratum | poll | precision | root delay 4 | root dispersion 4 | reference
 * ID 4 | | reference, origin, receive, transmit timestamp: seconds 4, fraction 4 | extensions | key ID 4 |
 * digest | */

enum { MODE_CONTROL = 6, MODE_PRIVATE = 7 };

/* Seconds since 1900; with the top bit clear since 2036, so the years are 1968 to 2104. All zero: no time,
 * which is the time 0 for Wireshark. */
static void timestamp_read(struct row *row, struct rd *r, enum field_id id)
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

/* What may be an extension (RFC 7822): where it fits, what follows it decides. */
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

bool ntp_read(struct row *row, struct rd *r)
{
    static const enum field_id times[] = {F_NTP_REFTIME, F_NTP_ORG, F_NTP_REC, F_NTP_XMT};
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
        timestamp_read(row, r, times[i]);
    return authenticator_read(row, r);
}
