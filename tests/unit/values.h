/* For tests of the header readers: hexadecimal bytes go in, and the wanted fields come out as text:
 * "ip.ttl=64 ip.proto=6". */
#ifndef FC_TESTS_VALUES_H
#define FC_TESTS_VALUES_H

#include "base/address.h"
#include "proto/headers.h"
#include "test.h"

struct values {
    struct row row;
    struct arena arena;
    int16_t slots[F_COUNT];
    uint8_t bytes[2048];
    size_t len;
    char text[8192];
};

/* Separates the pairs of hexadecimal digits, as test_hex needs them. */
static const char *pairs(const char *hex)
{
    static char out[8192];
    size_t n = 0, digits = 0;
    for (; *hex; hex++) {
        if (*hex == ' ')
            continue;
        out[n++] = *hex;
        if (++digits % 2 == 0)
            out[n++] = ' ';
    }
    out[n] = 0;
    return out;
}

/* Asks for the fields that begin with `prefix`. */
__attribute__((unused)) static void values_begin(struct values *v, const char *prefix, const char *hex)
{
    memset(v, 0, sizeof *v);
    v->row = (struct row){.slot_of = v->slots, .arena = &v->arena};
    memset(v->slots, 0xff, sizeof v->slots);
    for (size_t i = 0; i < field_count(); i++) {
        uint16_t id = field_order()[i];
        if (!strncmp(field_table[id].name, prefix, strlen(prefix)))
            v->slots[id] = (int16_t)id;
    }
    v->len = test_hex(v->bytes, sizeof v->bytes, pairs(hex));
}

__attribute__((unused)) static struct rd values_reader(const struct values *v)
{
    return rd_make(v->bytes, (uint32_t)v->len, (uint32_t)v->len);
}

static size_t value_text(char *out, size_t cap, const struct field *f, const struct value *value)
{
    char address[ADDRESS_TEXT_CAP];
    size_t n = 0;
    switch (f->type) {
    case FT_IPv4:
        n = address_ipv4(address, (uint32_t)value->u);
        return (size_t)snprintf(out, cap, "%.*s", (int)n, address);
    case FT_IPv6:
        n = address_ipv6(address, value->bytes);
        return (size_t)snprintf(out, cap, "%.*s", (int)n, address);
    case FT_ETHER:
        n = address_ether(address, value->bytes);
        return (size_t)snprintf(out, cap, "%.*s", (int)n, address);
    case FT_STRING:
        return (size_t)snprintf(out, cap, "%.*s", (int)value->len, (const char *)value->bytes);
    case FT_BYTES:
        for (uint32_t i = 0; i < value->len && n + 3 < cap; i++)
            n += (size_t)snprintf(out + n, cap - n, "%02x", value->bytes[i]);
        return n;
    default:
        return (size_t)snprintf(out, cap, "%lld", (long long)value->i);
    }
}

/* Returns the values in the order in which they were put. */
__attribute__((unused)) static const char *values_text(struct values *v)
{
    size_t n = 0;
    v->text[0] = 0;
    for (uint32_t i = 0; i < v->row.n_values && n + 256 < sizeof v->text; i++) {
        const struct field *f = &field_table[v->row.values[i].slot];
        n += (size_t)snprintf(v->text + n, sizeof v->text - n, "%s%s=", i ? " " : "", f->name);
        n += value_text(v->text + n, sizeof v->text - n, f, &v->row.values[i]);
    }
    row_free(&v->row);
    arena_free(&v->arena);
    return v->text;
}

#endif
