/* Literals -> values. The type of the other side decides how a literal is read.
 * Invariant: a literal gets a value only if Wireshark gives it the same value. A literal that Wireshark may
 * take for one of its names, or for the name of a value, is not native.
 * Source: man page wireshark-filter; observed (tshark 4.0.17). */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter/tree.h"

const char *type_text(int type)
{
    static const char *const texts[FILTER_N_TYPES] = {
        [FT_NONE] = "Label",
        [FT_BOOLEAN] = "Boolean",
        [FT_UINT8] = "Unsigned integer (1 byte)",
        [FT_UINT16] = "Unsigned integer (2 bytes)",
        [FT_UINT24] = "Unsigned integer (3 bytes)",
        [FT_UINT32] = "Unsigned integer (4 bytes)",
        [FT_UINT64] = "Unsigned integer (8 bytes)",
        [FT_INT16] = "Signed integer (2 bytes)",
        [FT_INT32] = "Signed integer (4 bytes)",
        [FT_INT64] = "Signed integer (8 bytes)",
        [FT_DOUBLE] = "Floating point (double-precision)",
        [FT_ABSOLUTE_TIME] = "Date and time",
        [FT_RELATIVE_TIME] = "Time offset",
        [FT_ETHER] = "Ethernet or other MAC address",
        [FT_IPv4] = "IPv4 address",
        [FT_IPv6] = "IPv6 address",
        [FT_FRAMENUM] = "Frame number",
    };
    return type >= 0 && type < FILTER_N_TYPES ? texts[type] : NULL;
}

/* ---- words that cannot be names ---- */

static bool in_list(const char *s, uint32_t n, const char *const *list, size_t n_list)
{
    for (size_t i = 0; i < n_list; i++) {
        size_t len = strlen(list[i]);
        if (n >= len && !memcmp(s, list[i], len) && (n == len || s[len] == '.'))
            return true;
    }
    return false;
}

/* Names of Wireshark that look like numbers or bytes (tshark -G protocols, -G fields). */
bool literal_is_certain(const struct token *t)
{
    static const char *const names[] = {
        "29west", "2dparityfec", "3comxns", "3gpp", "5co_legacy", "5co-legacy", "5gli", "6lowpan", "9p",
        "a11",    "a21",         "a615a",   "aaf",  "acf",        "adb",        "bfd",  "c1222",   "c15",
        "dc",     "dcc",         "e100",    "e164", "e212",       "fc",         "fc00", "fefd",    "ff"};
    if (t->kind != T_WORD)
        return t->kind != T_DOTTED;
    if (in_list(t->text, t->text_len, names, sizeof names / sizeof *names))
        return false;
    if (t->text[0] >= '0' && t->text[0] <= '9')
        return true;
    for (uint32_t i = 0; i < t->text_len; i++)
        if (!strchr("0123456789abcdefABCDEF-.", t->text[i]))
            return false;
    return true;
}

/* ---- refusals ---- */

static int shown(const struct token *t) { return (int)t->text_len; }

static bool invalid(struct problem *p, const struct token *t, const char *what)
{
    problem_bad(p, t->offset, "\"%.*s\" is not a valid %s.", shown(t), t->text, what);
    return false;
}

static bool unknown_form(struct problem *p, const struct token *t)
{
    problem_not_native(p, t->offset, "the literal %.*s in this place", (int)(t->len < 60 ? t->len : 60),
                       t->kind == T_STRING ? "(quoted)" : t->text);
    return false;
}

/* Refuses quoted text and characters for a type that takes neither. */
static bool refuse_quoted(struct problem *p, const struct token *t, int type)
{
    if (t->kind == T_STRING && type_text(type) && t->text_len < 80 && !memchr(t->text, '"', t->text_len) &&
        !memchr(t->text, '\\', t->text_len) && strlen(t->text) == t->text_len)
        problem_bad(p, t->offset, "%s cannot be converted from a string (\"%s\").", type_text(type), t->text);
    return unknown_form(p, t);
}

/* ---- numbers ---- */

/* Reads "80", "0x50", "0120" or "0b1010000". Returns false if the word is no number; *overflow is true if the
 * number has more than 64 bits. */
static bool read_number(const struct token *t, uint64_t *out, bool *overflow)
{
    const char *s = t->text, *end = s + t->text_len;
    unsigned base = 10;
    if (end - s > 1 && *s == '0') {
        base = (s[1] | 32) == 'x' ? 16 : (s[1] | 32) == 'b' ? 2 : 8;
        s += base == 8 ? 1 : 2;
    }
    *out = 0;
    *overflow = false;
    if (s == end)
        return false;
    for (; s < end; s++) {
        unsigned digit = *s >= '0' && *s <= '9' ? (unsigned)(*s - '0') : (unsigned)((*s | 32) - 'a' + 10);
        if (digit >= base)
            return false;
        *overflow |= __builtin_mul_overflow(*out, base, out) || __builtin_add_overflow(*out, digit, out);
    }
    return true;
}

static uint64_t type_most(int type)
{
    switch (type) {
    case FT_UINT8:
        return UINT8_MAX;
    case FT_UINT16:
        return UINT16_MAX;
    case FT_UINT24:
        return 0xffffff;
    case FT_UINT64:
        return UINT64_MAX;
    case FT_INT16:
        return INT16_MAX;
    case FT_INT32:
        return INT32_MAX;
    case FT_INT64:
        return INT64_MAX;
    default:
        return UINT32_MAX;
    }
}

static bool is_signed_type(int type) { return type == FT_INT16 || type == FT_INT32 || type == FT_INT64; }

static bool convert_number(struct node *n, int type, bool named, bool minus, struct problem *p)
{
    const struct token *t = &n->token;
    uint64_t u = 0;
    bool overflow = false, from_char = t->kind == T_CHAR;
    if (minus && from_char)
        return unknown_form(p, t);
    if (from_char)
        u = (uint8_t)t->text[0];
    bool good = from_char ||
                (t->kind == T_WORD && read_number(t, &u, &overflow) && !overflow && u <= type_most(type));
    bool bare_base = t->text_len == 2 && t->text[0] == '0' && (t->text[1] | 32) == 'b';
    if (!good && (named || is_signed_type(type) || bare_base ||
                  !literal_is_certain(t))) /* it may be the name of a value */
        return unknown_form(p, t);
    if (t->kind == T_STRING)
        return refuse_quoted(p, t, type);
    if (!good && overflow)
        problem_bad(p, t->offset, "\"%.*s\" causes an integer overflow.", shown(t), t->text);
    else if (!good && t->kind == T_WORD && read_number(t, &u, &overflow))
        problem_bad(p, t->offset, "\"%.*s\" too big for this field, maximum %llu.", shown(t), t->text,
                    (unsigned long long)type_most(type));
    else if (!good)
        return invalid(p, t, "number");
    bool negates = is_signed_type(type) || (type != FT_UINT64 && u <= type_most(type) / 2);
    if (!p->status && minus && !negates)
        return unknown_form(p, t);
    n->constant.value.u = minus ? 0 - u : u;
    n->constant.is_signed = minus && !is_signed_type(type);
    return !p->status;
}

static bool convert_boolean(struct node *n, struct problem *p)
{
    const struct token *t = &n->token;
    uint64_t u;
    bool overflow = false;
    if (t->kind == T_CHAR)
        u = t->text[0] != 0;
    else if (t->kind == T_WORD && read_number(t, &u, &overflow) && !overflow)
        u = u != 0;
    else if (t->kind == T_WORD && (node_is_name(n, "True") || node_is_name(n, "TRUE")))
        u = 1;
    else if (t->kind == T_WORD && (node_is_name(n, "False") || node_is_name(n, "FALSE")))
        u = 0;
    else
        return unknown_form(p, t);
    n->constant.value.u = u;
    return true;
}

/* Reads digits with at most one dot. */
static bool convert_double(struct node *n, bool minus, struct problem *p)
{
    const struct token *t = &n->token;
    char text[64];
    size_t dots = 0;
    if (t->kind == T_STRING)
        return refuse_quoted(p, t, FT_DOUBLE);
    if (minus || t->kind != T_WORD || t->text_len >= sizeof text)
        return unknown_form(p, t);
    memcpy(text, t->text, t->text_len);
    text[t->text_len] = 0;
    for (const char *s = text; *s; s++)
        dots += *s == '.';
    if (strspn(text, "0123456789.") != t->text_len || dots > 1)
        return unknown_form(p, t);
    n->constant.value.f = strtod(text, NULL);
    return true;
}

/* ---- times ---- */

enum { NS = 1000000000 };

static bool convert_seconds(struct node *n, bool minus, struct problem *p)
{
    const struct token *t = &n->token;
    const char *s = t->text, *end = s + t->text_len;
    int64_t seconds = 0, part = 0;
    int digits = 0;
    if (t->kind == T_STRING)
        return refuse_quoted(p, t, FT_RELATIVE_TIME);
    if (t->kind == T_CHAR || (t->kind == T_WORD && !literal_is_certain(t)))
        return unknown_form(p, t);
    for (; s < end && *s >= '0' && *s <= '9' && seconds < INT64_C(9000000000); s++)
        seconds = seconds * 10 + (*s - '0');
    if (seconds >= INT64_C(9000000000))
        return unknown_form(p, t);
    if (s < end && s > t->text && *s == '.')
        for (s++; s < end && *s >= '0' && *s <= '9' && digits < 10; s++, digits++)
            part = part * 10 + (*s - '0');
    if (digits && digits < 10 && s < end)
        return unknown_form(p, t);
    if (s < end || digits > 9)
        return invalid(p, t, "time");
    for (; digits < 9; digits++)
        part *= 10;
    int64_t ns = seconds * NS + part;
    n->constant.value.i = minus ? -ns : ns;
    return true;
}

static bool convert_time(struct node *n, struct problem *p)
{
    const struct token *t = &n->token;
    if ((t->kind != T_STRING && t->kind != T_WORD) || strlen(t->text) < t->text_len)
        return unknown_form(p, t);
    char text[64];
    if (t->text_len >= sizeof text)
        return unknown_form(p, t);
    memcpy(text, t->text, t->text_len);
    text[t->text_len] = 0;
    if (literal_time(&n->constant.value.i, text))
        return true;
    if (t->kind == T_STRING && *text && strspn(text, "abcdefghijklmnopqrstuvwxyz ") == t->text_len)
        problem_bad(p, t->offset,
                    "\"%s\" is not a valid absolute time. Example: \"Nov 12, 1999 08:55:44.123\" or "
                    "\"2011-07-04 12:34:56\"",
                    text);
    return unknown_form(p, t);
}

/* ---- addresses ---- */

/* Splits "address/bits". Returns false if the bits have more than three digits. */
static bool split_prefix(const struct token *t, char *text, size_t cap, uint32_t *bits)
{
    if (t->text_len >= cap)
        return false;
    memcpy(text, t->text, t->text_len);
    text[t->text_len] = 0;
    char *slash = strchr(text, '/');
    if (!slash)
        return true;
    *slash = 0;
    *bits = (uint32_t)strtoul(slash + 1, NULL, 10);
    return strlen(slash + 1) < 4;
}

static bool convert_ip4(struct node *n, struct problem *p)
{
    const struct token *t = &n->token;
    char text[64];
    uint32_t bits = 32, address;
    if (t->kind == T_STRING)
        return refuse_quoted(p, t, FT_IPv4);
    if (t->kind == T_CHAR || !literal_is_certain(t) || !split_prefix(t, text, sizeof text, &bits))
        return unknown_form(p, t);
    if (inet_pton(AF_INET, text, &address) != 1)
        return memchr(t->text, '/', t->text_len) ? unknown_form(p, t)
                                                 : invalid(p, t, "hostname or IPv4 address");
    if (bits > 32)
        problem_bad(p, t->offset, "Netmask bits in a CIDR IPv4 address should be <= 32, not %u", bits);
    n->constant.value.u = ntohl(address);
    n->constant.prefix = (uint8_t)bits;
    return !p->status;
}

static bool convert_ip6(struct node *n, struct arena *arena, struct problem *p)
{
    const struct token *t = &n->token;
    char text[64];
    uint32_t bits = 128;
    uint8_t *address = arena_alloc(arena, 16);
    if (!address) {
        p->status = FC_MEMORY;
        return false;
    }
    if (t->kind == T_STRING)
        return refuse_quoted(p, t, FT_IPv6);
    if (t->kind == T_CHAR || !literal_is_certain(t) || !split_prefix(t, text, sizeof text, &bits))
        return unknown_form(p, t);
    if (inet_pton(AF_INET6, text, address) != 1)
        return memchr(t->text, '/', t->text_len) ? unknown_form(p, t)
                                                 : invalid(p, t, "hostname or IPv6 address");
    if (bits > 128)
        problem_bad(p, t->offset, "Prefix in a IPv6 address should be <= 128, not %u", bits);
    n->constant.value.bytes = address;
    n->constant.value.len = 16;
    n->constant.prefix = (uint8_t)bits;
    return !p->status;
}

/* ---- bytes ---- */

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef0123456789ABCDEF", *found = c ? strchr(digits, c) : NULL;
    return found ? (int)((found - digits) & 15) : -1;
}

/* Reads pairs of hexadecimal digits, all of them or none separated by the same one of ":", "-" and "."; with
 * group 4, groups of four digits separated by ".". Returns the number of bytes, or -1. */
static int32_t read_pairs(const char *s, uint32_t n, uint8_t *out, uint32_t group)
{
    int32_t count = 0;
    char sign = n > group ? s[group] : 0;
    bool parted = sign == ':' || sign == '-' || sign == '.';
    for (uint32_t i = 0; i < n;) {
        for (uint32_t j = 0; j < (parted ? group : 2); j += 2, i += 2) {
            if (i + 1 >= n || hex_digit(s[i]) < 0 || hex_digit(s[i + 1]) < 0)
                return -1;
            out[count++] = (uint8_t)(hex_digit(s[i]) << 4 | hex_digit(s[i + 1]));
        }
        if (i == n || !parted)
            continue;
        if (s[i++] != sign || i == n)
            return -1;
    }
    return count;
}

/* Reads any number of hexadecimal bytes: "02", "2", "0x02", "02:00", "02-00", "02.00", "0200". Returns their
 * number, or -1. */
static int32_t read_bytes(const struct token *t, uint8_t *out)
{
    if (t->text_len == 1 && hex_digit(t->text[0]) >= 0) {
        out[0] = (uint8_t)hex_digit(t->text[0]);
        return 1;
    }
    if (t->text_len == 4 && t->text[0] == '0' && t->text[1] == 'x')
        return read_pairs(t->text + 2, 2, out, 2);
    return read_pairs(t->text, t->text_len, out, 2);
}

static bool convert_ether(struct node *n, uint8_t *out, struct problem *p)
{
    const struct token *t = &n->token;
    if (t->kind == T_STRING)
        return refuse_quoted(p, t, FT_ETHER);
    if (t->kind == T_CHAR || !literal_is_certain(t))
        return unknown_form(p, t);
    int32_t count = t->text_len > 4 && t->text[4] == '.' ? read_pairs(t->text, t->text_len, out, 4)
                                                         : read_pairs(t->text, t->text_len, out, 2);
    if (count < 0)
        return unknown_form(p, t);
    if (count < 6)
        problem_bad(p, t->offset, "\"%.*s\" contains too few bytes to be a valid Ethernet address.", shown(t),
                    t->text);
    if (count > 6)
        problem_bad(p, t->offset, "\"%.*s\" contains too many bytes to be a valid Ethernet address.",
                    shown(t), t->text);
    n->constant.value.bytes = out;
    n->constant.value.len = 6;
    return !p->status;
}

static bool convert_bytes(struct node *n, uint8_t *out, struct problem *p)
{
    const struct token *t = &n->token;
    int32_t count = (int32_t)t->text_len;
    if (t->kind == T_STRING || t->kind == T_CHAR)
        memcpy(out, t->text, t->text_len);
    else if (!literal_is_certain(t) || (count = read_bytes(t, out)) < 0)
        return unknown_form(p, t);
    n->constant.value.bytes = out;
    n->constant.value.len = (uint32_t)count;
    return true;
}

/* A string value never contains a NUL; Wireshark's treatment of a NUL in a literal is not reproduced. */
static bool convert_string(struct node *n, struct problem *p)
{
    const struct token *t = &n->token;
    if (memchr(t->text, 0, t->text_len) || !literal_is_certain(t))
        return unknown_form(p, t);
    n->constant.value.bytes = (const uint8_t *)t->text;
    n->constant.value.len = t->text_len;
    return true;
}

/* ---- entry ---- */

bool literal_convert(struct node *n, int type, const struct node *field, bool minus, struct arena *arena,
                     struct problem *p)
{
    if (minus && n->token.kind == T_DOTTED)
        return unknown_form(p, &n->token);
    bool named = field && field->kind == N_FIELD && !field->is_protocol && field_table[field->id].named;
    uint8_t *bytes = arena_alloc(arena, n->token.text_len + 16);
    if (!bytes) {
        p->status = FC_MEMORY;
        return false;
    }
    n->type = type;
    switch (type) {
    case FT_BOOLEAN:
        return convert_boolean(n, p);
    case FT_DOUBLE:
        return convert_double(n, minus, p);
    case FT_RELATIVE_TIME:
        return convert_seconds(n, minus, p);
    case FT_ABSOLUTE_TIME:
        return convert_time(n, p);
    case FT_IPv4:
        return convert_ip4(n, p);
    case FT_IPv6:
        return convert_ip6(n, arena, p);
    case FT_ETHER:
        return convert_ether(n, bytes, p);
    case FT_BYTES:
    case FILTER_FT_PROTOCOL:
        return convert_bytes(n, bytes, p);
    case FT_STRING:
        return convert_string(n, p);
    case FT_UINT8:
    case FT_UINT16:
    case FT_UINT24:
    case FT_UINT32:
    case FT_UINT64:
    case FT_INT16:
    case FT_INT32:
    case FT_INT64:
    case FT_FRAMENUM:
        return convert_number(n, type, named, minus, p);
    default:
        return unknown_form(p, &n->token);
    }
}
