/* Text -> tokens, one at a time, as the parser asks for them.
 * Invariant: a token ends where Wireshark ends it, or the filter is not native. Words with colons that are
 * neither bytes nor an IPv6 address are not native.
 * Source: man page wireshark-filter; observed, with the places of errors (tshark 4.0.17). */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "filter/token.h"

void problem_bad(struct problem *p, int64_t offset, const char *format, ...)
{
    va_list args;
    if (p->status)
        return;
    p->status = FC_FILTER;
    p->offset = offset;
    va_start(args, format);
    vsnprintf(p->text, sizeof p->text, format, args);
    va_end(args);
}

void problem_not_native(struct problem *p, int64_t offset, const char *format, ...)
{
    va_list args;
    if (p->status)
        return;
    p->status = FC_UNSUPPORTED;
    p->offset = offset;
    va_start(args, format);
    vsnprintf(p->text, sizeof p->text, format, args);
    va_end(args);
}

/* ---- characters ---- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
static bool is_name(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* The byte at pos + i, or 0 beyond the end. The text contains no NUL except the last one. */
static char char_at(const struct lexer *l, uint32_t i)
{
    return l->pos + i < l->len ? l->text[l->pos + i] : 0;
}

static struct token token_take(struct lexer *l, enum token_kind kind, uint32_t n)
{
    struct token t = {kind, l->pos, n, l->text + l->pos, n, l->text + l->pos};
    l->pos += n;
    return t;
}

static struct token token_not_native(struct lexer *l, const char *what)
{
    problem_not_native(l->problem, l->pos, "%s", what);
    return token_take(l, T_END, 0);
}

/* ---- quoted text ---- */

static int hex_value(char c) { return is_digit(c) ? c - '0' : (c | 32) - 'a' + 10; }

static uint32_t put_utf8(char *out, uint32_t code)
{
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 63));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 63));
        out[2] = (char)(0x80 | (code & 63));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 63));
    out[2] = (char)(0x80 | (code >> 6 & 63));
    out[3] = (char)(0x80 | (code & 63));
    return 4;
}

/* Reads \uXXXX or \UXXXXXXXX; the lexer is at the backslash. */
static uint32_t take_code_point(struct lexer *l, char *out)
{
    uint32_t digits = char_at(l, 1) == 'u' ? 4 : 8, n = 0, code = 0;
    while (n < digits && is_hex(char_at(l, 2 + n)))
        code = code << 4 | (uint32_t)hex_value(char_at(l, 2 + n++));
    if (n < digits || (code >= 0xd800 && code < 0xe000))
        problem_bad(l->problem, l->pos, "%.*s is not a valid universal character name", (int)(2 + n),
                    l->text + l->pos);
    if (code < 0xa0 || code > 0x10ffff)
        problem_not_native(l->problem, l->pos, "this universal character name");
    l->pos += 2 + n;
    return l->problem->status ? 0 : put_utf8(out, code);
}

/* Reads \NNN or \xNN. */
static uint32_t take_number_escape(struct lexer *l, char *out)
{
    bool hex = char_at(l, 1) == 'x';
    uint32_t first = hex ? 2 : 1, most = hex ? 2 : 3, n = 0, code = 0;
    while (n < most && (hex ? is_hex(char_at(l, first + n))
                            : char_at(l, first + n) >= '0' && char_at(l, first + n) <= '7'))
        code = code * (hex ? 16 : 8) + (uint32_t)hex_value(char_at(l, first + n++));
    if (!n)
        problem_bad(l->problem, l->pos, "\\%c is not a valid character escape sequence", char_at(l, 1));
    if (code > 255)
        problem_bad(l->problem, l->pos, "%.*s is larger than 255.", (int)(first + n), l->text + l->pos);
    l->pos += first + n;
    *out = (char)code;
    return 1;
}

/* Reads one escape. Returns the number of bytes that it stands for (at most 4). */
static uint32_t take_escape(struct lexer *l, char *out)
{
    static const char names[] = "abfnrtv'\"\\", values[] = "\a\b\f\n\r\t\v'\"\\";
    char c = char_at(l, 1);
    const char *found = c ? strchr(names, c) : NULL;
    if (found) {
        *out = values[found - names];
        l->pos += 2;
        return 1;
    }
    if (c == 'u' || c == 'U')
        return take_code_point(l, out);
    if (c == 'x' || is_digit(c))
        return take_number_escape(l, out);
    if (!c || (unsigned char)c >= 0x80)
        problem_not_native(l->problem, l->pos, "this escape");
    problem_bad(l->problem, l->pos, "\\%c is not a valid character escape sequence", c);
    return 0;
}

static struct token take_string(struct lexer *l, bool raw)
{
    uint32_t start = l->pos;
    l->pos += raw ? 2 : 1;
    char *out = arena_alloc(l->arena, l->len - l->pos + 5);
    uint32_t n = 0;
    if (!out)
        l->problem->status = FC_MEMORY;
    while (!l->problem->status && l->pos < l->len && char_at(l, 0) != '"') {
        if (char_at(l, 0) == '\\' && !raw) {
            n += take_escape(l, out + n);
            continue;
        }
        if (char_at(l, 0) == '\\' && l->pos + 1 < l->len)
            out[n++] = l->text[l->pos++];
        out[n++] = l->text[l->pos++];
    }
    if (l->pos >= l->len)
        problem_bad(l->problem, l->len, "The final quote was missing from a quoted string.");
    if (l->problem->status)
        return token_take(l, T_END, 0);
    l->pos++;
    out[n] = 0;
    return (struct token){T_STRING, start, l->pos - start, out, n, l->text + start};
}

static struct token take_char(struct lexer *l)
{
    uint32_t start = l->pos++, n = 0;
    char *out = arena_alloc(l->arena, l->len - l->pos + 5);
    if (!out)
        l->problem->status = FC_MEMORY;
    while (!l->problem->status && l->pos < l->len && char_at(l, 0) != '\'') {
        if (char_at(l, 0) != '\\') {
            out[n++] = l->text[l->pos++];
            continue;
        }
        char c = char_at(l, 1);
        if (!c || !(strchr("abfrtv'\"\\x", c) || is_digit(c)) ||
            (c > '3' && c <= '9')) /* Wireshark 4.0 refuses '\n' with another message */
            problem_not_native(l->problem, l->pos, "this character constant");
        n += take_escape(l, out + n);
    }
    if (l->pos >= l->len)
        problem_bad(l->problem, l->len, "The final quote was missing from a character constant.");
    if (!n)
        problem_bad(l->problem, start, "Empty character constant.");
    if (n > 1)
        problem_bad(l->problem, start, "%.*s is too long to be a valid character constant.",
                    (int)(l->pos + 1 - start), l->text + start);
    if (l->problem->status)
        return token_take(l, T_END, 0);
    l->pos++;
    out[n] = 0;
    return (struct token){T_CHAR, start, l->pos - start, out, n, l->text + start};
}

/* ---- words and addresses ---- */

static uint32_t word_len(const struct lexer *l)
{
    uint32_t n = 0;
    while (is_name(char_at(l, n)) || (n && char_at(l, n) == '-'))
        n++;
    while (n && char_at(l, n) == '.' && (is_name(char_at(l, n + 1)) || char_at(l, n + 1) == '-'))
        for (n++; is_name(char_at(l, n)) || char_at(l, n) == '-';)
            n++;
    return n;
}

/* The length of a text such as "10.0.0.1/24", or 0. */
static uint32_t cidr_len(const struct lexer *l)
{
    uint32_t n = 0, start;
    for (int part = 0; part < 5; part++) {
        if (part && char_at(l, n++) != (part < 4 ? '.' : '/'))
            return 0;
        for (start = n; is_digit(char_at(l, n));)
            n++;
        if (n == start)
            return 0;
    }
    return n;
}

/* The number of characters from here on that may belong to an address with colons; ".." ends them. */
static uint32_t colon_run(const struct lexer *l, bool *colons)
{
    uint32_t n = 0;
    *colons = false;
    while (is_hex(char_at(l, n)) || char_at(l, n) == ':' ||
           (char_at(l, n) == '.' && *colons && char_at(l, n + 1) != '.')) {
        *colons |= char_at(l, n) == ':';
        n++;
    }
    return n;
}

/* Returns true for "ab:cd", ":ab", ":ab:cd", ":a". */
static bool is_colon_bytes(const char *s, uint32_t n)
{
    if (n == 2 && s[0] == ':' && is_hex(s[1]))
        return true;
    uint32_t i = s[0] == ':';
    for (;; i++) {
        if (i + 2 > n || !is_hex(s[i]) || !is_hex(s[i + 1]))
            return false;
        if ((i += 2) == n)
            return true;
        if (s[i] != ':')
            return false;
    }
}

static bool is_ipv6_text(const char *s, uint32_t n)
{
    char text[INET6_ADDRSTRLEN + 1];
    unsigned char address[16];
    if (n >= sizeof text)
        return false;
    memcpy(text, s, n);
    text[n] = 0;
    return inet_pton(AF_INET6, text, address) == 1;
}

static struct token take_colons(struct lexer *l, uint32_t n)
{
    const char *s = l->text + l->pos;
    bool ipv6 = is_ipv6_text(s, n);
    if (!ipv6 && !is_colon_bytes(s, n))
        return token_not_native(l, "this literal with colons");
    if (ipv6 && char_at(l, n) == '/' && is_digit(char_at(l, n + 1)))
        for (n++; is_digit(char_at(l, n));)
            n++;
    if (is_name(char_at(l, n)) || char_at(l, n) == ':' || char_at(l, n) == '-')
        return token_not_native(l, "this literal with colons");
    return token_take(l, T_LITERAL, n);
}

static enum token_kind keyword(const char *s, uint32_t n)
{
    static const struct {
        const char *text;
        enum token_kind kind;
    } words[] = {{"and", T_AND},
                 {"or", T_OR},
                 {"not", T_NOT},
                 {"any", T_ANY},
                 {"all", T_ALL},
                 {"in", T_IN},
                 {"contains", T_CONTAINS},
                 {"matches", T_MATCHES},
                 {"eq", T_ANY_EQ},
                 {"any_eq", T_ANY_EQ},
                 {"all_eq", T_ALL_EQ},
                 {"ne", T_ALL_NE},
                 {"all_ne", T_ALL_NE},
                 {"any_ne", T_ANY_NE},
                 {"gt", T_GT},
                 {"ge", T_GE},
                 {"lt", T_LT},
                 {"le", T_LE},
                 {"bitwise_and", T_AMPERSAND}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].text) == n && !memcmp(words[i].text, s, n))
            return words[i].kind;
    return T_WORD;
}

static struct token take_word(struct lexer *l)
{
    bool colons;
    uint32_t n = word_len(l), run = colon_run(l, &colons);
    if (colons && run > n)
        return take_colons(l, run);
    if (cidr_len(l) > n)
        return token_take(l, T_LITERAL, cidr_len(l));
    return token_take(l, keyword(l->text + l->pos, n), n);
}

/* ---- between brackets ---- */

static struct token take_range(struct lexer *l)
{
    uint32_t n = 0;
    if (char_at(l, 0) == ',' || char_at(l, 0) == ']')
        return token_take(l, char_at(l, 0) == ',' ? T_COMMA : T_RBRACKET, 1);
    while (char_at(l, n) && char_at(l, n) != ',' && char_at(l, n) != ']')
        n++;
    if (!char_at(l, n)) {
        problem_bad(l->problem, l->len, "The right bracket was missing from a slice.");
        return token_take(l, T_END, 0);
    }
    struct token t = token_take(l, T_RANGE, n);
    while (t.len && is_blank(t.text[t.len - 1]))
        t.text_len = --t.len;
    return t;
}

static struct token take_layer(struct lexer *l)
{
    uint32_t n = 0;
    while (is_digit(char_at(l, n)))
        n++;
    if (n) {
        struct token t = token_take(l, T_LAYER, n);
        if (is_name(char_at(l, 0)) || char_at(l, 0) == ':' || char_at(l, 0) == '.')
            return token_not_native(l, "this layer number");
        return t;
    }
    if (char_at(l, 0) == '[')
        return token_take(l, T_LBRACKET, 1);
    if (!char_at(l, 0))
        return token_not_native(l, "a layer operator without its number");
    problem_bad(l->problem, l->pos, "Expected digit or \"[\", not \"%c\"", char_at(l, 0));
    return token_take(l, T_END, 0);
}

/* ---- everything else ---- */

static struct token take_sign(struct lexer *l)
{
    static const struct {
        const char *text;
        enum token_kind kind;
    } signs[] = {{"===", T_ALL_EQ}, {"!==", T_ANY_NE}, {"==", T_ANY_EQ}, {"!=", T_ALL_NE}, {"~=", T_ANY_NE},
                 {">=", T_GE},      {"<=", T_LE},      {"&&", T_AND},    {"||", T_OR},     {"..", T_DOTDOT},
                 {">", T_GT},       {"<", T_LT},       {"~", T_MATCHES}, {"!", T_NOT},     {"&", T_AMPERSAND},
                 {"+", T_PLUS},     {"-", T_MINUS},    {"*", T_STAR},    {"/", T_SLASH},   {"%", T_PERCENT},
                 {"(", T_LPAREN},   {")", T_RPAREN},   {"{", T_LBRACE},  {"}", T_RBRACE},  {"[", T_LBRACKET},
                 {"]", T_RBRACKET}, {",", T_COMMA},    {"#", T_HASH}};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        uint32_t n = (uint32_t)strlen(signs[i].text);
        if (l->pos + n <= l->len && !memcmp(signs[i].text, l->text + l->pos, n))
            return token_take(l, signs[i].kind, n);
    }
    return token_take(l, T_OTHER, 1);
}

static struct token take_plain(struct lexer *l)
{
    char c = char_at(l, 0);
    if ((unsigned char)c >= 0x7f || (unsigned char)c < ' ')
        return token_not_native(l, "a character that is not printable ASCII outside of quotes");
    if (c == '$')
        return token_not_native(l, "field references and macros");
    if (c == '"' || ((c == 'r' || c == 'R') && char_at(l, 1) == '"'))
        return take_string(l, c != '"');
    if (c == '\'')
        return take_char(l);
    if (is_name(c))
        return take_word(l);
    bool colons;
    if (c == ':')
        return take_colons(l, colon_run(l, &colons));
    if (c == '.' && is_name(char_at(l, 1))) {
        struct token t = {T_DOTTED, l->pos, 0, l->text + l->pos + 1, 0, l->text + l->pos};
        l->pos++;
        t.text_len = word_len(l);
        l->pos += t.text_len;
        t.len = t.text_len + 1;
        return t;
    }
    return take_sign(l);
}

struct token lex_next(struct lexer *l, enum lex_mode mode)
{
    while (mode != LEX_LAYER && is_blank(char_at(l, 0)))
        l->pos++;
    if (l->problem->status)
        return token_take(l, T_END, 0);
    if (mode == LEX_RANGE)
        return take_range(l);
    if (mode == LEX_LAYER)
        return take_layer(l);
    return l->pos < l->len ? take_plain(l) : token_take(l, T_END, 0);
}
