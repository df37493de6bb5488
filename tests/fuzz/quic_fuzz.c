/* Datagrams between two ends: flags and length, then bytes. A flag turns the bytes into the frames of a
 * decrypted packet, because no keys fit made-up packets. Every value that comes out is read. */
#include <stdlib.h>

#include "proto/quic_conn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t sum_values(const struct row *row)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < row->n_values; i++) {
        enum field_type type = field_table[row->values[i].slot].type;
        bool bytes = type == FT_BYTES || type == FT_STRING || type == FT_IPv6;
        for (uint32_t j = 0; bytes && j < row->values[i].len; j++)
            sum += row->values[i].bytes[j];
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { FROM_SERVER = 1, FRAMES = 2, GOOGLE = 4, CUT = 8, OTHER_PATH = 16 };
    static int16_t slots[F_COUNT];
    struct arena arena = {0}, conversation = {0};
    for (int i = 0; i < F_COUNT; i++)
        slots[i] = (int16_t)i;
    struct row row = {.slot_of = slots, .arena = &arena};
    static struct cipher cipher;
    struct quic quic = {.arena = &conversation, .cipher = &cipher};
    struct quic_path paths[2] = {0};
    struct quic_conn conn = {.version = QUIC_V1};
    struct rd r = rd_make(data, (uint32_t)size, (uint32_t)size);
    volatile uint64_t sum = 0;
    for (uint32_t frame = 1; rd_has(&r, 3); frame++) {
        uint8_t flags = rd_u8(&r);
        uint16_t len = rd_u16(&r);
        struct rd bytes = rd_sub(&r, len < rd_left(&r) ? len : rd_left(&r));
        bool from_server = flags & FROM_SERVER;
        struct quic_facts facts = {.frame = frame,
                                   .src.port = from_server ? 443 : 40000,
                                   .dst.port = from_server ? 40000 : 443,
                                   .path = &paths[(flags & OTHER_PATH) != 0]};
        if (flags & CUT)
            bytes.cap /= 2;
        if (flags & FRAMES && flags & GOOGLE)
            quic_google_read(&quic, &row, &bytes, from_server, &facts);
        else if (flags & FRAMES)
            quic_frames_read(&quic, &row, &bytes, &conn, from_server, &facts);
        else if (facts.path->claimed || quic_recognises(&quic, &bytes))
            quic_read(&quic, &row, &bytes, &facts);
        sum += sum_values(&row);
        row_reset(&row);
        arena_reset(&arena);
    }
    (void)sum;
    row_free(&row);
    arena_free(&arena);
    arena_free(&conversation);
    return 0;
}
