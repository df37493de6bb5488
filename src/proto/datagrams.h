/* Protocols over UDP that are found by their ports alone, take every datagram, and are read one datagram at a
 * time: one const struct each, in one array. A protocol is added by its row UDP_OWNER in base/ports.def.
 * Other protocols over UDP need what earlier packets say, or are found by what they look like; src/apps/udp.c
 * knows them. */
#ifndef FC_PROTO_DATAGRAMS_H
#define FC_PROTO_DATAGRAMS_H

#include "base/ports.h"
#include "field/row.h"

struct datagram_protocol {
    const char *name;      /* Wireshark's; filters may name it if filter/protocols.def has it */
    uint32_t readers;      /* of the fields that it puts, as READER_BIT */
    enum port_owner owner; /* of its ports */
    /* Returns true if Wireshark shows the datagram at all. NULL: it shows every datagram. */
    bool (*accepts)(const struct rd *r);
    /* Reads a datagram; r covers it. Returns false if a part of it is not read natively. */
    bool (*read)(struct row *row, struct rd *r);
};

#define UDP_OWNER(id, name) extern const struct datagram_protocol name##_protocol;
#include "base/ports.def"

/* The readers of all of them; each has the name of its owner. */
enum {
    DATAGRAM_READERS = 0
#define UDP_OWNER(id, name) | READER_BIT(READER_##id)
#include "base/ports.def"
};

/* By owner, from FIRST_UDP_OWNER on. */
enum { N_DATAGRAM_PROTOCOLS = LAST_UDP_OWNER - FIRST_UDP_OWNER + 1 };
extern const struct datagram_protocol *const datagram_protocols[N_DATAGRAM_PROTOCOLS];

/* The protocol that owns a port, or NULL. */
static inline const struct datagram_protocol *datagram_protocol_of(uint8_t owner)
{
    bool is_one = owner >= FIRST_UDP_OWNER && owner <= LAST_UDP_OWNER;
    return is_one ? datagram_protocols[owner - FIRST_UDP_OWNER] : NULL;
}

#endif
