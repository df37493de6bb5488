/* DTLS datagrams between two ends: flags and length, then bytes. A flag turns the bytes into a fragment of a
 * message, because the fuzzer rarely finds lengths and offsets that fit each other. Every value that comes
 * out is read. */
#include <stdlib.h>
#include <string.h>

#include "proto/dtls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FROM_SERVER = 1, CUT = 2, ANY_PORT = 4, OTHER_PATH = 8, PIECE = 16 };

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

/* Writes a record with one fragment; the first three bytes are length, offset and type of its message. */
static uint32_t wrap(uint8_t *out, const uint8_t *bytes, uint32_t len)
{
    enum { RECORD = 13, MESSAGE = 12, OWN = 3 };
    static const uint8_t head[RECORD] = {22, 0xfe, 0xfd};
    uint32_t n = len - OWN;
    memcpy(out, head, RECORD);
    out[11] = (uint8_t)((n + MESSAGE) >> 8);
    out[12] = (uint8_t)(n + MESSAGE);
    memset(out + RECORD, 0, MESSAGE);
    out[RECORD] = bytes[2] & 31;
    out[RECORD + 3] = bytes[0];
    out[RECORD + 8] = bytes[1];
    out[RECORD + 10] = (uint8_t)(n >> 8);
    out[RECORD + 11] = (uint8_t)n;
    memcpy(out + RECORD + MESSAGE, bytes + OWN, n);
    return RECORD + MESSAGE + n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MOST = 1024, HEADS = 25 };
    static int16_t slots[F_COUNT];
    static struct dtls dtls;
    struct arena arena = {0}, conversation = {0};
    for (int i = 0; i < F_COUNT; i++)
        slots[i] = (int16_t)i;
    struct row row = {.slot_of = slots, .arena = &arena};
    struct dtls_path paths[2] = {0};
    dtls_init(&dtls, &conversation, slots);
    struct rd r = rd_make(data, (uint32_t)size, (uint32_t)size);
    volatile uint64_t sum = 0;
    for (uint32_t frame = 1; rd_has(&r, 3); frame++) {
        uint8_t flags = rd_u8(&r);
        uint16_t len = rd_u16(&r);
        struct rd bytes = rd_sub(&r, len < rd_left(&r) ? len : rd_left(&r));
        uint8_t made[MOST + HEADS];
        if (flags & PIECE && bytes.len >= 3 && bytes.len <= MOST) {
            uint32_t n = wrap(made, bytes.data, bytes.len);
            bytes = rd_make(made, n, n);
        }
        if (flags & CUT)
            bytes.cap /= 2;
        bool from_server = flags & FROM_SERVER;
        struct dtls_facts facts = {.frame = frame,
                                   .sport = from_server ? 4433 : 40000,
                                   .dport = from_server ? 40000 : 4433,
                                   .direction = from_server,
                                   .path = &paths[(flags & OTHER_PATH) != 0]};
        if (flags & ANY_PORT || dtls_recognises(&dtls, &bytes, &facts.path->tls.ids[1 - from_server]))
            dtls_read(&dtls, &row, &bytes, &facts);
        if (row.slot_of != slots)
            abort(); /* the row did not get its own slots back */
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
