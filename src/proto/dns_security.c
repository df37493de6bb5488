/* The data of DNS records for signatures and proofs: keys, proofs of absence, transaction signatures.
 * Invariant: as in dns_record.c.
 * Source: RFC 4034, 5155, 8945; observed (tshark 4.0.17). */
#include "field/ids_dns.h"
#include "proto/dns.h"

enum {
    TYPE_NSEC3 = 50,
    TYPE_NSEC3PARAM = 51,
    TYPE_DNSKEY = 48,
    TYPE_CDNSKEY = 60,
    TYPE_TSIG = 250,
    TYPE_NXT = 30,
    TYPE_CSYNC = 62,
    ALGORITHM_RSA_MD5 = 1
};

/* window | length | bits from the top | ... until the data end exactly behind a byte */
void dns_types_read(struct row *row, struct rd *r, uint32_t len)
{
    uint32_t end = r->pos + len;
    while (rd_ok(r) && r->pos != end) {
        uint32_t type = rd_u8(r) * 256u, n = rd_u8(r);
        for (uint32_t i = 0; i < n && rd_ok(r); i++) {
            uint8_t bits = rd_u8(r);
            for (int bit = 7; bit >= 0; bit--, type++)
                if (rd_ok(r) && bits >> bit & 1)
                    put_uint(row, F_DNS_RESP_TYPE, type);
        }
    }
}

/* RFC 4034, appendix B: a sum over the data. The old algorithm 1 uses bytes of the key instead. */
static uint16_t key_tag(struct rd data, uint32_t len)
{
    uint32_t sum = 0;
    if (rd_peek8(&data, 3) == ALGORITHM_RSA_MD5) {
        rd_skip(&data, len - 3);
        return rd_u16(&data);
    }
    for (uint32_t i = 0; i < len; i++)
        sum += i & 1 ? rd_u8(&data) : (uint32_t)rd_u8(&data) << 8;
    return (uint16_t)(sum + (sum >> 16));
}

static void dnskey_read(struct row *row, struct rd *r, uint32_t len)
{
    struct rd all = *r;
    uint16_t flags = put_u16(row, F_DNS_DNSKEY_FLAGS, r);
    if (!rd_ok(r))
        return;
    put_bool(row, F_DNS_DNSKEY_FLAGS_ZONE_KEY, flags >> 8 & 1);
    put_bool(row, F_DNS_DNSKEY_FLAGS_KEY_REVOKED, flags >> 7 & 1);
    put_bool(row, F_DNS_DNSKEY_FLAGS_SECURE_ENTRY_POINT, flags & 1);
    put_uint(row, F_DNS_DNSKEY_FLAGS_RESERVED, (flags & 0xfe7e) >> 1);
    put_u8(row, F_DNS_DNSKEY_PROTOCOL, r);
    put_u8(row, F_DNS_DNSKEY_ALGORITHM, r);
    if (!rd_ok(r))
        return;
    if (len >= 4)
        put_uint(row, F_DNS_DNSKEY_KEY_ID, key_tag(all, len));
    uint32_t n = dns_rest(r, (int64_t)len - 4);
    put_span(row, F_DNS_DNSKEY_PUBLIC_KEY, r, n);
}

/* If the last digit has too few bits, Wireshark takes the missing ones from the byte behind the hash. */
static void put_base32(struct row *row, struct rd hash, uint32_t n)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
    char text[(UINT8_MAX * 8 + 4) / 5];
    uint32_t len = 0, have = 0, bits = 0;
    while (len < (n * 8 + 4) / 5) {
        if (have < 5) {
            bits = bits << 8 | rd_u8(&hash);
            have += 8;
        }
        have -= 5;
        text[len++] = digits[bits >> have & 31];
    }
    put_text_copy(row, F_DNS_NSEC3_HASH_VALUE, text, len);
}

static void nsec3_read(struct row *row, struct rd *r, uint32_t len, bool parameters)
{
    uint32_t start = r->pos;
    put_u8(row, F_DNS_NSEC3_ALGO, r);
    uint8_t flags = put_u8(row, F_DNS_NSEC3_FLAGS, r);
    if (rd_ok(r) && !parameters)
        put_bool(row, F_DNS_NSEC3_FLAGS_OPT_OUT, flags & 1);
    put_u16(row, F_DNS_NSEC3_ITERATIONS, r);
    uint8_t salt = put_u8(row, F_DNS_NSEC3_SALT_LENGTH, r);
    put_span(row, F_DNS_NSEC3_SALT_VALUE, r, salt);
    if (parameters)
        return;
    uint8_t n = put_u8(row, F_DNS_NSEC3_HASH_LENGTH, r);
    struct rd hash = *r;
    if (!n) {
        dns_types_read(row, r, len - (r->pos - start));
        return;
    }
    if (n * 8 % 5 && !rd_has(r, n + 1u))
        rd_bytes(r, n + 1u);
    if (!rd_bytes(r, n))
        return;
    put_base32(row, hash, n);
    dns_types_read(row, r, len - (r->pos - start));
}

static void tsig_read(struct row *row, struct rd *r)
{
    struct dns_name name;
    if (!dns_name_read(&name, r))
        return;
    dns_name_put(row, F_DNS_TSIG_ALGORITHM_NAME, &name);
    rd_bytes(r, 6); /* the time of the signature: 48 bits of seconds do not fit into a time in nanoseconds */
    put_u16(row, F_DNS_TSIG_FUDGE, r);
    uint16_t n = put_u16(row, F_DNS_TSIG_MAC_SIZE, r);
    rd_bytes(r, n);
    put_u16(row, F_DNS_TSIG_ORIGINAL_ID, r);
    put_u16(row, F_DNS_TSIG_ERROR, r);
    uint16_t other = put_u16(row, F_DNS_TSIG_OTHER_LEN, r);
    if (other)
        put_span(row, F_DNS_TSIG_OTHER_DATA, r, other);
}

/* One bit for each type, from type 0 on (RFC 2535). */
static void nxt_read(struct row *row, struct rd *r, uint32_t len)
{
    uint32_t end = r->pos + len, type = 0;
    struct dns_name name;
    if (!dns_name_read(&name, r))
        return;
    dns_name_put(row, F_DNS_NXT_NEXT_DOMAIN_NAME, &name);
    while (rd_ok(r) && r->pos != end) {
        uint8_t bits = rd_u8(r);
        for (int bit = 7; bit >= 0; bit--, type++)
            if (rd_ok(r) && bits >> bit & 1)
                put_uint(row, F_DNS_RESP_TYPE, type);
    }
}

static void csync_read(struct row *row, struct rd *r, uint32_t len)
{
    uint32_t start = r->pos;
    put_u32(row, F_DNS_CSYNC_SOA, r);
    uint16_t flags = put_u16(row, F_DNS_CSYNC_FLAGS, r);
    if (!rd_ok(r))
        return;
    put_bool(row, F_DNS_CSYNC_FLAGS_IMMEDIATE, flags & 1);
    put_bool(row, F_DNS_CSYNC_FLAGS_SOAMINIMUM, flags >> 1 & 1);
    dns_types_read(row, r, len - (r->pos - start));
}

bool dns_security_read(struct row *row, struct rd *r, const struct dns_record *record)
{
    switch (record->type) {
    case TYPE_NSEC3:
        nsec3_read(row, r, record->len, false);
        return true;
    case TYPE_NSEC3PARAM:
        nsec3_read(row, r, record->len, true);
        return true;
    case TYPE_DNSKEY:
    case TYPE_CDNSKEY:
        dnskey_read(row, r, record->len);
        return true;
    case TYPE_NXT:
        nxt_read(row, r, record->len);
        return true;
    case TYPE_CSYNC:
        csync_read(row, r, record->len);
        return true;
    case TYPE_TSIG:
        tsig_read(row, r);
        return true;
    default:
        return false;
    }
}
