/* Operations of the opcodes on the values of registers: arithmetic, slices, functions.
 * Invariant: a result that is not possible is left out, as in Wireshark. Numbers are unsigned with 32 bits
 * until a subtraction or a minus makes them signed with 32 bits.
 * Source: observed (tshark 4.0.17). */
#include "filter/values.h"

#include <string.h>

#include "base/address.h"

bool span_nonzero(const struct span *a, uint8_t kind)
{
    for (uint32_t x = 0; x < a->n; x++) {
        const struct value *v = &a->values[x];
        if (kind != K_BYTES && v->u)
            return true;
        for (uint32_t i = 0; kind == K_BYTES && i < v->len; i++)
            if (v->bytes[i])
                return true;
    }
    return false;
}

bool span_nonempty(const struct span *a)
{
    for (uint32_t x = 0; x < a->n; x++)
        if (a->values[x].len)
            return true;
    return false;
}

static void *scratch_alloc(struct filter_state *s, size_t n) { return arena_alloc(&s->arena, n ? n : 1); }

/* ---- arithmetic ---- */

static bool number_compute(uint8_t op, int64_t a, int64_t b, int64_t *out)
{
    switch (op) {
    case OP_ADD:
        *out = a + b;
        return true;
    case OP_SUBTRACT:
        *out = a - b;
        return true;
    case OP_MULTIPLY:
        return !__builtin_mul_overflow(a, b, out);
    case OP_DIVIDE:
        *out = b ? a / b : 0;
        return b != 0;
    default:
        *out = b ? a % b : 0;
        return b != 0;
    }
}

/* Two unsigned numbers give an unsigned number, except for a difference below zero. A signed number on the
 * left makes the result signed; a signed number only on the right is an error. */
static bool number_arithmetic(uint8_t op, const struct value *a, const struct value *b, struct value *out)
{
    bool is_signed = a->len == SIGNED;
    if (op == OP_AND) {
        out->u = a->u & b->u;
        return true;
    }
    int64_t second = is_signed ? (int32_t)(uint32_t)b->u : b->i; /* read as if it were signed too */
    if ((!is_signed && (b->len == SIGNED || (op == OP_SUBTRACT && a->i < b->i && b->i > INT32_MAX))) ||
        !number_compute(op, a->i, second, &out->i))
        return false;
    if (!is_signed && out->i >= 0)
        return out->i <= UINT32_MAX;
    out->len = SIGNED;
    return out->i >= INT32_MIN && out->i <= INT32_MAX;
}

static bool bytes_and(struct filter_state *s, const struct value *a, const struct value *b, struct value *out)
{
    uint32_t n = a->len < b->len ? a->len : b->len;
    uint8_t *bytes = scratch_alloc(s, n);
    if (!bytes)
        return false;
    for (uint32_t i = 0; i < n; i++)
        bytes[i] = a->bytes[i] & b->bytes[i];
    out->bytes = bytes;
    out->len = n;
    return true;
}

static bool pair_arithmetic(struct filter_state *s, const struct insn *i, const struct value *a,
                            const struct value *b, struct value *out)
{
    switch (i->kind) {
    case K_BYTES:
        return bytes_and(s, a, b, out);
    default: /* numbers and IPv4 addresses */
        return number_arithmetic(i->op, a, b, out);
    }
}

void span_arithmetic(struct filter_state *s, const struct insn *i, const struct span *a, const struct span *b,
                     struct span *out)
{
    out->n = 0;
    out->prefix = 32;
    out->values = scratch_alloc(s, (size_t)a->n * b->n * sizeof *out->values);
    if (!out->values)
        return;
    for (uint32_t x = 0; x < a->n; x++)
        for (uint32_t y = 0; y < b->n; y++) {
            struct value *v = &out->values[out->n];
            *v = (struct value){.len = 0};
            out->n += pair_arithmetic(s, i, &a->values[x], &b->values[y], v);
        }
}

void span_minus(const struct insn *i, const struct span *a, struct span *out)
{
    out->n = 0;
    for (uint32_t x = 0; x < a->n; x++) {
        struct value v = a->values[x];
        if (i->kind != K_TIME && v.len != SIGNED && v.i > INT32_MAX)
            continue;
        v.i = -v.i;
        v.len = SIGNED;
        out->values[out->n++] = v;
    }
}

/* ---- slices ---- */

/* The bytes of a value of any kind. An IPv4 address is written to `room`. */
static const uint8_t *value_bytes(uint8_t kind, const struct value *v, uint8_t room[4], uint32_t *len)
{
    *len = v->len;
    if (kind == K_IP6)
        *len = 16;
    if (kind != K_IP4)
        return v->bytes;
    for (int i = 0; i < 4; i++)
        room[i] = (uint8_t)(v->u >> (24 - 8 * i));
    *len = 4;
    return room;
}

/* Computes the start of a range. Returns its number of bytes, or 0 if it does not fit. */
static uint32_t range_fit(const struct range *r, uint32_t len, uint32_t *from)
{
    int64_t start = r->from < 0 ? (int64_t)len + r->from : r->from;
    int64_t n = r->len == RANGE_REST ? (int64_t)len - start : r->len;
    *from = (uint32_t)start;
    return start >= 0 && n > 0 && start + n <= len ? (uint32_t)n : 0;
}

static void value_slice(struct filter_state *s, const struct insn *i, const struct range *ranges,
                        const struct value *v, struct value *out)
{
    uint8_t room[4];
    uint32_t len, from, total = 0;
    const uint8_t *bytes = value_bytes(i->kind, v, room, &len);
    uint32_t n;
    for (const struct range *r = ranges; r && (n = range_fit(r, len, &from)); r = r->next)
        total += n;
    uint8_t *copy = scratch_alloc(s, total);
    *out = (struct value){.len = 0, .bytes = copy};
    for (const struct range *r = ranges; r && copy && (n = range_fit(r, len, &from)); r = r->next) {
        memcpy(copy + out->len, bytes + from, n);
        out->len += n;
    }
}

void span_slice(struct filter_state *s, const struct insn *i, const struct range *ranges,
                const struct span *a, struct span *out)
{
    out->n = a->n;
    for (uint32_t x = 0; x < a->n; x++)
        value_slice(s, i, ranges, &a->values[x], &out->values[x]);
}

/* ---- functions ---- */

void span_len(const struct insn *i, const struct span *a, struct span *out)
{
    out->n = a->n;
    for (uint32_t x = 0; x < a->n; x++) {
        uint64_t len = i->kind == K_IP4 ? 4 : i->kind == K_IP6 ? 16 : a->values[x].len;
        out->values[x] = (struct value){.u = len};
    }
}

void span_case(struct filter_state *s, const struct insn *i, const struct span *a, struct span *out)
{
    char first = i->op == OP_UPPER ? 'a' : 'A';
    out->n = a->n;
    for (uint32_t x = 0; x < a->n; x++) {
        const struct value *v = &a->values[x];
        uint8_t *copy = scratch_alloc(s, v->len);
        for (uint32_t at = 0; copy && at < v->len; at++) {
            uint8_t c = v->bytes[at];
            copy[at] = c >= first && c < first + 26 ? c ^ 32 : c;
        }
        out->values[x] = (struct value){.len = copy ? v->len : 0, .bytes = copy};
    }
}

static size_t decimal_text(char *out, uint64_t u, bool minus)
{
    char digits[20];
    size_t n = 0, at = 0;
    do
        digits[n++] = (char)('0' + u % 10);
    while (u /= 10);
    if (minus)
        out[at++] = '-';
    while (n)
        out[at++] = digits[--n];
    return at;
}

static size_t value_text(char out[ADDRESS_TEXT_CAP], int type, const struct value *v)
{
    switch (type) {
    case FT_ETHER:
        return address_ether(out, v->bytes);
    case FT_IPv4:
        return address_ipv4(out, (uint32_t)v->u);
    case FT_IPv6:
        return address_ipv6(out, v->bytes);
    case FT_INT16:
    case FT_INT32:
    case FT_INT64:
        return decimal_text(out, v->i < 0 ? 0 - v->u : v->u, v->i < 0);
    default:
        return decimal_text(out, v->u, false);
    }
}

void span_string(struct filter_state *s, const struct insn *i, const struct span *a, struct span *out)
{
    out->n = a->n;
    for (uint32_t x = 0; x < a->n; x++) {
        char *text = scratch_alloc(s, ADDRESS_TEXT_CAP);
        size_t len = text ? value_text(text, i->b, &a->values[x]) : 0;
        out->values[x] = (struct value){.len = (uint32_t)len, .bytes = (const uint8_t *)text};
    }
}

void span_gather(const struct span *a, struct span *out, bool first)
{
    if (first)
        out->n = 0;
    for (uint32_t x = 0; x < a->n; x++)
        out->values[out->n++] = a->values[x];
}

bool span_extreme(const struct insn *i, const struct span *a, struct span *out)
{
    out->n = a->n > 0;
    for (uint32_t x = 0; x < a->n; x++) {
        const struct value *v = &a->values[x];
        bool greater = x && (i->kind == K_TIME ? v->i > out->values[0].i : v->u > out->values[0].u);
        bool less = x && (i->kind == K_TIME ? v->i < out->values[0].i : v->u < out->values[0].u);
        if (!x || (i->op == OP_MAX ? greater : less))
            out->values[0] = *v;
    }
    return out->n > 0;
}

void span_abs(const struct insn *i, const struct span *a, struct span *out)
{
    (void)i; /* the checker accepts only unsigned numbers here */
    out->n = a->n;
    for (uint32_t x = 0; x < a->n; x++)
        out->values[x] = a->values[x];
}
