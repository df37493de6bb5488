/* IP fragments of three datagrams, from frames that the input describes: a byte of flags (datagram, last
 * fragment, cut), the offset, the length. The bytes of a datagram that is complete are compared with a plain
 * model: at each place the byte of the fragment that came first or of any that overlaps it. */
#include "stream/defrag.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { N_IDS = 3, PLACES = 1 << 16, HEAD = 20, MOST_LEN = 600, MOST_FRAGMENTS = 300 };

/* Which values fragments of the datagram have put at each place: bit i, value i. */
static uint8_t seen[N_IDS][PLACES];

static void check(const struct datagram *d, const uint8_t *values)
{
    if (d->n_frames < 1 || d->len > PLACES)
        abort();
    for (uint32_t i = 0; i < d->len; i++)
        if (!(values[i] >> (d->data[i] & 7) & 1))
            abort(); /* no fragment had this byte here */
}

static void push(struct defrag *defrag, struct arena *arena, uint32_t number, const uint8_t input[4])
{
    static const struct capture_interface raw = {.link_type = 101, .fcs_len = -1};
    uint8_t bytes[HEAD + MOST_LEN] = {0x45, [8] = 64, [9] = 17, [12] = 10, [16] = 10, [19] = 1};
    unsigned id = input[0] % N_IDS, value = number % 8;
    bool last = input[0] & 64, cut = input[0] & 128;
    uint32_t at = (input[1] << 8 | input[2]) & 0x1fff,
             len = input[3] * 8u % MOST_LEN + (last ? number % 8 : 0);
    bytes[2] = (uint8_t)((HEAD + len) >> 8);
    bytes[3] = (uint8_t)(HEAD + len);
    bytes[5] = (uint8_t)id;
    bytes[6] = (uint8_t)((last ? 0 : 0x20) | at >> 8);
    bytes[7] = (uint8_t)at;
    memset(bytes + HEAD, (int)value, len);
    struct frame frame = {
        .data = bytes, .cap_len = HEAD + len, .len = HEAD + len, .interface = &raw, .number = number};
    if (cut)
        frame.cap_len -= frame.cap_len / 4;
    struct packet packet;
    struct datagram datagram;
    decode_frame(&packet, &frame);
    if (!packet.is_fragment)
        return;
    if (!cut)
        for (uint32_t i = 0; i < len && at * 8 + i < PLACES; i++)
            seen[id][at * 8 + i] |= (uint8_t)(1u << value);
    if (defrag_push(defrag, &packet, arena, &datagram) != DEFRAG_COMPLETE)
        return;
    check(&datagram, seen[id]);
    arena_reset(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct defrag defrag = {.limit = 1 << 14};
    struct arena arena = {0};
    memset(seen, 0, sizeof seen);
    for (size_t i = 0; i + 4 <= size && i / 4 < MOST_FRAGMENTS; i += 4) {
        push(&defrag, &arena, (uint32_t)(i / 4 + 1), data + i);
        if (defrag.held > defrag.limit + (1 << 12))
            abort();
    }
    defrag_free(&defrag);
    arena_free(&arena);
    return 0;
}
