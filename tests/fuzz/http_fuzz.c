/* The input as both directions of an HTTP and of an SSH conversation, in pieces. */
#include <stdlib.h>
#include <string.h>

#include "proto/http.h"
#include "proto/registry.h"
#include "proto/signs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes that wait for more are dropped, because reassembly has a target of its own. */
static void walk(const struct protocol *protocol, const uint8_t *data, size_t size)
{
    static int16_t slots[F_COUNT];
    struct arena arena = {0}, scratch = {0};
    bool doubt = false;
    struct row row = {.slot_of = slots, .arena = &scratch};
    const struct protocol *claimed = NULL;
    void *state = calloc(1, protocol->state_len);
    for (int i = 0; i < F_COUNT; i++)
        slots[i] = (int16_t)i;
    for (uint32_t frame = 1; size; frame++) {
        size_t n = data[0] < size - 1 ? data[0] : size - 1;
        struct pdu_facts facts = {.frame = frame,
                                  .sport = frame & 1 ? 40000 : 22,
                                  .dport = frame & 1 ? 22 : 40000,
                                  .direction = frame & 1,
                                  .may_wait = n % 3,
                                  .fin = n % 7 == 0,
                                  .arena = &arena,
                                  .conversation = &claimed,
                                  .readers = APP_READERS,
                                  .doubt = &doubt};
        uint8_t *copy = malloc(n ? n : 1);
        memcpy(copy, data + 1, n);
        doubt |= sign_inside(rd_make(data + 1, (uint32_t)n, (uint32_t)n), APP_READERS) ||
                 sign_eap_frame(rd_make(data + 1, (uint32_t)n, (uint32_t)n)) ||
                 sign_radius(rd_make(data + 1, (uint32_t)n, (uint32_t)n));
        struct reasm_view view = {.bytes = rd_make(copy, (uint32_t)n, (uint32_t)n + (n % 5 == 0)),
                                  .may_wait = facts.may_wait};
        if (!protocol->accepts || protocol->accepts(state, &view.bytes, &facts))
            protocol_walk(protocol, &row, state, &view, &facts);
        row_reset(&row);
        data += 1 + n;
        size -= 1 + n;
        free(copy);
    }
    row_free(&row);
    arena_free(&arena);
    arena_free(&scratch);
    free(state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    walk(&http_protocol, data, size);
    walk(&ssh_protocol, data, size);
    return 0;
}
