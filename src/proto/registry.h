/* Protocols above TCP whose messages may span segments. One const struct a protocol, in one array: `length`
 * says how many bytes the next message (PDU) has, `read` sees it whole, so no parser is resumable. Each gets
 * a state slot of its own per conversation, zeroed before first use. State moves for every packet; whether
 * values are kept is the row's matter (a mute row wants none). */
#ifndef FC_PROTO_REGISTRY_H
#define FC_PROTO_REGISTRY_H

#include "base/ports.h"
#include "field/row.h"
#include "stream/reasm.h"

/* What `length` says: a number of bytes, or one of these. */
enum {
    PDU_ONE_MORE = REASM_ONE_MORE,   /* not known before another segment came */
    PDU_UNTIL_FIN = REASM_UNTIL_FIN, /* all until the sender's FIN */
    PDU_STOP = -3                    /* no message: the rest of the bytes is not looked at */
};

/* Sets of the readers that fields are asked for of; Wireshark shows the fields of a set together. */
enum {
    TLS_READERS = READER_BIT(READER_TLS) | READER_BIT(READER_DTLS),
    HANDSHAKE_READERS = TLS_READERS | READER_BIT(READER_X509)
};
static const uint32_t APP_READERS = ~(uint32_t)HEADER_READERS; /* all protocols above TCP and UDP */

struct protocol;
/* The packet that a PDU is read in. */
struct pdu_facts {
    uint32_t frame;
    int64_t time_ns;
    uint16_t sport, dport;
    uint8_t direction; /* 0 or 1; the conversation's own numbering */
    bool may_wait;     /* false: what is not here will not come, `length` beyond the bytes is read as it is */
    bool reassembled;
    uint32_t seq; /* of the first byte that `length` is shown */
    bool grows; /* these bytes are a waiting message from its first byte on. If the last call of `length` for
                   this direction had the same `seq` and this set, too, these are its bytes and more */
    bool fin;   /* the segment has the FIN flag */
    bool has_read;       /* some message of the bytes was read */
    struct arena *arena; /* for the conversation: until the capture ends */
    const struct protocol *
        *conversation;  /* who is asked first from the next packet on; a parser may set it */
    uint32_t readers;   /* that are asked for */
    bool skips_payload; /* no content of encrypted records is asked for */
    bool *doubt; /* set where one of them may be inside something that is not read; NULL: nobody asks */
};

/* Something that is not read here may hold fields of these readers, from this packet on. */
static inline void pdu_doubt(const struct pdu_facts *facts, uint32_t readers)
{
    if (facts->doubt && facts->readers & readers)
        *facts->doubt = true;
}

struct protocol {
    const char *name;
    uint32_t readers;      /* of the fields it puts, as READER_BIT; 0: it only leads to other protocols */
    enum port_owner owner; /* of its ports */
    bool shown_when_read;  /* Wireshark shows its name only with a whole message; else with any bytes */
    size_t state_len;
    /* Whether Wireshark's dissector takes these bytes when a port or the conversation leads to it; NULL:
     * always. */
    bool (*accepts)(const void *state, const struct rd *r, const struct pdu_facts *facts);
    /* Wireshark's heuristic on ports without an owner; NULL: none. */
    bool (*recognises)(const struct rd *r, const struct pdu_facts *facts);
    int64_t (*length)(void *state, const struct rd *r, const struct pdu_facts *facts);
    /* Whether the rest of a message of which this is the beginning is only counted, where payload is skipped;
     * NULL: never. */
    bool (*is_payload)(const struct rd *r);
    /* False: Wireshark gives up on these bytes here (malformed or cut); nothing that follows in them is
     * looked at. */
    bool (*read)(struct row *row, struct rd *pdu, void *state, const struct pdu_facts *facts);
    /* Gives back the memory of the state in the arena of the conversation (arena_take); NULL: there is none.
     */
    void (*forget)(void *state, struct arena *arena);
};

#define TCP_OWNER(id, name) extern const struct protocol name##_protocol;
#include "base/ports.def"

/* By owner, from FIRST_TCP_OWNER on, ended by NULL. Their heuristics are asked in this order. */
enum { N_TCP_PROTOCOLS = LAST_TCP_OWNER - FIRST_TCP_OWNER + 1 };
extern const struct protocol *const tcp_protocols[N_TCP_PROTOCOLS + 1];

/* The protocol that owns a TCP port; NULL: none of those above. *is_unread: a protocol that is not read
 * natively owns it. */
const struct protocol *protocol_of_port(uint16_t port, bool *is_unread);

/* Goes through the bytes message by message. */
struct reasm_wish protocol_walk(const struct protocol *protocol, struct row *row, void *state,
                                const struct reasm_view *view, struct pdu_facts *facts);

#endif
