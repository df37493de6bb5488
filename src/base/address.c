/* Addresses as text: dotted decimal for IPv4, RFC 5952 for IPv6, pairs of hexadecimal digits with colons for
 * Ethernet.
 * Invariant: no text has more than ADDRESS_TEXT_CAP characters.
 * Source: RFC 5952; that Wireshark writes ::a.b.c.d and ::ffff:a.b.c.d with a dotted tail was observed
 * (tshark 4.0.17). */
#include "base/address.h"

#include <stdbool.h>

#include "base/rd.h"

/* Divides by multiplication, which is faster: for every n up to 255, n * 41 >> 12 is n / 100 and n * 205 >>
 * 11 is n / 10. */
static size_t write_decimal(char *out, unsigned n)
{
    unsigned hundreds = n * 41 >> 12, rest = n - hundreds * 100, tens = rest * 205 >> 11;
    size_t len = 0;
    out[len] = (char)('0' + hundreds);
    len += n >= 100;
    out[len] = (char)('0' + tens);
    len += n >= 10;
    out[len] = (char)('0' + rest - tens * 10);
    return len + 1;
}

size_t address_ipv4(char out[ADDRESS_TEXT_CAP], uint32_t address)
{
    size_t len = 0;
    for (int shift = 24; shift >= 0; shift -= 8) {
        len += write_decimal(out + len, address >> shift & 0xff);
        if (shift)
            out[len++] = '.';
    }
    return len;
}

static const char digits[] = "0123456789abcdef";

static size_t write_hex(char *out, unsigned n)
{
    size_t len = 0;
    for (int shift = 12; shift >= 0; shift -= 4)
        if (len || n >> shift || !shift)
            out[len++] = digits[n >> shift & 15];
    return len;
}

/* Finds the longest run of zero groups and puts its index into *at. Of runs of equal length the first is
 * taken. Returns the length of the run, or 0 when no run has at least two groups; *at is then unchanged. */
static int zero_run(const unsigned groups[8], int *at)
{
    int best = 1, start = 0;
    for (int i = 0; i <= 8; i++) {
        if (i < 8 && !groups[i])
            continue;
        if (i - start > best) {
            best = i - start;
            *at = start;
        }
        start = i + 1;
    }
    return best > 1 ? best : 0;
}

size_t address_ipv6(char out[ADDRESS_TEXT_CAP], const uint8_t address[16])
{
    unsigned groups[8];
    for (int i = 0; i < 8; i++)
        groups[i] = (unsigned)address[2 * i] << 8 | address[2 * i + 1];
    int run_at = 8, run = zero_run(groups, &run_at);
    bool dotted = !run_at && (run == 6 || (run == 5 && groups[5] == 0xffff));
    size_t len = 0;
    for (int i = 0; i < 8; i++) {
        if (i == run_at) {
            out[len++] = ':';
            if (i + run == 8)
                out[len++] = ':';
            i += run - 1;
            continue;
        }
        if (i)
            out[len++] = ':';
        if (i == 6 && dotted)
            return len + address_ipv4(out + len, (uint32_t)groups[6] << 16 | groups[7]);
        len += write_hex(out + len, groups[i]);
    }
    return len;
}

size_t address_ether(char out[ADDRESS_TEXT_CAP], const uint8_t address[6])
{
    size_t len = 0;
    for (int i = 0; i < 6; i++) {
        if (i)
            out[len++] = ':';
        out[len++] = digits[address[i] >> 4];
        out[len++] = digits[address[i] & 15];
    }
    return len;
}

size_t address_text(char out[ADDRESS_TEXT_CAP], const struct address *address)
{
    if (address->family == 4)
        return address_ipv4(out, rd_be32(address->bytes));
    return address->family == 6 ? address_ipv6(out, address->bytes) : 0;
}
