/* The tree of a filter, as parsed and then as checked. Inside the room. */
#ifndef FC_FILTER_TREE_H
#define FC_FILTER_TREE_H

#include "field/field.h"
#include "filter/filter.h"
#include "filter/token.h"

/* Wireshark's type of protocols, which no native field has. */
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

/* A part of bytes, or some layers: from (negative: counted from the end), and how many. */
struct range {
    int32_t from;
    int32_t len; /* RANGE_REST: to the end */
    struct range *next;
};
enum { RANGE_REST = -1 };

/* A literal's value. */
struct constant {
    struct value value;
    uint8_t prefix;      /* bits that count: of IPv4 up to 32, of IPv6 up to 128 */
    bool is_signed;      /* an integer that was written with a minus */
    const char *pattern; /* of matches: len bytes */
};

struct node {
    enum node_kind kind;
    struct token token; /* where it stands: of a literal or name itself, else what errors point to */
    struct token op;    /* of N_COMPARE: the relation as written */
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
    uint16_t id; /* enum field_id or enum filter_protocol */
    struct constant constant;
};

struct parser {
    struct lexer lexer;
    struct token token; /* the next one */
    struct arena *arena;
    struct problem *problem;
    uint32_t depth, n_nodes;
};

/* Syntax alone; NULL on a problem. */
struct node *parse_filter(struct parser *parser);

/* Names, types, literals; false on a problem. */
bool check_filter(struct node *root, struct arena *arena, struct problem *problem);

/* Gives a literal the value that it has for a type, which is that of `field` where there is one. False on a
 * problem. */
bool literal_convert(struct node *literal, int type, const struct node *field, bool minus,
                     struct arena *arena, struct problem *problem);
/* Surely none of Wireshark's names, so that it is a literal. */
bool literal_is_certain(const struct token *token);
/* "Unsigned integer (4 bytes)". */
const char *type_text(int type);
/* "2020-09-13 12:26:40.5" and its likes in nanoseconds; false: not a form that is known here. */
bool literal_time(int64_t *ns, const char *text);

bool node_is_name(const struct node *node, const char *text);

#endif
