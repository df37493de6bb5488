/* Text -> tokens. Inside the room. */
#ifndef FC_FILTER_TOKEN_H
#define FC_FILTER_TOKEN_H

#include <flowcontainer.h>

#include "base/arena.h"

enum token_kind {
    T_END,
    T_WORD,    /* a name, a number, a literal without colons: what it is, its place decides */
    T_DOTTED,  /* ".tcp": surely a name */
    T_LITERAL, /* surely a literal: addresses, bytes with colons */
    T_STRING,  /* decoded */
    T_CHAR,    /* decoded; one byte */
    T_RANGE,   /* between brackets and commas: "1:2" */
    T_LAYER,   /* the number behind # */
    T_AND,
    T_OR,
    T_NOT,
    T_ANY,
    T_ALL,
    T_IN,
    T_CONTAINS,
    T_MATCHES,
    T_ANY_EQ,
    T_ALL_EQ,
    T_ALL_NE,
    T_ANY_NE,
    T_GT,
    T_GE,
    T_LT,
    T_LE,
    T_PLUS,
    T_MINUS,
    T_STAR,
    T_SLASH,
    T_PERCENT,
    T_AMPERSAND,
    T_LPAREN,
    T_RPAREN,
    T_LBRACE,
    T_RBRACE,
    T_LBRACKET,
    T_RBRACKET,
    T_COMMA,
    T_DOTDOT,
    T_HASH,
    T_OTHER /* a character that the language has no use for */
};

struct token {
    enum token_kind kind;
    uint32_t offset, len; /* in the filter */
    const char *text;     /* decoded; of other kinds the filter's own bytes */
    uint32_t text_len;
    const char *source; /* the filter's own bytes, `len` of them */
};

/* The first problem sticks. */
struct problem {
    enum fc_status status; /* FC_OK, FC_FILTER, FC_UNSUPPORTED, FC_MEMORY */
    int64_t offset;
    char text[512];
};

struct lexer {
    const char *text;
    uint32_t pos, len;
    struct arena *arena;
    struct problem *problem;
};

/* What stands between brackets is read by another rule. */
enum lex_mode { LEX_PLAIN, LEX_RANGE, LEX_LAYER };

/* The next token. On a problem it is T_END and the problem is noted. */
struct token lex_next(struct lexer *lexer, enum lex_mode mode);

/* Notes a filter that Wireshark refuses too. */
void problem_bad(struct problem *problem, int64_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Notes what Wireshark may well answer, but is not reproduced here. */
void problem_foreign(struct problem *problem, int64_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
