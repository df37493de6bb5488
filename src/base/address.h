/* Network addresses and their text, written as Wireshark writes them when it resolves no names. */
#ifndef FC_BASE_ADDRESS_H
#define FC_BASE_ADDRESS_H

#include <stddef.h>
#include <stdint.h>

struct address {
    uint8_t family;    /* 4, 6, or 0 for no address */
    uint8_t bytes[16]; /* network byte order; an IPv4 address is in the first 4 bytes */
};

/* Characters in the longest text that any function below writes. No function writes a final NUL. */
enum { ADDRESS_TEXT_CAP = 46 };

/* Each function writes the text of one address and returns its length. The uint32_t is in host byte order. */
size_t address_ipv4(char out[ADDRESS_TEXT_CAP], uint32_t address);
size_t address_ipv6(char out[ADDRESS_TEXT_CAP], const uint8_t address[16]);
size_t address_ether(char out[ADDRESS_TEXT_CAP], const uint8_t address[6]);
/* Writes the address of either family; returns 0 and writes nothing when the family is 0. */
size_t address_text(char out[ADDRESS_TEXT_CAP], const struct address *address);

#endif
