/* DNS messages (RFC 1035 and its successors), multicast DNS and LLMNR, which fill the same fields. */
#ifndef FC_PROTO_DNS_H
#define FC_PROTO_DNS_H

#include "field/row.h"

enum dns_kind { DNS_NONE, DNS_PLAIN, DNS_MDNS, DNS_LLMNR };

/* The relation of a message to earlier messages of its conversation. */
struct dns_match {
    bool unsolicited;    /* a response without a query */
    bool retransmission; /* a repetition of the query in query_frame, or of the response in response_frame */
    uint32_t query_frame, response_frame; /* 0: none */
    int64_t time_ns;                      /* nanoseconds since the query */
};

struct dns_facts {
    enum dns_kind kind;
    bool has_length; /* the message came over TCP, with a length before it */
    uint16_t length;
    struct dns_match match;
};

/* Reads one message; r covers it, from the identifier on. */
void dns_read(struct row *row, struct rd *r, const struct dns_facts *facts);

/* ---- inside the parser ---- */

enum { DNS_NAME_MAX = 253, DNS_TEXT_MAX = 256 };

/* A name with its dots, not escaped. For a name that cannot be read, Wireshark's remark in angle brackets. */
struct dns_name {
    uint8_t text[DNS_TEXT_MAX];
    uint32_t len;
};

/* Reads a name; r covers the whole message, because a pointer may lead anywhere in it, and is at the name.
 * Returns false when r has failed. */
bool dns_name_read(struct dns_name *out, struct rd *r);
void dns_name_put(struct row *row, field_id id, const struct dns_name *name);

struct dns_record {
    const struct dns_name *owner;
    uint16_t type;
    uint32_t len; /* bytes of the data */
    bool mdns;
};
/* Reads the data of a record; r covers the message and is at the data. The caller moves to the next
 * record. */
void dns_record_read(struct row *row, struct rd *r, const struct dns_record *record);
/* Returns the number of bytes to read for the rest of the data. `rest` is the number that the length of the
 * record leaves. By Wireshark's rules, -1 means all the captured bytes of the message, and a lower number
 * makes r fail as malformed. */
uint32_t dns_rest(struct rd *r, int64_t rest);
void dns_string_read(struct row *row, struct rd *r, field_id length_id, field_id id);
/* Puts the three parts of _service._protocol.name, which replace the name of an SRV record. */
void dns_service_name_put(struct row *row, const struct dns_name *owner);
/* Reads the data of the types for signatures and proofs (RFC 4034, 5155, 8945). Returns false for all other
 * types. */
bool dns_security_read(struct row *row, struct rd *r, const struct dns_record *record);
/* Puts the record types that a bit map lists. */
void dns_types_read(struct row *row, struct rd *r, uint32_t len);
void dns_options_read(struct row *row, struct rd *r, uint32_t len); /* EDNS (RFC 6891) */
void dns_service_read(struct row *row, struct rd *r, uint32_t len); /* SVCB, HTTPS (RFC 9460) */

#endif
