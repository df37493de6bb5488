/* The input as a message of NTP and of DHCP, with every field wanted; also behind the header of a BOOTP
 * message, because the fuzzer hardly finds the cookie by chance. */
#include <stdlib.h>
#include <string.h>

#include "proto/datagrams.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NTP, DHCP, OPTIONS, N_KINDS, HEAD = 240, MOST = 65535 };

static void read_as(int kind, struct row *row, struct rd *r)
{
    const struct datagram_protocol *protocol = kind == NTP ? &ntp_protocol : &dhcp_protocol;
    if (!protocol->accepts || protocol->accepts(r))
        protocol->read(row, r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t cookie[] = {0x63, 0x82, 0x53, 0x63};
    static int16_t slots[F_COUNT];
    struct arena arena = {0};
    struct row row = {.slot_of = slots, .arena = &arena};
    if (size < 2 || size > MOST)
        return 0;
    for (int i = 0; i < F_COUNT; i++)
        slots[i] = (int16_t)i;
    int kind = data[0] % N_KINDS;
    uint32_t head = kind == OPTIONS ? HEAD : 0, len = head + (uint32_t)size - 2;
    uint32_t cap = len - (data[1] < len ? data[1] : 0);
    uint8_t *whole = calloc(1, len + 1),
            *copy =
                malloc(cap ? cap : 1); /* a copy of exact length, so that the sanitizer sees every overrun */
    if (head)
        memcpy(whole + HEAD - sizeof cookie, cookie, sizeof cookie);
    memcpy(whole + head, data + 2, size - 2);
    memcpy(copy, whole, cap);
    struct rd r = rd_make(copy, cap, len);
    read_as(kind, &row, &r);
    row_free(&row);
    arena_free(&arena);
    free(copy);
    free(whole);
    return 0;
}
