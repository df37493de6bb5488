/* Inside the room: functions that the readers of IPv4 and IPv6 share, and their options. */
#ifndef FC_PROTO_IP_H
#define FC_PROTO_IP_H

#include "proto/headers.h"

/* Put an address as text. They do nothing if the field is not wanted. */
void put_host4(struct row *row, field_id id, uint32_t address);
void put_host6(struct row *row, field_id id, const uint8_t *address);

/* Makes the reader end at `end` bytes of its data, unless it ends earlier. */
void rd_end_at(struct rd *r, uint32_t end);

/* Put the result of reassembly under the names of IPv4 and of IPv6. */
void ip4_fragments_put(struct row *row, const struct ip_facts *facts);
void ip6_fragments_put(struct row *row, const struct ip_facts *facts);

/* Reads the IPv4 options; r covers them. */
struct ip4_context {
    uint32_t destination; /* from the header */
    uint8_t ttl;
};
void ip4_options_read(struct row *row, struct rd *r, const struct ip4_context *context);
/* Finds the final destination of a packet, which a source route may change. Returns why it is not known: the
 * options are cut, or wrong. */
enum rd_fail ip4_final_destination(uint32_t *out, struct rd options, uint32_t destination);
/* Read the options 130, 133 and 134; r covers the option behind its length byte. */
void ip4_security_read(struct row *row, struct rd *r);
void ip4_extended_security_read(struct row *row, struct rd *r);
void ip4_cipso_read(struct row *row, struct rd *r);

/* The payload length of the jumbo option in the hop-by-hop header at r; 0: no valid one. */
uint32_t ip6_jumbo(struct rd r);
/* Reads the options of a hop-by-hop or destination options header, which ends at byte `end` of r. */
struct ip6_context {
    uint16_t payload_len;
    uint8_t hop_limit;
    bool hop_by_hop;
};
void ip6_options_read(struct row *row, struct rd *r, uint32_t end, const struct ip6_context *context);

#endif
