/* The machine that runs filters. A register holds the values of one frame, in Wireshark's order; a test
 * leaves its result in the verdict. The comment above each case describes its opcode; tools/gen_opcodes.py
 * makes docs/internals/filter-opcodes.md from these comments.
 * Invariant: the only memory that is allocated is the registers, which grow with the longest row, and bytes
 * in an arena that is reset for each frame.
 * Source: the results of comparisons, arithmetic and functions were observed (tshark 4.0.17). */
#include <string.h>

#include "base/memory.h"
#include "filter/code.h"
#include "filter/values.h"

/* ---- comparisons ---- */

static inline uint8_t outcome_uint(uint64_t a, uint64_t b)
{
    return a < b ? OUT_LESS : a > b ? OUT_GREATER : OUT_EQUAL;
}
static inline uint8_t outcome_int(int64_t a, int64_t b)
{
    return a < b ? OUT_LESS : a > b ? OUT_GREATER : OUT_EQUAL;
}

static uint8_t outcome_double(double a, double b)
{
    return a < b ? OUT_LESS : a > b ? OUT_GREATER : a == b ? OUT_EQUAL : OUT_UNEQUAL;
}

/* An unsigned number on the left cannot be compared with a negative one. */
static uint8_t outcome_number(const struct value *a, const struct value *b)
{
    return a->len != SIGNED && b->i < 0 ? OUT_UNEQUAL : outcome_int(a->i, b->i);
}

/* Wireshark converts the difference of the seconds to an int, which overflows for times that are far
 * apart. */
static uint8_t outcome_time(int64_t a, int64_t b)
{
    enum { NS = 1000000000 };
    int32_t seconds = (int32_t)(uint32_t)(uint64_t)(a / NS - b / NS);
    if (a / NS == b / NS)
        return outcome_int(a % NS, b % NS);
    return outcome_int(seconds, 0);
}

static uint8_t outcome_of(int difference)
{
    return difference < 0 ? OUT_LESS : difference > 0 ? OUT_GREATER : OUT_EQUAL;
}

static uint8_t outcome_bytes(const struct value *a, const struct value *b)
{
    if (a->len != b->len)
        return a->len < b->len ? OUT_LESS : OUT_GREATER;
    return a->len ? outcome_of(memcmp(a->bytes, b->bytes, a->len)) : OUT_EQUAL;
}

static uint8_t outcome_string(const struct value *a, const struct value *b)
{
    uint32_t n = a->len < b->len ? a->len : b->len;
    int difference = n ? memcmp(a->bytes, b->bytes, n) : 0;
    return difference ? outcome_of(difference) : outcome_uint(a->len, b->len);
}

static uint8_t outcome_ip4(const struct value *a, const struct value *b, uint8_t prefix)
{
    uint32_t mask = prefix ? UINT32_MAX << (32 - prefix) : 0;
    return outcome_uint(a->u & mask, b->u & mask);
}

static uint8_t outcome_ip6(const struct value *a, const struct value *b, uint8_t prefix)
{
    uint8_t whole = prefix / 8, rest = prefix % 8;
    int difference = memcmp(a->bytes, b->bytes, whole);
    if (difference || !rest)
        return outcome_of(difference);
    return outcome_uint(a->bytes[whole] >> (8 - rest), b->bytes[whole] >> (8 - rest));
}

static inline uint8_t outcome(uint8_t kind, const struct value *a, const struct value *b, uint8_t prefix)
{
    switch (kind) {
    case K_UINT:
        return outcome_uint(a->u, b->u);
    case K_NUMBER:
        return outcome_number(a, b);
    case K_INT:
        return outcome_int(a->i, b->i);
    case K_TIME:
        return outcome_time(a->i, b->i);
    case K_DOUBLE:
        return outcome_double(a->f, b->f);
    case K_BYTES:
        return outcome_bytes(a, b);
    case K_STRING:
        return outcome_string(a, b);
    case K_IP4:
        return outcome_ip4(a, b, prefix);
    default:
        return outcome_ip6(a, b, prefix);
    }
}

static uint8_t narrower(const struct span *a, const struct span *b)
{
    return a->prefix < b->prefix ? a->prefix : b->prefix;
}

static bool vm_compare(const struct insn *i, const struct span *a, const struct span *b)
{
    for (uint32_t x = 0; x < a->n; x++)
        for (uint32_t y = 0; y < b->n; y++) {
            bool hit = outcome(i->kind, &a->values[x], &b->values[y], narrower(a, b)) & i->hits;
            if (hit != i->all)
                return hit;
        }
    return i->all;
}

/* If a bound is a field with several values, one of them is enough. */
static bool vm_within(uint8_t kind, const struct value *v, const struct span *from, const struct span *to)
{
    bool above = false, below = false;
    for (uint32_t x = 0; x < from->n; x++)
        above |= (outcome(kind, v, &from->values[x], from->prefix) & (OUT_GREATER | OUT_EQUAL)) != 0;
    for (uint32_t x = 0; x < to->n; x++)
        below |= (outcome(kind, v, &to->values[x], to->prefix) & (OUT_LESS | OUT_EQUAL)) != 0;
    return above && below;
}

static bool vm_in_range(const struct insn *i, const struct span *a, const struct span *from,
                        const struct span *to)
{
    for (uint32_t x = 0; x < a->n; x++) {
        bool hit = vm_within(i->kind, &a->values[x], from, to);
        if (hit != i->all)
            return hit;
    }
    return i->all;
}

static bool vm_contains(const struct insn *i, const struct span *a, const struct span *b)
{
    for (uint32_t x = 0; x < a->n; x++)
        for (uint32_t y = 0; y < b->n; y++) {
            const struct value *hay = &a->values[x], *needle = &b->values[y];
            bool hit = hay->len && needle->len && memmem(hay->bytes, hay->len, needle->bytes, needle->len);
            if (hit != i->all)
                return hit;
        }
    return i->all;
}

static bool vm_matches(const struct insn *i, const struct span *a, const void *pattern, void *match_data)
{
    for (uint32_t x = 0; x < a->n; x++) {
        bool hit = (a->values[x].len || i->kind == K_STRING) &&
                   regex_matches(pattern, match_data, a->values[x].bytes, a->values[x].len);
        if (hit != i->all)
            return hit;
    }
    return i->all;
}

/* ---- the row ---- */

static bool in_layers(const struct range *layers, uint16_t layer)
{
    for (const struct range *r = layers; r; r = r->next)
        if (layer >= r->from && layer < r->from + r->len)
            return true;
    return false;
}

static inline bool is_meant(const struct filter *f, const struct insn *i, const struct value *v)
{
    return v->slot == i->a && (i->layers == NO_LAYERS || in_layers(f->ranges[i->layers], v->layer));
}

static bool vm_exists(const struct filter *f, const struct insn *i, const struct row *row)
{
    for (uint32_t x = 0; x < row->n_values; x++)
        if (is_meant(f, i, &row->values[x]))
            return true;
    return false;
}

static inline bool vm_test(const struct filter *f, const struct insn *i, const struct row *row)
{
    const struct constant *k = &f->constants[i->b];
    bool met = false;
    const struct value *v = row->values;
    for (uint32_t n = row->n_values; n; n--, v++) {
        if (!is_meant(f, i, v))
            continue;
        bool hit = outcome(i->kind, v, &k->value, k->prefix) & i->hits;
        if (hit != i->all)
            return hit;
        met = true;
    }
    return met && i->all;
}

static bool vm_load(const struct filter *f, const struct insn *i, const struct row *row, struct span *out)
{
    out->n = 0;
    out->prefix = i->kind == K_IP6 ? 128 : 32;
    for (uint32_t x = 0; x < row->n_values; x++) {
        if (!is_meant(f, i, &row->values[x]))
            continue;
        out->values[out->n] = row->values[x];
        if (i->kind == K_UINT)
            out->values[out->n].len = 0; /* not SIGNED */
        out->n++;
    }
    return out->n > 0;
}

static void vm_load_constant(const struct insn *i, const struct constant *k, struct span *out)
{
    out->n = 1;
    out->values[0] = k->value;
    out->prefix = i->kind == K_IP4 || i->kind == K_IP6 ? k->prefix : 32;
    if (i->kind == K_UINT || i->kind == K_NUMBER)
        out->values[0].len = k->is_signed ? SIGNED : 0;
}

/* ---- the machine ---- */

/* Makes room for every register. Returns false when memory ends. */
static bool vm_prepare(const struct filter *f, struct filter_state *s, const struct row *row)
{
    size_t need = (size_t)f->n_registers * (row->n_values + 1);
    bool ok = memory_reserve((void **)&s->values, &s->capacity, need, sizeof *s->values);
    if (f->n_patterns && !s->match_data)
        ok &= (s->match_data = regex_data_new()) != NULL;
    if (!ok)
        arena_ended(&s->arena);
    if (s->arena.block)
        arena_reset(&s->arena);
    return ok;
}

/* Executes the opcodes that compute values from values. Returns the verdict. */
static bool vm_compute(struct filter_state *s, const struct filter *f, const struct insn *i, struct span *r,
                       bool verdict)
{
    switch ((enum opcode)i->op) {
    /* ADD r1 r2 -> r: the sums of all pairs; a sum that does not fit into 32 bits is left out. */
    case OP_ADD:
    /* SUBTRACT r1 r2 -> r: the differences of all pairs; differences below zero are signed numbers. */
    case OP_SUBTRACT:
    /* MULTIPLY r1 r2 -> r: the products of all pairs; a product that does not fit into 32 bits is left
     * out. */
    case OP_MULTIPLY:
    /* DIVIDE r1 r2 -> r: the quotients of all pairs, rounded towards zero; a division by zero is left out. */
    case OP_DIVIDE:
    /* MODULO r1 r2 -> r: the remainders of all pairs, with the sign of the dividend; a division by zero is
     * left out. */
    case OP_MODULO:
    /* AND r1 r2 -> r: the common bits of all pairs; for bytes, of the length of the shorter value. */
    case OP_AND:
        span_arithmetic(s, i, &r[i->a], &r[i->b], &r[i->c]);
        break;
    /* MINUS r1 -> r: the values with the opposite sign. */
    case OP_MINUS:
        span_minus(i, &r[i->a], &r[i->c]);
        break;
    /* SLICE r1 ranges -> r: the bytes of the ranges of each value, joined; the first range that does not fit
     * ends them. */
    case OP_SLICE:
        span_slice(s, i, f->ranges[i->p], &r[i->a], &r[i->c]);
        break;
    /* LEN r1 -> r: the number of bytes of each value. */
    case OP_LEN:
        span_len(i, &r[i->a], &r[i->c]);
        break;
    /* COUNT r1 -> r: the number of values. */
    case OP_COUNT:
        r[i->c].n = 1;
        r[i->c].values[0] = (struct value){.u = r[i->a].n};
        break;
    /* UPPER r1 -> r: the texts in capital letters. */
    case OP_UPPER:
    /* LOWER r1 -> r: the texts in small letters. */
    case OP_LOWER:
        span_case(s, i, &r[i->a], &r[i->c]);
        break;
    /* STRING r1 -> r: the values as text, numbers in decimal, addresses in their usual form. */
    case OP_STRING:
        span_string(s, i, &r[i->a], &r[i->c]);
        break;
    /* GATHER r1 -> r: appends the values of r1 to those of r; the first argument of a function empties r
     * before. */
    case OP_GATHER:
        span_gather(&r[i->a], &r[i->c], i->b);
        break;
    /* MAX r1 -> r: the greatest value; the verdict is true if there is one. */
    case OP_MAX:
    /* MIN r1 -> r: the least value; the verdict is true if there is one. */
    case OP_MIN:
        verdict = span_extreme(i, &r[i->a], &r[i->c]);
        break;
    /* ABS r1 -> r: the values without their signs. */
    case OP_ABS:
        span_abs(i, &r[i->a], &r[i->c]);
        break;
    default:
        break;
    }
    return verdict;
}

static bool writes_register(const struct insn *i)
{
    if (i->op == OP_GATHER)
        return i->b;
    return i->op == OP_FIELD || i->op == OP_CONST || (i->op >= OP_ADD && i->op <= OP_ABS);
}

static bool vm_execute(const struct filter *f, struct filter_state *s, const struct row *row)
{
    enum { MOST = 64 };
    struct span r[MOST];
    bool verdict = false;
    for (uint32_t n = 0; n < f->n_registers; n++)
        r[n] = (struct span){.n = 0, .prefix = 32};
    for (const struct insn *i = f->code;; i++) {
        if (writes_register(i)) /* an earlier instruction may have pointed it to the arena */
            r[i->c].values = s->values + (size_t)i->c * (row->n_values + 1);
        switch ((enum opcode)i->op) {
        /* EXISTS slot: the verdict is true if the frame has a value of the slot (in the given layers). */
        case OP_EXISTS:
            verdict = vm_exists(f, i, row);
            break;
        /* TEST slot constant: compares the values of the slot with the constant; the verdict is true if one
         * value is a hit (any), or if there are values and all are hits (all). It replaces FIELD, CONST and
         * COMPARE. */
        case OP_TEST:
            verdict = vm_test(f, i, row);
            break;
        /* FIELD slot -> r: the values of the slot; the verdict is true if there is one. */
        case OP_FIELD:
            verdict = vm_load(f, i, row, &r[i->c]);
            break;
        /* CONST constant -> r: the value of the constant. */
        case OP_CONST:
            vm_load_constant(i, &f->constants[i->b], &r[i->c]);
            break;
        /* COMPARE r1 r2: compares all pairs of values; the verdict is true if one pair is a hit (any), or if
         * all pairs are hits, also if there is no pair (all). */
        case OP_COMPARE:
            verdict = vm_compare(i, &r[i->a], &r[i->b]);
            break;
        /* RANGE r1 r2 r3: the verdict is true if one value of r1 (or all) is not below r2 and not above
         * r3. */
        case OP_RANGE:
            verdict = vm_in_range(i, &r[i->a], &r[i->b], &r[i->c]);
            break;
        /* CONTAINS r1 r2: the verdict is true if one value of r1 (or all) contains the value of r2. */
        case OP_CONTAINS:
            verdict = vm_contains(i, &r[i->a], &r[i->b]);
            break;
        /* MATCHES r pattern: the verdict is true if the pattern matches in one value (or in all). */
        case OP_MATCHES:
            verdict = vm_matches(i, &r[i->a], f->patterns[i->p], s->match_data);
            break;
        /* NONZERO r: the verdict is true if one value is not zero. */
        case OP_NONZERO:
            verdict = span_nonzero(&r[i->a], i->kind);
            break;
        /* NONEMPTY r: the verdict is true if one value has at least one byte. */
        case OP_NONEMPTY:
            verdict = span_nonempty(&r[i->a]);
            break;
        /* NOT: inverts the verdict. */
        case OP_NOT:
            verdict = !verdict;
            break;
        /* JUMP_TRUE address: continues at the address if the verdict is true. */
        case OP_JUMP_TRUE:
            if (verdict)
                i = f->code + i->p - 1;
            break;
        /* JUMP_FALSE address: continues at the address if the verdict is false. */
        case OP_JUMP_FALSE:
            if (!verdict)
                i = f->code + i->p - 1;
            break;
        /* RETURN: the verdict is that of the filter. */
        case OP_RETURN:
            return verdict;
        default: /* opcodes that compute values from values */
            verdict = vm_compute(s, f, i, r, verdict);
        }
    }
}

bool filter_run(const struct filter *f, struct filter_state *s, const struct row *row)
{
    if ((f->n_registers || f->n_patterns) && !vm_prepare(f, s, row))
        return false;
    return vm_execute(f, s, row);
}

void filter_state_free(struct filter_state *s)
{
    memory_free(s->values);
    arena_free(&s->arena);
    if (s->match_data)
        regex_data_free(s->match_data);
    *s = (struct filter_state){0};
}
