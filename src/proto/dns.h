/* DNS messages (RFC 1035 and its family), multicast DNS and LLMNR, which fill the same fields. */
#ifndef FC_PROTO_DNS_H
#define FC_PROTO_DNS_H

#include "field/row.h"

enum dns_kind { DNS_NONE, DNS_PLAIN, DNS_MDNS, DNS_LLMNR };

/* What earlier messages of the conversation say about this one. */
struct dns_match {
    bool unsolicited;    /* a response that nothing was asked for */
    bool retransmission; /* of the query in query_frame, or of the response in response_frame */
    uint32_t query_frame, response_frame; /* 0: none */
    int64_t time_ns;                      /* since the query */
};

struct dns_facts {
    enum dns_kind kind;
    bool has_length; /* over TCP: the prefix */
    uint16_t length;
    struct dns_match match;
};

/* One message; r spans it, from the identifier on. */
void dns_read(struct row *row, struct rd *r, const struct dns_facts *facts);

/* ---- inside the parser ---- */

enum { DNS_NAME_MAX = 253, DNS_TEXT_MAX = 256 };

/* A name with its dots, unescaped; or, when it is none, a remark on it in angle brackets. */
struct dns_name {
    uint8_t text[DNS_TEXT_MAX];
    uint32_t len;
};

/* r spans the message and stands at the name; pointers lead anywhere in the message. */
bool dns_name_read(struct dns_name *out, struct rd *r);
void dns_name_put(struct row *row, enum field_id id, const struct dns_name *name);

struct dns_record {
    const struct dns_name *owner;
    uint16_t type;
    uint32_t len; /* of the data */
    bool mdns;
};
/* The data of a record; r spans the message and stands at the data. What follows the data is up to the
 * caller. */
void dns_record_read(struct row *row, struct rd *r, const struct dns_record *record);
/* How many bytes are left of data, by the rules of Wireshark: one byte too few counts as all that follows in
 * the message, fewer are malformed. */
uint32_t dns_rest(struct rd *r, int64_t rest);
void dns_string_read(struct row *row, struct rd *r, enum field_id length_id, enum field_id id);
/* The three parts of _service._protocol.name, which stand for the name of an SRV record. */
void dns_service_name_put(struct row *row, const struct dns_name *owner);
/* Data of the types that sign and prove (RFC 4034, 5155, 8945); false: not one of them. */
bool dns_security_read(struct row *row, struct rd *r, const struct dns_record *record);
/* The types that a bit map lists, as types of records. */
void dns_types_read(struct row *row, struct rd *r, uint32_t len);
void dns_options_read(struct row *row, struct rd *r, uint32_t len); /* EDNS (RFC 6891) */
void dns_service_read(struct row *row, struct rd *r, uint32_t len); /* SVCB, HTTPS (RFC 9460) */

#endif
