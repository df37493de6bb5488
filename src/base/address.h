/* Network addresses and their text, the way Wireshark writes them without looking up names. */
#ifndef FC_BASE_ADDRESS_H
#define FC_BASE_ADDRESS_H

#include <stddef.h>
#include <stdint.h>

struct address {
    uint8_t family;    /* 0: none, 4, 6 */
    uint8_t bytes[16]; /* network order; IPv4 in the first 4 */
};

/* Room for the longest text of any kind; no NUL is written. */
enum { ADDRESS_TEXT_CAP = 46 };

/* Each returns the length of what it wrote. */
size_t address_ipv4(char out[ADDRESS_TEXT_CAP], uint32_t address);
size_t address_ipv6(char out[ADDRESS_TEXT_CAP], const uint8_t address[16]);
size_t address_ether(char out[ADDRESS_TEXT_CAP], const uint8_t address[6]);
/* By family; 0: nothing. */
size_t address_text(char out[ADDRESS_TEXT_CAP], const struct address *address);

#endif
