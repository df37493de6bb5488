/* TCP segments of one conversation, through reassembly into TLS and the protocols that hand over to it. The
 * first byte chooses the first protocol. Then segments follow: direction and flags, the step of the sequence
 * number, length, bytes. Every value that comes out is read, so that a wrong pointer shows. */
#include <stdlib.h>
#include <string.h>

#include "proto/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct look {
    const struct protocol *protocol, *next;
    void *states[N_TCP_PROTOCOLS];
    struct row row;
    struct arena arena, conv_arena;
    int16_t slots[F_COUNT];
    uint8_t direction;
    uint32_t frame;
};

static uint64_t sum_values(const struct look *l)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < l->row.n_values; i++) {
        const struct value *v = &l->row.values[i];
        enum field_type type = field_table[v->slot].type;
        bool bytes = type == FT_BYTES || type == FT_STRING || type == FT_IPv6;
        for (uint32_t j = 0; bytes && j < v->len; j++)
            sum += v->bytes[j];
    }
    return sum;
}

static struct reasm_wish show(void *context, const struct reasm_view *view)
{
    struct look *l = context;
    struct pdu_facts facts = {.frame = l->frame,
                              .sport = l->direction ? 443 : 40000,
                              .dport = l->direction ? 40000 : 443,
                              .direction = l->direction,
                              .may_wait = view->may_wait,
                              .arena = &l->conv_arena,
                              .conversation = &l->next};
    l->protocol = l->next;
    size_t i = 0;
    while (tcp_protocols[i] != l->protocol)
        i++;
    if (!l->states[i]) {
        l->states[i] = arena_alloc(&l->conv_arena, l->protocol->state_len);
        memset(l->states[i], 0, l->protocol->state_len);
    }
    if (l->protocol->accepts && !l->protocol->accepts(l->states[i], &view->bytes, &facts))
        return (struct reasm_wish){0};
    struct reasm_wish wish = protocol_walk(l->protocol, &l->row, l->states[i], view, &facts);
    if (wish.more && wish.offset >= view->bytes.len)
        abort(); /* a message begins behind the captured bytes */
    return wish;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    struct look *l = calloc(1, sizeof *l);
    struct reasm reasm = {0};
    struct reasm_side sides[2] = {0};
    uint32_t seq[2] = {1, 1};
    for (int i = 0; i < F_COUNT; i++)
        l->slots[i] = (int16_t)i;
    l->row = (struct row){.slot_of = l->slots, .arena = &l->arena};
    l->next = tcp_protocols[data[0] % N_TCP_PROTOCOLS];
    struct rd r = rd_make(data + 1, (uint32_t)size - 1, (uint32_t)size - 1);
    volatile uint64_t sum = 0;
    while (rd_has(&r, 4)) {
        uint8_t flags = rd_u8(&r), move = rd_u8(&r);
        uint16_t len = rd_u16(&r);
        struct rd payload = rd_sub(&r, len < rd_left(&r) ? len : rd_left(&r));
        l->direction = flags & 1;
        l->frame++;
        seq[l->direction] += (uint32_t)(int32_t)(int8_t)move;
        if (flags & 8)
            payload.cap = payload.cap / 2;
        struct reasm_segment segment = {.payload = payload,
                                        .seq = seq[l->direction],
                                        .hidden = flags & 2,
                                        .fin = flags & 4,
                                        .show = show,
                                        .context = l};
        l->row.n_values = 0;
        reasm_push(&reasm, &sides[l->direction], &segment);
        sum += sum_values(l);
        seq[l->direction] += payload.len;
        reasm_turn(&reasm);
        arena_reset(&l->arena);
    }
    reasm_reset(&reasm);
    row_free(&l->row);
    arena_free(&l->arena);
    arena_free(&l->conv_arena);
    free(l);
    (void)sum;
    return 0;
}
