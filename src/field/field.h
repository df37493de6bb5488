/* What a field is: one line of fields.def gives its id, Wireshark's name and type, how Wireshark prints it,
 * and a description in our words. Everything else (Arrow type, docs, Python stub, checks) comes from that
 * table. */
#ifndef FC_FIELD_FIELD_H
#define FC_FIELD_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Wireshark's types, FT_ left out, and what a value of each is in `struct value`:
 *   u: UINT8 UINT16 UINT24 UINT32 UINT64 CHAR FRAMENUM BOOLEAN(0/1) NONE(1) IPv4 (host order)
 *   i: INT8 INT16 INT32 INT64, RELATIVE_TIME and ABSOLUTE_TIME (nanoseconds)
 *   f: FLOAT DOUBLE
 *   bytes: BYTES STRING (valid UTF-8) ETHER (6) IPv6 (16) */
enum field_type {
    FT_NONE,
    FT_BOOLEAN,
    FT_CHAR,
    FT_UINT8,
    FT_UINT16,
    FT_UINT24,
    FT_UINT32,
    FT_UINT40,
    FT_UINT48,
    FT_UINT56,
    FT_UINT64,
    FT_INT8,
    FT_INT16,
    FT_INT24,
    FT_INT32,
    FT_INT64,
    FT_FLOAT,
    FT_DOUBLE,
    FT_ABSOLUTE_TIME,
    FT_RELATIVE_TIME,
    FT_STRING,
    FT_BYTES,
    FT_ETHER,
    FT_IPv4,
    FT_IPv6,
    FT_FRAMENUM
};

/* How Wireshark prints an integer, what stands between the bytes of FT_BYTES, or whether a time of 0 is none
 * (NTP). */
enum field_base { BASE_NONE, BASE_DEC, BASE_HEX, BASE_DOT, BASE_DASH, BASE_COLON, BASE_SPACE, BASE_NTP };

/* ONE: at most one value a packet, whatever tunnels it holds (frame.*). */
enum field_many { ONE, MANY };

enum field_id {
#define FIELD(id, name, type, base, named, many, unit, description) F_##id,
#include "field/fields.def"
#undef FIELD
    F_COUNT
};

struct field {
    const char *name;
    const char *unit;
    const char *description;
    enum field_type type;
    enum field_base base;
    bool named; /* Wireshark has names for its values */
    bool single;
    bool may_be_empty; /* FT_BYTES: Wireshark has another word for no bytes */
};

extern const struct field field_table[F_COUNT];

/* Whether it is a field of frame, link, network or transport headers, which are always known exactly. Others
 * lie in protocols above, which may also come in carriers that are not read here. */
bool field_is_header(enum field_id id);
/* Whether Wireshark may know its value only after a second pass over the capture. */
bool field_looks_ahead(enum field_id id);
/* The field of exactly this name, or F_COUNT. */
enum field_id field_find(const char *name);
/* Ids in the order of their names; F_COUNT of them. */
const uint16_t *field_order(void);
/* Up to `n` names nearest to a mistyped one, into out; returns how many. */
size_t field_nearest(const char **out, size_t n, const char *name);

/* The same over any names, one after another. */
enum { FIELD_NEAREST_MOST = 16 };
struct field_search {
    const char *typed;
    const char *names[FIELD_NEAREST_MOST]; /* the nearest first; `found` of them */
    unsigned distances[FIELD_NEAREST_MOST], limit;
    size_t length, most, found;
};
void field_search_begin(struct field_search *search, const char *typed, size_t most);
void field_search_take(struct field_search *search, const char *name);

/* "FT_UINT8" */
const char *field_type_name(enum field_type type);
/* The Arrow C data interface's format string of one value. */
const char *field_arrow_format(enum field_type type);
/* Digits after 0x when Wireshark prints the type in base 16. */
unsigned field_hex_digits(enum field_type type);

#endif
