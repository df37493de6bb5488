/* Inside the room: the tree of a filter, as parse.c makes it and check.c completes it. */
#ifndef FC_FILTER_TREE_H
#define FC_FILTER_TREE_H

#include "field/field.h"
#include "filter/filter.h"
#include "filter/token.h"

/* Wireshark's type of protocols. No native field has it. */
enum { FILTER_FT_PROTOCOL = FT_FRAMENUM + 1, FILTER_N_TYPES };

enum node_kind {
    /* tests */
    N_AND,
    N_OR,
    N_NOT,
    N_EXISTS,  /* a: the value */
    N_COMPARE, /* a, b, relation, quantifier */
    N_IN,      /* a; items: values and N_SPAN; negated: not in */
    /* values */
    N_FIELD,    /* field or protocol */
    N_LITERAL,  /* token; after the check a constant of `type` */
    N_FUNCTION, /* items: arguments */
    N_SLICE,    /* a; ranges */
    N_BINARY,   /* a, b, arithmetic */
    N_MINUS,    /* a */
    N_SPAN      /* a .. b, in sets */
};

enum relation { REL_EQ, REL_NE, REL_GT, REL_GE, REL_LT, REL_LE, REL_CONTAINS, REL_MATCHES };
enum quantifier { QUANT_NONE, QUANT_ANY, QUANT_ALL };
enum arithmetic { ARI_ADD, ARI_SUB, ARI_MUL, ARI_DIV, ARI_MOD, ARI_AND };
enum function { FN_LEN, FN_COUNT, FN_UPPER, FN_LOWER, FN_STRING, FN_MAX, FN_MIN, FN_ABS, FN_N };

/* A part of the bytes of a value, or some layers: the first one (a negative number counts from the end) and
 * their number. */
struct range {
    int32_t from;
    int32_t len; /* RANGE_REST: to the end */
    struct range *next;
};
enum { RANGE_REST = -1 };

/* The value of a literal. */
struct constant {
    struct value value;
    uint8_t prefix;      /* the bits that count: up to 32 for IPv4, up to 128 for IPv6 */
    bool is_signed;      /* an integer with a minus */
    const char *pattern; /* for `matches`: the pattern; its length is token.text_len */
};

struct node {
    enum node_kind kind;
    struct token token; /* the literal or name itself; for other nodes the place that errors point to */
    struct token op;    /* N_COMPARE: the relation as written */
    struct node *a, *b;
    struct node *items, *next;
    struct range *ranges;
    struct range *layers;
    enum relation relation;
    enum quantifier quantifier;
    enum arithmetic arithmetic;
    enum function function;
    bool negated;
    /* after the check */
    int type; /* enum field_type or FILTER_FT_PROTOCOL */
    bool is_protocol;
    uint16_t id; /* field_id or enum filter_protocol */
    struct constant constant;
};

struct parser {
    struct lexer lexer;
    struct token token; /* the next token */
    struct arena *arena;
    struct problem *problem;
    uint32_t depth, n_nodes;
};

/* Parses a whole filter. Returns NULL on a problem. */
struct node *parse_filter(struct parser *parser);

/* Checks names, types and literals, and completes the tree. Returns false on a problem. */
bool check_filter(struct node *root, struct arena *arena, struct problem *problem);

/* Converts a literal to a value of `type`, which is the type of `field` if that is not NULL. Returns false on
 * a problem. */
bool literal_convert(struct node *literal, int type, const struct node *field, bool minus,
                     struct arena *arena, struct problem *problem);
/* Returns true if no name of Wireshark has this spelling, so that the token is a literal. */
bool literal_is_certain(const struct token *token);
/* Wireshark's description of a type, such as "Unsigned integer (4 bytes)", or NULL. */
const char *type_text(int type);
/* Converts a time such as "2020-09-13 12:26:40.5" to nanoseconds. Returns false if the form is not known
 * here. */
bool literal_time(int64_t *ns, const char *text);

bool node_is_name(const struct node *node, const char *text);

#endif
