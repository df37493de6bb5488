/* Tokens -> tree, by recursive descent: or, and, not, test, value. This file checks the syntax only.
 * Invariant: an error points to the first token with which no filter could continue.
 * Source: man page wireshark-filter; observed (tshark 4.0.17). */
#include <string.h>

#include "filter/tree.h"

/* Limits on nesting (parentheses, braces, functions, nots), so that the stack stays small. No person writes
 * such filters. */
enum {
    MAX_DEPTH = 90 /* Wireshark's own limit is 98 */,
    MAX_NODES = 8192 /* a chain of "or" can make the tree as deep as this */
};

/* ---- tokens ---- */

static void parser_advance(struct parser *p) { p->token = lex_next(&p->lexer, LEX_PLAIN); }

static struct node *token_unexpected(struct parser *p)
{
    bool escapes =
        p->token.kind == T_STRING && (*p->token.source != '"' || memchr(p->token.source, '\\', p->token.len));
    if (escapes) /* Wireshark shows escapes in another way */
        problem_not_native(p->problem, p->token.offset, "a string with escapes in this place");
    else if (p->token.kind == T_END)
        problem_bad(p->problem, -1, "Unexpected end of filter expression.");
    else
        problem_bad(p->problem, p->token.offset, "\"%.*s\" was unexpected in this context.",
                    (int)p->token.len, p->lexer.text + p->token.offset);
    return NULL;
}

static bool token_expect(struct parser *p, enum token_kind kind)
{
    if (p->problem->status)
        return false;
    if (p->token.kind != kind)
        return token_unexpected(p), false;
    parser_advance(p);
    return !p->problem->status;
}

static struct node *parser_node_new(struct parser *p, enum node_kind kind, const struct token *token)
{
    if (++p->n_nodes > MAX_NODES)
        problem_not_native(p->problem, token->offset, "a filter of this length");
    struct node *n = p->problem->status ? NULL : arena_alloc(p->arena, sizeof *n);
    if (!n) {
        p->problem->status = p->problem->status ? p->problem->status : FC_MEMORY;
        return NULL;
    }
    *n = (struct node){.kind = kind, .token = *token, .type = -1};
    return n;
}

static bool parser_deeper(struct parser *p)
{
    if (++p->depth > MAX_DEPTH)
        problem_not_native(p->problem, p->token.offset, "a filter that is nested this deep");
    return !p->problem->status;
}

/* ---- ranges ---- */

/* Reads a decimal number of at most 9 digits, with blanks around it. */
static bool range_number(const char **s, const char *end, int32_t *out)
{
    const char *c = *s;
    while (c < end && *c == ' ')
        c++;
    bool minus = c < end && *c == '-';
    const char *first = c += minus;
    int32_t n = 0;
    for (; c < end && *c >= '0' && *c <= '9' && c - first < 9; c++)
        n = n * 10 + (*c - '0');
    bool ok = c > first && !(*first == '0' && c - first > 1);
    while (c < end && *c == ' ')
        c++;
    *out = minus ? -n : n;
    *s = c;
    return ok;
}

/* Checks "from-to". Both numbers must have the same sign. */
static void range_inclusive(struct parser *p, const struct token *t, struct range *r, int32_t to)
{
    if ((r->from < 0) != (to < 0))
        problem_bad(p->problem, t->offset, "Range %.*s isn't valid because %d and %d have different signs",
                    (int)t->text_len, t->text, r->from, to);
    else if (r->from >= to)
        problem_bad(p->problem, t->offset, "Range %.*s isn't valid because %d is greater or equal than %d",
                    (int)t->text_len, t->text, r->from, to);
    r->len = to - r->from + 1;
}

static void range_counted(struct parser *p, const struct token *t, struct range *r, int32_t len)
{
    r->len = len;
    if (len <= 0)
        problem_bad(p->problem, t->offset, "Range %.*s isn't valid because length %d isn't positive",
                    (int)t->text_len, t->text, len);
}

/* Reads "1", "1:2", "1-2", ":2" or "1:". */
static struct range *range_read(struct parser *p, const struct token *t)
{
    const char *s = t->text, *end = s + t->text_len;
    struct range *r = arena_alloc(p->arena, sizeof *r);
    int32_t second;
    if (!r) {
        p->problem->status = FC_MEMORY;
        return NULL;
    }
    *r = (struct range){.len = 1};
    bool ok = *s == ':' || range_number(&s, end, &r->from);
    if (!ok || (s < end && *s != ':' && *s != '-')) {
        problem_not_native(p->problem, t->offset, "this range");
        return r;
    }
    if (s == end)
        return r;
    bool counted = *s++ == ':';
    if (counted && s == end && t->text_len > 1) {
        r->len = RANGE_REST;
        return r;
    }
    if (!range_number(&s, end, &second) || s < end)
        problem_not_native(p->problem, t->offset, "this range");
    else if (counted)
        range_counted(p, t, r, second);
    else
        range_inclusive(p, t, r, second);
    return r;
}

/* Reads the ranges behind "[", up to "]"; the parser's token is then the one behind it. */
static struct range *parse_ranges(struct parser *p)
{
    struct range *first = NULL, **last = &first;
    for (;;) {
        p->token = lex_next(&p->lexer, LEX_RANGE);
        if (p->problem->status)
            return NULL;
        if (p->token.kind != T_RANGE)
            return token_unexpected(p), NULL;
        *last = range_read(p, &p->token);
        if (p->problem->status)
            return NULL;
        last = &(*last)->next;
        p->token = lex_next(&p->lexer, LEX_RANGE);
        if (p->token.kind == T_COMMA)
            continue;
        if (!p->problem->status && p->token.kind != T_RBRACKET)
            token_unexpected(p);
        parser_advance(p);
        return p->problem->status ? NULL : first;
    }
}

/* Reads the layers behind "#". */
static struct range *parse_layers(struct parser *p)
{
    struct token t = lex_next(&p->lexer, LEX_LAYER);
    if (p->problem->status)
        return NULL;
    if (t.kind == T_LBRACKET)
        return parse_ranges(p);
    struct range *r = range_read(p, &t);
    parser_advance(p);
    return p->problem->status ? NULL : r;
}

/* ---- values ---- */

static struct node *parse_arithmetic(struct parser *p);

/* Reads the arguments behind "(". */
static struct node *parse_function(struct parser *p, struct node *n)
{
    static const char *const names[FN_N] = {"len", "count", "upper", "lower", "string", "max", "min", "abs"};
    struct node **last = &n->items;
    n->kind = N_FUNCTION;
    if (!parser_deeper(p))
        return NULL;
    while (p->token.kind != T_RPAREN || n->items) {
        if (!(*last = parse_arithmetic(p)))
            return NULL;
        last = &(*last)->next;
        if (p->token.kind != T_COMMA)
            break;
        parser_advance(p);
    }
    p->depth--;
    if (!p->problem->status && p->token.kind != T_RPAREN)
        return token_unexpected(p);
    parser_advance(p);
    if (p->problem->status || p->token.kind == T_OTHER)
        return token_unexpected(p);
    for (int f = 0; f < FN_N; f++)
        if (node_is_name(n, names[f])) {
            n->function = (enum function)f;
            return n;
        }
    problem_bad(p->problem, n->token.offset, "Function '%.*s' does not exist", (int)n->token.text_len,
                n->token.text);
    return NULL;
}

static struct node *parse_slices(struct parser *p, struct node *n)
{
    while (n && p->token.kind == T_LBRACKET) {
        struct token at = n->token;
        struct node *slice = parser_node_new(p, N_SLICE, &at);
        if (!slice)
            return NULL;
        slice->a = n;
        if (!(slice->ranges = parse_ranges(p)))
            return NULL;
        n = slice;
    }
    return p->problem->status ? NULL : n;
}

/* Reads a name, a literal or a function, with its layers and slices. */
static struct node *parse_entity(struct parser *p)
{
    if (p->problem->status)
        return NULL;
    if (p->token.kind < T_WORD || p->token.kind > T_CHAR)
        return token_unexpected(p);
    struct node *n = parser_node_new(p, N_LITERAL, &p->token);
    if (!n)
        return NULL;
    parser_advance(p);
    if (n->token.kind == T_LITERAL && p->token.kind == T_LPAREN)
        problem_not_native(p->problem, n->token.offset, "a function of this name");
    bool word = n->token.kind == T_WORD || n->token.kind == T_DOTTED || n->token.kind == T_LITERAL;
    if (n->token.kind == T_WORD && p->token.kind == T_LPAREN) {
        parser_advance(p);
        if (!(n = parse_function(p, n)))
            return NULL;
    } else if (word && p->token.kind == T_HASH) {
        if (!(n->layers = parse_layers(p)))
            return NULL;
        if (n->token.kind == T_LITERAL || (n->token.text[0] >= '0' && n->token.text[0] <= '9')) {
            problem_not_native(p->problem, n->token.offset, "a layer of a literal");
            return NULL;
        }
    }
    return parse_slices(p, n);
}

static struct node *parse_unary(struct parser *p)
{
    struct token sign = p->token;
    if (sign.kind == T_LBRACE) {
        if (!parser_deeper(p))
            return NULL;
        parser_advance(p);
        struct node *n = parse_arithmetic(p);
        p->depth--;
        return n && token_expect(p, T_RBRACE) ? n : NULL;
    }
    if (sign.kind != T_PLUS && sign.kind != T_MINUS)
        return parse_entity(p);
    parser_advance(p);
    struct node *a = parse_entity(p);
    if (!a || sign.kind == T_PLUS)
        return a;
    struct node *n = parser_node_new(p, N_MINUS, &a->token);
    if (n)
        n->a = a;
    return n;
}

static int arithmetic_level(enum token_kind kind)
{
    switch (kind) {
    case T_AMPERSAND:
        return 0;
    case T_PLUS:
    case T_MINUS:
        return 1;
    case T_STAR:
    case T_SLASH:
    case T_PERCENT:
        return 2;
    default:
        return -1;
    }
}

static enum arithmetic arithmetic_of(enum token_kind kind)
{
    switch (kind) {
    case T_PLUS:
        return ARI_ADD;
    case T_MINUS:
        return ARI_SUB;
    case T_STAR:
        return ARI_MUL;
    case T_SLASH:
        return ARI_DIV;
    case T_PERCENT:
        return ARI_MOD;
    default:
        return ARI_AND;
    }
}

static struct node *parse_arithmetic_level(struct parser *p, int level)
{
    struct node *a = level > 2 ? parse_unary(p) : parse_arithmetic_level(p, level + 1);
    while (a && level <= 2 && arithmetic_level(p->token.kind) == level) {
        struct node *n = parser_node_new(p, N_BINARY, &a->token);
        if (!n)
            return NULL;
        n->arithmetic = arithmetic_of(p->token.kind);
        parser_advance(p);
        n->a = a;
        if (!(n->b = parse_arithmetic_level(p, level + 1)))
            return NULL;
        a = n;
    }
    return p->problem->status ? NULL : a;
}

static struct node *parse_arithmetic(struct parser *p) { return parse_arithmetic_level(p, 0); }

/* ---- tests ---- */

/* Reads a member of a set. It may have a sign, but no other arithmetic. */
static struct node *parse_member(struct parser *p)
{
    if (p->token.kind == T_LBRACE)
        return token_unexpected(p);
    return parse_unary(p);
}

/* Reads the set behind "in". */
static struct node *parse_set(struct parser *p, struct node *n)
{
    struct node **last = &n->items;
    if (!token_expect(p, T_LBRACE))
        return NULL;
    for (;;) {
        struct node *item = parse_member(p);
        if (!item)
            return NULL;
        if (p->token.kind == T_DOTDOT) {
            struct node *span = parser_node_new(p, N_SPAN, &item->token);
            parser_advance(p);
            if (!span || !(span->b = parse_member(p)))
                return NULL;
            span->a = item;
            item = span;
        }
        *last = item;
        last = &item->next;
        if (p->token.kind == T_RBRACE) {
            parser_advance(p);
            return p->problem->status ? NULL : n;
        }
        if (!token_expect(p, T_COMMA))
            return NULL;
    }
}

/* Finds the relation of an operator, and the quantifier that its spelling implies. */
static bool relation_of(enum token_kind kind, enum relation *relation, enum quantifier *quantifier)
{
    static const struct {
        uint8_t relation, quantifier;
    } of[] = {[T_CONTAINS] = {REL_CONTAINS, QUANT_ANY},
              [T_MATCHES] = {REL_MATCHES, QUANT_ANY},
              [T_ANY_EQ] = {REL_EQ, QUANT_ANY},
              [T_ALL_EQ] = {REL_EQ, QUANT_ALL},
              [T_ALL_NE] = {REL_NE, QUANT_ALL},
              [T_ANY_NE] = {REL_NE, QUANT_ANY},
              [T_GT] = {REL_GT, QUANT_ANY},
              [T_GE] = {REL_GE, QUANT_ANY},
              [T_LT] = {REL_LT, QUANT_ANY},
              [T_LE] = {REL_LE, QUANT_ANY}};
    if (kind < T_CONTAINS || kind > T_LE)
        return false;
    *relation = (enum relation)of[kind].relation;
    *quantifier = (enum quantifier)of[kind].quantifier;
    return true;
}

/* `plain`: a is not an arithmetic expression. */
static struct node *parse_compare(struct parser *p, struct node *a, bool plain, enum quantifier quantifier)
{
    struct node *all = NULL;
    enum relation relation;
    enum quantifier spelled;
    while (relation_of(p->token.kind, &relation, &spelled)) {
        bool orders = relation != REL_CONTAINS && relation != REL_MATCHES;
        if (!orders && (all || !plain))
            return token_unexpected(p);
        struct node *n = parser_node_new(p, N_COMPARE, &a->token);
        if (n)
            n->op = p->token;
        parser_advance(p);
        if (!n || !(n->b = orders ? parse_arithmetic(p) : parse_entity(p)))
            return NULL;
        n->a = a;
        n->relation = relation;
        n->quantifier = quantifier ? quantifier : spelled;
        struct node *both = all ? parser_node_new(p, N_AND, &all->token) : n;
        if (both && all) {
            both->a = all;
            both->b = n;
        }
        all = both;
        a = n->b;
        if (!orders)
            break;
    }
    if (all || p->problem->status)
        return p->problem->status ? NULL : all;
    return token_unexpected(p);
}

static struct node *parse_test(struct parser *p)
{
    enum quantifier quantifier = p->token.kind == T_ANY   ? QUANT_ANY
                                 : p->token.kind == T_ALL ? QUANT_ALL
                                                          : QUANT_NONE;
    if (quantifier)
        parser_advance(p);
    bool plain = p->token.kind >= T_WORD && p->token.kind <= T_CHAR;
    struct node *a = parse_arithmetic(p);
    if (!a)
        return NULL;
    plain = plain && a->kind != N_BINARY;
    enum relation relation;
    enum quantifier spelled;
    if (plain && (p->token.kind == T_IN || p->token.kind == T_NOT)) {
        struct node *n = parser_node_new(p, N_IN, &a->token);
        if (!n)
            return NULL;
        n->a = a;
        n->quantifier = quantifier ? quantifier : QUANT_ANY;
        if ((n->negated = p->token.kind == T_NOT))
            parser_advance(p);
        if (n->negated) /* Wireshark ignores "all" before "not in" */
            n->quantifier = QUANT_ANY;
        return token_expect(p, T_IN) ? parse_set(p, n) : NULL;
    }
    if (quantifier || relation_of(p->token.kind, &relation, &spelled))
        return parse_compare(p, a, plain, quantifier);
    struct node *n = parser_node_new(p, N_EXISTS, &a->token);
    if (n)
        n->a = a;
    return n;
}

/* ---- logic ---- */

static struct node *parse_or(struct parser *p);

static struct node *parse_not(struct parser *p)
{
    if (p->problem->status || (p->token.kind != T_NOT && p->token.kind != T_LPAREN))
        return p->problem->status ? NULL : parse_test(p);
    struct token at = p->token;
    if (!parser_deeper(p))
        return NULL;
    parser_advance(p);
    struct node *a = at.kind == T_NOT ? parse_not(p) : parse_or(p);
    p->depth--;
    if (!a || at.kind == T_LPAREN)
        return a && token_expect(p, T_RPAREN) ? a : NULL;
    struct node *n = parser_node_new(p, N_NOT, &at);
    if (n)
        n->a = a;
    return n;
}

static struct node *parse_chain(struct parser *p, enum token_kind word, enum node_kind kind,
                                struct node *(*operand)(struct parser *))
{
    struct node *a = operand(p);
    while (a && p->token.kind == word) {
        struct node *n = parser_node_new(p, kind, &a->token);
        parser_advance(p);
        if (!n || !(n->b = operand(p)))
            return NULL;
        n->a = a;
        a = n;
    }
    return a;
}

static struct node *parse_and(struct parser *p) { return parse_chain(p, T_AND, N_AND, parse_not); }
static struct node *parse_or(struct parser *p) { return parse_chain(p, T_OR, N_OR, parse_and); }

struct node *parse_filter(struct parser *p)
{
    parser_advance(p);
    struct node *root = p->problem->status ? NULL : parse_or(p);
    if (root && p->token.kind != T_END)
        return token_unexpected(p);
    return p->problem->status ? NULL : root;
}

bool node_is_name(const struct node *n, const char *text)
{
    return n->token.text_len == strlen(text) && !memcmp(n->token.text, text, n->token.text_len);
}
