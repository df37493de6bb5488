/* The first line of the input as a filter, and the rest as the values of a frame: lexer, parser, checker,
 * compiler, dump and machine. */
#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "filter/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Puts one value of the type from the rest of the input: a number if the type is one, else bytes. */
static void put_value(struct row *row, uint16_t slot, int type, struct rd *r)
{
    struct value *v = row_slot(row, slot);
    uint8_t n = rd_u8(r);
    if (!v)
        abort();
    v->layer = (uint16_t)(1 + n % 3);
    bool text = type == FT_STRING || type == FT_BYTES || type < 0;
    uint32_t len = type == FT_ETHER ? 6 : type == FT_IPv6 ? 16 : n % 40u;
    if (!text && type != FT_ETHER && type != FT_IPv6) {
        v->u = rd_u32(r);
        return;
    }
    static const uint8_t nothing[16];
    const uint8_t *bytes = rd_has(r, len) ? rd_bytes(r, len) : NULL;
    v->bytes = bytes ? bytes : nothing;
    v->len = bytes || !text ? len : 0;
}

static void put_slots(struct row *row, const struct filter *filter, struct rd *r)
{
    for (int id = 0; id < F_COUNT; id++)
        for (int n = 0; filter_slots(filter)[id] >= 0 && n < 1 + id % 3; n++)
            put_value(row, (uint16_t)filter_slots(filter)[id], (int)field_table[id].type, r);
    for (int p = 0; p < P_COUNT; p++)
        if (filter_protocol_slots(filter)[p] >= 0)
            put_value(row, (uint16_t)filter_protocol_slots(filter)[p], -1, r);
}

static void run(const struct filter *filter, const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct filter_state state = {0};
    struct row row = {.slot_of = filter_slots(filter), .arena = &arena};
    struct rd r = rd_make(data, (uint32_t)size, (uint32_t)size);
    bool empty = filter_run(filter, &state, &row);
    if (filter_run(filter, &state, &row) != empty)
        abort();
    put_slots(&row, filter, &r);
    bool verdict = filter_run(filter, &state, &row);
    if (filter_run(filter, &state, &row) != verdict)
        abort();
    filter_state_free(&state);
    row_free(&row);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
    size_t len = end ? (size_t)(end - data) : size;
    char *text = malloc(len + 1), dump[256];
    struct filter *filter = NULL;
    struct fc_error err = {0};
    if (!text)
        return 0;
    if (len)
        memcpy(text, data, len);
    text[len] = 0;
    enum fc_status status = filter_compile(&filter, text, &err);
    bool refused = status == FC_FILTER || status == FC_UNSUPPORTED || status == FC_USAGE;
    if ((status != FC_OK && !refused) || (status == FC_OK) != (filter != NULL) || err.offset > (int64_t)len ||
        (refused && !err.text[0]))
        abort();
    if (filter) {
        if (!filter_dump(dump, sizeof dump, filter))
            abort();
        run(filter, data + len + (end != NULL), size - len - (end != NULL));
    }
    filter_free(filter);
    free(text);
    return 0;
}
