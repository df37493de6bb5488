/* The entry of the room: compiles a text to a program, and prints a program as text.
 * Invariant: a compiled filter does not change, so threads can share it. */
#include "filter/filter.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/error.h"
#include "base/memory.h"
#include "filter/code.h"

enum { MAX_TEXT = 1 << 20 /* longer texts are mistakes */ };

static enum fc_status problem_report(struct fc_error *err, const struct problem *p)
{
    if (p->status == FC_MEMORY)
        return error_memory(err);
    return error_set(err, p->status, p->offset, "%s", p->text);
}

static void compile_text(struct filter *f, const char *text, struct problem *problem)
{
    size_t len = strlen(text);
    if (len > MAX_TEXT) {
        problem_not_native(problem, 0, "a filter of this length");
        return;
    }
    char *copy = arena_alloc(&f->arena, len + 1);
    if (!copy) {
        problem->status = FC_MEMORY;
        return;
    }
    memcpy(copy, text, len + 1);
    struct parser parser = {
        .lexer = {copy, 0, (uint32_t)len, &f->arena, problem}, .arena = &f->arena, .problem = problem};
    struct node *root = parse_filter(&parser);
    if (root && check_filter(root, &f->arena, problem))
        compile_filter(f, root, problem);
}

enum fc_status filter_compile(struct filter **out, const char *text, struct fc_error *err)
{
    *out = NULL;
    if (!text[strspn(text, " \t\r\n")])
        return error_set(err, FC_USAGE, -1, "the filter is blank");
    struct filter *f = memory_zero(1, sizeof *f);
    if (!f)
        return error_memory(err);
    struct problem problem = {.status = FC_OK};
    compile_text(f, text, &problem);
    if (problem.status) {
        filter_free(f);
        return problem_report(err, &problem);
    }
    *out = f;
    return FC_OK;
}

void filter_free(struct filter *f)
{
    if (!f)
        return;
    for (uint32_t i = 0; i < f->n_patterns; i++)
        regex_free(f->patterns[i]);
    memory_free(f->patterns);
    memory_free(f->code);
    memory_free(f->constants);
    memory_free(f->ranges);
    arena_free(&f->arena);
    memory_free(f);
}

const int16_t *filter_slots(const struct filter *f) { return f->slots; }
const int16_t *filter_protocol_slots(const struct filter *f) { return f->protocols; }
bool filter_wants_protocols(const struct filter *f) { return f->n_protocols > 0; }

bool filter_wants_apps(const struct filter *f)
{
    for (uint16_t slot = 0; slot < f->n_slots; slot++) {
        uint16_t id = f->slot_ids[slot];
        if (id < F_COUNT ? !field_is_header((field_id)id)
                         : filter_protocol_is_app((enum filter_protocol)(id - F_COUNT)))
            return true;
    }
    return false;
}

/* ---- the program as text ---- */

struct dump {
    char *out;
    size_t cap, len;
};

__attribute__((format(printf, 2, 3))) static void dump_put(struct dump *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t room = d->len < d->cap ? d->cap - d->len : 0;
    int n = vsnprintf(room ? d->out + d->len : NULL, room, format, args);
    va_end(args);
    d->len += n > 0 ? (size_t)n : 0;
}

static const char *slot_name(const struct filter *f, uint16_t slot)
{
    uint16_t id = f->slot_ids[slot];
    return id < F_COUNT ? field_table[id].name : filter_protocol_name((enum filter_protocol)(id - F_COUNT));
}

static void put_bytes_text(struct dump *d, const uint8_t *bytes, uint32_t len, bool text)
{
    if (text)
        dump_put(d, "\"");
    for (uint32_t i = 0; i < len; i++)
        if (!text)
            dump_put(d, "%s%02x", i ? ":" : "", bytes[i]);
        else if (bytes[i] < ' ' || bytes[i] >= 0x7f || bytes[i] == '"' || bytes[i] == '\\')
            dump_put(d, "\\x%02x", bytes[i]);
        else
            dump_put(d, "%c", bytes[i]);
    if (text)
        dump_put(d, "\"");
}

static void put_constant(struct dump *d, uint8_t kind, const struct constant *k)
{
    char text[ADDRESS_TEXT_CAP];
    switch (kind) {
    case K_INT:
    case K_TIME:
    case K_NUMBER:
        dump_put(d, "%" PRId64, k->value.i);
        return;
    case K_DOUBLE:
        dump_put(d, "%g", k->value.f);
        return;
    case K_BYTES:
    case K_STRING:
        put_bytes_text(d, k->value.bytes, k->value.len, kind == K_STRING);
        return;
    case K_IP4:
        dump_put(d, "%.*s/%u", (int)address_ipv4(text, (uint32_t)k->value.u), text, k->prefix);
        return;
    case K_IP6:
        dump_put(d, "%.*s/%u", (int)address_ipv6(text, k->value.bytes), text, k->prefix);
        return;
    default:
        dump_put(d, "%" PRIu64, k->value.u);
    }
}

static void put_ranges(struct dump *d, const struct range *ranges)
{
    for (const struct range *r = ranges; r; r = r->next) {
        dump_put(d, "%s%d:", r == ranges ? "[" : ",", r->from);
        if (r->len != RANGE_REST)
            dump_put(d, "%d", r->len);
    }
    dump_put(d, "]");
}

static const char *relation_text(const struct insn *i)
{
    switch (i->hits & ~OUT_UNEQUAL) {
    case OUT_EQUAL:
        return "==";
    case OUT_GREATER:
        return ">";
    case OUT_GREATER | OUT_EQUAL:
        return ">=";
    case OUT_LESS:
        return "<";
    case OUT_LESS | OUT_EQUAL:
        return "<=";
    default:
        return "!=";
    }
}

static void put_slot(struct dump *d, const struct filter *f, const struct insn *i)
{
    dump_put(d, " %s", slot_name(f, i->a));
    if (i->layers != NO_LAYERS) {
        dump_put(d, "#");
        put_ranges(d, f->ranges[i->layers]);
    }
}

/* Prints the operands behind the name of the opcode. */
static void put_operands(struct dump *d, const struct filter *f, const struct insn *i)
{
    const char *how = i->all ? "all" : "any";
    switch ((enum opcode)i->op) {
    case OP_EXISTS:
        put_slot(d, f, i);
        return;
    case OP_TEST:
        dump_put(d, " %s", how);
        put_slot(d, f, i);
        dump_put(d, " %s ", relation_text(i));
        put_constant(d, i->kind, &f->constants[i->b]);
        return;
    case OP_FIELD:
        put_slot(d, f, i);
        dump_put(d, " -> r%u", i->c);
        return;
    case OP_CONST:
        dump_put(d, " ");
        put_constant(d, i->kind, &f->constants[i->b]);
        dump_put(d, " -> r%u", i->c);
        return;
    case OP_COMPARE:
        dump_put(d, " %s r%u %s r%u", how, i->a, relation_text(i), i->b);
        return;
    case OP_RANGE:
        dump_put(d, " %s r%u in r%u .. r%u", how, i->a, i->b, i->c);
        return;
    case OP_CONTAINS:
        dump_put(d, " %s r%u r%u", how, i->a, i->b);
        return;
    case OP_MATCHES:
        dump_put(d, " %s r%u pattern %u", how, i->a, i->p);
        return;
    case OP_NONZERO:
    case OP_NONEMPTY:
        dump_put(d, " r%u", i->a);
        return;
    case OP_SLICE:
        dump_put(d, " r%u", i->a);
        put_ranges(d, f->ranges[i->p]);
        dump_put(d, " -> r%u", i->c);
        return;
    case OP_JUMP_TRUE:
    case OP_JUMP_FALSE:
        dump_put(d, " %u", i->p);
        return;
    case OP_NOT:
    case OP_RETURN:
        return;
    default:
        dump_put(d, " r%u", i->a);
        if (i->op >= OP_ADD && i->op <= OP_AND)
            dump_put(d, " r%u", i->b);
        dump_put(d, " -> r%u", i->c);
    }
}

size_t filter_dump(char *out, size_t cap, const struct filter *f)
{
    static const char *const names[N_OPCODES] = {
        "EXISTS",  "TEST",     "FIELD", "CONST",    "COMPARE",   "RANGE",      "CONTAINS", "MATCHES",
        "NONZERO", "NONEMPTY", "ADD",   "SUBTRACT", "MULTIPLY",  "DIVIDE",     "MODULO",   "AND",
        "MINUS",   "SLICE",    "LEN",   "COUNT",    "UPPER",     "LOWER",      "STRING",   "GATHER",
        "MAX",     "MIN",      "ABS",   "NOT",      "JUMP_TRUE", "JUMP_FALSE", "RETURN"};
    struct dump d = {out, cap, 0};
    if (cap)
        *out = 0;
    for (uint32_t i = 0; i < f->n_code; i++) {
        dump_put(&d, "%4u  %-10s", i, names[f->code[i].op]);
        put_operands(&d, f, &f->code[i]);
        dump_put(&d, "\n");
    }
    return d.len;
}
