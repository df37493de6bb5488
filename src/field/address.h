/* Addresses as text, the way Wireshark writes them without looking up names. */
#ifndef FC_FIELD_ADDRESS_H
#define FC_FIELD_ADDRESS_H

#include <stddef.h>
#include <stdint.h>

/* Room for the longest text of any kind; no NUL is written. */
enum { ADDRESS_TEXT_CAP = 46 };

/* Each returns the length of what it wrote. */
size_t address_ipv4(char out[ADDRESS_TEXT_CAP], uint32_t address);
size_t address_ipv6(char out[ADDRESS_TEXT_CAP], const uint8_t address[16]);
size_t address_ether(char out[ADDRESS_TEXT_CAP], const uint8_t address[6]);

#endif
