/* Addresses as text: base/address.h, which the rooms below field use too. */
#ifndef FC_FIELD_ADDRESS_H
#define FC_FIELD_ADDRESS_H

#include "base/address.h"

#endif
