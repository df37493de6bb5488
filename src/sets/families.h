/* The families, for set.c. Inside of this room. */
#ifndef FC_SETS_FAMILIES_H
#define FC_SETS_FAMILIES_H

#include "sets/set.h"

extern const struct set_family set_cic_classic, set_cic_corrected, set_nfstream, set_nprint, set_zeek_conn,
    set_netflow;

#endif
