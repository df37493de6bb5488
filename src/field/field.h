/* A field: its name and type in Wireshark, how Wireshark prints it, which reader puts it, for which releases
 * it exists, and a description. fields.def is the table; Arrow type, documentation, Python stub and checks
 * come from it. The ids stand in one header for each protocol (ids_tls.h, ...), so that a new row reaches
 * only the files that read its protocol. */
#ifndef FC_FIELD_FIELD_H
#define FC_FIELD_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/release.h"
#include "field/ids_count.h"
#include "field/types.h"

/* FT_NONE, FT_BOOLEAN ... and BASE_NONE, BASE_DEC ...: field/types.h says what they mean. */
enum field_type {
#define TYPE(name) FT_##name,
    FIELD_TYPES(TYPE)
#undef TYPE
        N_FIELD_TYPES
};

enum field_base {
#define BASE(name) BASE_##name,
    FIELD_BASES(BASE)
#undef BASE
        N_FIELD_BASES
};

/* The reader of proto/ that puts the field: a protocol, or a part of one whose headers are counted apart. */
enum field_reader {
    READER_NONE, /* ids without a field */
    READER_FRAME,
    READER_ETH,
    READER_VLAN,
    READER_IP, /* IPv4 and IPv6 alike */
    READER_IP4,
    READER_IP4_OPTION,
    READER_IP6,
    READER_IP6_OPTION, /* extension headers and their options */
    READER_ICMP,       /* ICMPv6, too */
    READER_TCP,
    READER_TCP_OPTION,
    READER_UDP,
    READER_UDPLITE,
    READER_TLS,
    READER_DTLS,
    READER_X509,
    READER_QUIC,
    READER_HTTP,
    READER_DNS,
    READER_SSH,
    READER_NTP,
    READER_DHCP,
    N_READERS
};

/* The id of a field, an enumerator of an ids_*.h, in the order of names; F_COUNT: none. */
typedef unsigned field_id;

struct field {
    const char *name; /* NULL in field_table: this number is no id */
    const char *unit;
    const char *description;
    enum field_type type;
    enum field_base base;
    bool named;        /* Wireshark has names for its values */
    bool single;       /* at most one value a packet, whatever tunnels it holds (frame.*) */
    bool may_be_empty; /* FT_BYTES: Wireshark has another word for no bytes */
    bool looks_ahead;  /* Wireshark may know its value only after a second pass over the capture */
    uint8_t reader;    /* enum field_reader */
    struct release_range releases; /* that have the field */
};

extern const struct field field_table[F_COUNT]; /* by id */

/* The bit of a reader in a set of readers. */
#define READER_BIT(reader) (UINT32_C(1) << (reader))
/* The readers of headers: frame, link, network and transport. Their fields are exact in every capture. Fields
 * of other readers lie in protocols above, which may also come in carriers that are not read natively. */
enum {
    HEADER_READERS = READER_BIT(READER_FRAME) | READER_BIT(READER_ETH) | READER_BIT(READER_VLAN) |
                     READER_BIT(READER_IP) | READER_BIT(READER_IP4) | READER_BIT(READER_IP4_OPTION) |
                     READER_BIT(READER_IP6) | READER_BIT(READER_IP6_OPTION) | READER_BIT(READER_ICMP) |
                     READER_BIT(READER_TCP) | READER_BIT(READER_TCP_OPTION) | READER_BIT(READER_UDP) |
                     READER_BIT(READER_UDPLITE)
};
/* Whether this build lacks the cryptographic library that its native value needs. */
bool field_is_left_out(field_id id);
static inline bool field_is_header(field_id id)
{
    return (HEADER_READERS & READER_BIT(field_table[id].reader)) != 0;
}
/* The set of readers of the fields that have a slot (slot_of[id] >= 0). */
uint32_t field_readers(const int16_t *slot_of);
/* The field of exactly this name, or F_COUNT. */
field_id field_find(const char *name);
/* The number of fields, and their ids in the order of their names. */
size_t field_count(void);
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
