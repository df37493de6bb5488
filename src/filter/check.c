/* Checks the tests of a parsed filter, and gives its values their types.
 * Invariant: for a filter that passes, the VM returns exactly Wireshark's verdict. A filter that Wireshark
 * accepts but that is not reproduced here is "not native"; a filter that Wireshark refuses is refused with
 * the same kind of message and the same place.
 * Source: man page wireshark-filter; observed (tshark 4.0.17). */
#include "filter/check.h"
#include "filter/code.h"

/* The left side of a test must start with a field or a function. */
static bool check_left(struct checker *c, struct node *n, const struct token *op)
{
    struct node *first = (struct node *)check_leftmost(n);
    check_resolve(first);
    if (first->kind == N_LITERAL &&
        (first->layers || !literal_is_certain(&first->token) || !check_is_plain(&first->token)))
        return check_unknown(c, first);
    if (first->kind == N_LITERAL && first != n) {
        problem_bad(c->problem, first->token.offset, "Constant arithmetic expression on the LHS is invalid.");
        return false;
    }
    if (first->kind != N_LITERAL)
        return check_value(c, n, -1, NULL);
    const char *quote = op && (op->kind == T_CONTAINS || op->kind == T_MATCHES) ? "" : "\"";
    if (op)
        problem_bad(c->problem, n->token.offset,
                    "Left side of %s%.*s%s expression must be a field or function, not %.*s.", quote,
                    (int)op->len, op->text, quote, (int)n->token.len, n->token.source);
    else
        problem_bad(c->problem, n->token.offset, "%.*s is neither a field nor a protocol name.",
                    (int)n->token.len, n->token.source);
    return false;
}

/* ---- tests ---- */

static bool no_part(struct checker *c, const struct node *n, const char *op, int len)
{
    if (!check_can_name(n) || !type_text(n->type))
        return check_not_native(c, n, "this comparison");
    problem_bad(c->problem, n->token.offset, "%.*s (type=%s) cannot participate in %.*s comparison.",
                (int)n->token.text_len, n->token.text, type_text(n->type), len, op);
    return false;
}

/* Checks the right side of a comparison, or a member of a set. */
static bool check_right(struct checker *c, struct node *a, struct node *b)
{
    const struct node *first = check_leftmost(a), *field = first->kind == N_FUNCTION ? first->items : first;
    if (!check_value(c, b, a->type, check_is_name(field) ? field : NULL))
        return false;
    if (b->kind == N_LITERAL || check_comparable(a->type, b->type))
        return (a->type != FILTER_FT_PROTOCOL && !(a->type == FT_STRING && b->kind == N_SLICE)) ||
               check_not_native(c, b, "a comparison of these values");
    if (check_compatible(a->type, b->type) || a->kind == N_SLICE || b->kind == N_SLICE)
        return check_not_native(c, b, "a comparison of these values");
    if (!check_can_name(a) || !check_can_name(b))
        return check_not_native(c, b, "a comparison of these values");
    problem_bad(c->problem, b->token.offset, "%.*s and %.*s are not of compatible types.",
                (int)a->token.text_len, a->token.text, (int)b->token.text_len, b->token.text);
    return false;
}

static bool has_text(const struct node *a)
{
    return a->type == FT_STRING || check_is_bytes(a->type) || a->type == FILTER_FT_PROTOCOL;
}

/* Returns true for a literal that is a part of an Ethernet address: fewer than six bytes. */
static bool is_part_of_address(struct checker *c, const struct node *a, struct node *b)
{
    struct problem ignored = {.status = FC_OK};
    check_resolve(b);
    if (a->type != FT_ETHER || b->kind != N_LITERAL || b->token.kind == T_STRING || b->token.kind == T_CHAR)
        return false;
    return literal_convert(b, FT_BYTES, NULL, false, c->arena, &ignored) && b->constant.value.len < 6;
}

static bool check_contains(struct checker *c, struct node *n)
{
    struct node *a = n->a, *b = n->b;
    if (!has_text(a))
        return no_part(c, a, "contains", 8);
    bool frame = a->kind == N_FIELD && a->is_protocol && a->id == P_FRAME;
    if (a->type == FILTER_FT_PROTOCOL && !frame)
        return check_not_native(c, a, "the content of a protocol");
    if (frame) {
        check_resolve(b);
        if (b->kind != N_LITERAL)
            return check_not_native(c, b, "a comparison of these values");
        if (!literal_convert(b, FT_BYTES, NULL, false, c->arena, c->problem))
            return false;
    } else if (is_part_of_address(c, a, b)) {
        return true;
    } else if (!check_right(c, a, b)) {
        return false;
    }
    return b->kind != N_LITERAL || b->constant.value.len || check_not_native(c, b, "a search for no bytes");
}

static bool check_matches(struct checker *c, struct node *n)
{
    struct node *a = n->a, *b = n->b;
    check_resolve(b);
    if (b->kind != N_LITERAL || b->token.kind != T_STRING) {
        if (b->kind != N_LITERAL && b->kind != N_FIELD)
            return check_not_native(c, b, "a pattern that is not a quoted string");
        problem_bad(c->problem, b->token.offset,
                    "Matches requires a double quoted string on the right side.");
        return false;
    }
    if (!check_left(c, a, &n->op))
        return false;
    if (!has_text(a))
        return no_part(c, a, "matches", 7);
    if (a->type == FILTER_FT_PROTOCOL && !(check_is_name(a) && a->id == P_FRAME))
        return check_not_native(c, a, "the content of a protocol");
    b->type = a->type;
    b->constant.pattern = b->token.text;
    regex_free(regex_compile(b->token.text, b->token.text_len,
                             c->problem)); /* only to report its errors first, as Wireshark does */
    return !c->problem->status;
}

static bool check_compare(struct checker *c, struct node *n)
{
    if (n->relation == REL_MATCHES)
        return check_matches(c, n);
    if (!check_left(c, n->a, &n->op))
        return false;
    if (n->relation == REL_CONTAINS)
        return check_contains(c, n);
    if (n->a->type == FT_NONE)
        return no_part(c, n->a, n->op.text, (int)n->op.len);
    return check_right(c, n->a, n->b);
}

static bool check_in(struct checker *c, struct node *n)
{
    struct node *a = n->a;
    check_resolve(a);
    if (a->kind == N_SLICE || a->kind == N_FUNCTION ||
        (a->kind == N_LITERAL && literal_is_certain(&a->token))) {
        problem_bad(c->problem, a->kind == N_SLICE ? -1 : (int64_t)a->token.offset,
                    "Only a field may be tested for membership in a set.");
        return false;
    }
    if (!check_left(c, a, NULL))
        return false;
    if (a->type == FT_NONE)
        return no_part(c, a, "in", 2);
    for (struct node *item = n->items; item; item = item->next) {
        bool span = item->kind == N_SPAN;
        if (!check_right(c, a, span ? item->a : item) || (span && !check_right(c, a, item->b)))
            return false;
    }
    return true;
}

static bool check_exists(struct checker *c, struct node *n)
{
    if (n->a->kind == N_FUNCTION) {
        problem_bad(c->problem, n->a->token.offset, "You cannot test whether a function is present.");
        return false;
    }
    return check_left(c, n->a, NULL);
}

static bool check_test(struct checker *c, struct node *n)
{
    switch (n->kind) {
    case N_AND:
    case N_OR:
        return check_test(c, n->a) && check_test(c, n->b);
    case N_NOT:
        return check_test(c, n->a);
    case N_EXISTS:
        return check_exists(c, n);
    case N_IN:
        return check_in(c, n);
    default:
        return check_compare(c, n);
    }
}

bool check_filter(struct node *root, struct arena *arena, struct problem *problem)
{
    struct checker c = {arena, problem};
    return check_test(&c, root) && !problem->status;
}
