/* Checks the values of a filter (names, slices, functions, arithmetic), and gives them their types.
 * Invariant: for a value that passes, the VM computes exactly Wireshark's values; see check.c.
 * Source: man page wireshark-filter; observed (tshark 4.0.17). */
#include <string.h>

#include "field/ids_frame.h"
#include "filter/check.h"

bool check_not_native(struct checker *c, const struct node *n, const char *what)
{
    problem_not_native(c->problem, n->token.offset, "%s", what);
    return false;
}

/* ---- types ---- */

static bool is_count(int type) /* unsigned and at most 32 bits: one kind of number in the VM */
{
    return type == FT_UINT8 || type == FT_UINT16 || type == FT_UINT24 || type == FT_UINT32 ||
           type == FT_FRAMENUM;
}
static bool is_integer(int type) { return (type >= FT_CHAR && type <= FT_INT64) || type == FT_FRAMENUM; }
bool check_is_bytes(int type) { return type == FT_BYTES || type == FT_ETHER; }
static bool is_time_type(int type) { return type == FT_RELATIVE_TIME || type == FT_ABSOLUTE_TIME; }
static bool is_sliceable(int type)
{
    return type == FT_STRING || check_is_bytes(type) || type == FT_IPv4 || type == FT_IPv6 ||
           type == FILTER_FT_PROTOCOL;
}

static const char *type_name(int type)
{
    return type == FILTER_FT_PROTOCOL ? "FT_PROTOCOL" : field_type_name((enum field_type)type);
}

bool check_compatible(int a, int b)
{
    return a == b || (is_integer(a) && (is_integer(b) || b == FT_BOOLEAN)) ||
           (check_is_bytes(a) && check_is_bytes(b));
}

bool check_comparable(int a, int b)
{
    return (a == b && a != FILTER_FT_PROTOCOL) || (is_count(a) && is_count(b)) ||
           (check_is_bytes(a) && check_is_bytes(b));
}

bool check_is_name(const struct node *n) { return n->kind == N_FIELD; }

const struct node *check_leftmost(const struct node *n)
{
    while (n->kind == N_BINARY || n->kind == N_MINUS)
        n = n->a;
    return n;
}

/* ---- names ---- */

static int find_protocol(const char *name)
{
    for (int i = 0; i < P_COUNT; i++)
        if (!strcmp(name, filter_protocol_name((enum filter_protocol)i)))
            return i;
    return -1;
}

/* Replaces the old name of TLS, ssl, which is still valid for TLS and all of its fields. Error messages show
 * the new name. */
static bool modernise(char *name)
{
    bool old = !strncmp(name, "ssl", 3) && (!name[3] || name[3] == '.');
    if (old)
        memcpy(name, "tls", 3);
    return old;
}

void check_resolve(struct node *n)
{
    char name[128];
    if (n->kind != N_LITERAL || (n->token.kind != T_WORD && n->token.kind != T_DOTTED) ||
        n->token.text_len >= sizeof name)
        return;
    memcpy(name, n->token.text, n->token.text_len);
    name[n->token.text_len] = 0;
    bool old = modernise(name);
    field_id id = field_find(name);
    if (id != F_COUNT && (field_table[id].looks_ahead ||
                          !release_in(field_table[id].releases, RELEASE_NATIVE) || field_is_left_out(id)))
        return; /* a name for libwireshark */
    int protocol = id == F_COUNT ? find_protocol(name) : -1;
    if (id == F_COUNT && protocol < 0)
        return;
    n->kind = N_FIELD;
    n->is_protocol = id == F_COUNT;
    if (old) /* the old name has the same length */
        n->token.text =
            n->is_protocol ? filter_protocol_name((enum filter_protocol)protocol) : field_table[id].name;
    n->id = (uint16_t)(n->is_protocol ? protocol : (int)id);
    n->type = n->is_protocol ? FILTER_FT_PROTOCOL : (int)field_table[id].type;
}

/* Returns true if the values of a field or protocol have layer numbers. Only headers have them; options and
 * extension headers count in another way. */
static bool has_layers(const struct node *n)
{
    enum {
        WITH_LAYERS = READER_BIT(READER_FRAME) | READER_BIT(READER_IP) | READER_BIT(READER_IP4) |
                      READER_BIT(READER_IP6) | READER_BIT(READER_TCP) | READER_BIT(READER_UDP)
    };
    if (n->is_protocol)
        return n->id != P_ETH && n->id != P_VLAN && !filter_protocol_is_app((enum filter_protocol)n->id);
    return (READER_BIT(field_table[n->id].reader) & WITH_LAYERS) != 0;
}

static bool check_layers(struct checker *c, const struct node *n)
{
    if (n->layers && !has_layers(n))
        return check_not_native(c, n, "layers of this protocol");
    for (const struct range *r = n->layers; r; r = r->next)
        if (r->from < 0 || r->len == RANGE_REST)
            return check_not_native(c, n, "this range of layers");
    return true;
}

bool check_unknown(struct checker *c, const struct node *n)
{
    problem_not_native(c->problem, n->token.offset, "\"%.*s\" is not a native field or protocol",
                       (int)n->token.text_len, n->token.text);
    return false;
}

bool check_can_name(const struct node *n) { return check_is_name(n) && !n->layers; }

bool check_is_plain(const struct token *t)
{
    if (t->kind == T_STRING && *t->source != '"')
        return false;
    for (uint32_t i = 0; t->kind == T_STRING && i < t->text_len; i++)
        if ((unsigned char)t->text[i] < ' ' || (unsigned char)t->text[i] >= 0x7f || t->text[i] == '"' ||
            t->text[i] == '\\')
            return false;
    return t->len < 200;
}

/* This field is the time since the last frame that passed the filter, so its value would depend on the filter
 * itself. */
static bool depends_on_verdicts(const struct node *n)
{
    return check_is_name(n) && !n->is_protocol && n->id == F_FRAME_TIME_DELTA_DISPLAYED;
}

/* ---- slices and functions ---- */

/* A protocol above TCP and UDP: its presence is known, but not its place or the number of its occurrences. */
static bool is_app(const struct node *n)
{
    return check_is_name(n) && n->is_protocol && filter_protocol_is_app((enum filter_protocol)n->id);
}

/* The header of a protocol. Its length in Wireshark is not known for a header that is cut or that carries
 * another protocol. */
static bool is_header(const struct node *n) { return check_is_name(n) && n->is_protocol && n->id != P_FRAME; }

/* Of all other protocols only the presence is known. */
static bool has_bytes(const struct node *n)
{
    return !is_header(n) || n->id == P_ETH || n->id == P_IP || n->id == P_UDP;
}

static bool check_slice(struct checker *c, struct node *n)
{
    struct node *a = n->a;
    check_resolve(a);
    n->type = FT_BYTES;
    if (a->kind == N_SLICE)
        return check_slice(c, a);
    if (a->kind == N_LITERAL && (!literal_is_certain(&a->token) || !check_is_plain(&a->token)))
        return check_unknown(c, a);
    if (a->kind == N_LITERAL) {
        bool quoted = a->token.kind == T_STRING;
        problem_bad(c->problem, a->token.offset, "Range is not supported for entity %s%.*s%s",
                    quoted ? "\"" : "", (int)a->token.text_len, a->token.text, quoted ? "\"" : "");
        return false;
    }
    if (!check_value(c, a, -1, NULL))
        return false;
    if (!is_sliceable(a->type) && check_can_name(a) && type_text(a->type))
        problem_bad(c->problem, a->token.offset,
                    "\"%.*s\" is a %s and cannot be sliced into a sequence of bytes.", (int)a->token.text_len,
                    a->token.text, type_text(a->type));
    for (const struct range *r = n->ranges; r && is_header(a); r = r->next)
        if (r->from < 0 || r->len == RANGE_REST)
            return check_not_native(c, a, "this slice");
    return (is_sliceable(a->type) && has_bytes(a)) || check_not_native(c, a, "this slice");
}

static const char *function_name(enum function f)
{
    static const char *const names[FN_N] = {"len", "count", "upper", "lower", "string", "max", "min", "abs"};
    return names[f];
}

static bool bad_argument(struct checker *c, const struct node *n, const struct node *argument,
                         const char *format)
{
    problem_bad(c->problem, argument->token.offset, format, function_name(n->function));
    return false;
}

/* Checks an argument that must be a field. */
static bool check_field_argument(struct checker *c, const struct node *n, struct node *a)
{
    static const char *const only_fields = "Only fields can be used as parameter for %s()";
    check_resolve(a);
    if (check_is_name(a))
        return check_value(c, a, -1, NULL);
    if (a->kind == N_LITERAL && literal_is_certain(&a->token))
        return bad_argument(c, n, a, only_fields);
    if (a->kind == N_LITERAL)
        return check_unknown(c, a);
    if (a->kind == N_SLICE) {
        problem_bad(c->problem, -1, only_fields, function_name(n->function));
        return false;
    }
    return a->kind == N_FUNCTION ? bad_argument(c, n, a, only_fields)
                                 : check_not_native(c, a, "this argument");
}

static bool check_case(struct checker *c, struct node *n, struct node *a)
{
    check_resolve(a);
    if (a->kind == N_LITERAL && !literal_is_certain(&a->token))
        return check_unknown(c, a);
    if (a->kind != N_LITERAL && a->kind != N_FIELD && a->kind != N_FUNCTION)
        return check_not_native(c, a, "this argument");
    if (!check_is_name(a) || a->type != FT_STRING)
        return bad_argument(c, n, a, "Only string type fields can be used as parameter for %s()");
    n->type = FT_STRING;
    return check_value(c, a, -1, NULL); /* letters beyond ASCII stay as they are */
}

static bool check_string(struct checker *c, struct node *n, struct node *a)
{
    if (!check_field_argument(c, n, a))
        return false;
    n->type = FT_STRING;
    if (is_integer(a->type) || a->type == FT_ETHER || a->type == FT_IPv4 || a->type == FT_IPv6)
        return true;
    if (a->type == FT_DOUBLE || !check_can_name(a))
        return check_not_native(c, a, "the text of this field");
    problem_bad(c->problem, a->token.offset, "String conversion for field \"%.*s\" is not supported",
                (int)a->token.text_len, a->token.text);
    return false;
}

static bool check_len(struct checker *c, struct node *n, struct node *a)
{
    if (!check_field_argument(c, n, a))
        return false;
    n->type = FT_UINT32;
    return (is_sliceable(a->type) && !is_header(a)) || check_not_native(c, a, "the length of this field");
}

/* max and min: all arguments are numbers, or all are times, of one type. */
static bool check_extreme(struct checker *c, struct node *n)
{
    struct node *first = n->items;
    check_resolve(first);
    if (!check_is_name(first))
        return check_not_native(c, first, "this first argument");
    for (struct node *a = first; a; a = a->next) {
        if (a->kind == N_LITERAL && (a->token.kind == T_STRING || a->token.kind == T_CHAR))
            return check_not_native(c, a, "this argument");
        if (!check_value(c, a, first->type, first))
            return false;
        if (a->type != first->type && check_is_name(a)) {
            problem_bad(c->problem, a->token.offset,
                        "Arguments to '%s' must have the same type (expected %s, got %s)",
                        function_name(n->function), type_name(first->type), type_name(a->type));
            return false;
        }
        if (!check_is_name(a) && (a->kind != N_LITERAL || a->constant.is_signed))
            return check_not_native(c, a, "this argument");
    }
    n->type = first->type;
    return is_count(n->type) || is_time_type(n->type) || check_not_native(c, n, "these arguments");
}

static bool check_abs(struct checker *c, struct node *n, struct node *a)
{
    check_resolve(a);
    if (!check_can_name(a))
        return check_not_native(c, a, "this argument");
    n->type = a->type;
    if (a->type == FT_STRING || a->type == FT_BYTES || a->type == FT_ETHER || a->type == FT_IPv4 ||
        a->type == FT_ABSOLUTE_TIME || a->type == FILTER_FT_PROTOCOL) {
        problem_bad(c->problem, a->token.offset, "'%.*s' is not a valid argument to 'abs'()",
                    (int)a->token.text_len, a->token.text);
        return false;
    }
    if (!is_count(a->type))
        return check_not_native(c, a, "this argument");
    return check_value(c, a, -1, NULL);
}

static bool check_function(struct checker *c, struct node *n)
{
    bool many = n->function == FN_MAX || n->function == FN_MIN;
    if (!n->items)
        problem_bad(c->problem, n->token.offset, "Function %s needs at least 1 arguments.",
                    function_name(n->function));
    else if (n->items->next && !many)
        problem_bad(c->problem, n->token.offset, "Function %s can only accept 1 arguments.",
                    function_name(n->function));
    if (c->problem->status)
        return false;
    switch (n->function) {
    case FN_LEN:
        return check_len(c, n, n->items);
    case FN_COUNT:
        n->type = FT_UINT32;
        return check_field_argument(c, n, n->items) &&
               (!is_app(n->items) || check_not_native(c, n->items, "the count of this protocol"));
    case FN_UPPER:
    case FN_LOWER:
        return check_case(c, n, n->items);
    case FN_STRING:
        return check_string(c, n, n->items);
    case FN_ABS:
        return check_abs(c, n, n->items);
    default:
        return check_extreme(c, n);
    }
}

/* ---- arithmetic ---- */

static char arithmetic_sign(enum arithmetic a) { return "+-*/%&"[a]; }

/* Returns true if Wireshark has the operation for the type. */
static bool wireshark_can(int type, enum arithmetic a)
{
    if (a == ARI_AND)
        return is_integer(type) || check_is_bytes(type) || type == FT_IPv4 || type == FT_IPv6;
    if (type == FT_RELATIVE_TIME)
        return a == ARI_ADD || a == ARI_SUB;
    return is_integer(type) || type == FT_DOUBLE;
}

static bool check_can(struct checker *c, const struct node *n, int type, enum arithmetic a)
{
    if (!wireshark_can(type, a))
        problem_bad(c->problem, n->token.offset, "%s cannot %c.", type_name(type), arithmetic_sign(a));
    return !c->problem->status;
}

/* Returns true if the VM has the operation for the type. It has no sums of times, because Wireshark does not
 * normalise them if one is negative. */
static bool vm_can(int type, enum arithmetic a)
{
    return is_count(type) || (a == ARI_AND && (type == FT_IPv4 || check_is_bytes(type)));
}

/* Returns true if arithmetic may have made the value negative: it is then of the VM's signed kind of
 * number. */
static bool may_be_negative(const struct node *n)
{
    if (n->kind == N_MINUS || (n->kind == N_LITERAL && n->constant.is_signed))
        return true;
    if (n->kind == N_BINARY)
        return n->arithmetic == ARI_SUB || may_be_negative(n->a) || may_be_negative(n->b);
    return false;
}

static bool has_literal(const struct node *n)
{
    for (const struct node *a = n->kind == N_FUNCTION ? n->items : NULL; a; a = a->next)
        if (a->kind == N_LITERAL)
            return true;
    return false;
}

static bool check_operand(struct checker *c, struct node *n, int type, const struct node *field,
                          enum arithmetic a)
{
    check_resolve(n);
    if (n->kind == N_LITERAL && n->token.kind == T_CHAR)
        return check_not_native(c, n, "this operand");
    if (n->kind == N_LITERAL && n->token.kind == T_STRING && literal_is_certain(&n->token)) {
        if (!check_is_plain(&n->token))
            return check_not_native(c, n, "this operand");
        problem_bad(c->problem, n->token.offset, "\"%.*s\" is not a valid arithmetic operand.",
                    (int)n->token.text_len, n->token.text);
        return false;
    }
    if (!check_value(c, n, type, field))
        return false;
    return has_literal(n) ? check_not_native(c, n, "this argument") : check_can(c, n, n->type, a);
}

static bool check_binary(struct checker *c, struct node *n, int type, const struct node *field)
{
    enum arithmetic a = n->arithmetic;
    if (!check_operand(c, n->a, type, field, a))
        return false;
    n->type = n->a->type;
    const struct node *owner = check_is_name(n->a) ? n->a : field;
    if (!check_operand(c, n->b, n->type, owner, a))
        return false;
    if (!check_compatible(n->type, n->b->type)) {
        if (!check_can_name(n->a) || !check_can_name(n->b))
            return check_not_native(c, n->b, "operands of these types");
        problem_bad(c->problem, n->b->token.offset, "%.*s and %.*s are not type compatible.",
                    (int)n->a->token.text_len, n->a->token.text, (int)n->b->token.text_len, n->b->token.text);
        return false;
    }
    if (!vm_can(n->type, a) || !check_comparable(n->type, n->b->type))
        return check_not_native(c, n, "arithmetic with these types");
    if (n->type == FT_IPv4 && n->b->kind == N_LITERAL && n->b->constant.prefix != 32)
        return check_not_native(c, n, "a bitwise and with a network");
    if ((a == ARI_MUL || a == ARI_MOD) && n->b->kind == N_LITERAL && n->b->constant.is_signed)
        return check_not_native(c, n, "products and remainders with a negative constant");
    if (a == ARI_AND && (may_be_negative(n->a) || may_be_negative(n->b)))
        return check_not_native(c, n, "a bitwise and with numbers that may be negative");
    return true;
}

static bool check_minus(struct checker *c, struct node *n, int type, const struct node *field)
{
    struct node *a = n->a;
    check_resolve(a);
    if (a->kind == N_LITERAL && type >= 0) {
        if (!wireshark_can(type, ARI_SUB))
            return literal_convert(a, type, field, false, c->arena, c->problem) &&
                   check_can(c, a, type, ARI_SUB);
        if (!literal_convert(a, type, field, true, c->arena, c->problem))
            return false;
        n->kind = N_LITERAL;
        n->constant = a->constant;
        n->type = type;
        return true;
    }
    if (!check_operand(c, a, type, field, ARI_SUB))
        return false;
    n->type = a->type;
    return is_count(a->type) || a->type == FT_RELATIVE_TIME ||
           check_not_native(c, n, "a minus before a value of this type");
}

/* ---- values ---- */

bool check_value(struct checker *c, struct node *n, int type, const struct node *field)
{
    check_resolve(n);
    switch (n->kind) {
    case N_FIELD:
        return check_layers(c, n) &&
               (!depends_on_verdicts(n) || check_not_native(c, n, "frame.time_delta_displayed"));
    case N_LITERAL:
        if (n->layers || type < 0 || n->token.kind == T_DOTTED)
            return check_unknown(c, n);
        return literal_convert(n, type, field, false, c->arena, c->problem);
    case N_FUNCTION:
        return check_function(c, n);
    case N_SLICE:
        return check_slice(c, n);
    case N_BINARY:
        return check_binary(c, n, type, field);
    default:
        return check_minus(c, n, type, field);
    }
}
