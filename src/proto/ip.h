/* What the IPv4 and IPv6 readers share, and their options. Only for proto/. */
#ifndef FC_PROTO_IP_H
#define FC_PROTO_IP_H

#include "proto/headers.h"

/* Addresses as text; they cost nothing when the field is not wanted. */
void put_host4(struct row *row, enum field_id id, uint32_t address);
void put_host6(struct row *row, enum field_id id, const uint8_t *address);

/* Ends the reader at `end` bytes of its data, which is not beyond its end. */
void rd_end_at(struct rd *r, uint32_t end);

/* What reassembly found, under the names of IPv4. */
void ip4_fragments_put(struct row *row, const struct ip_facts *facts);
void ip6_fragments_put(struct row *row, const struct ip_facts *facts);

/* IPv4 options; r spans them. */
struct ip4_context {
    uint32_t destination; /* as the header has it */
    uint8_t ttl;
};
void ip4_options_read(struct row *row, struct rd *r, const struct ip4_context *context);
/* Where a packet ends up, by a source route or without; why that cannot be told: the options are cut, or
 * wrong. */
enum rd_fail ip4_final_destination(uint32_t *out, struct rd options, uint32_t destination);
/* Options 130, 133 and 134; r spans the option behind its length byte. */
void ip4_security_read(struct row *row, struct rd *r);
void ip4_extended_security_read(struct row *row, struct rd *r);
void ip4_cipso_read(struct row *row, struct rd *r);

/* Payload length of the jumbo option in the hop-by-hop header at r; 0: none that counts. */
uint32_t ip6_jumbo(struct rd r);
/* IPv6 options of one hop-by-hop or destination options header, which ends at byte `end` of r. */
struct ip6_context {
    uint16_t payload_len;
    uint8_t hop_limit;
    bool hop_by_hop;
};
void ip6_options_read(struct row *row, struct rd *r, uint32_t end, const struct ip6_context *context);

#endif
