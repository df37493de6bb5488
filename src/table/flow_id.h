/* Identifiers of flows that are the same in every run and on every machine. */
#ifndef FC_TABLE_FLOW_ID_H
#define FC_TABLE_FLOW_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"

struct flow_key {
    struct address src, dst;
    uint16_t sport, dport;
    uint8_t ip_protocol; /* the number in the IP header */
};

/* Community ID, version 1, seed 0 (github.com/corelight/community-id-spec): "1:" and 28 characters. Length of
 * the text; 0 for ICMP and ICMPv6, whose flows here hold messages of several types. */
enum { COMMUNITY_ID_CAP = 32, FLOW_ID_LEN = 32 };
size_t community_id(char out[COMMUNITY_ID_CAP], const struct flow_key *key);
/* 32 hexadecimal digits: the first 16 bytes of the SHA-256 of the capture's file name without folders, a NUL,
 * the IP protocol, and of client, then server: family, address, port; then the time of the start in
 * nanoseconds. Numbers are big-endian, addresses have 4 or 16 bytes. False when SHA-256 is not to be had. */
bool flow_id(char out[FLOW_ID_LEN], const char *capture, const struct flow_key *key, int64_t start_ns);

#endif
