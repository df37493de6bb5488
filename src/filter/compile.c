/* Tree -> program. Each test leaves its result in the verdict; "and" and "or" jump over tests that cannot
 * change it.
 * Invariant: every test numbers its registers from 0, and reads only registers that it has written. */
#include <string.h>

#include "base/memory.h"
#include "filter/code.h"

enum {
    MAX_REGISTERS = 64, /* of one test; no test that a person writes needs as many */
    MAX_TABLE = 0xfff0  /* entries of a table, because indices have 16 bits */
};

struct compiler {
    struct filter *f;
    struct problem *problem;
    size_t code_cap, constant_cap, range_cap, pattern_cap;
    uint16_t next_register;
    uint8_t uses[F_COUNT + P_COUNT]; /* by slot: bit 1 if it is read without layers, bit 2 with layers */
};

static void limit_exceeded(struct compiler *c, const char *what)
{
    problem_not_native(c->problem, 0, "%s", what);
}

static bool table_reserve(struct compiler *c, void **array, size_t *capacity, uint32_t n, size_t size)
{
    if (n >= MAX_TABLE)
        limit_exceeded(c, "a filter of this length");
    else if (!memory_reserve(array, capacity, n + 1, size))
        c->problem->status = FC_MEMORY;
    return !c->problem->status;
}

/* Appends an instruction and returns its index. */
static uint32_t emit_insn(struct compiler *c, struct insn insn)
{
    if (!table_reserve(c, (void **)&c->f->code, &c->code_cap, c->f->n_code, sizeof insn))
        return 0;
    c->f->code[c->f->n_code] = insn;
    return c->f->n_code++;
}

static void jump_land(struct compiler *c, uint32_t jump)
{
    if (!c->problem->status)
        c->f->code[jump].p = c->f->n_code;
}

static uint16_t new_registers(struct compiler *c, uint16_t n)
{
    uint16_t first = c->next_register;
    c->next_register = (uint16_t)(c->next_register + n);
    if (c->next_register > MAX_REGISTERS)
        limit_exceeded(c, "a test with this many values");
    if (c->f->n_registers < c->next_register)
        c->f->n_registers = c->next_register;
    return first;
}

static uint16_t constant_index(struct compiler *c, const struct node *n)
{
    if (!table_reserve(c, (void **)&c->f->constants, &c->constant_cap, c->f->n_constants, sizeof n->constant))
        return 0;
    c->f->constants[c->f->n_constants] = n->constant;
    return (uint16_t)c->f->n_constants++;
}

static uint16_t range_index(struct compiler *c, const struct range *ranges)
{
    if (!table_reserve(c, (void **)&c->f->ranges, &c->range_cap, c->f->n_ranges, sizeof ranges))
        return 0;
    c->f->ranges[c->f->n_ranges] = ranges;
    return (uint16_t)c->f->n_ranges++;
}

static uint16_t slot_of_node(struct compiler *c, const struct node *n)
{
    int16_t *slot = n->is_protocol ? &c->f->protocols[n->id] : &c->f->slots[n->id];
    if (*slot < 0) {
        *slot = (int16_t)c->f->n_slots;
        c->f->slot_ids[c->f->n_slots++] = (uint16_t)(n->is_protocol ? F_COUNT + n->id : n->id);
        c->f->n_protocols = (uint16_t)(c->f->n_protocols + n->is_protocol);
    }
    return (uint16_t)*slot;
}

static uint16_t layers_of(struct compiler *c, const struct node *n)
{
    return n->layers ? range_index(c, n->layers) : NO_LAYERS;
}

/* The layers of a field that is read. Wireshark reads a field only once in a filter, whatever layers a second
 * mention of it names; so a field that is read with layers and once more is not native. */
static uint16_t read_layers_of(struct compiler *c, const struct node *n)
{
    uint8_t *uses = &c->uses[slot_of_node(c, n)], use = n->layers ? 2 : 1;
    if (*uses && (*uses | use) != 1)
        limit_exceeded(c, "a field that is read twice, with layers at least once");
    *uses |= use;
    return layers_of(c, n);
}

/* ---- kinds ---- */

/* A literal with a minus, compared with an unsigned number. */
static bool is_negative(const struct node *n) { return n->kind == N_LITERAL && n->constant.is_signed; }

static bool is_arithmetic(const struct node *n) { return n->kind == N_BINARY || n->kind == N_MINUS; }

static enum kind kind_of_node(const struct node *n)
{
    switch (n->type) {
    case FT_INT16:
    case FT_INT32:
    case FT_INT64:
        return K_INT;
    case FT_ABSOLUTE_TIME:
    case FT_RELATIVE_TIME:
        return K_TIME;
    case FT_DOUBLE:
        return K_DOUBLE;
    case FT_STRING:
        return K_STRING;
    case FT_BYTES:
    case FT_ETHER:
    case FILTER_FT_PROTOCOL:
        return K_BYTES;
    case FT_IPv4:
        return K_IP4;
    case FT_IPv6:
        return K_IP6;
    default:
        return is_arithmetic(n) || is_negative(n) ? K_NUMBER : K_UINT;
    }
}

static enum kind common_kind(const struct node *a, const struct node *b)
{
    enum kind left = kind_of_node(a), right = kind_of_node(b);
    return left == K_UINT && right == K_NUMBER ? K_NUMBER : left;
}

/* Returns the outcomes that count as a hit. A pair of values that cannot be compared counts as a hit only if
 * all pairs must be hits. */
static uint8_t hits_of(enum relation relation, bool all)
{
    static const uint8_t hits[] = {[REL_EQ] = OUT_EQUAL,   [REL_NE] = OUT_LESS | OUT_GREATER,
                                   [REL_GT] = OUT_GREATER, [REL_GE] = OUT_GREATER | OUT_EQUAL,
                                   [REL_LT] = OUT_LESS,    [REL_LE] = OUT_LESS | OUT_EQUAL};
    if (relation > REL_LE)
        return 0;
    return (uint8_t)(hits[relation] | (all ? OUT_UNEQUAL : 0));
}

/* ---- values: each leaves its values in a register, or jumps to the end of the test with the verdict false
 * ---- */

struct exits { /* jumps to the end of the test */
    uint32_t at[MAX_REGISTERS * 2];
    uint32_t n;
};

static uint16_t compile_value(struct compiler *c, const struct node *n, struct exits *exits);

static void leave_when_false(struct compiler *c, struct exits *exits)
{
    if (exits->n == sizeof exits->at / sizeof *exits->at)
        limit_exceeded(c, "a test with this many values");
    uint32_t jump = emit_insn(c, (struct insn){.op = OP_JUMP_FALSE});
    if (!c->problem->status)
        exits->at[exits->n++] = jump;
}

static void land_exits(struct compiler *c, const struct exits *exits)
{
    for (uint32_t i = 0; i < exits->n; i++)
        jump_land(c, exits->at[i]);
}

static uint16_t emit_load(struct compiler *c, const struct node *n)
{
    uint16_t layers = read_layers_of(c, n), r = new_registers(c, 1);
    emit_insn(c, (struct insn){.op = OP_FIELD,
                               .kind = (uint8_t)kind_of_node(n),
                               .a = slot_of_node(c, n),
                               .c = r,
                               .layers = layers});
    return r;
}

static uint16_t compile_extreme(struct compiler *c, const struct node *n, struct exits *exits)
{
    uint16_t n_items = 0;
    for (const struct node *a = n->items; a; a = a->next)
        n_items++;
    uint16_t all = new_registers(c, (uint16_t)(n_items < MAX_REGISTERS ? n_items : MAX_REGISTERS + 1));
    for (const struct node *a = n->items; a && !c->problem->status; a = a->next) {
        uint16_t r = a->kind == N_FIELD ? emit_load(c, a) : compile_value(c, a, exits);
        emit_insn(c, (struct insn){.op = OP_GATHER, .a = r, .b = a == n->items, .c = all});
    }
    uint16_t r = new_registers(c, 1);
    emit_insn(c, (struct insn){.op = n->function == FN_MAX ? OP_MAX : OP_MIN,
                               .kind = (uint8_t)kind_of_node(n),
                               .a = all,
                               .c = r});
    leave_when_false(c, exits);
    return r;
}

static uint16_t compile_function(struct compiler *c, const struct node *n, struct exits *exits)
{
    static const uint8_t ops[FN_N] = {[FN_LEN] = OP_LEN,     [FN_COUNT] = OP_COUNT,   [FN_UPPER] = OP_UPPER,
                                      [FN_LOWER] = OP_LOWER, [FN_STRING] = OP_STRING, [FN_ABS] = OP_ABS};
    if (n->function == FN_MAX || n->function == FN_MIN)
        return compile_extreme(c, n, exits);
    const struct node *a = n->items;
    uint16_t from = emit_load(c, a), r = new_registers(c, 1);
    uint16_t detail = n->function == FN_STRING || n->function == FN_LEN ? (uint16_t)a->type : 0;
    leave_when_false(c, exits);
    emit_insn(c,
              (struct insn){
                  .op = ops[n->function], .kind = (uint8_t)kind_of_node(a), .a = from, .b = detail, .c = r});
    return r;
}

static uint16_t compile_binary(struct compiler *c, const struct node *n, struct exits *exits)
{
    static const uint8_t ops[] = {[ARI_ADD] = OP_ADD,    [ARI_SUB] = OP_SUBTRACT, [ARI_MUL] = OP_MULTIPLY,
                                  [ARI_DIV] = OP_DIVIDE, [ARI_MOD] = OP_MODULO,   [ARI_AND] = OP_AND};
    uint16_t a = compile_value(c, n->a, exits), b = compile_value(c, n->b, exits), r = new_registers(c, 1);
    emit_insn(
        c, (struct insn){.op = ops[n->arithmetic], .kind = (uint8_t)kind_of_node(n), .a = a, .b = b, .c = r});
    return r;
}

static uint16_t compile_value(struct compiler *c, const struct node *n, struct exits *exits)
{
    uint16_t a, r;
    if (c->problem->status)
        return 0;
    switch (n->kind) {
    case N_FIELD:
        r = emit_load(c, n);
        leave_when_false(c, exits);
        return r;
    case N_LITERAL:
        r = new_registers(c, 1);
        emit_insn(c,
                  (struct insn){
                      .op = OP_CONST, .kind = (uint8_t)kind_of_node(n), .b = constant_index(c, n), .c = r});
        return r;
    case N_FUNCTION:
        return compile_function(c, n, exits);
    case N_BINARY:
        return compile_binary(c, n, exits);
    case N_MINUS:
        a = compile_value(c, n->a, exits);
        r = new_registers(c, 1);
        emit_insn(c, (struct insn){.op = OP_MINUS, .kind = (uint8_t)kind_of_node(n), .a = a, .c = r});
        return r;
    default: /* N_SLICE */
        a = compile_value(c, n->a, exits);
        r = new_registers(c, 1);
        emit_insn(c, (struct insn){.op = OP_SLICE,
                                   .kind = (uint8_t)kind_of_node(n->a),
                                   .a = a,
                                   .c = r,
                                   .p = range_index(c, n->ranges)});
        return r;
    }
}

/* ---- tests: each leaves its result in the verdict ---- */

/* Compares a field with a constant, the most frequent test, in one instruction. */
static void compile_simple(struct compiler *c, const struct node *a, const struct node *b, uint8_t hits,
                           bool all)
{
    uint16_t layers = read_layers_of(c, a);
    emit_insn(c, (struct insn){.op = OP_TEST,
                               .kind = (uint8_t)kind_of_node(a),
                               .hits = hits,
                               .all = all,
                               .a = slot_of_node(c, a),
                               .b = constant_index(c, b),
                               .layers = layers});
}

static void compile_matches(struct compiler *c, const struct node *n, struct exits *exits)
{
    uint16_t a = compile_value(c, n->a, exits);
    if (c->problem->status ||
        !table_reserve(c, (void **)&c->f->patterns, &c->pattern_cap, c->f->n_patterns, sizeof(void *)))
        return;
    void *pattern = regex_compile(n->b->constant.pattern, n->b->token.text_len, c->problem);
    if (!pattern)
        return;
    c->f->patterns[c->f->n_patterns] = pattern;
    emit_insn(c, (struct insn){.op = OP_MATCHES,
                               .kind = (uint8_t)kind_of_node(n->a),
                               .all = n->quantifier == QUANT_ALL,
                               .a = a,
                               .p = c->f->n_patterns++});
}

static void compile_compare(struct compiler *c, const struct node *n)
{
    struct exits exits = {.n = 0};
    bool all = n->quantifier == QUANT_ALL;
    c->next_register = 0;
    if (n->a->kind == N_FIELD && n->b->kind == N_LITERAL && !is_negative(n->b) && n->relation <= REL_LE) {
        compile_simple(c, n->a, n->b, hits_of(n->relation, all), all);
        return;
    }
    if (n->relation == REL_MATCHES) {
        compile_matches(c, n, &exits);
    } else {
        uint16_t a = compile_value(c, n->a, &exits), b = compile_value(c, n->b, &exits);
        emit_insn(c, (struct insn){.op = n->relation == REL_CONTAINS ? OP_CONTAINS : OP_COMPARE,
                                   .kind = (uint8_t)common_kind(n->a, n->b),
                                   .hits = hits_of(n->relation, all),
                                   .all = all,
                                   .a = a,
                                   .b = b});
    }
    land_exits(c, &exits);
}

static void compile_member(struct compiler *c, const struct node *n, const struct node *item)
{
    struct exits exits = {.n = 0};
    bool all = n->quantifier == QUANT_ALL;
    c->next_register = 0;
    if (item->kind == N_LITERAL && !is_negative(item)) {
        compile_simple(c, n->a, item, hits_of(REL_EQ, all), all);
        return;
    }
    uint16_t a = compile_value(c, n->a, &exits);
    if (item->kind == N_SPAN) {
        uint16_t from = compile_value(c, item->a, &exits), to = compile_value(c, item->b, &exits);
        bool negative = is_negative(item->a) || is_negative(item->b);
        uint8_t kind = negative ? K_NUMBER : (uint8_t)kind_of_node(n->a);
        emit_insn(c, (struct insn){.op = OP_RANGE, .kind = kind, .all = all, .a = a, .b = from, .c = to});
    } else {
        uint16_t b = compile_value(c, item, &exits);
        emit_insn(c, (struct insn){.op = OP_COMPARE,
                                   .kind = (uint8_t)common_kind(n->a, item),
                                   .hits = hits_of(REL_EQ, all),
                                   .all = all,
                                   .a = a,
                                   .b = b});
    }
    land_exits(c, &exits);
}

/* Compiles the members of a set as an "or". Each jump out of it holds the index of the jump before it until
 * the target is known: a chain needs no list. */
static void compile_in(struct compiler *c, const struct node *n)
{
    uint32_t last = 0;
    bool chained = false;
    for (const struct node *item = n->items; item && !c->problem->status; item = item->next) {
        if (chained)
            last = emit_insn(c, (struct insn){.op = OP_JUMP_TRUE, .p = last});
        compile_member(c, n, item);
        chained = true;
    }
    for (uint32_t next; last && !c->problem->status; last = next) {
        next = c->f->code[last].p;
        jump_land(c, last);
    }
    if (n->negated)
        emit_insn(c, (struct insn){.op = OP_NOT});
}

static void compile_exists(struct compiler *c, const struct node *n)
{
    struct exits exits = {.n = 0};
    const struct node *a = n->a;
    c->next_register = 0;
    if (a->kind == N_FIELD) {
        uint16_t layers = layers_of(c, a);
        emit_insn(c, (struct insn){.op = OP_EXISTS, .a = slot_of_node(c, a), .layers = layers});
        return;
    }
    uint16_t r = compile_value(c, a, &exits);
    emit_insn(c, (struct insn){.op = a->kind == N_SLICE ? OP_NONEMPTY : OP_NONZERO,
                               .kind = (uint8_t)kind_of_node(a),
                               .a = r});
    land_exits(c, &exits);
}

static void compile_test(struct compiler *c, const struct node *n)
{
    uint32_t jump;
    if (c->problem->status)
        return;
    switch (n->kind) {
    case N_AND:
    case N_OR:
        compile_test(c, n->a);
        jump = emit_insn(c, (struct insn){.op = n->kind == N_AND ? OP_JUMP_FALSE : OP_JUMP_TRUE});
        compile_test(c, n->b);
        jump_land(c, jump);
        return;
    case N_NOT:
        compile_test(c, n->a);
        emit_insn(c, (struct insn){.op = OP_NOT});
        return;
    case N_EXISTS:
        compile_exists(c, n);
        return;
    case N_IN:
        compile_in(c, n);
        return;
    default:
        compile_compare(c, n);
    }
}

/* Gives a jump to another jump the target at which the two lead. */
static void thread_jumps(struct filter *f)
{
    for (uint32_t i = f->n_code; i-- > 0;) {
        struct insn *jump = &f->code[i];
        if (jump->op != OP_JUMP_TRUE && jump->op != OP_JUMP_FALSE)
            continue;
        const struct insn *target = &f->code[jump->p];
        if (target->op == jump->op)
            jump->p = target->p;
        else if (target->op == OP_JUMP_TRUE || target->op == OP_JUMP_FALSE)
            jump->p++;
    }
}

bool compile_filter(struct filter *f, const struct node *root, struct problem *problem)
{
    struct compiler c = {.f = f, .problem = problem};
    memset(f->slots, 0xff, sizeof f->slots);
    memset(f->protocols, 0xff, sizeof f->protocols);
    compile_test(&c, root);
    emit_insn(&c, (struct insn){.op = OP_RETURN});
    if (!problem->status)
        thread_jumps(f);
    return !problem->status;
}
