/* Inside the room: text -> tokens. */
#ifndef FC_FILTER_TOKEN_H
#define FC_FILTER_TOKEN_H

#include <flowcontainer.h>

#include "base/arena.h"

enum token_kind {
    T_END,
    T_WORD,    /* a name, a number, or a literal without colons; the place of the word decides which */
    T_DOTTED,  /* ".tcp": certainly a name */
    T_LITERAL, /* certainly a literal: addresses, bytes with colons */
    T_STRING,  /* text holds the decoded string */
    T_CHAR,    /* text holds the decoded byte */
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
    T_OTHER /* a character that the language does not use */
};

struct token {
    enum token_kind kind;
    uint32_t offset, len; /* in the filter */
    const char *text;     /* decoded for strings and characters, else the bytes of the filter */
    uint32_t text_len;
    const char *source; /* the bytes of the filter, `len` of them */
};

/* The first problem of a filter; later ones are ignored. */
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

/* Between brackets, and behind #, the text is divided by other rules. */
enum lex_mode { LEX_PLAIN, LEX_RANGE, LEX_LAYER };

/* Returns the next token. On a problem it sets lexer->problem and returns T_END. */
struct token lex_next(struct lexer *lexer, enum lex_mode mode);

/* Reports a filter that Wireshark refuses too. The text is Wireshark's kind of message. */
void problem_bad(struct problem *problem, int64_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Reports a filter that Wireshark may accept, but that is not reproduced here. The text names the part that
 * is not native. */
void problem_not_native(struct problem *problem, int64_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
